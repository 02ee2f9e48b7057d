"""Two embedded engines on loopback with a PKI of their own, and a client for their REST calls."""

from __future__ import annotations

import base64
import json
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from lopendezaken.cpa.render import ActionRequest, CpaRequest, PartyRequest, render
from lopendezaken.lab.authority import Authority, Kind, Leaf

A_OIN, B_OIN = "00000099100000001000", "00000099200000001000"
A_NAME, B_NAME = "ebms.a.example", "ebms.b.example"
LOGIN = "lab:correct horse"
BASE = "/service/rest/v19"
SERVICE = "urn:osb:services:voorbeeld:Echo:1.0"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> object:
        return json.loads(self.body)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Party:
    """One engine: its files, its process and its REST calls."""

    name: str
    oin: str
    folder: Path
    program: list[str]
    port: int = field(default_factory=free_port)
    rest_port: int = field(default_factory=free_port)
    health_port: int = field(default_factory=free_port)
    proxy: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}/ebms"

    @property
    def party_id(self) -> str:
        return f"urn:osb:oin:{self.oin}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def write(self, leaf: Leaf, authority: Authority) -> None:
        (self.folder / "crl").mkdir(parents=True, exist_ok=True)
        self.certify(leaf)
        (self.folder / "anchors.pem").write_bytes(authority.anchors_pem())
        self.write_crls(authority)
        (self.folder / "login").write_text(LOGIN)
        (self.folder / "login").chmod(0o600)
        self.configure()

    def certify(self, leaf: Leaf) -> None:
        (self.folder / "certificate.pem").write_bytes(leaf.certificate_pem)
        (self.folder / "key.pem").write_bytes(leaf.key_pem)
        (self.folder / "key.pem").chmod(0o600)

    def write_crls(self, authority: Authority) -> None:
        for name, data in authority.crls().items():
            (self.folder / "crl" / name).write_bytes(data)

    def configure(self, extra: str = "") -> None:
        (self.folder / "engine.toml").write_text(f"""
[ebms]
listen = "127.0.0.1:{self.port}"
[party]
oin = "{self.oin}"
[tls]
certificate = "{self.folder}/certificate.pem"
key = "{self.folder}/key.pem"
anchors = "{self.folder}/anchors.pem"
crls = "{self.folder}/crl"
[rest]
listen = "127.0.0.1:{self.rest_port}"
credentials = "{self.folder}/login"
[health]
listen = "127.0.0.1:{self.health_port}"
[proxy]
url = "{self.proxy}"
[store]
path = "{self.folder}/ebms.sqlite"
[ping]
timeout = 2
[http]
connect_timeout = 2
read_timeout = 5
{extra}
""")

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, "serve", "--config", str(self.folder / "engine.toml")], stderr=log
            )
        wait_for(lambda: self.healthy, f"{self.name} to start", lambda: self.log)

    @property
    def healthy(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended: {self.log}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> float:
        """End the process; seconds that it took."""
        if self.process is None:
            return 0.0
        begin = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=10)
        self.process = None
        return time.monotonic() - begin

    def reload(self) -> None:
        assert self.process is not None
        before = self.log.count("reload")
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.log.count("reload") > before, "the reload", lambda: self.log)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str | None = None,
        login: str | None = LOGIN,
        **headers: str,
    ) -> Answer:
        request = urllib.request.Request(f"http://127.0.0.1:{self.rest_port}{path}", body, method=method)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        if kind is not None:
            request.add_header("Content-Type", kind)
        if login is not None:
            request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), dict(error.headers))

    def insert(self, xml: bytes, overwrite: bool = True) -> Answer:
        return self.call(
            "POST", f"{BASE}/cpas?overwrite={'true' if overwrite else 'false'}", xml, "text/plain"
        )

    def map(self, source: str, destination: str | None) -> None:
        """Send elsewhere than where the CPA says; None ends that."""
        path = f"{BASE}/urlMappings"
        if destination is None:
            self.call("DELETE", f"{path}/{urllib.parse.quote(source, safe='')}")
            return
        body = json.dumps({"source": source, "destination": destination}).encode()
        assert self.call("POST", path, body, "application/json").status == 204

    def ping(self, cpa_id: str, other: Party) -> Answer:
        where = f"{urllib.parse.quote(cpa_id, safe='')}/from/{self.party_id}/to/{other.party_id}"
        return self.call("POST", f"{BASE}/ebms/ping/{where}")

    def send(self, cpa_id: str, role: str, action: str, content: bytes, /, **properties: str) -> Answer:
        message = {
            "properties": {
                "cpaId": cpa_id,
                "fromPartyId": self.party_id,
                "fromRole": role,
                "service": SERVICE,
                "action": action,
                **properties,
            },
            "dataSources": [
                {
                    "name": "zaak.xml",
                    "contentId": "zaak-1",
                    "contentType": "application/xml",
                    "content": base64.b64encode(content).decode(),
                }
            ],
        }
        return self.call("POST", f"{BASE}/ebms/messages", json.dumps(message).encode(), "application/json")

    def message(self, message_id: str) -> dict[str, dict[str, str]]:
        answer = self.call("GET", f"{BASE}/ebms/messages/{urllib.parse.quote(message_id)}")
        assert answer.status == 200, answer
        return json.loads(answer.body)  # type: ignore[no-any-return]

    def status_of(self, message_id: str) -> str:
        return self.message(message_id)["properties"]["messageStatus"]

    def unprocessed(self, **filters: str) -> list[str]:
        query = urllib.parse.urlencode(filters)
        return self.call("GET", f"{BASE}/ebms/messages/unprocessed?{query}").json  # type: ignore[return-value]

    def signals(self, cpa_id: str = "") -> list[dict[str, str]]:
        query = urllib.parse.urlencode({"cpaId": cpa_id} if cpa_id else {})
        return self.call("GET", f"/lopendezaken/v1/signals?{query}").json  # type: ignore[return-value]


