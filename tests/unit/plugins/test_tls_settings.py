"""What an endpoint accepts, found out against real servers of openssl, and a parser that nothing breaks."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import tls_settings
from ansible.module_utils.probe import Target, look
from ansible.module_utils.tls_hello import Answer, Hello, ask
from ansible.module_utils.tls_names import GROUPS, PROTOCOLS, SUITES
from ansible.module_utils.tls_settings import NEW_GROUPS, NEW_SUITES, OLD_GROUPS, OLD_SUITES, survey
from hypothesis import given, settings
from hypothesis import strategies as st

from lopendezaken.lab.authority import Authority
from lopendezaken.policy.data import Data
from tests.unit.conftest import PARTNER_OIN
from tests.unit.policies.example import ROOT

NAME = "localhost.example"
MODERN = ("-cipher", "ECDHE+AESGCM", "-groups", "X25519:P-256")


@contextmanager
def server(folder: Path, *options: str) -> Iterator[int]:
    """Run a server of openssl that asks for a certificate and echoes lines backwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = (
        "-cert",
        "certificate.pem",
        "-cert_chain",
        "certificate.pem",
        "-key",
        "key.pem",
        "-CAfile",
        "anchors.pem",
    )
    command = [
        "openssl",
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        *files,
        "-Verify",
        "4",
        "-rev",
        *options,
    ]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.kill()


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.fixture
def theirs(tmp_path: Path, pki: Authority) -> Path:
    pki.leaf_into(tmp_path, PARTNER_OIN, [NAME], "Partner")
    return tmp_path


def found(folder: Path, *options: str, with_certificate: bool = False) -> dict[str, Any]:
    with server(folder, *options) as port:
        own = {"certificate": str(folder / "certificate.pem"), "key": str(folder / "key.pem")}
        target = Target(
            *("own", "127.0.0.1", port, "in", NAME),
            anchors=str(folder / "anchors.pem"),
            timeout=3,
            settings=True,
            **(own if with_certificate else {}),
        )
        seen: dict[str, Any] = look(target)["settings"]
        return seen


def test_a_modern_endpoint(theirs: Path) -> None:
    seen = found(theirs, *MODERN)
    assert seen["protocols"] == {
        "SSLv3": False,
        "TLSv1": False,
        "TLSv1.1": False,
        "TLSv1.2": True,
        "TLSv1.3": True,
    }
    assert set(seen["suites"]["TLSv1.2"]) == {
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    }
    assert set(seen["suites"]["TLSv1.3"]) == {
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
    }
    assert {name: set(groups) for name, groups in seen["groups"].items()} == {
        "TLSv1.2": {"x25519", "secp256r1"},
        "TLSv1.3": {"x25519", "secp256r1"},
    }
    assert seen["extended_master_secret"] is seen["secure_renegotiation"] is True
    assert seen["sha1_signature"] is seen["compression"] is False
    assert seen["certificate_requested"] is True
    assert seen["certificate_authorities"] == ["TRIAL Lab PKIoverheid - G4 Root Priv G-TLS"]


def test_without_a_certificate_two_facts_stay_open_and_say_why(theirs: Path) -> None:
    seen = found(theirs, *MODERN)
    why = "no certificate to be let in with"
    assert (seen["early_data"], seen["client_renegotiation"], seen["chain"]) == (None, None, [])
    assert seen["not_established"] == dict.fromkeys(("chain", "early_data", "client_renegotiation"), why)


@pytest.mark.parametrize(("options", "allowed"), [((), False), (("-client_renegotiation",), True)])
def test_with_a_certificate_they_are_known(
    theirs: Path, options: tuple[str, ...], allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_settings, "_SECONDS", 0.5)
    monkeypatch.setattr(tls_settings, "_PAUSE", 0.4)
    seen = found(theirs, *MODERN, *options, with_certificate=True)
    assert (seen["early_data"], seen["client_renegotiation"]) == (0, allowed)
    assert seen["not_established"] == {}
    leaf, *above = seen["chain"]
    assert leaf in (theirs / "certificate.pem").read_text()
    assert len(above) >= 2


def test_what_openssl_here_would_not_offer_is_found_too(theirs: Path) -> None:
    seen = found(theirs, "-cipher", "ALL:@SECLEVEL=0", "-tls1")
    assert [name for name, accepted in seen["protocols"].items() if accepted] == ["TLSv1"]
    assert seen["suites"] == {}
    assert "TLS 1.2" in seen["not_established"]["compression"]


