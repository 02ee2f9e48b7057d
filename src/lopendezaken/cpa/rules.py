"""The rules on a CPA that a grammar cannot say. Each function holds a few that belong together.

Rule ids are those of the compliance rules (CPA-nnn, DK-EBMS2-nnn, OIN-nnn, PKIO-nnn).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from lopendezaken.cpa.endpoint import EXPECTED, host_of
from lopendezaken.cpa.finding import Finding
from lopendezaken.cpa.model import OIN_TYPE, Action, Binding, Channel, Cpa, Party
from lopendezaken.cpa.profile import ALGORITHMS, profile_of
from lopendezaken.cpa.xml import TNS, duration_text, instant_text
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import Certificate, read
from lopendezaken.pki.oin import parse_oin

SERVICE_TYPE = "urn:osb:services"
# What holds when parties agree on nothing (DK-EBMS2: five days).
FALLBACK_PERSISTENCE = timedelta(days=5)

_SUFFIX = re.compile(r"_[OTA]{1,3}$")


@dataclass(frozen=True)
class Document:
    """A CPA with the lines on which its parts stand."""

    cpa: Cpa
    root: etree._Element
    now: datetime
    lines: Mapping[str, int]

    @classmethod
    def of(cls, cpa: Cpa, root: etree._Element, now: datetime) -> Document:
        """Note the line of everything with an id, of both parties and of Start and End."""
        lines: dict[str, int] = {}
        for element in root.iter(f"{{{TNS}}}*"):
            name = etree.QName(element).localname
            for attribute in _IDS if name in _OWNERS else ():
                value = element.get(attribute)
                if value is not None:
                    lines.setdefault(value, _line(element))
                    break
            else:
                lines.setdefault(f"<{name}>", _line(element))
        return cls(cpa, root, now, lines)

    def line(self, *ids: str) -> int:
        """The line of the first of ``ids`` that is known."""
        return next((self.lines[i] for i in ids if i in self.lines), 1)


_IDS = tuple(
    f"{{{TNS}}}{name}"
    for name in ("id", "channelId", "docExchangeId", "transportId", "certId", "securityId", "partyName")
)
_OWNERS = {
    "ThisPartyActionBinding",
    "DeliveryChannel",
    "DocExchange",
    "Transport",
    "Certificate",
    "SecurityDetails",
    "PartyInfo",
    "SimplePart",
    "Packaging",
    "Composite",
    "Encapsulation",
}


def all_findings(document: Document) -> Iterator[Finding]:
    """Every rule on ``document``."""
    for rule in _RULES:
        yield from rule(document)


# -- the agreement --------------------------------------------------------------------------------


def _identity(document: Document) -> Iterator[Finding]:
    cpa = document.cpa
    if not re.fullmatch(r"[A-Za-z0-9_-]+", cpa.id):
        yield Finding(
            document.line("<CollaborationProtocolAgreement>"),
            "CPA-009",
            "the CPAId may become a file name",
            found=cpa.id,
            expected="letters, digits, - and _",
            severity="should",
        )
    if not all(party.oin in cpa.id for party in cpa.parties):
        yield Finding(
            document.line("<CollaborationProtocolAgreement>"),
            "CPA-008",
            "the CPAId does not name both parties",
            found=cpa.id,
            expected="[ServiceID]_[PartyId-A]_[PartyId-B]_[version]",
            severity="should",
        )


def _period(document: Document) -> Iterator[Finding]:
    cpa, now = document.cpa, document.now
    line = document.line("<End>")
    if cpa.start >= cpa.end:
        found = f"Start {instant_text(cpa.start)}, End {instant_text(cpa.end)}"
        yield Finding(line, "CPA-005", "the CPA ends before it starts", found=found)
    if now >= cpa.end:
        yield Finding(
            line,
            "CPA-005",
            "the CPA has expired",
            found=f"End {instant_text(cpa.end)}",
            remedy="Make a new one with a new CPAId and load it at both sides.",
        )
    elif now < cpa.start:
        yield Finding(
            document.line("<Start>"),
            "CPA-005",
            "the CPA is not valid yet",
            found=f"Start {instant_text(cpa.start)}",
            severity="should",
        )
    if cpa.end - cpa.start > timedelta(days=3653):
        yield Finding(
            line, "CPA-007", "valid for more than ten years", found=instant_text(cpa.end), severity="should"
        )


# -- parties --------------------------------------------------------------------------------------


def _parties(document: Document) -> Iterator[Finding]:
    for party in document.cpa.parties:
        line = document.line(party.name)
        if len(party.roles) != 1:
            yield Finding(
                line, "CPA-015", f"{party.name} must have one role", found=", ".join(party.roles) or "none"
            )
        if party.id.type != OIN_TYPE:
            yield Finding(
                line,
                "CPA-010",
                f"type of the PartyId of {party.name}",
                found=str(party.id.type),
                expected=OIN_TYPE,
                severity="should",
            )
            continue
        try:
            parse_oin(_bare(party.oin))
        except LzError as error:
            yield Finding(
                line, "OIN-001", f"{party.name}: {error.what}", found=party.oin, expected=error.expected
            )


def _services(document: Document) -> Iterator[Finding]:
    for party in document.cpa.parties:
        for action in (*party.can_send, *party.can_receive):
            if action.service_type != SERVICE_TYPE:
                yield Finding(
                    document.line(action.id),
                    "CPA-017",
                    f"type of service {action.service}",
                    found=str(action.service_type),
                    expected=SERVICE_TYPE,
                    severity="should",
                )


def _mirror(document: Document) -> Iterator[Finding]:
    first, second = document.cpa.parties
    for this, that in ((first, second), (second, first)):
        for ours, theirs, what in (
            (this.can_send, that.can_receive, "CanReceive"),
            (this.can_receive, that.can_send, "CanSend"),
        ):
            for action in ours:
                if not any(_answers(action, other) for other in theirs):
                    yield Finding(
                        document.line(action.id),
                        "CPA-020",
                        f"{action.name} of {this.name} has no {what} of {that.name} that points back",
                        found=f"OtherPartyActionBinding {action.other_id or 'absent'}",
                        expected=f"a {what} with the same service and action, both naming each other",
                    )


def _answers(action: Action, other: Action) -> bool:
    same = (action.service_type, action.service, action.name) == (
        other.service_type,
        other.service,
        other.name,
    )
    return same and action.other_id == other.id and other.other_id == action.id


# -- channels -------------------------------------------------------------------------------------


def _channels(document: Document) -> Iterator[Finding]:
    for party in document.cpa.parties:
        for channel in party.channels.values():
            yield from _characteristics(document, channel)
            yield from _reliability(document, channel)


def _characteristics(document: Document, channel: Channel) -> Iterator[Finding]:
    profile, line = profile_of(channel), document.line(channel.id)
    rule = "CPA-024" if profile.reliable else "CPA-023"
    for name, value, expected, which in (
        ("ackRequested", channel.ack_requested, profile.acknowledgement, rule),
        ("duplicateElimination", channel.duplicate_elimination, profile.acknowledgement, rule),
        ("ackSignatureRequested", channel.ack_signature_requested, profile.signed_acknowledgement, "CPA-027"),
    ):
        if value != expected:
            yield Finding(
                line,
                which,
                f"{name} of channel {channel.id}, profile {profile.name}",
                found=value,
                expected=expected,
            )
    if channel.sync_reply_mode == "none":
        return
    allowed = channel.sync_reply_mode == "mshSignalsOnly" and profile.reliable
    yield Finding(
        line,
        "CPA-026",
        f"syncReplyMode of channel {channel.id}",
        found=channel.sync_reply_mode,
        expected="none",
        remedy="mshSignalsOnly is for high volumes and needs the consent of both parties."
        if allowed
        else None,
        severity="should" if allowed else "must",
    )


def _reliability(document: Document, channel: Channel) -> Iterator[Finding]:
    profile, line = profile_of(channel), document.line(channel.id)
    for name, binding in (("sender", channel.sender), ("receiver", channel.receiver)):
        if profile.reliable != (binding.reliable is not None):
            yield Finding(
                line,
                "CPA-024" if profile.reliable else "CPA-023",
                f"ReliableMessaging in the {name} binding of channel {channel.id}, profile {profile.name}",
                found="absent" if binding.reliable is None else "present",
                expected="present" if profile.reliable else "absent",
            )
        elif binding.reliable is not None:
            yield from _window(line, f"{name} binding of channel {channel.id}", binding)
    if channel.sender.reliable != channel.receiver.reliable:
        yield Finding(
            line,
            "CPA-031",
            f"ReliableMessaging in both bindings of channel {channel.id}",
            found=f"sender {_words(channel.sender)}, receiver {_words(channel.receiver)}",
            expected="the same in both",
            severity="should",
        )


def _words(binding: Binding) -> str:
    reliable = binding.reliable
    if reliable is None:
        return "none"
    return f"{reliable.retries} retries {duration_text(reliable.retry_interval)} apart"


def _window(line: int, where: str, binding: Binding) -> Iterator[Finding]:
    reliable = binding.reliable
    if reliable is None:
        return
    persist = binding.persist_duration or FALLBACK_PERSISTENCE
    if persist < reliable.window:
        yield Finding(
            line,
            "CPA-030",
            f"PersistDuration in the {where}: messages are forgotten while they are still sent again",
            found=duration_text(persist),
            expected=f"at least (Retries + 1) x RetryInterval = {duration_text(reliable.window)}",
        )
    if reliable.ordered:
        yield Finding(
            line,
            "DK-EBMS2-008",
            f"MessageOrderSemantics in the {where}",
            found="Guaranteed",
            expected="NotGuaranteed",
            severity="should",
        )


def _endpoints(document: Document) -> Iterator[Finding]:
    for element in document.root.iter(f"{{{TNS}}}Endpoint"):
        uri = element.get(f"{{{TNS}}}uri") or ""
        if host_of(uri) is None:
            yield Finding(_line(element), "CPA-034", "uri of Endpoint", found=uri, expected=EXPECTED)


def _references(document: Document) -> Iterator[Finding]:
    """Every reference points to something: the grammar does not follow them."""
    for name, attribute in _REFERENCES.items():
        for element in document.root.iter(f"{{{TNS}}}{name}"):
            value = element.get(f"{{{TNS}}}{attribute}")
            if value is not None and value not in document.lines:
                yield Finding(
                    _line(element), "CPA-003", f"{attribute} of {name} points to nothing", found=value
                )


_REFERENCES = {
    "Constituent": "idref",
    "ThisPartyActionBinding": "packageId",
    "AnchorCertificateRef": "certId",
    "ServerSecurityDetailsRef": "securityId",
    "ClientSecurityDetailsRef": "securityId",
    "SigningSecurityDetailsRef": "securityId",
    "SigningCertificateRef": "certId",
    "EncryptionSecurityDetailsRef": "securityId",
    "EncryptionCertificateRef": "certId",
}


def _packages(document: Document) -> Iterator[Finding]:
    """An action's message has the SOAP part and at least one payload; a signal the SOAP part only."""
    parts = {
        package.get(f"{{{TNS}}}id"): len(list(package.iter(f"{{{TNS}}}Constituent")))
        for package in document.root.iter(f"{{{TNS}}}Packaging")
    }
    for party in document.cpa.parties:
        name = party.default_package_id
        if parts.get(name) != 1:
            yield Finding(
                document.line(party.name),
                "CPA-022",
                f"defaultMshPackageId of {party.name}",
                found=f"{name} with {parts[name]} parts" if name in parts else f"{name}, which is not there",
                expected="a Packaging that holds the SOAP header part only",
            )
        for action in (*party.can_send, *party.can_receive):
            if parts.get(action.package_id, 2) < 2:
                yield Finding(
                    document.line(action.id),
                    "CPA-046",
                    f"packageId of action {action.name}",
                    found=f"{action.package_id} with {parts[action.package_id]} parts",
                    expected="the SOAP part and at least one payload part",
                    severity="should",
                )