def wait_for(
    done: Callable[[], object], what: str, explain: Callable[[], object] = lambda: "", seconds: float = 10
) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}: {explain()}")
        time.sleep(0.05)


def agreement(a: Party, b: Party, leaves: tuple[Leaf, Leaf], anchors: bytes, **changes: object) -> bytes:
    """The CPA of the two. ``changes`` replace fields of the request."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    parties = tuple(
        PartyRequest(
            name=party.name,
            oin=party.oin,
            role=role,
            endpoint=f"https://{name}/ebms",
            client_certificate=leaf.certificate_pem,
            server_certificate=leaf.certificate_pem,
        )
        for party, role, name, leaf in zip((a, b), ("SR", "SP"), (A_NAME, B_NAME), leaves, strict=True)
    )
    fields: dict[str, object] = {
        "cpa_id": f"Echo-1-0_{a.oin}_{b.oin}_1",
        "start": start,
        "end": start + timedelta(days=30),
        "parties": parties,
        "service": "voorbeeld:Echo:1.0",
        "actions": (ActionRequest("EchoRequest", "SR"), ActionRequest("EchoResponse", "SP")),
        "retries": 3,
        "retry_interval": timedelta(seconds=1),
        "persist_duration": timedelta(minutes=5),
        "anchors": anchors,
    }
    xml = render(CpaRequest(**{**fields, **changes}))  # type: ignore[arg-type]
    for party, name in ((a, A_NAME), (b, B_NAME)):
        xml = xml.replace(f"https://{name}/ebms".encode(), party.endpoint.encode())
    return xml


@dataclass
class Pair:
    """Two parties with what they share; ``profiles`` gives the id of their CPA of each profile."""

    a: Party
    b: Party
    authority: Authority
    leaves: tuple[Leaf, Leaf]
    profiles: dict[str, str] = field(default_factory=dict)

    @property
    def rm(self) -> str:
        return self.profiles["osb-rm"]

    @property
    def be(self) -> str:
        return self.profiles["osb-be"]

    def cpa(self, **changes: object) -> bytes:
        return agreement(self.a, self.b, self.leaves, self.authority.anchors_pem(), **changes)

    def insert(self, **changes: object) -> str:
        """Load a CPA at both sides; its id."""
        xml = self.cpa(**changes)
        answers = [party.insert(xml) for party in (self.a, self.b)]
        assert [answer.status for answer in answers] == [200, 200], answers
        return answers[0].text


def programs(folder: Path) -> tuple[list[str], list[str]]:
    """How to run A, from the package, and B, from the zip file with Debian's Python where it has the packages."""
    from lopendezaken.ebms.build import build_engine

    zipped = folder / "engine.pyz"
    build_engine(zipped)
    debian = "/usr/bin/python3"
    probe = [
        debian,
        "-c",
        "import aiohttp, lxml.etree, cryptography, xmlsec, sys; assert sys.version_info >= (3, 11)",
    ]
    found = Path(debian).exists() and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    return [sys.executable, "-m", "lopendezaken.ebms"], [debian if found else sys.executable, str(zipped)]


