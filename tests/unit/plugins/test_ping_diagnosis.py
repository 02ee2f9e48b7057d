"""A failed ping names the leg, from the adapter's few words and what the probes saw."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.ping_diagnosis import Way, diagnose

PARTNER = "MijnOverheid"
CPA = "LopendeZaken-1-0_A_B_1"


def probe(direction: str = "out", **changes: Any) -> dict[str, Any]:
    """What a probe sees when all is well, but for the changes."""
    host = "ebms.partner.example" if direction == "out" else "ebms.own.example"
    scan = {
        "with_client_certificate": True,
        "outcome": "accepted",
        "error": None,
        "peer": {"subject": "CN=x"},
    }
    seen = {
        "name": "mijnoverheid",
        "direction": direction,
        "host": host,
        "port": 443,
        "via": "192.0.2.1:3128" if direction == "out" else None,
        "dns": {"outcome": "found", "addresses": ["203.0.113.20"], "error": None},
        "tcp": {"address": "203.0.113.20", "port": 443, "outcome": "open", "error": None, "ms": 1.0},
        "tls": [scan | {"with_client_certificate": False, "outcome": "refused"}, scan],
    }
    return seen | changes


def tcp(outcome: str, error: str | None = None) -> dict[str, Any]:
    return {"address": "203.0.113.20", "port": 443, "outcome": outcome, "error": error, "ms": 1.0}


def tls(outcome: str, error: str, peer: str = "CN=x") -> list[dict[str, Any]]:
    return [{"with_client_certificate": True, "outcome": outcome, "error": error, "peer": {"subject": peer}}]


NOT_FOUND = {"outcome": "not-found", "addresses": [], "error": "Name or service not known"}
CONNECT = "java.net.ConnectException"
SILENT = "java.net.http.HttpConnectTimeoutException: HTTP connect timed out"
NO_PONG = "No response received!"
HANDSHAKE = "javax.net.ssl.SSLHandshakeException: "


@pytest.mark.parametrize(
    ("says", "probes", "leg", "words"),
    [
        (f"No CPA found for cpaId={CPA}", [], "cpa-here", "not loaded in our own adapter"),
        ("No toParty found for urn:osb:oin:1", [], "cpa-here", "does not hold this party"),
        (
            CONNECT,
            [probe(dns=NOT_FOUND, tcp=tcp("error"))],
            "name",
            "cannot resolve the name ebms.partner.example",
        ),
        (
            CONNECT,
            [probe(tcp=tcp("error", "proxy 192.0.2.1:3128 cannot resolve ebms.partner.example:443"))],
            "name",
            "proxy 192.0.2.1:3128 cannot resolve",
        ),
        (CONNECT, [probe(tcp=tcp("refused"))], "port", "refuses the connection"),
        (SILENT, [probe(tcp=tcp("timeout"))], "route", "does not answer (timeout)"),
        (
            CONNECT,
            [
                probe(
                    tcp=tcp("error", "proxy 192.0.2.1:3128 refuses CONNECT x:443 (HTTP 403): not on its list")
                )
            ],
            "route",
            "refuses CONNECT",
        ),
        (
            CONNECT,
            [probe(tcp=tcp("error", "proxy 192.0.2.1:3128: Connection refused"))],
            "route",
            "our own proxy",
        ),
        (
            CONNECT,
            [probe(tcp=tcp("refused", "proxy 192.0.2.1:3128 could not connect to x:443 (HTTP 503)"))],
            "port",
            "refuses the connection",
        ),
        (CONNECT, [], "route", "nothing probed the way"),
        (CONNECT, [probe()], "port", "answers a probe, but not the adapter"),
        (
            HANDSHAKE + "No trusted certificate found",
            [
                probe(
                    tls=tls(
                        "failed", "their certificate: self-signed certificate in certificate chain", "CN=evil"
                    )
                )
            ],
            "tls-theirs",
            "we do not trust the certificate of MijnOverheid; it shows CN=evil",
        ),
        (
            HANDSHAKE + "No subject alternative names matching IP address 127.0.0.2 found",
            [],
            "tls-theirs",
            "is not for the name",
        ),
        (
            HANDSHAKE + "Received fatal alert: certificate_revoked",
            [probe(tls=tls("refused", "alert certificate revoked"))],
            "tls-ours",
            "our certificate is revoked",
        ),
        (
            "java.io.IOException: HTTP/1.1 header parser received no bytes",
            [probe(tls=tls("refused", "alert certificate expired"))],
            "tls-ours",
            "has expired",
        ),
        (HANDSHAKE + "Received fatal alert: unknown_ca", [], "tls-ours", "does not trust the root"),
        (HANDSHAKE + "Received fatal alert: unrecognized_name", [], "name", "serves no site of this name"),
        ("StatusCode=500\nHeaders=x", [probe()], "cpa-there", "refuses the message (HTTP 500)"),
        ("StatusCode=404\nHeaders=x", [probe()], "path", "knows no such path"),
        ("StatusCode=503\nHeaders=x", [probe()], "partner", "behind its own proxy"),
        (NO_PONG, [probe()], "way-back", "nothing probed the way back"),
        (
            NO_PONG,
            [probe(), probe("in", tcp=tcp("timeout"))],
            "way-back",
            "nothing answers on 203.0.113.20:443 from outside (timeout; firewall or NAT)",
        ),
        (
            NO_PONG,
            [probe("in", dns=NOT_FOUND, tcp=tcp("error"))],
            "way-back",
            "does not resolve from outside",
        ),
        (
            NO_PONG,
            [probe("in", tls=tls("failed", "closed by the other side during the handshake"))],
            "way-back",
            "takes the connection but not the TLS handshake",
        ),
        (
            NO_PONG,
            [probe("in", tls=tls("failed", "their certificate: certificate has expired"))],
            "way-back",
            "server certificate that the partner cannot trust (certificate has expired)",
        ),
        (
            NO_PONG,
            [probe("in", tls=tls("refused", "alert unknown ca"))],
            "way-back",
            "our endpoint refuses the partner's client certificate",
        ),
        (NO_PONG, [probe("in")], "way-back", "though our endpoint answers from outside"),
        ("nothing listens on http://127.0.0.1:8080", [], "adapter", "nothing listens"),
        ("something new", [], "unknown", "the adapter says: something new"),
        ("", [], "unknown", "the adapter says: nothing"),
    ],
)
def test_leg(says: str, probes: list[dict[str, Any]], leg: str, words: str) -> None:
    found = diagnose(says, Way(CPA, PARTNER, probes))
    assert (found.leg, words in found.cause) == (leg, True), found
    assert found.look_at