def test_weak_suites_and_sha1(theirs: Path) -> None:
    seen = found(theirs, "-cipher", "ALL:@SECLEVEL=0", "-tls1_2", "-sigalgs", "RSA+SHA1:RSA+SHA256")
    weak = {
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_CCM_8",
    }
    assert weak <= set(seen["suites"]["TLSv1.2"])
    assert seen["sha1_signature"] is True


def test_0_rtt_is_read_from_the_ticket() -> None:
    ticket = "Post-Handshake New Session Ticket arrived:\n    Max Early Data: "
    assert tls_settings._early_data(f"{ticket}0\n{ticket}16384\n") == 16384
    assert tls_settings._early_data("HTTP/1.1 405 No") == 0
    assert tls_settings._early_data("CONNECTED\nalert") is None


def answered(reply: bytes, hello: Hello | None = None) -> Answer:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.5)
        theirs.sendall(reply)
        theirs.shutdown(socket.SHUT_WR)
        return ask(ours, hello or Hello("TLSv1.2", NAME, OLD_SUITES, OLD_GROUPS))


@pytest.mark.parametrize(
    ("reply", "accepted", "why"),
    [
        (b"", False, "closed by the other side"),
        (b"\x15\x03\x03\x00\x02\x02\x28", False, "alert 40"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", None, "an answer that is no TLS"),
    ],
)
def test_answers_that_are_no_hello(reply: bytes, accepted: bool | None, why: str) -> None:
    answer = answered(reply)
    assert (answer.accepted, answer.why) == (accepted, why)


def test_silence_is_no_refusal() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        answer = ask(ours, Hello("TLSv1.3", NAME, NEW_SUITES, NEW_GROUPS))
    assert (answer.accepted, answer.why) == (None, "no answer in time")


@settings(max_examples=300)
@given(
    st.binary(max_size=120)
    | st.binary(max_size=100).map(lambda b: b"\x16\x03\x03" + len(b).to_bytes(2, "big") + b),
    st.sampled_from(sorted(PROTOCOLS)),
)
def test_no_answer_breaks_the_parser(reply: bytes, protocol: str) -> None:
    assert answered(reply, Hello(protocol, NAME, OLD_SUITES, OLD_GROUPS)).accepted in (True, False, None)


@given(st.sampled_from([2, 11, 12, 13]), st.binary(max_size=200))
def test_no_message_breaks_the_parser(kind: int, body: bytes) -> None:
    message = bytes([kind]) + len(body).to_bytes(3, "big") + body
    answered(b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message)


def test_an_endpoint_that_agrees_to_everything_comes_to_an_end() -> None:
    asked = []

    def agree(hello: Hello) -> Answer:
        asked.append(hello)
        return Answer(True, suite=hello.suites[0], group=hello.groups[0])

    seen = survey(agree, NAME, None)
    assert len(seen["suites"]["TLSv1.2"]) == 64
    assert len(asked) < 200


def test_an_endpoint_that_says_nothing_has_reasons_for_everything() -> None:
    seen = survey(lambda hello: Answer(why="no answer in time"), NAME, None)
    assert set(seen["protocols"].values()) == {None}
    assert seen["not_established"]["protocols.TLSv1.3"] == "no answer in time"


def test_an_endpoint_that_repeats_itself_is_not_asked_for_ever() -> None:
    seen = survey(lambda hello: Answer(True, suite=0xC030, group=23), NAME, None)
    assert seen["suites"]["TLSv1.2"] == ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]


@pytest.mark.parametrize("name", ["ncsc-2.1", "ncsc-2025-05"])
def test_every_name_of_a_guideline_is_one_that_a_scan_can_find(name: str) -> None:
    guideline = Data(ROOT / "policies/data")._guidelines[name]
    for names, known in (
        (guideline.suites, SUITES.values()),
        (guideline.groups, GROUPS.values()),
        (guideline.protocols, PROTOCOLS),
    ):
        listed = [each for part in names.values() for each in part]
        assert len(set(listed)) == len(listed)
        assert set(listed) <= set(known)


def test_openssl_calls_every_suite_the_same() -> None:
    told = subprocess.run(
        ["openssl", "ciphers", "-stdname", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in told.splitlines():
        number, _, name = line.split()[:3]
        assert SUITES[int(number.replace("0x", "").replace(",", ""), 16)] == name
