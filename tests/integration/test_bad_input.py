"""Bad input is answered as docs/engine.md says: a case for each row of its tables, and a row for each case.

What the tables say is read from the Markdown and held against what a real engine answers, so neither can drift.
"""

from __future__ import annotations

import base64
import html
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lopendezaken.cpa.model import Cpa, parse
from lopendezaken.cpa.profile import PROFILES
from lopendezaken.ebms import msh
from lopendezaken.ebms.envelope import Acknowledgment, AckRequested, Envelope, from_xml, to_xml
from lopendezaken.ebms.mime import Attachment, encode_parts
from lopendezaken.ebms.security import KeyFiles, load
from lopendezaken.lab.authority import Authority, Kind, Leaf
from tests.integration.engines import (
    A_NAME,
    A_OIN,
    B_OIN,
    BASE,
    Answer,
    Party,
    Recorder,
    agreement,
    certificates,
    exchange,
    free_port,
    leaf,
    programs,
    tls_client,
    wait_for,
)
from tests.integration.test_fuzz import Good
from tests.unit.ebms import wire_shape

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/engine.md"
PAYLOADS = (Attachment("zaak-1", "application/xml", b"<zaak>geheim</zaak>", "zaak.xml"),)
A_ID, B_ID = f"urn:osb:oin:{A_OIN}", f"urn:osb:oin:{B_OIN}"


# -- what the document says -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of a table: what is sent, the status (- where no HTTP answer comes), and the rest of the answer."""

    sent: str
    status: str
    answer: str

    @property
    def kind(self) -> str:
        """The word (or words) before the first text: what sort of answer it is."""
        return self.answer.partition("`")[0].strip().rstrip(":").strip()

    @property
    def text(self) -> re.Pattern[str]:
        """The texts of the answer, one blank between them; … stands for anything."""
        spans = " ".join(re.findall("`([^`]+)`", self.answer))
        return re.compile(".*".join(re.escape(part) for part in spans.split("…")), re.DOTALL)


def rows() -> dict[str, Row]:
    """Every row of the document that has an id."""
    found: dict[str, Row] = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if re.fullmatch(r"(?:EB|RE)-\d{2}", cells[0]):
            name, sent, status, answer = cells
            assert name not in found, f"{name} stands twice"
            found[name] = Row(sent, status, answer)
    return found


ROWS = rows()


# -- what is sent ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What came of it, in the words of the tables."""

    status: int | None
    kind: str
    text: str = ""


