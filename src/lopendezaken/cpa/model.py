"""What a message handler must know of a CPA: who, where, how reliably, with which certificate.

Reads every well formed CPA 2.0, also of other profiles; :mod:`lopendezaken.cpa.check` judges it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from lxml import etree

from lopendezaken.cpa.xml import DS, TNS, duration, instant, root_of
from lopendezaken.errors import LzError

OIN_TYPE = "urn:osb:oin"
TO_PARTY_MSH = "urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PartyId:
    """A party as messages name it; ``str()`` gives the ``type:value`` of the REST calls."""

    type: str | None
    value: str

    def __str__(self) -> str:
        return f"{self.type}:{self.value}" if self.type else self.value


@dataclass(frozen=True, slots=True)
class ReliableMessaging:
    """How often and after how long an unacknowledged message is sent again (CPA-028)."""

    retries: int
    retry_interval: timedelta
    ordered: bool = False

    @property
    def window(self) -> timedelta:
        """From first sending until giving up: (Retries + 1) x RetryInterval (DK-EBMS2-024)."""
        return (self.retries + 1) * self.retry_interval


@dataclass(frozen=True, slots=True)
class Signing:
    """How messages are signed: URIs of hash and signature, and the DER of what the sender signs with."""

    hash_function: str
    algorithm: str
    certificate: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Encryption:
    """How payloads are encrypted: URI of the cipher, and the DER of what the receiver decrypts with."""

    algorithm: str
    certificate: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Binding:
    """One direction of a DocExchange."""

    reliable: ReliableMessaging | None = None
    persist_duration: timedelta | None = None
    signing: Signing | None = None
    encryption: Encryption | None = None

    @property
    def signed(self) -> bool:
        """Whether messages are signed (osb-..-s and -e)."""
        return self.signing is not None

    @property
    def encrypted(self) -> bool:
        """Whether payloads are encrypted (osb-..-e)."""
        return self.encryption is not None


@dataclass(frozen=True, slots=True)
class Channel:
    """A DeliveryChannel with its Transport and DocExchange filled in.

    ``ack_requested``, ``ack_signature_requested`` and ``duplicate_elimination`` are ``always``,
    ``never`` or ``perMessage`` (what the schema says of a missing attribute, CPA-025).
    Certificates are DER.
    """

    id: str
    endpoint: str
    sync_reply_mode: str
    ack_requested: str
    ack_signature_requested: str
    duplicate_elimination: str
    actor: str | None
    sender: Binding
    receiver: Binding
    client_certificate_id: str | None = None
    client_certificate: bytes | None = field(default=None, repr=False)
    server_certificate_id: str | None = None
    server_certificate: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Action:
    """One CanSend or CanReceive of a party in one role."""

    role: str
    service_type: str | None
    service: str
    name: str
    id: str
    other_id: str | None
    package_id: str
    channels: tuple[Channel, ...]
    characteristics: Mapping[str, str]

    @property
    def channel(self) -> Channel:
        """The preferred channel: the first one listed."""
        return self.channels[0]


@dataclass(frozen=True, slots=True)
class Party:
    """One PartyInfo."""

    name: str
    ids: tuple[PartyId, ...]
    roles: tuple[str, ...]
    certificates: Mapping[str, bytes] = field(repr=False)
    channels: Mapping[str, Channel]
    can_send: tuple[Action, ...]
    can_receive: tuple[Action, ...]
    default_channel: Channel
    default_package_id: str

    @property
    def id(self) -> PartyId:
        """The first PartyId: the only one under Digikoppeling."""
        return self.ids[0]

    @property
    def oin(self) -> str:
        """The bare value of the party's id, with any environment suffix (CPA-014)."""
        return self.id.value

    @property
    def endpoint(self) -> str:
        """Where this party takes signals: the endpoint of its default channel."""
        return self.default_channel.endpoint