def _defaults(document: Document) -> Iterator[Finding]:
    for party in document.cpa.parties:
        line = document.line(party.name)
        used = [channel for action in (*party.can_send, *party.can_receive) for channel in action.channels]
        strongest = max((profile_of(channel) for channel in used), key=lambda p: p.strength, default=None)
        default = profile_of(party.default_channel)
        if strongest is not None and default.strength != strongest.strength:
            yield Finding(
                line,
                "CPA-021",
                f"default channel of {party.name} carries the acknowledgements of all actions",
                found=f"{party.default_channel.id}, profile {default.name}",
                expected=f"the strongest profile of its actions, {strongest.name}",
            )


def _actions(document: Document) -> Iterator[Finding]:
    for party in document.cpa.parties:
        for action in (*party.can_send, *party.can_receive):
            profile = profile_of(action.channel)
            for name, allowed in profile.characteristics.items():
                value = {"1": "true", "0": "false"}.get(
                    action.characteristics.get(name, "absent"), action.characteristics.get(name, "absent")
                )
                if value not in allowed:
                    yield Finding(
                        document.line(action.id),
                        "CPA-039",
                        f"{name} of action {action.name}, profile {profile.name}",
                        found=value,
                        expected=" or ".join(sorted(allowed)),
                    )


def _algorithms(document: Document) -> Iterator[Finding]:
    for name, (allowed, rule, words) in ALGORITHMS.items():
        for exchange in document.root.iter(f"{{{TNS}}}DocExchange"):
            for element in exchange.iter(f"{{{TNS}}}{name}"):
                value = element.get(f"{{{TNS}}}w3c") or (element.text or "").strip()
                if value not in allowed:
                    yield Finding(_line(element), rule, name, found=value, expected=words)