@dataclass
class World:
    """Two engines; what B sends to A is kept by a recorder, and goes no further."""

    a: Party
    b: Party
    authority: Authority
    leaves: tuple[Leaf, Leaf]
    back: Recorder
    agreements: dict[str, bytes] = field(default_factory=dict)

    def insert(self, name: str, change: Callable[[bytes], bytes] = lambda xml: xml, **fields: object) -> None:
        """Load a CPA at both sides, at B as ``change`` makes it."""
        xml = agreement(self.a, self.b, self.leaves, self.authority.anchors_pem(), cpa_id=name, **fields)
        self.agreements[name] = xml
        answers = [self.a.insert(xml), self.b.insert(change(xml))]
        assert [answer.status for answer in answers] == [200, 200], answers

    def cpa(self, name: str = "osb-rm") -> Cpa:
        return parse(self.agreements[name])

    # The ebMS port

    def exchange(self, raw: bytes, context: ssl.SSLContext | None = None) -> Told:
        return _read(exchange(self.b.port, context or tls_client(self.a), raw))

    def post(self, good: Good, body: bytes | None = None, **headers: str) -> Told:
        return self.exchange(good.request(body, **headers))

    def good(self, name: str = "osb-rm", payloads: tuple[Attachment, ...] = PAYLOADS, **fields: Any) -> Good:
        """A business message of A, with fields of its envelope replaced, signed and sealed as the CPA says."""
        return self.encoded(self.envelope(name, payloads, **fields), name, payloads)

    def envelope(
        self, name: str = "osb-rm", payloads: tuple[Attachment, ...] = PAYLOADS, **fields: Any
    ) -> Envelope:
        route = self.route(name)
        message, _ = msh.business(self.cpa(name), route, msh.Wish(attachments=payloads), msh.utc_now())
        return replace(message.envelope, **fields)

    def route(self, name: str) -> Any:
        return self.cpa(name).route(A_ID, B_ID, "voorbeeld:Echo:1.0", "EchoRequest")

    def encoded(
        self, envelope: Envelope, name: str = "osb-rm", payloads: tuple[Attachment, ...] = PAYLOADS
    ) -> Good:
        xml, route = to_xml(envelope), self.route(name)
        files = KeyFiles(self.a.folder / "certificate.pem", self.a.folder / "key.pem")
        own = load(files, files, lambda der: True)
        if route.signing:
            xml = own.sign(xml, payloads, route.signing)
        if route.encryption:
            payloads = own.encrypt(payloads, route.encryption)
        message = encode_parts(xml, envelope.message_id, payloads)
        return Good(message.content_type, message.body)

    def signal(self, action: str = "Ping", name: str = "osb-rm", **fields: Any) -> Good:
        """A signal of A, with fields of its envelope replaced."""
        cpa = self.cpa(name)
        envelope = msh.signal(cpa.party(A_ID), cpa.party(B_ID), cpa.id, action)
        return Good("text/xml; charset=UTF-8", to_xml(replace(envelope, **fields)))

    def answered(self, good: Good, times: int = 1) -> Told:
        """Send it; what B says on a connection of its own to it."""
        identity = re.search(rb"MessageId>([^<]+)<", good.body)
        assert identity
        mark = len(self.back.requests)
        for _ in range(times):
            told = self.post(good)
            if (told.status, told.kind) != (204, "empty"):
                return told
        about = b"RefToMessageId>" + identity.group(1)

        def signals() -> list[bytes]:
            return [raw for raw in self.back.requests[mark:] if about in raw]

        wait_for(lambda: len(signals()) >= times, "what B says to it", lambda: self.b.log[-1500:])
        signal = from_xml(wire_shape.parse(signals()[-1]).envelope)
        fault = signal.errors[0] if signal.errors else None
        status = signal.status_response.status if signal.status_response else ""
        text = f"{fault.code} {fault.description} {fault.location}" if fault else status
        return Told(204, signal.action, text)

    def delivered(self, told: Told, envelope: Envelope) -> Told:
        """Add how often the application at B would be given the message."""
        count = len(self.b.unprocessed(messageId=envelope.message_id))
        return replace(told, kind=f"{told.kind}, delivered {({1: 'once'}).get(count, f'{count} times')}")

    # REST

    def call(
        self, method: str, path: str, body: bytes | None = None, kind: str | None = None, **more: Any
    ) -> Told:
        return _told(
            self.a.call(method, path if path.startswith("/lop") else BASE + path, body, kind, **more)
        )

    def json(self, path: str, value: object, method: str = "POST") -> Told:
        return self.call(method, path, json.dumps(value).encode(), "application/json")

    def ping(self, name: str = "osb-rm", sender: str = A_ID, receiver: str = B_ID) -> Told:
        return self.call("POST", f"/ebms/ping/{name}/from/{sender}/to/{receiver}")

    def ping_at(self, destination: str) -> Told:
        with self.mapped(destination):
            return self.ping()

    @contextmanager
    def mapped(self, destination: str) -> Iterator[None]:
        self.a.map(self.b.endpoint, destination)
        try:
            yield
        finally:
            self.a.map(self.b.endpoint, None)

    def send(self, **properties: object) -> Told:
        return self.send_sources(None, **properties)

    def send_sources(self, sources: object, **properties: object) -> Told:
        wanted = {
            **{"cpaId": "osb-rm", "fromPartyId": A_ID, "fromRole": "SR"},
            **{"service": "urn:osb:services:voorbeeld:Echo:1.0", "action": "EchoRequest"},
            **properties,
        }
        return self.json("/ebms/messages", {"properties": wanted, "dataSources": sources})

    def new_cpa(self, **fields: object) -> bytes:
        """A CPA that is not loaded."""
        return agreement(
            self.a, self.b, self.leaves, self.authority.anchors_pem(), **{"cpa_id": "nieuw", **fields}
        )


