"""Writes a CPA for one of the six profiles from what the dossier says.

The same request gives the same bytes. What would make a CPA that breaks a rule is refused.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from lopendezaken.cpa.endpoint import EXPECTED, host_of
from lopendezaken.cpa.model import OIN_TYPE, TO_PARTY_MSH
from lopendezaken.cpa.profile import PROFILES, Profile
from lopendezaken.cpa.xml import DS, TNS, XLINK, duration_text, instant_text
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import Certificate, read, read_chain
from lopendezaken.pki.oin import parse_oin

MSG_HEADER = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
SERVICE_TYPE = "urn:osb:services"
# What a new CPA says where the profile signs or encrypts (standards CPA-041, CPA-042).
HASH = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNATURE = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
CIPHER = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
# What DK-TLS-004 obliges every party to offer; 1.3 is negotiated where both can.
TLS_VERSION = "1.2"

_ID = re.compile(r"[A-Za-z0-9_-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_SUFFIX = re.compile(r"_[OTA]{1,3}")


@dataclass(frozen=True)
class PartyRequest:
    """One side. Certificates are PEM or DER, the leaf first; the OIN may have a suffix as in CPA-014.

    A party without certificates of their own for signing and encryption uses the one of its TLS client.
    """

    name: str
    oin: str
    role: str
    endpoint: str
    client_certificate: bytes = field(repr=False)
    server_certificate: bytes = field(repr=False)
    signing_certificate: bytes | None = field(default=None, repr=False)
    encryption_certificate: bytes | None = field(default=None, repr=False)

    def certificate(self, use: str) -> bytes:
        """The one for ``client``, ``server``, ``signing`` or ``encryption``, as it was given."""
        own = {
            "client": self.client_certificate,
            "server": self.server_certificate,
            "signing": self.signing_certificate,
            "encryption": self.encryption_certificate,
        }
        return own[use] or self.client_certificate


@dataclass(frozen=True)
class ActionRequest:
    """One action and the role that sends it."""

    name: str
    sender: str


@dataclass(frozen=True)
class CpaRequest:
    """All that a CPA says. ``anchors`` is PEM with the CA certificates that both sides trust."""

    cpa_id: str
    start: datetime
    end: datetime
    parties: tuple[PartyRequest, PartyRequest]
    service: str
    actions: Sequence[ActionRequest]
    retries: int = 8
    retry_interval: timedelta = timedelta(hours=3)
    persist_duration: timedelta = timedelta(days=5)
    profile: str = "osb-rm"
    sync_reply_mode: str = "none"
    anchors: bytes | None = field(default=None, repr=False)

    @property
    def how(self) -> Profile:
        """What the profile asks. KeyError for a name that is none."""
        return PROFILES[self.profile]

    @property
    def uses(self) -> tuple[str, ...]:
        """What certificates are for under this profile."""
        signing = ("signing",) if self.how.signed else ()
        return ("client", "server", *signing, *(("encryption",) if self.how.encrypted else ()))


def render(request: CpaRequest) -> bytes:
    """The CPA as XML (UTF-8). Raises :class:`LzError` for what no CPA may say."""
    leaves = _checked(request)
    try:
        root = _agreement(request, leaves)
    except ValueError as error:
        raise LzError("a name holds a sign that XML cannot hold", found=str(error)) from error
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _agreement(request: CpaRequest, leaves: dict[bytes, Certificate]) -> etree._Element:
    root = etree.Element(_tns("CollaborationProtocolAgreement"), nsmap={"tns": TNS, "ds": DS, "xlink": XLINK})
    _set(root, cpaid=request.cpa_id, version="2_0b")
    _add(root, "Status", value="agreed")
    _text(root, "Start", instant_text(request.start))
    _text(root, "End", instant_text(request.end))
    for party in request.parties:
        _party(root, request, party, leaves)
    _packaging(root, request.how)
    return root


# -- what is refused ------------------------------------------------------------------------------


def _checked(request: CpaRequest) -> dict[bytes, Certificate]:
    """The certificates by their given bytes, when all is well."""
    if not _ID.fullmatch(request.cpa_id):
        raise LzError(
            "the CPAId has signs that a file name may not have (CPA-009)",
            found=request.cpa_id,
            expected="letters, digits, - and _",
        )
    if request.profile not in PROFILES:
        raise LzError("profile not supported", found=request.profile, expected=" or ".join(PROFILES))
    _check_sync_reply(request)
    _check_period(request)
    _check_names(request)
    if request.how.reliable:
        _check_reliability(request)
    leaves: dict[bytes, Certificate] = {}
    for party in request.parties:
        for use in request.uses:
            given = party.certificate(use)
            leaves[given] = read(given, f"{use} certificate of {party.name}")
            _check_certificate(request, party, leaves[given], use)
    return leaves


def _check_sync_reply(request: CpaRequest) -> None:
    allowed = ("none", "mshSignalsOnly") if request.how.reliable else ("none",)
    if request.sync_reply_mode not in allowed:
        raise LzError(
            f"syncReplyMode is not for profile {request.profile} (CPA-026)",
            found=request.sync_reply_mode,
            expected=" or ".join(allowed),
        )


def _check_period(request: CpaRequest) -> None:
    if request.start.tzinfo is None or request.end.tzinfo is None:
        raise LzError("Start and End of the CPA need a time zone")
    if request.start >= request.end:
        raise LzError(
            "the CPA ends before it starts (CPA-005)",
            found=f"Start {instant_text(request.start)}, End {instant_text(request.end)}",
        )


def _check_names(request: CpaRequest) -> None:
    first, second = request.parties
    if first.role == second.role or first.oin == second.oin:
        raise LzError("both parties have the same role or OIN (CPA-015)", found=f"{first.role}, {first.oin}")
    for party in request.parties:
        parse_oin(_without_suffix(party.oin), f"party {party.name}")
        if not _NAME.fullmatch(party.role):
            raise LzError("not a name for a role", found=party.role, expected="a word such as SR or SP")
        if host_of(party.endpoint) is None:
            raise LzError(
                f"endpoint of {party.name} is not allowed (CPA-034)", found=party.endpoint, expected=EXPECTED
            )
    if not request.service or re.search(r"\s", request.service):
        raise LzError("a service name has no white space (DK-EBMS2-013)", found=repr(request.service))
    _check_actions(request)


def _check_actions(request: CpaRequest) -> None:
    roles = [party.role for party in request.parties]
    if not request.actions:
        raise LzError("a CPA needs at least one action")
    if len(set(request.actions)) != len(request.actions):
        raise LzError("an action stands twice in the same direction")
    for action in request.actions:
        if not _NAME.fullmatch(action.name):
            raise LzError(
                "not a name for an action (CPA-019)",
                found=action.name,
                expected="the name of the root element of its message",
            )
        if action.sender not in roles:
            raise LzError(
                f"action {action.name} is sent by an unknown role",
                found=action.sender,
                expected=" or ".join(roles),
            )


def _check_reliability(request: CpaRequest) -> None:
    if request.retries < 1 or request.retry_interval <= timedelta(0):
        raise LzError("reliable messaging needs at least one retry after some time (CPA-028)")
    window = (request.retries + 1) * request.retry_interval
    if request.persist_duration < window:
        raise LzError(
            "messages are forgotten while they are still sent again (CPA-030)",
            found=f"PersistDuration {duration_text(request.persist_duration)}",
            expected=f"at least (Retries + 1) x RetryInterval = {duration_text(window)}",
        )


def _check_certificate(request: CpaRequest, party: PartyRequest, leaf: Certificate, use: str) -> None:
    where = f"{use} certificate of {party.name}"
    if leaf.oin != _without_suffix(party.oin):
        raise LzError(
            "the OIN of the certificate is not that of the party (CPA-013)",
            where=where,
            found=leaf.oin or "no OIN in Subject serialNumber",
            expected=_without_suffix(party.oin),
        )
    if request.end > leaf.not_after:
        raise LzError(
            "the CPA outlives a certificate in it (CPA-006)",
            where=where,
            found=f"End {instant_text(request.end)}, certificate until {instant_text(leaf.not_after)}",
            remedy="Let the CPA end sooner, or renew the certificate first.",
        )
    if use in {"client", "server"} and not (leaf.for_client if use == "client" else leaf.for_server):
        raise LzError(f"the certificate is not meant for a TLS {use} (PKIO-015)", where=where)
    host = host_of(party.endpoint)
    if use == "server" and host not in [name.lower() for name in leaf.dns_names]:
        raise LzError(
            "the host name of the endpoint is not in the certificate (CPA-034)",
            where=where,
            found=", ".join(leaf.dns_names) or "no names",
            expected=host,
        )


def _without_suffix(oin: str) -> str:
    return oin[:20] if _SUFFIX.fullmatch(oin[20:]) else oin


# -- the document ---------------------------------------------------------------------------------


def _party(
    root: etree._Element, request: CpaRequest, party: PartyRequest, leaves: dict[bytes, Certificate]
) -> None:
    role = party.role
    channel, transport, exchange = f"{role}_Channel", f"{role}_Transport", f"{role}_DocExchange"
    info = _add(
        root,
        "PartyInfo",
        partyName=party.name,
        defaultMshChannelId=channel,
        defaultMshPackageId="MshSignalPackage",
    )
    _text(info, "PartyId", party.oin, type=OIN_TYPE)
    _link(_add(info, "PartyRef"), f"{OIN_TYPE}:{party.oin}")
    _collaboration(info, request, role, channel)
    anchors = read_chain(request.anchors, "trust anchors") if request.anchors else ()
    for use in request.uses:
        _certificate(info, f"{role}_{use.capitalize()}Certificate", leaves[party.certificate(use)])
    for number, anchor in enumerate(anchors, 1):
        _certificate(info, f"{role}_Anchor_{number}", anchor)
    if anchors:
        trusted = _add(_add(info, "SecurityDetails", securityId=f"{role}_Security"), "TrustAnchors")
        for number in range(1, len(anchors) + 1):
            _add(trusted, "AnchorCertificateRef", certId=f"{role}_Anchor_{number}")
    delivery = _add(info, "DeliveryChannel", channelId=channel, transportId=transport, docExchangeId=exchange)
    _characteristics(delivery, request)
    _transport(info, transport, party, with_anchors=bool(anchors))
    _exchange(info, exchange, request, role, with_anchors=bool(anchors))


def _collaboration(info: etree._Element, request: CpaRequest, role: str, channel: str) -> None:
    first, second = (party.role for party in request.parties)
    other = second if role == first else first
    collaboration = _add(info, "CollaborationRole")
    name, version = _process(request.service)
    process = _add(collaboration, "ProcessSpecification", name=name, version=version)
    _link(process, f"{SERVICE_TYPE}:{request.service}")
    _link(_add(collaboration, "Role", name=role), f"{SERVICE_TYPE}:{request.service}")
    binding = _add(collaboration, "ServiceBinding")
    _text(binding, "Service", request.service, type=SERVICE_TYPE)
    # The schema wants every CanSend before the first CanReceive.
    for sends in (True, False):
        for action in request.actions:
            if (action.sender == role) is not sends:
                continue
            this_letter, other_letter = ("S", "R") if sends else ("R", "S")
            element = _add(binding, "CanSend" if sends else "CanReceive")
            this = _add(
                element,
                "ThisPartyActionBinding",
                id=f"{role}_{this_letter}_{action.name}",
                action=action.name,
                packageId="PayloadPackage",
            )
            _business(this, request)
            _text(this, "ChannelId", channel)
            _text(element, "OtherPartyActionBinding", f"{other}_{other_letter}_{action.name}")


def _process(service: str) -> tuple[str, str]:
    """Name and version from ``organisation:service:version`` (CPA-018)."""
    parts = service.split(":")
    return (parts[-2], parts[-1]) if len(parts) >= 3 else (service, "1.0")


def _business(binding: etree._Element, request: CpaRequest) -> None:
    """Security of the action (CPA-039): of the transport, and of the message where the profile has it."""
    kept, secret = (
        "transient-and-persistent" if yes else "transient"
        for yes in (request.how.signed, request.how.encrypted)
    )
    element = _add(
        binding,
        "BusinessTransactionCharacteristics",
        isNonRepudiationRequired=_boolean(request.how.signed),
        isNonRepudiationReceiptRequired=_boolean(request.how.signed and request.how.reliable),
        isConfidential=secret,
        isAuthenticated=kept,
        isTamperProof=kept,
        isAuthorizationRequired="true",
        isIntelligibleCheckRequired="false",
    )
    if request.how.reliable:
        _set(element, timeToPerform="P2D")


def _boolean(value: bool) -> str:
    return str(value).lower()


def _characteristics(delivery: etree._Element, request: CpaRequest) -> None:
    """All five written out: a missing one means perMessage, of no profile (CPA-023 to CPA-027)."""
    _add(
        delivery,
        "MessagingCharacteristics",
        syncReplyMode=request.sync_reply_mode,
        ackRequested=request.how.acknowledgement,
        ackSignatureRequested=request.how.signed_acknowledgement,
        duplicateElimination=request.how.acknowledgement,
        actor=TO_PARTY_MSH,
    )


def _certificate(info: etree._Element, name: str, certificate: Certificate) -> None:
    element = _add(info, "Certificate", certId=name)
    data = etree.SubElement(etree.SubElement(element, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
    text = base64.b64encode(certificate.der).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    etree.SubElement(data, f"{{{DS}}}X509Certificate").text = "\n".join(lines)


def _transport(info: etree._Element, name: str, party: PartyRequest, *, with_anchors: bool) -> None:
    transport = _add(info, "Transport", transportId=name)
    sender = _add(transport, "TransportSender")
    _text(sender, "TransportProtocol", "HTTP", version="1.1")
    client = _add(sender, "TransportClientSecurity")
    _text(client, "TransportSecurityProtocol", "TLS", version=TLS_VERSION)
    _add(client, "ClientCertificateRef", certId=f"{party.role}_ClientCertificate")
    receiver = _add(transport, "TransportReceiver")
    _text(receiver, "TransportProtocol", "HTTP", version="1.1")
    _add(receiver, "Endpoint", uri=party.endpoint, type="allPurpose")
    server = _add(receiver, "TransportServerSecurity")
    _text(server, "TransportSecurityProtocol", "TLS", version=TLS_VERSION)
    _add(server, "ServerCertificateRef", certId=f"{party.role}_ServerCertificate")
    if with_anchors:
        _add(client, "ServerSecurityDetailsRef", securityId=f"{party.role}_Security")
        _add(server, "ClientSecurityDetailsRef", securityId=f"{party.role}_Security")


def _exchange(info: etree._Element, name: str, request: CpaRequest, role: str, *, with_anchors: bool) -> None:
    exchange = _add(info, "DocExchange", docExchangeId=name)
    security = f"{role}_Security" if with_anchors else None
    for side in ("Sender", "Receiver"):
        binding = _add(exchange, f"ebXML{side}Binding", version="2.0")
        if request.how.reliable:
            _reliability(binding, request)
        if request.how.signed:
            _non_repudiation(binding, side, role, security)
        if request.how.encrypted:
            _digital_envelope(binding, side, role, security)


def _reliability(binding: etree._Element, request: CpaRequest) -> None:
    reliable = _add(binding, "ReliableMessaging")
    _text(reliable, "Retries", str(request.retries))
    _text(reliable, "RetryInterval", duration_text(request.retry_interval))
    _text(reliable, "MessageOrderSemantics", "NotGuaranteed")
    _text(binding, "PersistDuration", duration_text(request.persist_duration))


def _non_repudiation(binding: etree._Element, side: str, role: str, security: str | None) -> None:
    """The sender names what it signs with, the receiver what it trusts."""
    element = _add(binding, f"{side}NonRepudiation")
    _text(element, "NonRepudiationProtocol", DS)
    _text(element, "HashFunction", HASH)
    _text(element, "SignatureAlgorithm", SIGNATURE)
    if side == "Sender":
        _add(element, "SigningCertificateRef", certId=f"{role}_SigningCertificate")
    elif security:
        _add(element, "SigningSecurityDetailsRef", securityId=security)


def _digital_envelope(binding: etree._Element, side: str, role: str, security: str | None) -> None:
    """The receiver names what it decrypts with, the sender what it trusts."""
    element = _add(binding, f"{side}DigitalEnvelope")
    _text(element, "DigitalEnvelopeProtocol", "XMLENC", version="1.0")
    _text(element, "EncryptionAlgorithm", CIPHER)
    if side == "Receiver":
        _add(element, "EncryptionCertificateRef", certId=f"{role}_EncryptionCertificate")
    elif security:
        _add(element, "EncryptionSecurityDetailsRef", securityId=security)


def _packaging(root: etree._Element, profile: Profile) -> None:
    header = _add(root, "SimplePart", id="MessageHeader", mimetype="text/xml")
    _text(header, "NamespaceSupported", MSG_HEADER, location=MSG_HEADER, version="2.0")
    _add(root, "SimplePart", id="Payload", mimetype="application/xml")
    payload = "EncryptedPayload" if profile.encrypted else "Payload"
    parts = {
        "MshSignalPackage": ("MshSignal", ("MessageHeader",)),
        "PayloadPackage": ("PayloadMessage", ("MessageHeader", payload)),
    }
    for package, (composite, constituents) in parts.items():
        element = _add(root, "Packaging", id=package)
        _add(element, "ProcessingCapabilities", parse="true", generate="true")
        listed = _add(element, "CompositeList")
        if "EncryptedPayload" in constituents:
            capsule = _add(listed, "Encapsulation", id="EncryptedPayload", mimetype="application/xml")
            _add(capsule, "Constituent", idref="Payload")
        whole = _add(
            listed,
            "Composite",
            id=composite,
            mimetype="multipart/related",
            mimeparameters="type=text/xml",
        )
        for part in constituents:
            _add(whole, "Constituent", idref=part)


def _tns(name: str) -> str:
    return f"{{{TNS}}}{name}"


def _set(element: etree._Element, /, **attributes: str) -> None:
    for name, value in attributes.items():
        element.set(_tns(name), value)


def _add(parent: etree._Element, name: str, /, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, _tns(name))
    _set(element, **attributes)
    return element


def _text(parent: etree._Element, name: str, text: str, /, **attributes: str) -> None:
    _add(parent, name, **attributes).text = text


def _link(element: etree._Element, target: str) -> None:
    element.set(f"{{{XLINK}}}type", "simple")
    element.set(f"{{{XLINK}}}href", target)
