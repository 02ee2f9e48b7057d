"""All that an endpoint accepts of a stranger: protocols, suites, groups and the settings around them.

Observes only, never judges; what cannot be established says why. Two facts need a whole handshake with a certificate,
and for those the command openssl is used: 0-RTT stands in the session ticket, and renegotiation comes after it.
"""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.tls_hello import SHA1_SIGNATURES, Answer, Hello
from ansible.module_utils.tls_names import GROUPS, ONLY_NEW_GROUPS, ONLY_OLD_GROUPS, PROTOCOLS, SUITES

NEW_SUITES = [number for number in SUITES if 0x1300 <= number < 0x1400]
OLD_SUITES = [number for number in SUITES if number not in NEW_SUITES]
NEW_GROUPS = [number for number in GROUPS if number not in ONLY_OLD_GROUPS]
OLD_GROUPS = [number for number in GROUPS if number not in ONLY_NEW_GROUPS]
# An endpoint that agrees to everything must come to an end.
_MOST = 64
_SECONDS = 6.0
# For a handshake to be over before the next word is typed.
_PAUSE = 1.0

Ask = Callable[[Hello], Answer]


@dataclass
class Findings:
    """Facts in the making, with the reason for each that is not established."""

    facts: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: Any, why: str = "") -> None:
        """Note a fact; ``None`` needs a reason."""
        self.facts[name] = value
        if value is None:
            self.missing[name] = why or "not told by the endpoint"