@dataclass(frozen=True, slots=True)
class Route:
    """All that is agreed on one message, or on signals when ``action`` is None.

    ``endpoint`` is where ``receiver`` listens; ``return_endpoint`` is where acknowledgements and
    errors for ``sender`` go. ``client_certificate`` is what ``sender`` shows as TLS client.
    """

    sender: Party
    receiver: Party
    send_channel: Channel
    receive_channel: Channel
    from_role: str | None = None
    to_role: str | None = None
    action: Action | None = None

    @property
    def endpoint(self) -> str:
        """URL of the receiver's channel."""
        return self.receive_channel.endpoint

    @property
    def return_endpoint(self) -> str:
        """URL of the sender's default channel."""
        return self.sender.default_channel.endpoint

    @property
    def ack_requested(self) -> bool:
        """Whether the sender asks an acknowledgement (always, or per message: then it does)."""
        return self.send_channel.ack_requested != "never"

    @property
    def ack_signature_requested(self) -> bool:
        """Whether that acknowledgement has to be signed."""
        return self.send_channel.ack_signature_requested == "always"

    @property
    def duplicate_elimination(self) -> bool:
        """Whether the receiver drops a message with a MessageId it has had."""
        return self.send_channel.duplicate_elimination != "never"

    @property
    def sync_reply_mode(self) -> str:
        """``none``: every answer is a POST of its own; by consent ``mshSignalsOnly`` (CPA-026)."""
        return self.send_channel.sync_reply_mode

    @property
    def answered_at_once(self) -> bool:
        """Whether acknowledgement, error and Pong come in the HTTP response (CPA-026)."""
        return self.sync_reply_mode == "mshSignalsOnly"

    @property
    def actor(self) -> str | None:
        """SOAP actor of AckRequested."""
        return self.send_channel.actor

    @property
    def reliable(self) -> ReliableMessaging | None:
        """Retry values, None for best effort. Sender's binding first, both are equal (CPA-031)."""
        if not self.ack_requested:
            return None
        return self.send_channel.sender.reliable or self.receive_channel.receiver.reliable

    @property
    def persist_duration(self) -> timedelta | None:
        """How long both ends keep the message and its id."""
        return self.receive_channel.receiver.persist_duration or self.send_channel.sender.persist_duration

    @property
    def signing(self) -> Signing | None:
        """How the sender signs; None when the profile asks no signature."""
        return self.send_channel.sender.signing

    @property
    def encryption(self) -> Encryption | None:
        """How payloads are encrypted for the receiver; None when the profile asks none."""
        return self.receive_channel.receiver.encryption

    @property
    def client_certificate(self) -> bytes | None:
        """DER of the certificate the sender shows as TLS client, when the CPA names one."""
        return self.send_channel.client_certificate

    @property
    def server_certificate(self) -> bytes | None:
        """DER of the certificate the receiver shows as TLS server, when the CPA names one."""
        return self.receive_channel.server_certificate


@dataclass(frozen=True, slots=True)
class Cpa:
    """A collaboration protocol agreement between two parties."""

    id: str
    version: str
    status: str
    start: datetime
    end: datetime
    parties: tuple[Party, Party]

    def valid_at(self, moment: datetime) -> bool:
        """Whether messages may be exchanged at ``moment`` (aware): agreed, and between Start and End."""
        return self.status == "agreed" and self.start <= moment < self.end

    def party(self, party_id: PartyId | str) -> Party:
        """The party with this id; a text is ``type:value`` or the bare value. Raises LzError."""
        for party in self.parties:
            if any(party_id in (known, str(known), known.value) for known in party.ids):
                return party
        raise LzError(
            f"no party {party_id} in CPA {self.id}",
            expected=" or ".join(str(party.id) for party in self.parties),
        )

    def other(self, party: Party) -> Party:
        """The party across the table."""
        first, second = self.parties
        return second if party is first or party.ids == first.ids else first

    def route(
        self,
        sender: PartyId | str,
        receiver: PartyId | str,
        service: str,
        action: str,
        service_type: str | None = None,
    ) -> Route:
        """What is agreed on ``action`` from ``sender`` to ``receiver``.

        ``service`` is the bare name, or ``type:name`` as in the REST calls. Raises LzError when
        there is no such CanSend, or no CanReceive across.
        """
        this, that = self.party(sender), self.party(receiver)
        out = _find(this.can_send, service, action, service_type)
        if out is None:
            raise LzError(f"no CanSend of {this.id} for service {service}, action {action} in CPA {self.id}")
        into = _find(that.can_receive, service, action, service_type)
        if into is None:
            raise LzError(
                f"no CanReceive of {that.id} for service {service}, action {action} in CPA {self.id}"
            )
        return Route(this, that, out.channel, into.channel, out.role, into.role, out)

    def signal_route(self, sender: PartyId | str, receiver: PartyId | str) -> Route:
        """The default channels: for Ping, Pong, acknowledgements and errors (CPA-021)."""
        this, that = self.party(sender), self.party(receiver)
        return Route(this, that, this.default_channel, that.default_channel)


