"""Hostile requests at the ebMS port of a real engine: none breaks it, hangs it or makes it grow.

Runs LZ_FUZZ_SECONDS long (15 unless told; a development run takes 600) from seed LZ_FUZZ_SEED.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import socket
import ssl
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lopendezaken.cpa.model import Cpa, parse
from lopendezaken.cpa.profile import PROFILES
from lopendezaken.ebms import msh
from lopendezaken.ebms.envelope import to_xml
from lopendezaken.ebms.mime import Attachment, encode_parts
from tests.integration.engines import (
    A_OIN,
    B_OIN,
    Party,
    agreement,
    certificates,
    programs,
    tls_client,
    wait_for,
)

SECONDS = float(os.environ.get("LZ_FUZZ_SECONDS", "15"))
SEED = int(os.environ.get("LZ_FUZZ_SEED", "20261124"))
# Eight bodies of 20 MiB may be in memory at a time, each in a few forms (as it came, parsed, opened).
MAX_GROWTH = 600 * 1024 * 1024  # bytes of resident memory above that of an idle engine
SLOWEST = 5.0  # seconds for /health and for a good Ping while under attack
EXPECTED = {b"100", b"204", b"400", b"404", b"405", b"408", b"413", b"417", b"431", b"500", b"503", b""}

Request = bytes
Mutator = Callable[[random.Random, "Good"], Iterator[bytes]]


@dataclass(frozen=True)
class Good:
    """A message that would be taken: its headers and body."""

    content_type: str
    body: bytes

    def request(self, body: bytes | None = None, **headers: str) -> bytes:
        """The bytes of a POST; a header given as empty text is left out."""
        sent = self.body if body is None else body
        fields = {
            "Host": "localhost",
            "Content-Type": self.content_type,
            "SOAPAction": '"ebXML"',
            "Content-Length": str(len(sent)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        return f"POST /ebms HTTP/1.1\r\n{head}\r\n".encode() + sent


# -- what is sent ---------------------------------------------------------------------------------------


def changed_bytes(chance: random.Random, good: Good) -> Iterator[bytes]:
    data = bytearray(good.body)
    for _ in range(chance.randrange(1, 20)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    yield good.request(bytes(data))


def spliced(chance: random.Random, good: Good) -> Iterator[bytes]:
    """Something of the message stands twice, or is gone."""
    one, other = sorted(chance.randrange(len(good.body)) for _ in range(2))
    middle = good.body[one:other]
    yield good.request(good.body[:one] + middle * chance.choice([0, 2, 3]) + good.body[other:])


def broken_head(chance: random.Random, good: Good) -> Iterator[bytes]:
    request = good.request()
    head, _, body = request.partition(b"\r\n\r\n")
    data = bytearray(head)
    for _ in range(chance.randrange(1, 4)):
        data[chance.randrange(len(data))] = chance.choice(b"\0\r\n :;\xff\xc3(aZ")
    yield bytes(data) + b"\r\n\r\n" + body


def odd_headers(chance: random.Random, good: Good) -> Iterator[bytes]:
    yield good.request(
        **chance.choice(
            [
                {"SOAPAction": "ebXML"},
                {"SOAPAction": ""},
                {"Content_Type": ""},
                {"Content_Type": "text/xml; charset=UTF-16"},
                {"Content_Type": "multipart/related"},
                {"Content_Type": 'multipart/related; boundary=""; type="text/xml"'},
                {"Content_Type": "multipart/related; boundary=" + "x" * 5000},
                {"Content_Type": good.content_type + "; start=<elders>"},
                {"Content_Type": "text/xml\r\nContent-Type: text/xml"},
                {"Content_Length": "0"},
                {"Content_Length": "-1"},
                {"Content_Length": "9" * 30},
                {"Content_Length": str(len(good.body) + 1)},
                {"Content_Length": str(len(good.body)) + "\r\nTransfer-Encoding: chunked"},
                {"Transfer_Encoding": "gzip, chunked"},
                {"Content_Encoding": "gzip"},
                {"Expect": "100-continue"},
                {"X_Long": "x" * chance.choice([100, 9_000, 70_000])},
                {"Host": ""},
                {f"X_{number}": "y" for number in range(300)},
            ]
        )
    )


def many_parts(chance: random.Random, good: Good) -> Iterator[bytes]:
    boundary = "b"
    part = b"--b\r\nContent-Type: text/plain\r\nContent-ID: <%d>\r\n\r\nx\r\n"
    count = chance.choice([101, 5_000, 50_000])
    body = b"".join(part % number for number in range(count)) + b"--b--\r\n"
    yield good.request(body, Content_Type=f'multipart/related; boundary="{boundary}"; type="text/xml"')


def nested(chance: random.Random, good: Good) -> Iterator[bytes]:
    body = b"x"
    for depth in range(chance.choice([10, 500])):
        body = b"--%d\r\nContent-Type: multipart/related; boundary=%d\r\n\r\n%b\r\n--%d--\r\n" % (
            depth,
            depth + 1,
            body,
            depth,
        )
    yield good.request(body, Content_Type='multipart/related; boundary="0"; type="text/xml"')


def hostile_xml(chance: random.Random, good: Good) -> Iterator[bytes]:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield good.request(
        chance.choice(
            [
                f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "lol">{lol}]><a>&l9;</a>',
                '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
                '<!DOCTYPE a SYSTEM "https://elders.example/a.dtd"><a/>',
                '<?xml version="1.0" encoding="UTF-7"?><a/>',
                "<a>" * 100_000,
                "<a>" * 200 + "</a>" * 200,
                "<a " + " ".join(f'a{n}="x"' for n in range(50_000)) + "/>",
                "<a xmlns='" + "x" * 500_000 + "'/>",
                "<a>" + "x" * 1_100_000 + "</a>",
                "<?xml-stylesheet href='https://elders.example/'?><a/>",
                "\ufeff<a/>",
                "<a>\ufffe</a>",
            ]
        ).encode("utf-8", "surrogatepass"),
        Content_Type="text/xml; charset=UTF-8",
    )


def signed_oddly(chance: random.Random, good: Good) -> Iterator[bytes]:
    """Signature and encryption with parts of them changed, doubled or away."""
    words = [
        b"Reference",
        b"Transform",
        b"XPath",
        b"DigestValue",
        b"SignedInfo",
        b"CipherValue",
        b"Signature",
        b"cid:",
    ]
    word = chance.choice(words)
    new = chance.choice([b"", word * 2, b"Elders", b"file:///etc/passwd"])
    yield good.request(good.body.replace(word, new, chance.choice([1, 2, -1])))


def chunks(chance: random.Random, good: Good) -> Iterator[bytes]:
    head = good.request(b"", Content_Length="", Transfer_Encoding="chunked")
    size = chance.choice([b"5", b"FFFFFFFF", b"-5", b"5;x=y", b"0x5", b"5\n", b"zz", b"1" * 40])
    yield head + size + b"\r\nabcde\r\n" + chance.choice([b"0\r\n\r\n", b"", b"0\r\nX: y\r\n\r\n"])


def pipelined(chance: random.Random, good: Good) -> Iterator[bytes]:
    yield good.request() * chance.choice([2, 20])


def too_big(chance: random.Random, good: Good) -> Iterator[bytes]:
    """A hundred megabytes, by length or in chunks, for as long as somebody reads it."""
    block = b"x" * 1_000_000
    if chance.random() < 0.5:
        yield good.request(b"", Content_Length=str(100 * len(block)))
        yield from itertools.repeat(block, 100)
        return
    yield good.request(b"", Content_Length="", Transfer_Encoding="chunked")
    yield from itertools.repeat(b"%x\r\n%b\r\n" % (len(block), block), 100)
    yield b"0\r\n\r\n"


def nearly_too_big(chance: random.Random, good: Good) -> Iterator[bytes]:
    yield good.request(b"<a>" + b"x" * 20_000_000 + b"</a>")


def cut_off(chance: random.Random, good: Good) -> Iterator[bytes]:
    request = good.request()
    yield request[: chance.randrange(len(request))]


def other_http(chance: random.Random, good: Good) -> Iterator[bytes]:
    """An older or unknown version, folded lines, and two lengths by which a second request is smuggled in."""
    request, body = good.request(), good.body
    smuggled = b"0\r\n\r\nPOST /ebms HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    lengths = {"Content_Length": str(len(smuggled)), "Transfer_Encoding": "chunked"}
    yield chance.choice(
        [
            request.replace(b"HTTP/1.1", chance.choice([b"HTTP/1.0", b"HTTP/9.9", b"HTTP/2.0", b""]), 1),
            request.replace(b"Host: localhost", b"Host: localhost\r\n folded: yes", 1),
            request.replace(b"POST /ebms", b"POST /ebms" + b"/.." * chance.choice([1, 3_000]), 1),
            request.replace(b"POST /ebms", b"POST https://elders.example/ebms", 1),
            request.replace(b"POST", chance.choice([b"GET", b"PUT", b"CONNECT", b"TRACE", b"\xff"]), 1),
            request.replace(b"\r\n", b"\n"),
            good.request(smuggled, **lengths),
            good.request(smuggled, **{**lengths, "Transfer_Encoding": " chunked"}),
            good.request(smuggled, **{**lengths, "Transfer_Encoding": "identity, chunked"}),
            good.request(body, Content_Length=f"{len(body)}\r\nContent-Length: {len(body) - 5}"),
            good.request(body, Content_Length="+" + str(len(body))),
        ]
    )


def other_bytes(chance: random.Random, good: Good) -> Iterator[bytes]:
    """The message in another encoding than it says, with NUL in it, or with parts of MIME that lie."""
    body = good.body
    yield chance.choice(
        [
            good.request(body.decode("latin-1").encode("utf-16")),
            good.request(body.replace(b"UTF-8", b"UTF-16")),
            good.request(body.replace(b"<eb:", b"<eb:\0", 1)),
            good.request(body.replace(b":CPAId>", b":CPAId>\xff\xfe", 1)),
            good.request(body.replace(b"Content-ID", b"Content-ID: <a>\r\nContent-ID", 1)),
            good.request(body.replace(b"binary", b"base64")),
            good.request(body.replace(b"binary", b"x-uuencode")),
            good.request(body.replace(b"Content-Type", b"X: " + b"y" * 100_000 + b"\r\nContent-Type", 1)),
            good.request(body.replace(b":MessageId>", b":MessageId>" + b"x" * 100_000, 1)),
            good.request(body.replace(b"<eb:From", b"<a:b xmlns:a='a'/>" * 10_000 + b"<eb:From", 1)),
        ]
    )


def noise(chance: random.Random, good: Good) -> Iterator[bytes]:
    yield chance.randbytes(chance.choice([1, 100, 100_000]))


FREQUENT: tuple[Mutator, ...] = (
    *(
        changed_bytes,
        spliced,
        broken_head,
        odd_headers,
        hostile_xml,
        signed_oddly,
        chunks,
        pipelined,
        cut_off,
    ),
    *(noise, nested, other_http, other_bytes),
)
RARE: tuple[Mutator, ...] = (many_parts, too_big, nearly_too_big)


# -- how it is sent and watched -------------------------------------------------------------------------


def exchange(port: int, context: ssl.SSLContext, pieces: Iterator[bytes]) -> bytes:
    """Send, say that this was all, and give the status of the first answer; empty when there is none."""
    with suppress(OSError), connected(port, context) as connection:
        connection.settimeout(3)
        with suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
        return connection.recv(65536).partition(b" ")[2][:3]
    return b""


@contextmanager
def connected(port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        yield connection


@dataclass
class Watch:
    """What the engine looked like all the while."""

    party: Party
    context: ssl.SSLContext
    cpa_id: str
    other: Party
    base: int = 0
    peak: int = 0
    slowest: float = 0.0
    knocks: int = 0
    statuses: Counter[bytes] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)

    def memory(self) -> int:
        assert self.party.process is not None
        text = Path(f"/proc/{self.party.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) * 1024

    def files(self) -> int:
        assert self.party.process is not None
        return len(list(Path(f"/proc/{self.party.process.pid}/fd").iterdir()))

    def look(self) -> None:
        assert self.party.process is not None
        assert self.party.process.poll() is None, self.party.log[-2000:]
        self.peak = max(self.peak, self.memory())
        begin = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.party.health_port}/health", timeout=30):
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def ping(self) -> None:
        begin = time.monotonic()
        assert self.other.ping(self.cpa_id, self.party).status == 204, self.party.log[-2000:]
        self.slowest = max(self.slowest, time.monotonic() - begin)


def attack(watch: Watch, goods: list[Good], chance: random.Random, until: float) -> None:
    for number in itertools.count():
        if time.monotonic() > until:
            return
        mutate = chance.choice(RARE if number % 40 == 39 else FREQUENT)
        good = chance.choice(goods)
        status = exchange(watch.party.port, watch.context, mutate(chance, good))
        watch.statuses[status] += 1
        if status not in EXPECTED:
            watch.unexpected.append(f"{mutate.__name__}: {status!r}")


def knock(watch: Watch, chance: random.Random, until: float) -> None:
    """What is no TLS, or stops in the middle of it."""
    hello = bytes.fromhex("160301020001 0001fc0303".replace(" ", ""))
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", watch.party.port), 5) as plain:
            plain.sendall(
                chance.choice([b"", hello, hello + chance.randbytes(600), b"GET / HTTP/1.1\r\n\r\n"])
            )
            plain.settimeout(chance.choice([0.1, 2]))
            plain.recv(4096)
        watch.knocks += 1
        time.sleep(0.05)


def read_slowly(watch: Watch, good: Good, until: float) -> None:
    """Many requests on a connection, and of their answers hardly a byte is read."""
    while time.monotonic() < until:
        with suppress(OSError), connected(watch.party.port, watch.context) as connection:
            connection.settimeout(1)
            for _ in range(100):
                connection.sendall(good.request(b"<a/>") * 50)
                connection.recv(1)
                if time.monotonic() > until:
                    return


def dawdle(watch: Watch, good: Good, until: float) -> None:
    """Send a byte now and then, in the head and in the body, and never read."""
    request = good.request()
    for start in itertools.cycle((10, len(request) - 200)):
        if time.monotonic() > until:
            return
        with suppress(OSError), connected(watch.party.port, watch.context) as connection:
            connection.sendall(request[:start])
            for byte in request[start : start + 40]:
                if time.monotonic() > until:
                    return
                connection.sendall(bytes([byte]))
                time.sleep(0.2)


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Party, Party, list[Good], str]]:
    """Two engines, good messages of every profile to start from, and the id of a CPA."""
    folder = tmp_path_factory.mktemp("fuzz")
    authority, *leaves = certificates(folder / "pki")
    package, zipped = programs(folder)
    a, b = Party("A", A_OIN, folder / "a", package), Party("B", B_OIN, folder / "b", zipped)
    for party, leaf in zip((a, b), leaves, strict=True):
        party.write(leaf, authority)
        party.start()
    goods, ids = [], []
    for profile in PROFILES:
        xml = agreement(
            *(a, b, (leaves[0], leaves[1]), authority.anchors_pem()),
            cpa_id=f"Echo-{profile}_{A_OIN}_{B_OIN}_1",
            profile=profile,
        )
        for party in (a, b):
            assert party.insert(xml).status == 200
        ids.append(parse(xml).id)
        goods.append(_good(a, parse(xml), profile))
    yield a, b, goods, ids[0]
    for party in (a, b):
        party.stop()


def _good(sender: Party, cpa: Cpa, profile: str) -> Good:
    from lopendezaken.ebms.security import KeyFiles, load

    route = cpa.route(f"urn:osb:oin:{A_OIN}", f"urn:osb:oin:{B_OIN}", "voorbeeld:Echo:1.0", "EchoRequest")
    payloads = (Attachment("zaak-1", "application/xml", b"<zaak>geheim</zaak>", "zaak.xml"),)
    message, _ = msh.business(cpa, route, msh.Wish(attachments=payloads), msh.utc_now())
    xml = to_xml(message.envelope)
    files = KeyFiles(sender.folder / "certificate.pem", sender.folder / "key.pem")
    own = load(files, files, lambda der: True)
    if route.signing:
        xml = own.sign(xml, payloads, route.signing)
    if route.encryption:
        payloads = own.encrypt(payloads, route.encryption)
    encoded = encode_parts(xml, message.envelope.message_id, payloads)
    return Good(encoded.content_type, encoded.body)


def test_a_key_that_does_not_open_harms_no_other_connection(
    parties: tuple[Party, Party, list[Good], str],
) -> None:
    """OpenSSL keeps its errors by thread: those of a decryption must not end a connection of another."""
    a, b, goods, _ = parties
    good = goods[list(PROFILES).index("osb-rm-e")]
    value = re.search(rb"CipherValue>\s*(.{20})", good.body)
    assert value is not None
    bad = good.body.replace(value.group(1), b"A" * 20)
    with connected(b.port, tls_client(a)) as other, connected(b.port, tls_client(a)) as connection:
        connection.sendall(good.request(bad))
        assert connection.recv(65536).startswith(b"HTTP/1.1 204")
        other.sendall(goods[0].request())
        assert other.recv(65536).startswith(b"HTTP/1.1 204")
    wait_for(lambda: "received MessageError" in a.log, "the error", lambda: b.log[-2000:])
    assert "RSA lib" not in b.log
    assert "attempt 1 of" not in b.log


def test_no_request_breaks_the_engine(parties: tuple[Party, Party, list[Good], str]) -> None:
    a, b, goods, cpa_id = parties
    watch = Watch(b, tls_client(a), cpa_id, a)
    for good in goods:  # they are what they are called
        assert exchange(b.port, watch.context, iter([good.request()])) == b"204", b.log[-1000:]
    watch.base = watch.peak = watch.memory()
    files = watch.files()
    until = time.monotonic() + SECONDS
    threads = [
        *(
            threading.Thread(target=attack, args=(watch, goods, random.Random(SEED + number), until))
            for number in range(12)
        ),
        *(threading.Thread(target=dawdle, args=(watch, goods[0], until)) for _ in range(10)),
        threading.Thread(target=read_slowly, args=(watch, goods[0], until)),
        *(
            threading.Thread(target=knock, args=(watch, random.Random(SEED - number), until))
            for number in range(3)
        ),
    ]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        watch.look()
        watch.ping()
        time.sleep(0.5)
    for thread in threads:
        thread.join(120)
    told = {status.decode() or "closed": count for status, count in sorted(watch.statuses.items())}
    print(
        f"\nseed {SEED}: {sum(watch.statuses.values())} hostile requests and {watch.knocks} broken handshakes"
        f" in {SECONDS:.0f} s, answers {told};"
        f" memory {watch.base >> 20} MiB, at most {watch.peak >> 20}; slowest answer {watch.slowest:.1f} s"
    )
    assert watch.unexpected == []
    assert watch.peak - watch.base < MAX_GROWTH
    assert watch.slowest < SLOWEST
    assert "Traceback" not in b.log, b.log[b.log.index("Traceback") - 500 :][:3000]
    assert "geheim" not in b.log
    wait_for(lambda: watch.files() <= files + 2, "files to be closed", watch.files, 60)
    watch.ping()


# -- the other way: a partner that answers like this ----------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS: tuple[Callable[[], Iterator[bytes]], ...] = (
    lambda: iter([b""]),
    lambda: iter([b"elders\r\n\r\n"]),
    lambda: iter([b"HTTP/1.1 2"]),
    lambda: iter([b"HTTP/1.1 99999 x\r\n\r\n"]),
    lambda: iter([OK + b"Content-Length: -1\r\n\r\n"]),
    lambda: iter([OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"]),
    lambda: iter([OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]),
    lambda: iter([b"HTTP/1.1 301 x\r\nLocation: http://169.254.0.1/\r\nContent-Length: 0\r\n\r\n"]),
    lambda: itertools.chain([OK], itertools.repeat(b"X: " + b"y" * 8_000 + b"\r\n")),
    lambda: itertools.chain([OK + b"\r\n"], itertools.repeat(b"x" * 1_000_000)),
    lambda: itertools.chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    ),
    lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    lambda: _slowly(OK + b"Content-Length: 1000\r\n\r\n"),
)


def _slowly(begin: bytes) -> Iterator[bytes]:
    yield begin
    while True:
        time.sleep(0.5)
        yield b"x"


class Responder:
    """Speaks with the certificate of a party, and gives each connection the next of ANSWERS."""

    def __init__(self, party: Party) -> None:
        self._context = ssl.create_default_context(
            ssl.Purpose.CLIENT_AUTH, cafile=party.folder / "anchors.pem"
        )
        self._context.load_cert_chain(party.folder / "certificate.pem", party.folder / "key.pem")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"https://localhost:{self._listener.getsockname()[1]}/ebms"
        self.count = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            for answer in itertools.cycle(ANSWERS):
                plain, _ = self._listener.accept()
                self.count += 1
                threading.Thread(target=self._one, args=(plain, answer()), daemon=True).start()

    def _one(self, plain: socket.socket, pieces: Iterator[bytes]) -> None:
        with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as connection:
            connection.settimeout(30)
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)

    def close(self) -> None:
        self._listener.close()


def test_no_answer_breaks_the_sender(parties: tuple[Party, Party, list[Good], str]) -> None:
    a, b, _, cpa_id = parties
    watch = Watch(a, tls_client(b), cpa_id, b)
    watch.base = watch.memory()
    files = watch.files()
    responder = Responder(b)
    a.map(b.endpoint, responder.url)
    try:
        sent = [a.send(cpa_id, "SR", "EchoRequest", b"<zaak/>").text for _ in ANSWERS]
        while "CREATED" in {a.status_of(message_id) for message_id in sent}:
            watch.look()
            time.sleep(0.5)
    finally:
        a.map(b.endpoint, None)
        responder.close()
    ends = Counter(a.status_of(message_id) for message_id in sent)
    print(
        f"\n{responder.count} answers: {dict(ends)}; memory {watch.base >> 20} MiB, at most {watch.peak >> 20}"
    )
    assert responder.count >= len(ANSWERS)
    assert watch.peak - watch.base < 100 * 1024 * 1024
    assert watch.slowest < SLOWEST
    assert "Traceback" not in a.log, a.log[a.log.index("Traceback") - 500 :][:3000]
    wait_for(lambda: watch.files() <= files + 2, "files to be closed", watch.files, 60)
    assert b.ping(cpa_id, a).status == 204