def _read(raw: bytes) -> Told:
    if not raw:
        return Told(None, "connection closed")
    head, _, body = raw.partition(b"\r\n\r\n")
    return _told(Answer(int(head.split()[1]), body, {}))


def _told(answer: Answer) -> Told:
    if not answer.body:
        return Told(answer.status, "empty")
    fault = re.search(
        r"<faultcode>soap:(\w+)</faultcode><faultstring>(.*)</faultstring>", answer.text, re.DOTALL
    )
    if fault:
        return Told(answer.status, "Fault", f"{fault.group(1)} {html.unescape(fault.group(2))}")
    return Told(answer.status, "text", answer.text)


# -- the ebMS port --------------------------------------------------------------------------------------


def handshake(world: World, context: ssl.SSLContext) -> Told:
    """Connect and say nothing; the alert that comes."""
    try:
        with (
            socket.create_connection(("localhost", world.b.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            return _read(secured.recv(1000))
    except ssl.SSLError as error:
        alert = re.search(r"alert (?:internal error|[a-z ]+?)(?= \()", str(error))
        return Told(None, "TLS alert", alert.group().removeprefix("alert ") if alert else str(error))


def certified(kind: Kind) -> Callable[[World], Told]:
    """A handshake of A with a certificate that has something wrong."""

    def case(world: World) -> Told:
        spoiled = Party("X", A_OIN, world.a.folder.parent / kind.value, [])
        spoiled.write(leaf(world.authority, A_OIN, A_NAME, kind), world.authority)
        world.b.write_crls(world.authority)
        world.b.reload()
        return handshake(world, tls_client(spoiled))

    return case


def old_tls(world: World) -> Told:
    context = tls_client(world.a)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return handshake(world, context)


def doubled(header: str, value: str) -> Callable[[World], Told]:
    def case(world: World) -> Told:
        raw = world.signal().request()
        return world.exchange(
            raw.replace(f"\r\n{header}".encode(), f"\r\n{header}: {value}\r\n{header}".encode(), 1)
        )

    return case


def changed(old: bytes, new: bytes) -> Callable[[World], Told]:
    """A Ping with something else in its envelope."""

    def case(world: World) -> Told:
        good = world.signal()
        assert old in good.body
        return world.post(good, good.body.replace(old, new))

    return case


def body(data: bytes) -> Callable[[World], Told]:
    return lambda world: world.post(world.signal(), data)


def chunked(data: bytes) -> Callable[[World], Told]:
    def case(world: World) -> Told:
        return world.exchange(
            world.signal().request(b"", Content_Length="", Transfer_Encoding="chunked") + data
        )

    return case


def multipart(change: Callable[[bytes], bytes], **headers: str) -> Callable[[World], Told]:
    """A message with a payload, its body changed."""

    def case(world: World) -> Told:
        good = world.good()
        return world.post(good, change(good.body), **headers)

    return case


def another_part(data: bytes) -> Callable[[bytes], bytes]:
    """Put a part before the end."""

    def change(whole: bytes) -> bytes:
        boundary, _, _ = whole.partition(b"\r\n")
        return (
            whole.removesuffix(boundary + b"--\r\n")
            + boundary
            + b"\r\n"
            + data
            + b"\r\n"
            + boundary
            + b"--\r\n"
        )

    return change


def message(name: str = "osb-rm", **fields: Any) -> Callable[[World], Told]:
    """A business message with fields of its envelope replaced, and what B says to it."""
    return lambda world: world.answered(world.good(name, **fields))


def role(which: str) -> Callable[[World], Told]:
    def case(world: World) -> Told:
        address = getattr(world.envelope(), which)
        return world.answered(world.good(**{which: replace(address, role="Ander")}))

    return case


def replaced(name: str, old: bytes, new: bytes) -> Callable[[World], Told]:
    """A signed or sealed message with its bytes changed."""

    def case(world: World) -> Told:
        good = world.good(name)
        assert old in good.body, good.body
        return world.answered(Good(good.content_type, good.body.replace(old, new)))

    return case


def expired(world: World) -> Told:
    past = msh.utc_now() - timedelta(minutes=1)
    return world.answered(world.good(time_to_live=past))


def unsigned(world: World) -> Told:
    envelope = world.envelope("osb-rm-s")
    return world.answered(world.encoded(envelope))


def unsealed(world: World) -> Told:
    xml = to_xml(world.envelope("osb-rm-e"))
    sent = encode_parts(xml, "x@localhost", PAYLOADS)
    return world.answered(Good(sent.content_type, sent.body))


def unreadable(world: World) -> Told:
    """The key of the payload is that of somebody else's message."""
    one, other = world.good("osb-rm-e"), world.good("osb-rm-e")
    keys = [re.findall(rb"CipherValue>([^<]+)<", good.body)[0] for good in (one, other)]
    return world.answered(Good(one.content_type, one.body.replace(*keys)))


def twice(world: World) -> Told:
    envelope = world.envelope()
    told = world.answered(world.encoded(envelope), times=2)
    return world.delivered(told, envelope)


def refers_to_nothing(world: World) -> Told:
    envelope = world.envelope(ref_to_message_id="nooit-gezien@localhost")
    return world.delivered(world.answered(world.encoded(envelope)), envelope)


def stranger(which: str) -> Callable[[World], Told]:
    def case(world: World) -> Told:
        address = getattr(world.envelope(), which)
        other = replace(address.id, value="00000099900000009000")
        return world.post(world.good(**{which: replace(address, ids=(other,))}))

    return case


def to_itself(world: World) -> Told:
    return world.post(world.signal(receiver=world.envelope().sender))


def without_mandate(world: World) -> Told:
    """A's certificate under a CPA that names it for a party with another OIN."""
    other = "00000099500000001000"
    xml = world.new_cpa(cpa_id="geen-mandaat").replace(A_OIN.encode(), other.encode())
    assert world.b.insert(xml).status == 200
    cpa = parse(xml)
    ping = msh.signal(cpa.party(f"urn:osb:oin:{other}"), cpa.party(B_ID), cpa.id, "Ping")
    return world.post(Good("text/xml; charset=UTF-8", to_xml(ping)))


def acknowledgment_of_nothing(world: World) -> Told:
    acknowledgment = Acknowledgment(msh.utc_now(), "nooit-gezien@localhost")
    return world.post(world.signal("Acknowledgment", acknowledgment=acknowledgment))


SHA256, SHA1 = b"2001/04/xmldsig-more#rsa-sha256", b"2000/09/xmldsig#rsa-sha1"
BIG = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"  # a chunk of 1 MiB

PORT: dict[str, Callable[[World], Told]] = {
    "EB-01": lambda world: world.exchange(b"GET /ebms HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "EB-02": lambda world: world.exchange(world.signal().request().replace(b"POST /ebms", b"POST /elders")),
    "EB-03": lambda world: world.post(world.signal(), SOAPAction=""),
    "EB-04": lambda world: world.post(world.signal(), SOAPAction='"elders"'),
    "EB-05": lambda world: world.post(world.signal(), SOAPAction="ebXML"),
    "EB-06": doubled("SOAPAction", '"ebXML"'),
    "EB-07": lambda world: world.post(world.signal(), Content_Type=""),
    "EB-08": doubled("Content-Type", "text/xml"),
    "EB-09": lambda world: world.post(world.signal(), Content_Type="application/json"),
    "EB-10": lambda world: world.post(world.signal(), Content_Type="text/xml; charset=ISO-8859-1"),
    "EB-11": lambda world: world.post(world.signal(), Content_Encoding="gzip"),
    "EB-12": lambda world: world.post(world.signal(), Content_Length="x"),
    "EB-13": lambda world: world.exchange(world.signal().request(b"", Content_Length="30000000")),
    "EB-14": chunked(BIG * 21 + b"0\r\n\r\n"),
    "EB-15": chunked(b"zz\r\nx\r\n"),
    "EB-20": multipart(lambda whole: whole, Content_Type='multipart/related; type="text/xml"'),
    "EB-21": multipart(
        lambda whole: whole.replace(whole.partition(b"\r\n")[0], b"--grens"),
        Content_Type='multipart/related; boundary=grens; type="text/xml"; start="<elders>"',
    ),
    "EB-22": multipart(lambda whole: whole.removesuffix(b"--\r\n")),
    "EB-23": multipart(another_part(b"Content-ID: <zaak-1>\r\n\r\nx")),
    "EB-24": multipart(
        another_part(b"Content-ID: <z>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx")
    ),
    "EB-25": lambda world: world.post(
        world.signal(),
        b"".join(b"--grens\r\nContent-ID: <%d>\r\n\r\nx\r\n" % number for number in range(101))
        + b"--grens--\r\n",
        Content_Type="multipart/related; boundary=grens",
    ),
    "EB-30": body(b"geen XML"),
    "EB-31": body(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    "EB-32": body('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16")),
    "EB-33": body(b"<a>" + b"x" * 1_000_000 + b"</a>"),
    "EB-34": body(b"<a " + b" ".join(b'a%d="x"' % number for number in range(8001)) + b"/>"),
    "EB-35": body(b"<Envelope/>"),
    "EB-36": changed(b"soap:Header", b"soap:Kop"),
    "EB-37": lambda world: world.post(
        world.signal(),
        re.sub(rb"(<eb:MessageHeader.*</eb:MessageHeader>)", rb"\1\1", world.signal().body, flags=re.DOTALL),
    ),
    "EB-38": changed(b'version="2.0"', b'version="1.0"'),
    "EB-39": changed(b"</soap:Header>", b'<eb:Via soap:mustUnderstand="1"/></soap:Header>'),
    "EB-40": changed(b"MessageId>", b"MessageNummer>"),
    "EB-41": lambda world: world.post(
        world.signal(), re.sub(rb"Timestamp>[^<]+<", b"Timestamp>gisteren<", world.signal().body)
    ),
    "EB-50": lambda world: handshake(world, tls_client(world.a, with_certificate=False)),
    "EB-51": certified(Kind.EXPIRED),
    "EB-52": certified(Kind.REVOKED),
    "EB-53": certified(Kind.OTHER_ROOT),
    "EB-54": old_tls,
    "EB-55": lambda world: world.exchange(world.signal().request(), tls_client(world.b)),
    "EB-56": without_mandate,
    "EB-57": changed(b"osb-rm<", b"NOPE<"),
    "EB-58": stranger("sender"),
    "EB-59": stranger("receiver"),
    "EB-60": to_itself,
    "EB-61": lambda world: world.post(world.good(action="EchoVraag")),
    "EB-62": lambda world: world.post(world.good(action="EchoResponse")),
    "EB-63": lambda world: world.post(world.signal("Pang")),
    "EB-64": lambda world: world.post(world.signal("StatusRequest")),
    "EB-70": message("getekend"),
    "EB-71": expired,
    "EB-72": role("sender"),
    "EB-73": role("receiver"),
    "EB-74": message(ack_requested=None),
    "EB-75": message(ack_requested=AckRequested(signed=True)),
    "EB-76": message(duplicate_elimination=False),
    "EB-77": message(sync_reply=True),
    "EB-78": message(references=("cid:elders", "cid:zaak-1")),
    "EB-79": message(references=()),
    "EB-80": unsigned,
    "EB-81": replaced("osb-rm-s", b"geheim", b"anders"),
    "EB-82": replaced("osb-rm-s", SHA256, SHA1),
    "EB-83": unsealed,
    "EB-84": unreadable,
    "EB-90": twice,
    "EB-91": refers_to_nothing,
    "EB-92": lambda world: world.answered(world.signal("Ping", "getekend")),
    "EB-93": acknowledgment_of_nothing,
    "EB-94": lambda world: world.post(world.signal("Pong", ref_to_message_id="nooit@localhost")),
    "EB-95": lambda world: world.answered(world.signal("StatusRequest", status_request="nooit@localhost")),
}


# -- REST -----------------------------------------------------------------------------------------------


def wrong_type(method: str, path: str, kind: str | None = "application/xml") -> Callable[[World], Told]:
    return lambda world: world.call(method, path, b"<a/>", kind)


def cpa_call(path: str, **fields: object) -> Callable[[World], Told]:
    return lambda world: world.call("POST", path, world.new_cpa(**fields), "text/plain")


def status_changed(new: bytes) -> Callable[[World], Told]:
    return lambda world: world.call("POST", "/cpas", world.new_cpa().replace(b'"agreed"', new), "text/plain")


def ends_first(world: World) -> Told:
    xml = re.sub(rb"End>[^<]+<", b"End>2001-01-01T00:00:00Z<", world.new_cpa())
    return world.call("POST", "/cpas/validate", xml, "text/plain")


def unknown_certificate(world: World) -> Told:
    pem = world.leaves[0].certificate_pem.decode()
    end = "-----END CERTIFICATE-----"
    der = ssl.PEM_cert_to_DER_cert(pem.partition(end)[0] + end)
    return world.call("DELETE", CERTIFICATE, base64.b64encode(der), "text/plain")


def silent(world: World) -> Told:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return world.ping_at(f"https://localhost:{listener.getsockname()[1]}/ebms")


def of_another_root(world: World) -> Told:
    party = Party("Y", B_OIN, world.a.folder.parent / "other-root-server", [])
    party.write(leaf(world.authority, B_OIN, "ebms.b.example", Kind.OTHER_ROOT), world.authority)
    recorder = Recorder(party)
    try:
        return world.ping_at(recorder.url)
    finally:
        recorder.close()


def used_before(world: World) -> Told:
    assert world.send(messageId="eerder@localhost").status in {200, 400}
    return world.send(messageId="eerder@localhost")


def status_of_sent(world: World) -> Told:
    message_id = world.send().text
    with world.mapped(f"https://localhost:{free_port()}/ebms"):
        return world.call("GET", f"/ebms/messages/{quote(message_id)}/status")


SOURCE = {"name": "a", "contentId": "a", "contentType": "text/plain", "content": "YQ=="}


def source(**fields: object) -> Callable[[World], Told]:
    return lambda world: world.send_sources([{**SOURCE, **fields}])


def form(**fields: bytes) -> Callable[[World], Told]:
    """A multipart/form-data with these fields, each said to be JSON."""
    disposition = (
        b'--grens\r\nContent-Disposition: form-data; name="%s"\r\nContent-Type: application/json\r\n\r\n%s'
    )
    parts = [disposition % (name.encode(), content) for name, content in fields.items()]
    whole = b"\r\n".join([*parts, b"--grens--", b""])
    kind = "multipart/form-data; boundary=grens"
    return lambda world: world.call("POST", "/ebms/messages/mtom", whole, kind)


CERTIFICATE = "/certificateMappings"
PAST = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

REST: dict[str, Callable[[World], Told]] = {
    "RE-01": lambda world: world.call("GET", "/cpas", login=None),
    "RE-02": lambda world: world.call("GET", "/cpas", login="lab:wrong"),
    "RE-03": lambda world: world.call("GET", "/elders"),
    "RE-04": lambda world: world.call("GET", f"/ebms/ping/osb-rm/from/{A_ID}/to/{B_ID}"),
    "RE-05": lambda world: world.call("POST", "/cpas", b"x" * (30 * 2**20 + 1), "text/plain"),
    "RE-10": wrong_type("POST", "/cpas"),
    "RE-11": wrong_type("POST", "/cpas/validate"),
    "RE-12": wrong_type("POST", "/urlMappings"),
    "RE-13": wrong_type("POST", CERTIFICATE),
    "RE-14": wrong_type("DELETE", CERTIFICATE),
    "RE-15": wrong_type("POST", "/ebms/messages"),
    "RE-16": wrong_type("POST", f"/ebms/ping/osb-rm/from/{A_ID}/to/{B_ID}"),
    "RE-17": lambda world: world.call("GET", "/cpas/osb-rm", Accept="application/json"),
    "RE-18": wrong_type("POST", "/ebms/messages/mtom"),
    "RE-19": lambda world: world.call("PATCH", "/ebms/messages/nope", Accept="text/plain"),
    "RE-20": lambda world: world.call("POST", "/cpas", b"geen XML", "text/plain"),
    "RE-21": lambda world: world.call(
        "POST", "/cpas", world.new_cpa().replace(b"tns:Status", b"tns:Staat"), "text/plain"
    ),
    "RE-22": lambda world: world.call("POST", "/cpas/validate", b"", "text/plain"),
    "RE-23": lambda world: world.call("POST", "/cpas", world.agreements["osb-rm"], "text/plain"),
    "RE-24": cpa_call("/cpas", end=PAST),
    "RE-25": ends_first,
    "RE-26": status_changed(b'"proposed"'),
    "RE-27": status_changed(b'"signed"'),
    "RE-28": lambda world: world.call("GET", "/cpas/NOPE"),
    "RE-29": lambda world: world.call("DELETE", "/cpas/NOPE"),
    "RE-30": lambda world: world.call("POST", "/urlMappings", b"{", "application/json"),
    "RE-31": lambda world: world.json(
        "/urlMappings", {"source": "elders", "destination": "https://b.example"}
    ),
    "RE-32": lambda world: world.json("/urlMappings", {"source": "https://a.example"}),
    "RE-33": lambda world: world.call("DELETE", "/urlMappings/" + quote("https://nope.example/", safe="")),
    "RE-34": lambda world: world.call("POST", CERTIFICATE, b"[]", "application/json"),
    "RE-35": lambda world: world.json(CERTIFICATE, {"source": "eA==", "destination": "eA=="}),
    "RE-36": lambda world: world.call("DELETE", CERTIFICATE, b"onzin", "text/plain"),
    "RE-37": unknown_certificate,
    "RE-40": lambda world: world.ping("NOPE"),
    "RE-41": lambda world: world.ping(sender="urn:osb:oin:1"),
    "RE-42": lambda world: world.ping(receiver="urn:osb:oin:1"),
    "RE-43": lambda world: world.ping_at(f"https://localhost:{free_port()}/ebms"),
    "RE-44": lambda world: world.ping_at("https://nergens.invalid/ebms"),
    "RE-45": silent,
    "RE-46": lambda world: world.ping_at(f"https://127.0.0.1:{world.b.port}/ebms"),
    "RE-47": of_another_root,
    "RE-48": lambda world: world.ping_at(f"https://localhost:{world.b.port}/elders"),
    "RE-49": lambda world: world.ping("alleen-bij-a"),
    "RE-50": lambda world: world.ping(),
    "RE-60": lambda world: world.send(cpaId="NOPE"),
    "RE-61": lambda world: world.send(fromPartyId="urn:osb:oin:1"),
    "RE-62": lambda world: world.send(toPartyId="urn:osb:oin:1"),
    "RE-63": lambda world: world.send(action="EchoVraag"),
    "RE-64": lambda world: world.send(service="urn:osb:services:elders"),
    "RE-65": lambda world: world.send(fromRole="SP"),
    "RE-66": lambda world: world.send(toRole="SR"),
    "RE-67": lambda world: world.send(action=""),
    "RE-68": lambda world: world.send(conversationId=7),
    "RE-69": lambda world: world.send(conversationId="a\x00b"),
    "RE-70": used_before,
    "RE-71": source(content="geen base64!"),
    "RE-72": source(contentType="tekst\r\nX: y"),
    "RE-73": lambda world: world.send_sources([SOURCE, SOURCE]),
    "RE-90": source(content=base64.b64encode(bytes(21 * 2**20)).decode()),
    "RE-91": lambda world: world.send(conversationId="\ud800"),
    "RE-92": lambda world: world.call("POST", "/cpas", b"\xef\xbb\xbf" + world.new_cpa(), "text/plain"),
    "RE-74": lambda world: world.call("POST", "/ebms/messages", b"{", "application/json"),
    "RE-75": lambda world: world.json("/ebms/messages", {"properties": 1}),
    "RE-76": lambda world: world.call("POST", "/ebms/messages/mtom", b"x", "multipart/form-data; boundary=x"),
    "RE-77": form(attachment=b"x"),
    "RE-78": form(requestProperties=b"{}"),
    "RE-79": form(requestProperties=b"{", attachment=b"x"),
    "RE-80": lambda world: world.call("GET", "/ebms/messages/nope"),
    "RE-81": lambda world: world.call("PUT", "/ebms/messages/nope"),
    "RE-82": lambda world: world.call("PATCH", "/ebms/messages/nope"),
    "RE-83": lambda world: world.call("GET", "/ebms/messages/nope/status"),
    "RE-84": status_of_sent,
    "RE-89": lambda world: world.call("GET", "/ebms/messages/mtom/nope"),
    "RE-85": lambda world: world.call("PATCH", "/ebms/events/nope"),
    "RE-86": lambda world: world.call("GET", "/ebms/messages/unprocessed?maxNr=veel&cpaId=NOPE"),
    "RE-87": lambda world: world.call("GET", "/lopendezaken/v1/signals?since=gisteren"),
    "RE-88": lambda world: world.call("GET", "/lopendezaken/v1/traffic?after=x"),
}

CASES = {**PORT, **REST}


# -- the tests ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("bad-input")
    authority, *leaves = certificates(folder / "pki")
    package, zipped = programs(folder)
    a, b = Party("A", A_OIN, folder / "a", package), Party("B", B_OIN, folder / "b", zipped)
    for party, own in zip((a, b), leaves, strict=True):
        party.write(own, authority)
        party.start()
    both = World(a, b, authority, (leaves[0], leaves[1]), Recorder(a))
    b.map(a.endpoint, both.back.url)
    for profile in PROFILES:
        both.insert(profile, profile=profile)
    both.insert("getekend", lambda xml: xml.replace(b'"agreed"', b'"signed"'))
    both.insert("alleen-bij-a")
    b.call("DELETE", f"{BASE}/cpas/alleen-bij-a")
    yield both
    both.back.close()
    for party in (a, b):
        party.stop()
    for party in (a, b):
        assert "Traceback" not in party.log
        assert "geheim" not in party.log


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    assert sorted(ROWS) == sorted(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_bad_input_is_answered_as_the_document_says(world: World, name: str) -> None:
    row, told = ROWS[name], CASES[name](world)
    assert ("-" if told.status is None else str(told.status)) == row.status, told
    assert told.kind == row.kind, told
    assert row.text.fullmatch(told.text), (row.text.pattern, told)
