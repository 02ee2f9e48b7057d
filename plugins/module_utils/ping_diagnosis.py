"""Why no Pong came: which leg of the way failed, and what to look at first.

The adapter's own answer says little (one text for a wrong name and a closed port; 'No response received!' for anything on
the way back), so it is read together with what the probes saw on the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# What TLS alerts about our client certificate mean.
_ALERTS = {
    "revoked": "our certificate is revoked. Order a new one with a new key pair, and send Logius the new CPA",
    "expired": "our certificate has expired. Order a new one with a new key pair, and send Logius the new CPA",
    "unknown ca": "the partner does not trust the root of our certificate, or we do not send its whole chain",
    "required": "we sent no certificate: look at certificate and key of the adapter",
}


@dataclass(frozen=True)
class Diagnosis:
    """The leg that failed, what is known of it, and what to look at."""

    leg: str
    cause: str
    look_at: str


@dataclass(frozen=True)
class Way:
    """Names of the two ends, and what probes saw of the way out and the way back."""

    cpa_id: str
    partner: str
    probes: Sequence[dict[str, Any]] = ()

    def probe(self, direction: str) -> dict[str, Any] | None:
        """What a probe saw of the way out (``out``) or back (``in``)."""
        return next((probe for probe in self.probes if probe.get("direction") == direction), None)


def diagnose(says: str, way: Way) -> Diagnosis:
    """Read the adapter's answer together with the probes."""
    for pattern, judge in _TABLE:
        if re.search(pattern, says):
            return judge(says, way)
    return Diagnosis(
        "unknown", f"the adapter says: {_first(says)}", "the journal of the adapter, at the time of the ping"
    )


def _first(text: str) -> str:
    return text.splitlines()[0] if text else "nothing"


def _not_here(says: str, way: Way) -> Diagnosis:
    if re.search(r"No (from|to)Party found", says):
        return Diagnosis(
            "cpa-here",
            f"CPA {way.cpa_id} in our own adapter does not hold this party ({_first(says)})",
            "the OINs in the dossier and in the loaded CPA (`lz cpa show`)",
        )
    return Diagnosis(
        "cpa-here",
        f"CPA {way.cpa_id} is not loaded in our own adapter",
        "playbooks/load-cpa.yml: run it, and read its answer",
    )


def _no_connection(_says: str, way: Way) -> Diagnosis:
    probe = way.probe("out")
    if probe is None:
        return Diagnosis(
            "route",
            f"no connection to {way.partner}, and nothing probed the way",
            "the name in DNS, the proxy, the firewalls on the way and whether the partner is up",
        )
    return (
        _no_dns(probe)
        or _no_tcp(probe)
        or _no_tls(probe, way)
        or Diagnosis(
            "port",
            f"{way.partner}: {probe['host']}:{probe['port']} answers a probe, but not the adapter",
            "the proxy setting of the adapter, and whether the partner went down and up just now",
        )
    )


def _no_dns(probe: dict[str, Any]) -> Diagnosis | None:
    tcp = probe["tcp"]
    by_proxy = "cannot resolve" in str(tcp.get("error"))
    dns = probe.get("dns")
    if not by_proxy and (dns is None or dns["outcome"] == "found" or tcp["outcome"] == "open"):
        return None
    who = f"proxy {probe['via']}" if by_proxy else "this host"
    return Diagnosis(
        "name",
        f"{who} cannot resolve the name {probe['host']}",
        "the endpoint in the CPA (a typing error?) and the name servers of the host and the proxy",
    )


def _no_tcp(probe: dict[str, Any]) -> Diagnosis | None:
    tcp = probe["tcp"]
    place = f"{probe['host']}:{probe['port']}"
    place += f" ({tcp['address']})" if tcp["address"] != probe["host"] else ""
    text = str(tcp.get("error") or "")
    if tcp["outcome"] == "open":
        return None
    if "refuses CONNECT" in text:
        return Diagnosis(
            "route", text, "the flows in network.yml: the proxy lets through what stands there, nothing else"
        )
    if (
        tcp["outcome"] == "error"
        and probe.get("via")
        and text.startswith("proxy")
        and "could not connect" not in text
    ):
        return Diagnosis(
            "route", f"our own {text}", "Squid on the DMZ host, and the firewall between adapter and DMZ"
        )
    if tcp["outcome"] == "refused":
        return Diagnosis(
            "port",
            f"{place} refuses the connection: the host is up, nothing listens there",
            "whether the partner's adapter runs, and the port in the CPA's endpoint",
        )
    return Diagnosis(
        "route",
        f"{place} does not answer ({tcp['outcome']})",
        "the firewalls on the way out (ours and the partner's), the route, and whether the partner is up",
    )


def _no_tls(probe: dict[str, Any], way: Way) -> Diagnosis | None:
    scan = next((scan for scan in probe["tls"] if scan["with_client_certificate"]), None)
    if scan is None or scan["outcome"] == "accepted":
        return None
    error = str(scan.get("error") or "")
    if error.startswith("their certificate"):
        return _their_certificate(error, way)
    return _our_certificate(error, way)