def _tls_label(document: Document) -> Iterator[Finding]:
    for element in document.root.iter(f"{{{TNS}}}TransportSecurityProtocol"):
        version = element.get(f"{{{TNS}}}version")
        if (element.text or "").strip() == "TLS" and version not in {"1.2", "1.3"}:
            yield Finding(
                _line(element),
                "CPA-033",
                "version of TransportSecurityProtocol",
                found=str(version),
                expected="1.2 or 1.3",
                severity="should",
            )


# -- certificates ---------------------------------------------------------------------------------


def _certificates(document: Document) -> Iterator[Finding]:
    for party in document.cpa.parties:
        uses = {
            (use, name, der)
            for channel in party.channels.values()
            for use, name, der in (
                ("client", channel.client_certificate_id, channel.client_certificate),
                ("server", channel.server_certificate_id, channel.server_certificate),
            )
        }
        for use, name, der in sorted(uses, key=str):
            if name is None or der is None:
                yield Finding(
                    document.line(party.name),
                    "CPA-035",
                    f"{party.name} has a channel without {use} certificate",
                )
                continue
            try:
                certificate = read(der)
            except LzError as error:
                yield Finding(document.line(name), "CPA-035", f"certificate {name}: {error.what}")
                continue
            yield from _certificate(document, party, certificate, use, name)
        yield from _message_certificates(document, party)