def certificates(folder: Path) -> tuple[Authority, Leaf, Leaf]:
    """A PKI with a leaf for each party that also holds on this machine."""
    authority = Authority(folder, key_bits=2048)
    authority.init()
    return authority, leaf(authority, A_OIN, A_NAME), leaf(authority, B_OIN, B_NAME)


def leaf(authority: Authority, oin: str, name: str, kind: Kind = Kind.GOOD) -> Leaf:
    """A TSP refuses localhost, a test on loopback needs it."""
    with patch("lopendezaken.lab.authority._checked_names", tuple):
        return authority.leaf(oin, [name, "localhost"], f"Organisation {oin}", kind)


def tls_client(party: Party, *, with_certificate: bool = True) -> ssl.SSLContext:
    """A client context with the files of an engine."""
    context = ssl.create_default_context(cafile=party.folder / "anchors.pem")
    if with_certificate:
        context.load_cert_chain(party.folder / "certificate.pem", party.folder / "key.pem")
    return context


def exchange(port: int, context: ssl.SSLContext, raw: bytes) -> bytes:
    """Send bytes over TLS; all that comes back until the answer is complete or silence of a second."""
    with (
        socket.create_connection(("localhost", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        secured.sendall(raw)
        secured.settimeout(1)
        answer = b""
        with suppress(TimeoutError):
            while not _answered(answer) and (data := secured.recv(65536)):
                answer += data
        return answer


def _answered(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
    return bool(end) and len(body) >= int(length or 0)


class Recorder:
    """Plays a party's adapter: keeps the bytes of each POST and answers 204, or ``answer``."""

    def __init__(self, party: Party) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(party.folder / "certificate.pem", party.folder / "key.pem")
        self.requests: list[bytes] = []
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self._socket = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/ebms"

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, suppress(OSError):
                    self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        data = b""
        while not _complete(data):
            piece = connection.recv(65536)
            if not piece:
                return
            data += piece
        self.requests.append(data)
        connection.sendall(self.answer)

    def close(self) -> None:
        self._socket.close()


def _complete(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    if b"chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])


class Tunnel:
    """A CONNECT proxy that sends every name to loopback, or refuses with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            line = head.split(b"\r\n")[0].decode()
            self.asked.append(line)
            connection.sendall(f"HTTP/1.1 {self.status} x\r\n\r\n".encode())
            if self.status == 200:
                port = int(line.split()[1].rpartition(":")[2])
                with socket.create_connection(("127.0.0.1", port)) as other:
                    _relay(connection, other)

    def close(self) -> None:
        self._socket.close()


def _relay(one: socket.socket, other: socket.socket) -> None:
    peers = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            peers[ready].sendall(data)