@dataclass(frozen=True)
class Command:
    """How ``openssl s_client`` gets to the endpoint with our certificate."""

    arguments: list[str]
    name: str

    def run(self, protocol: str, *steps: tuple[float, str]) -> str:
        """What it prints; each step waits so many seconds and then types. Raises ``OSError``."""
        with subprocess.Popen(
            ["openssl", "s_client", *self.arguments, protocol, "-showcerts"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                return self._talk(process, steps)
            finally:
                process.kill()

    @staticmethod
    def _talk(process: subprocess.Popen[bytes], steps: Iterable[tuple[float, str]]) -> str:
        for seconds, text in (*steps, (_SECONDS, "")):
            # Its input stays open: it leaves at the end of that, before the answer has come.
            try:
                process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                if process.stdin:
                    process.stdin.write(text.encode())
                    process.stdin.flush()
        process.kill()
        return process.communicate()[0].decode(errors="replace")


def survey(question: Ask, name: str, command: Command | None) -> dict[str, Any]:
    """The raw part of evidence tls-settings, without who looked where."""
    found = Findings()
    old = _old(question, name, found)
    new = _new(question, name, found)
    _protocols(question, name, found, old, new)
    _old_settings(question, name, found, old)
    _with_certificate(command, found, old.accepted, new.accepted)
    return {**found.facts, "not_established": found.missing}


def _old(question: Ask, name: str, found: Findings) -> Answer:
    """TLS 1.2: each suite, then each group of the suites with a group."""
    first = question(Hello("TLSv1.2", name, OLD_SUITES, OLD_GROUPS))
    found.facts |= {"suites": {}, "groups": {}}
    if first.accepted:
        suites = _all(lambda left: question(Hello("TLSv1.2", name, left, OLD_GROUPS)), OLD_SUITES, "suite")
        found.facts["suites"]["TLSv1.2"] = [SUITES[each] for each in suites]
        curves = [each for each in suites if SUITES[each].startswith("TLS_ECDHE")]
        offered = OLD_GROUPS if curves else []
        groups = _all(lambda left: question(Hello("TLSv1.2", name, curves, left)), offered, "group")
        found.facts["groups"]["TLSv1.2"] = [GROUPS[each] for each in groups]
    return first


def _new(question: Ask, name: str, found: Findings) -> Answer:
    """TLS 1.3: each suite, then each group."""
    first = question(Hello("TLSv1.3", name, NEW_SUITES, NEW_GROUPS))
    if first.accepted:
        suites = _all(lambda left: question(Hello("TLSv1.3", name, left, NEW_GROUPS)), NEW_SUITES, "suite")
        groups = _all(lambda left: question(Hello("TLSv1.3", name, NEW_SUITES, left)), NEW_GROUPS, "group")
        found.facts["suites"]["TLSv1.3"] = [SUITES[each] for each in suites]
        found.facts["groups"]["TLSv1.3"] = [GROUPS[each] for each in groups]
    return first


def _all(offer: Callable[[list[int]], Answer], offered: list[int], what: str) -> list[int]:
    """Everything that is chosen, by leaving out each time what was chosen before."""
    left, chosen = list(offered), []
    while left and len(chosen) < _MOST:
        answer = offer(left)
        number = getattr(answer, what)
        if not answer.accepted or number not in left:
            break
        chosen.append(number)
        left.remove(number)
    return chosen


def _protocols(question: Ask, name: str, found: Findings, old: Answer, new: Answer) -> None:
    answers = {"TLSv1.2": old, "TLSv1.3": new}
    for protocol in ("SSLv3", "TLSv1", "TLSv1.1"):
        answers[protocol] = question(Hello(protocol, name, OLD_SUITES, OLD_GROUPS))
    found.facts["protocols"] = {protocol: answers[protocol].accepted for protocol in PROTOCOLS}
    for protocol, answer in answers.items():
        if answer.accepted is None:
            found.missing[f"protocols.{protocol}"] = answer.why


def _old_settings(question: Ask, name: str, found: Findings, old: Answer) -> None:
    """What shows in the clear in TLS 1.2; in TLS 1.3 it does not exist, or is hidden."""
    known, why = bool(old.accepted), "TLS 1.2 was not agreed on, and only there it can be read"
    found.put("extended_master_secret", old.extended_master_secret if known else None, why)
    found.put("secure_renegotiation", old.secure_renegotiation if known else None, why)
    found.put("certificate_requested", old.certificate_requested if known else None, why)
    found.facts["certificate_authorities"] = [_name(each) for each in old.authorities]
    if not known:
        found.put("compression", None, why)
        found.put("sha1_signature", None, why)
        return
    squeezed = question(Hello("TLSv1.2", name, OLD_SUITES, OLD_GROUPS, compression=True))
    found.put("compression", squeezed.compressed if squeezed.accepted else None, squeezed.why)
    curves = [each for each in OLD_SUITES if SUITES[each].startswith("TLS_ECDHE")]
    weak = question(Hello("TLSv1.2", name, curves, OLD_GROUPS, SHA1_SIGNATURES))
    signs = weak.signature in SHA1_SIGNATURES if weak.accepted else False
    found.put("sha1_signature", None if weak.accepted is None else signs, weak.why)


def _name(der: bytes) -> str:
    """The last text of a distinguished name, which is its common name nearly always."""
    texts = re.findall(rb"\x06\x03\x55\x04\x03[\x0c\x13](.)", der, re.DOTALL)
    at = der.rfind(b"\x06\x03\x55\x04\x03")
    return der[at + 7 : at + 7 + texts[-1][0]].decode(errors="replace") if texts else der.hex()


def _with_certificate(command: Command | None, found: Findings, old: bool | None, new: bool | None) -> None:
    """What only shows to whom the endpoint lets in."""
    why = "no certificate to be let in with"
    if command is None:
        found.facts["chain"] = []
        found.missing["chain"] = why
        found.put("early_data", None, why)
        found.put("client_renegotiation", None, why)
        return
    request = f"HEAD / HTTP/1.1\r\nHost: {command.name}\r\nConnection: close\r\n\r\n"
    try:
        modern = command.run("-tls1_3", (_PAUSE, request)) if new else ""
        older = command.run("-tls1_2", (_PAUSE, "R\n"), (_PAUSE, request)) if old else ""
    except OSError as error:
        modern = older = f":error: openssl cannot be started: {error.strerror or error}"
    certificates = re.findall(
        r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", modern or older, re.DOTALL
    )
    found.facts["chain"] = [ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(each)) for each in certificates]
    if not certificates:
        found.missing["chain"] = _failure(modern or older, "neither TLS 1.2 nor TLS 1.3 was agreed on")
    otherwise = "no answer to it in time" if modern else "no TLS 1.3, and only there it exists"
    found.put("early_data", _early_data(modern), _failure(modern, otherwise))
    renegotiated, reason = _renegotiated(older)
    found.put("client_renegotiation", renegotiated, reason)


def _early_data(output: str) -> int | None:
    """The most that a session ticket allows; without a ticket there is nothing to send early by."""
    if "HTTP/1." not in output and "Session Ticket arrived" not in output:
        return None
    return max(map(int, re.findall(r"Max Early Data: (\d+)", output)), default=0)


def _renegotiated(output: str) -> tuple[bool | None, str]:
    """Whether the second handshake came about: our side then verifies their certificate again."""
    _, began, after = output.partition("RENEGOTIATING")
    if not began:
        return None, _failure(output, "no TLS 1.2, and only there it exists")
    if "verify return:" in after:
        return True, ""
    return (False, "") if ":error:" in after else (None, "no answer to it in time")


def _failure(output: str, otherwise: str) -> str:
    """The last complaint of openssl."""
    errors = [line for line in output.splitlines() if ":error:" in line or "errno=" in line]
    return errors[-1].strip()[:200] if errors else otherwise