def _their_certificate(says: str, way: Way) -> Diagnosis:
    probe = way.probe("out")
    scan = next((scan for scan in (probe or {}).get("tls", []) if scan.get("peer")), None)
    shown = f"; it shows {scan['peer']['subject']}" if scan else ""
    error = str((scan or {}).get("error") or "")
    if re.search(
        r"[Nn]o subject alternative|No name matching|[Hh]ostname mismatch|not valid for", says + error
    ):
        return Diagnosis(
            "tls-theirs",
            f"the certificate of {way.partner} is not for the name in the CPA's endpoint{shown}",
            "the endpoint in the CPA, and whether the name server leads to the right host",
        )
    if re.search(r"revoked|expired", says + error):
        word = "revoked" if "revoked" in says + error else "expired"
        return Diagnosis(
            "tls-theirs",
            f"the certificate of {way.partner} is {word}{shown}",
            "tell the partner; ask for the new one and a new CPA",
        )
    return Diagnosis(
        "tls-theirs",
        f"we do not trust the certificate of {way.partner}{shown}",
        "the trust anchors (received/anchors.pem), and whether the partner sends its whole chain",
    )


def _untrusted(says: str, way: Way) -> Diagnosis:
    return _their_certificate(says, way)


def _our_certificate(says: str, way: Way) -> Diagnosis:
    probe = way.probe("out")
    scan = next((scan for scan in (probe or {}).get("tls", []) if scan["with_client_certificate"]), None)
    words = f"{says} {(scan or {}).get('error') or ''}".replace("_", " ").lower()
    if "unrecognized name" in words:
        return Diagnosis(
            "name",
            f"{way.partner} serves no site of this name (TLS alert unrecognized name)",
            "the host name in the CPA's endpoint: it is what we ask for by SNI",
        )
    why = next((text for word, text in _ALERTS.items() if word in words), None)
    return Diagnosis(
        "tls-ours",
        f"{way.partner} refuses our client certificate" + (f": {why}" if why else ""),
        "our certificate: end, CRL, root, whole chain, and whether it is the one in the CPA (`lz check`)",
    )


def _status(says: str, way: Way) -> Diagnosis:
    found = re.search(r"StatusCode=(\d+)", says)
    code = found.group(1) if found else "?"
    if code == "404":
        return Diagnosis(
            "path",
            f"{way.partner} is reached over two-way TLS, but knows no such path (HTTP 404)",
            "the path of the endpoint in the CPA",
        )
    if code in ("502", "503", "504"):
        return Diagnosis(
            "partner",
            f"the adapter of {way.partner} does not answer behind its own proxy (HTTP {code})",
            "whether the partner has maintenance; try again later",
        )
    return Diagnosis(
        "cpa-there",
        f"{way.partner} is reached over two-way TLS but refuses the message (HTTP {code})",
        f"whether {way.partner} has loaded CPA {way.cpa_id} (their mail says so), and whether the client certificate in it"
        " is the one that we use",
    )


def _no_way_back(_says: str, way: Way) -> Diagnosis:
    probe = way.probe("in")
    sent = f"our Ping reached {way.partner}, but no Pong came back"
    if probe is None:
        return Diagnosis(
            "way-back",
            f"{sent}, and nothing probed the way back",
            "our own firewall and NAT for 443 from the partner, our name in DNS, our server certificate",
        )
    place = f"{probe['tcp']['address']}:{probe['port']}"
    dns = probe.get("dns")
    if dns is not None and dns["outcome"] != "found":
        return Diagnosis(
            "way-back",
            f"{sent}: our name {probe['host']} does not resolve from outside",
            "the public DNS of our own domain",
        )
    if probe["tcp"]["outcome"] != "open":
        return Diagnosis(
            "way-back",
            f"{sent}: way back closed, nothing answers on {place} from outside ({probe['tcp']['outcome']}; firewall or NAT)",
            "the inbound flow in network.yml, our firewall and NAT, and HAProxy on the DMZ host",
        )
    return _way_back_tls(sent, place, probe, way)


def _way_back_tls(sent: str, place: str, probe: dict[str, Any], way: Way) -> Diagnosis:
    scans = sorted(probe["tls"], key=lambda scan: not scan["with_client_certificate"])
    scan = scans[0] if scans else None
    error = str((scan or {}).get("error") or "")
    if error.startswith("their certificate"):
        return Diagnosis(
            "way-back",
            f"{sent}: {place} shows a server certificate that the partner cannot trust ({error.partition(': ')[2]})",
            "our certificate on the adapter: root, end, name and chain",
        )
    if scan and scan["with_client_certificate"] and scan["outcome"] == "refused":
        return Diagnosis(
            "way-back",
            f"{sent}: our endpoint refuses the partner's client certificate ({error})",
            "the trust anchors and CRLs on our adapter, and the partner's certificate in the CPA",
        )
    if scan and scan["outcome"] == "failed":
        return Diagnosis(
            "way-back",
            f"{sent}: {place} takes the connection but not the TLS handshake for {probe['host']} ({error})",
            "HAProxy on the DMZ host (its list of names, SNI), and the flow from there to the adapter",
        )
    return Diagnosis(
        "way-back",
        f"{sent}, though our endpoint answers from outside",
        f"our endpoint in the CPA that {way.partner} loaded, the source address that it calls from (does our"
        " network plan let that one in?), and the journal of our adapter",
    )


def _adapter(says: str, _way: Way) -> Diagnosis:
    return Diagnosis("adapter", _first(says), "the unit and the journal of our own adapter")


_TABLE = (
    (r"No CPA found|No (from|to)Party found", _not_here),
    (r"No response received", _no_way_back),
    (r"StatusCode=", _status),
    (
        r"No trusted certificate|No subject alternative|No name matching|PKIX|CertificateExpired|[Hh]ostname mismatch",
        _untrusted,
    ),
    (r"SSLHandshakeException|received no bytes|fatal alert|terminated the handshake|SSL", _our_certificate),
    (
        r"ConnectException|TimeoutException|Tunnel failed|UnresolvedAddress|connect",
        _no_connection,
    ),
    (r"nothing listens on|does not know this user|gave no answer", _adapter),
)