def parse(xml: bytes, source: str = "CPA") -> Cpa:
    """Read a CPA. ``source`` names the document in messages. Raises :class:`LzError` with the line."""
    return _parsed(xml, source)


@lru_cache(maxsize=8)  # whoever judges a CPA reads it more than once
def _parsed(xml: bytes, source: str) -> Cpa:
    return _Reader(source).cpa(root_of_cpa(xml, source))


@lru_cache(maxsize=8)
def root_of_cpa(xml: bytes, source: str) -> etree._Element:
    """Give the root element of a CPA, to look at only. Raises :class:`LzError`, also for another document."""
    root = root_of(xml, source)
    if root.tag != f"{{{TNS}}}CollaborationProtocolAgreement":
        raise LzError(
            "not a CPA",
            where=f"{source}:{root.sourceline}",
            found=str(root.tag),
            expected=f"{{{TNS}}}CollaborationProtocolAgreement",
        )
    return root


def _find(actions: tuple[Action, ...], service: str, name: str, service_type: str | None) -> Action | None:
    for action in actions:
        full = f"{action.service_type}:{action.service}" if action.service_type else action.service
        same_type = service_type is None or service_type == action.service_type
        if action.name == name and service in (action.service, full) and same_type:
            return action
    return None


# Elements to which others refer, each with its id.
_OWN_IDS = {
    f"{{{TNS}}}{kind}": f"{{{TNS}}}{name}"
    for kind, name in {
        "ThisPartyActionBinding": "id",
        "DeliveryChannel": "channelId",
        "Transport": "transportId",
        "DocExchange": "docExchangeId",
        "Certificate": "certId",
    }.items()
}