def _message_certificates(document: Document, party: Party) -> Iterator[Finding]:
    """What a party signs and decrypts with: it is in the CPA, bears the party's OIN and lasts."""
    names = {der: name for name, der in party.certificates.items()}
    for channel in party.channels.values():
        signing, encryption = channel.sender.signing, channel.receiver.encryption
        for use, agreed in (("signing", signing), ("encryption", encryption)):
            if agreed is None or agreed.certificate is None:
                continue  # the grammar wants one there (CPA-003)
            name = names[agreed.certificate]
            try:
                certificate = read(agreed.certificate)
            except LzError as error:
                yield Finding(document.line(name), "CPA-035", f"certificate {name}: {error.what}")
                continue
            yield from _certificate(document, party, certificate, use, name)


def _certificate(
    document: Document, party: Party, certificate: Certificate, use: str, name: str
) -> Iterator[Finding]:
    line, cpa = document.line(name), document.cpa
    if party.id.type == OIN_TYPE and certificate.oin != _bare(party.oin):
        yield Finding(
            line,
            "CPA-013",
            f"OIN of {use} certificate {name} is not that of {party.name}",
            found=certificate.oin or "no OIN in Subject serialNumber",
            expected=_bare(party.oin),
            remedy="They may differ only when another party does the TLS and the mandate is recorded.",
        )
    if cpa.end > certificate.not_after:
        yield Finding(
            line,
            "CPA-006",
            f"the CPA outlives {use} certificate {name}",
            found=f"End {instant_text(cpa.end)}, certificate until {instant_text(certificate.not_after)}",
        )
    if use in {"client", "server"} and not (
        certificate.for_client if use == "client" else certificate.for_server
    ):
        yield Finding(line, "PKIO-015", f"certificate {name} is not meant for a TLS {use}")
    if use == "server":
        names = {host.lower() for host in certificate.dns_names}
        hosts = {host for channel in party.channels.values() if (host := host_of(channel.endpoint))}
        for host in sorted(hosts - names):
            yield Finding(
                line,
                "CPA-034",
                f"host name of the endpoint is not in server certificate {name}",
                found=", ".join(certificate.dns_names) or "no names",
                expected=host,
            )


def _anchors(document: Document) -> Iterator[Finding]:
    for info, party in zip(document.root.iter(f"{{{TNS}}}PartyInfo"), document.cpa.parties, strict=True):
        for element in info.iter(f"{{{TNS}}}AnchorCertificateRef"):
            name = element.get(f"{{{TNS}}}certId") or ""
            der = party.certificates.get(name)
            if der is None:
                continue
            try:
                is_ca = read(der).is_ca
            except LzError:
                is_ca = False
            if not is_ca:
                yield Finding(
                    _line(element),
                    "CPA-038",
                    f"trust anchor {name} is no CA certificate",
                    expected="the root of PKIoverheid",
                    severity="should",
                )


_RULES = (
    _identity,
    _period,
    _parties,
    _services,
    _mirror,
    _channels,
    _endpoints,
    _references,
    _packages,
    _defaults,
    _actions,
    _algorithms,
    _tls_label,
    _certificates,
    _anchors,
)


def _bare(oin: str) -> str:
    """The OIN without its environment suffix (CPA-014)."""
    return _SUFFIX.sub("", oin)


def _line(element: etree._Element) -> int:
    line: int | None = getattr(element, "sourceline", None)
    return line or 0