class _Reader:
    """Walks one document; every complaint carries its place."""

    def __init__(self, source: str) -> None:
        self._source = source

    def _wrong(
        self,
        element: etree._Element,
        what: str,
        *,
        found: str | None = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> LzError:
        where = f"{self._source}:{element.sourceline}"
        return LzError(what, where=where, found=found, expected=expected, remedy=remedy)

    def _child(self, element: etree._Element, name: str) -> etree._Element:
        child = next(_children(element, name), None)
        if child is None:
            raise self._wrong(element, f"{_local(element)} has no {name}")
        return child

    def _attribute(self, element: etree._Element, name: str) -> str:
        value = element.get(f"{{{TNS}}}{name}")
        if value is None:
            raise self._wrong(
                element,
                f"{_local(element)} has no attribute {name}",
                expected=f"tns:{name}",
                remedy="It stands there without namespace: give it the prefix."
                if element.get(name)
                else None,
            )
        return value

    def _text(self, element: etree._Element) -> str:
        text = (element.text or "").strip()
        if not text:
            raise self._wrong(element, f"{_local(element)} is empty")
        return text

    def _value(self, element: etree._Element, read: Callable[[str], _T]) -> _T:
        text = self._text(element)
        try:
            return read(text)
        except ValueError as error:
            raise self._wrong(element, f"{_local(element)} cannot be read", found=str(error)) from error

    def cpa(self, root: etree._Element) -> Cpa:
        infos = list(_children(root, "PartyInfo"))
        if len(infos) != 2:
            raise self._wrong(root, "wrong number of PartyInfo", found=str(len(infos)), expected="2")
        self._unique_ids(root)
        first, second = (self._party(info) for info in infos)
        if set(first.ids) & set(second.ids):
            raise self._wrong(infos[1], "both parties have the same PartyId", found=str(second.id))
        return Cpa(
            id=self._attribute(root, "cpaid"),
            version=self._attribute(root, "version"),
            status=self._attribute(self._child(root, "Status"), "value"),
            start=self._value(self._child(root, "Start"), instant),
            end=self._value(self._child(root, "End"), instant),
            parties=(first, second),
        )

    def _unique_ids(self, root: etree._Element) -> None:
        seen: dict[str, etree._Element] = {}
        for element in root.iter(*_OWN_IDS):
            own = element.get(_OWN_IDS[str(element.tag)])
            if own is None:
                continue
            other = seen.get(own)
            if other is not None:
                what = f"{_local(element)} has an id that {_local(other)} has too"
                raise self._wrong(element, what, found=own)
            seen[own] = element

    def _party(self, info: etree._Element) -> Party:
        certificates = {
            self._attribute(element, "certId"): self._certificate(element)
            for element in _children(info, "Certificate")
        }
        transports = {self._attribute(e, "transportId"): e for e in _children(info, "Transport")}
        exchanges = {self._attribute(e, "docExchangeId"): e for e in _children(info, "DocExchange")}
        channels = {}
        for element in _children(info, "DeliveryChannel"):
            transport = self._referred(element, "transportId", transports)
            exchange = self._referred(element, "docExchangeId", exchanges)
            channel = self._channel(element, transport, exchange, certificates)
            channels[channel.id] = channel
        ids = tuple(PartyId(e.get(f"{{{TNS}}}type"), self._text(e)) for e in _children(info, "PartyId"))
        if not ids:
            raise self._wrong(info, "PartyInfo has no PartyId")
        roles = list(_children(info, "CollaborationRole"))
        return Party(
            name=self._attribute(info, "partyName"),
            ids=ids,
            roles=tuple(dict.fromkeys(self._attribute(self._child(role, "Role"), "name") for role in roles)),
            certificates=MappingProxyType(certificates),
            channels=MappingProxyType(channels),
            can_send=tuple(a for role in roles for a in self._actions(role, "CanSend", channels)),
            can_receive=tuple(a for role in roles for a in self._actions(role, "CanReceive", channels)),
            default_channel=self._referred(info, "defaultMshChannelId", channels),
            default_package_id=self._attribute(info, "defaultMshPackageId"),
        )

    def _referred(self, element: etree._Element, attribute: str, known: Mapping[str, _T]) -> _T:
        name = self._attribute(element, attribute)
        if name not in known:
            raise self._wrong(
                element,
                f"{attribute} of {_local(element)} points to nothing in this PartyInfo",
                found=name,
                expected=" or ".join(sorted(known)) or "at least one to point to",
            )
        return known[name]

    def _certificate(self, element: etree._Element) -> bytes:
        found = element.find(f".//{{{DS}}}X509Certificate")
        if found is None:
            raise self._wrong(element, "Certificate has no X509Certificate in its KeyInfo")
        try:
            return base64.b64decode("".join(self._text(found).split()), validate=True)
        except ValueError as error:
            raise self._wrong(found, "X509Certificate is not base64", found=str(error)) from error

    def _channel(
        self,
        element: etree._Element,
        transport: etree._Element,
        exchange: etree._Element,
        certificates: Mapping[str, bytes],
    ) -> Channel:
        characteristics = self._child(element, "MessagingCharacteristics")

        def per_message(name: str) -> str:
            return characteristics.get(f"{{{TNS}}}{name}", "perMessage")

        client = transport.find(f".//{{{TNS}}}ClientCertificateRef")
        server = transport.find(f".//{{{TNS}}}ServerCertificateRef")
        return Channel(
            id=self._attribute(element, "channelId"),
            endpoint=self._attribute(
                self._child(self._child(transport, "TransportReceiver"), "Endpoint"), "uri"
            ),
            sync_reply_mode=characteristics.get(f"{{{TNS}}}syncReplyMode", "none"),
            ack_requested=per_message("ackRequested"),
            ack_signature_requested=per_message("ackSignatureRequested"),
            duplicate_elimination=per_message("duplicateElimination"),
            actor=characteristics.get(f"{{{TNS}}}actor"),
            sender=self._binding(exchange, "Sender", certificates),
            receiver=self._binding(exchange, "Receiver", certificates),
            client_certificate_id=None if client is None else self._attribute(client, "certId"),
            client_certificate=None if client is None else self._referred(client, "certId", certificates),
            server_certificate_id=None if server is None else self._attribute(server, "certId"),
            server_certificate=None if server is None else self._referred(server, "certId", certificates),
        )

    def _binding(self, exchange: etree._Element, side: str, certificates: Mapping[str, bytes]) -> Binding:
        element = exchange.find(f"{{{TNS}}}ebXML{side}Binding")
        if element is None:
            return Binding()
        reliable = element.find(f"{{{TNS}}}ReliableMessaging")
        persist = element.find(f"{{{TNS}}}PersistDuration")
        signing = element.find(f"{{{TNS}}}{side}NonRepudiation")
        encryption = element.find(f"{{{TNS}}}{side}DigitalEnvelope")
        return Binding(
            reliable=None if reliable is None else self._reliable(reliable),
            persist_duration=None if persist is None else self._value(persist, duration),
            signing=None if signing is None else self._signing(signing, certificates),
            encryption=None if encryption is None else self._encryption(encryption, certificates),
        )

    def _signing(self, element: etree._Element, certificates: Mapping[str, bytes]) -> Signing:
        reference = element.find(f"{{{TNS}}}SigningCertificateRef")
        return Signing(
            self._text(self._child(element, "HashFunction")),
            self._algorithm(self._child(element, "SignatureAlgorithm")),
            None if reference is None else self._referred(reference, "certId", certificates),
        )

    def _encryption(self, element: etree._Element, certificates: Mapping[str, bytes]) -> Encryption:
        reference = element.find(f"{{{TNS}}}EncryptionCertificateRef")
        return Encryption(
            self._algorithm(self._child(element, "EncryptionAlgorithm")),
            None if reference is None else self._referred(reference, "certId", certificates),
        )

    def _algorithm(self, element: etree._Element) -> str:
        return element.get(f"{{{TNS}}}w3c") or self._text(element)

    def _reliable(self, element: etree._Element) -> ReliableMessaging:
        retries = self._value(self._child(element, "Retries"), int)
        interval = self._value(self._child(element, "RetryInterval"), duration)
        if retries < 0 or interval < timedelta(0):
            raise self._wrong(element, "Retries and RetryInterval cannot be negative")
        order = self._text(self._child(element, "MessageOrderSemantics"))
        reliable = ReliableMessaging(retries, interval, ordered=order == "Guaranteed")
        try:
            reliable.window  # noqa: B018
        except OverflowError as error:
            raise self._wrong(element, "Retries x RetryInterval is out of reach") from error
        return reliable

    def _actions(
        self, role: etree._Element, direction: str, channels: Mapping[str, Channel]
    ) -> Iterator[Action]:
        name = self._attribute(self._child(role, "Role"), "name")
        binding = self._child(role, "ServiceBinding")
        service = self._child(binding, "Service")
        for element in binding.iter(f"{{{TNS}}}{direction}"):
            this = self._child(element, "ThisPartyActionBinding")
            other = element.find(f"{{{TNS}}}OtherPartyActionBinding")
            yield Action(
                role=name,
                service_type=service.get(f"{{{TNS}}}type"),
                service=self._text(service),
                name=self._attribute(this, "action"),
                id=self._attribute(this, "id"),
                other_id=None if other is None else self._text(other),
                package_id=self._attribute(this, "packageId"),
                channels=self._action_channels(this, channels),
                characteristics=self._characteristics(this),
            )

    def _characteristics(self, binding: etree._Element) -> Mapping[str, str]:
        attributes = self._child(binding, "BusinessTransactionCharacteristics").attrib
        return MappingProxyType({str(key).rpartition("}")[2]: str(attributes[key]) for key in attributes})

    def _action_channels(
        self, binding: etree._Element, channels: Mapping[str, Channel]
    ) -> tuple[Channel, ...]:
        found = []
        for element in _children(binding, "ChannelId"):
            name = self._text(element)
            if name not in channels:
                raise self._wrong(element, "ChannelId points to no DeliveryChannel of this party", found=name)
            found.append(channels[name])
        if not found:
            raise self._wrong(binding, "ThisPartyActionBinding has no ChannelId")
        return tuple(found)


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iterchildren(f"{{{TNS}}}{name}")
