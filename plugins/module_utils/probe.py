"""What one host sees of one endpoint: name, port, TLS without and with a client certificate.

Observes only, never judges. Results have the shape of the raw parts of evidence (network-reach, tls-scan).
"""

from __future__ import annotations

import errno
import hashlib
import re
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.openssl_cli import OpensslError, certificate
from ansible.module_utils.tls_hello import Answer, Hello, ask
from ansible.module_utils.tls_settings import Command, survey

_REFUSED = {errno.ECONNREFUSED: "refused"}
_UNREACHABLE = {
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ETIMEDOUT: "timeout",
}
OUTCOMES = _REFUSED | _UNREACHABLE


LISTEN_SECONDS = 2.0


@dataclass(frozen=True)
class Target:
    """An endpoint to look at, and with what."""

    name: str
    host: str
    port: int = 443
    direction: str = "out"
    sni: str | None = None
    proxy: str | None = None
    certificate: str | None = None
    key: str | None = None
    anchors: str | None = None
    source: str | None = None
    timeout: float = 10.0
    settings: bool = False

    @property
    def proxy_address(self) -> tuple[str, int] | None:
        """Host and port of the proxy, or ``None``."""
        if not self.proxy:
            return None
        parts = urlsplit(self.proxy if "//" in self.proxy else f"//{self.proxy}")
        return str(parts.hostname), parts.port or 3128


class ConnectError(Exception):
    """No TCP connection to the endpoint; ``outcome`` is the word for evidence."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


def look(target: Target) -> dict[str, Any]:
    """Look at one endpoint; what could not be tried is left empty."""
    dns = resolve(target.host)
    tcp = reach(target, dns)
    tls: list[dict[str, Any]] = []
    if tcp["outcome"] == "open":
        tls.append(handshake(target, with_certificate=False))
        if target.certificate:
            tls.append(handshake(target, with_certificate=True))
    settings = all_settings(target) if target.settings and tcp["outcome"] == "open" else None
    proxy = target.proxy_address
    return {
        "name": target.name,
        "direction": target.direction,
        "host": target.host,
        "port": target.port,
        "via": f"{proxy[0]}:{proxy[1]}" if proxy else None,
        "dns": dns,
        "tcp": tcp,
        "tls": tls,
        "settings": settings,
    }


def all_settings(target: Target) -> dict[str, Any]:
    """Everything that the endpoint accepts, by offering one thing at a time: some forty connections."""

    def question(hello: Hello) -> Answer:
        try:
            with connect(target) as stream:
                return ask(stream, hello)
        except ConnectError as error:
            return Answer(why=str(error))

    name = target.sni or target.host
    seen = survey(question, name, _command(target, name) if target.certificate else None)
    return {"direction": target.direction, "host": target.host, "port": target.port, **seen}


def _command(target: Target, name: str) -> Command:
    proxy = target.proxy_address
    arguments = ["-connect", f"{target.host}:{target.port}", "-servername", name]
    arguments += [
        "-cert",
        str(target.certificate),
        "-cert_chain",
        str(target.certificate),
        "-key",
        str(target.key),
    ]
    arguments += ["-CAfile", target.anchors] if target.anchors else []
    arguments += ["-proxy", f"{proxy[0]}:{proxy[1]}"] if proxy else []
    arguments += ["-bind", f"{target.source}:0"] if target.source else []
    return Command(arguments, name)


def resolve(host: str) -> dict[str, Any] | None:
    """The addresses of a name as this host sees them; ``None`` for an address."""
    if re.fullmatch(r"[\d.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", host):
        return None
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        unknown = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        return {"outcome": "not-found" if unknown else "error", "addresses": [], "error": error.strerror}
    return {"outcome": "found", "addresses": sorted({str(item[4][0]) for item in found}), "error": None}


def reach(target: Target, dns: dict[str, Any] | None) -> dict[str, Any]:
    """One TCP connection to the endpoint, through the proxy if there is one."""
    address = target.host if dns is None else next(iter(dns["addresses"]), target.host)
    start = time.monotonic()
    outcome, text = "open", None
    try:
        connect(target).close()
    except ConnectError as error:
        outcome, text = error.outcome, str(error)
    elapsed = round((time.monotonic() - start) * 1000, 1)
    return {"address": address, "port": target.port, "outcome": outcome, "error": text, "ms": elapsed}


def connect(target: Target) -> socket.socket:
    """Open the connection; raises :class:`ConnectError`."""
    proxy = target.proxy_address
    place = proxy or (target.host, target.port)
    try:
        stream = socket.create_connection(
            place, timeout=target.timeout, source_address=(target.source, 0) if target.source else None
        )
    except socket.gaierror as error:
        raise ConnectError("error", f"name {place[0]}: {error.strerror}") from error
    except OSError as error:
        raise _failed(error, f"proxy {place[0]}:{place[1]}" if proxy else None) from error
    if proxy:
        try:
            _tunnel(stream, target, f"{proxy[0]}:{proxy[1]}")
        except BaseException:
            stream.close()
            raise
    return stream


def _failed(error: OSError, proxy: str | None) -> ConnectError:
    outcome = "timeout" if isinstance(error, TimeoutError) else OUTCOMES.get(error.errno or 0, "error")
    text = error.strerror or str(error)
    return ConnectError("error", f"{proxy}: {text}") if proxy else ConnectError(outcome, text)


def _tunnel(stream: socket.socket, target: Target, proxy: str) -> None:
    place = f"{target.host}:{target.port}"
    try:
        stream.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < 65536 and (part := stream.recv(4096)):
            answer += part
    except TimeoutError as error:
        raise ConnectError("timeout", f"proxy {proxy} gave no answer on CONNECT {place}") from error
    except OSError as error:
        raise _failed(error, f"proxy {proxy}") from error
    head = answer.split(b"\r\n\r\n")[0].decode("latin-1")
    status = re.match(r"HTTP/1\.[01] (\d{3})", head)
    code = int(status.group(1)) if status else 0
    if 200 <= code < 300:
        return
    if code in (403, 407):
        raise ConnectError(
            "error", f"proxy {proxy} refuses CONNECT {place} (HTTP {code}): not on its list of partners"
        )
    raise _squid(head, code, proxy, place)


def _squid(head: str, code: int, proxy: str, place: str) -> ConnectError:
    """Squid says in X-Squid-Error why it could not connect: ``ERR_CONNECT_FAIL 111``."""
    found = re.search(r"(?im)^X-Squid-Error: *(\S+) *(\d*)", head)
    reason, number = (found.group(1), int(found.group(2) or 0)) if found else ("", 0)
    if reason == "ERR_DNS_FAIL":
        return ConnectError("error", f"proxy {proxy} cannot resolve {place}")
    outcome = "timeout" if code == 504 else OUTCOMES.get(number, "error")
    return ConnectError(
        outcome, f"proxy {proxy} could not connect to {place} (HTTP {code} {reason} {number})".strip()
    )


def handshake(target: Target, *, with_certificate: bool) -> dict[str, Any]:
    """One TLS handshake, read on until the other side answered: TLS 1.3 refuses a client only then."""
    scan: dict[str, Any] = {
        "direction": target.direction,
        "host": target.host,
        "port": target.port,
        "with_client_certificate": with_certificate,
        "outcome": "failed",
        "protocol": None,
        "cipher": None,
        "peer": None,
        "chain": [],
        "error": None,
    }
    try:
        context = _context(target, with_certificate)
    except (OSError, ssl.SSLError) as error:
        return scan | {"error": f"own certificate, key or anchors cannot be read: {error}"}
    try:
        _talk(target, context, scan)
    except ssl.SSLCertVerificationError as error:
        scan["error"] = f"their certificate: {error.verify_message}"
        scan["peer"] = _peer_unverified(target)
    except ssl.SSLError as error:
        scan["outcome"], scan["error"] = _refusal(error, after_handshake=bool(scan["protocol"]))
    except ConnectError as error:
        scan["error"] = str(error)
    except OSError as error:
        # A reset after the handshake is how some servers refuse a client certificate.
        scan["outcome"] = "refused" if scan["protocol"] else "failed"
        scan["error"] = "closed by the other side" if isinstance(error, ConnectionError) else str(error)
    return scan


def _context(target: Target, with_certificate: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if target.anchors:
        context.load_verify_locations(target.anchors)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if with_certificate:
        context.load_cert_chain(str(target.certificate), target.key)
    return context


def _talk(target: Target, context: ssl.SSLContext, scan: dict[str, Any]) -> None:
    name = target.sni or target.host
    with connect(target) as stream, context.wrap_socket(stream, server_hostname=name) as tls:
        scan["protocol"] = tls.version()
        scan["cipher"] = (tls.cipher() or ("",))[0]
        scan["peer"] = peer(tls.getpeercert(binary_form=True))
        scan["chain"] = presented(tls)
        if _answer(tls, f"HEAD / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"):
            scan["outcome"] = "accepted"
        else:
            scan["outcome"], scan["error"] = "refused", "closed by the other side"


def _answer(tls: ssl.SSLSocket, question: str) -> bytes:
    """Listen first: a server that refuses us closes, and what we send then would wipe out its alert."""
    whole = tls.gettimeout()
    tls.settimeout(LISTEN_SECONDS)
    try:
        return tls.recv(4096)
    except TimeoutError:
        tls.settimeout(whole)
    tls.sendall(question.encode())
    return tls.recv(4096)


def peer(der: bytes | None) -> dict[str, Any] | None:
    """The certificate that the other side showed."""
    if not der:
        return None
    try:
        shown = certificate(ssl.DER_cert_to_PEM_cert(der))
    except OpensslError:
        return {"subject": "", "oin": None, "sha256": hashlib.sha256(der).hexdigest(), "not_after": ""}
    return {
        "subject": ", ".join(f"{key}={value}" for key, value in shown.subject.items()),
        "oin": shown.oin or None,
        "sha256": shown.sha256,
        "not_after": shown.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def presented(tls: ssl.SSLSocket) -> list[str]:
    """The certificates that the other side sent along, leaf first, in PEM.

    Public since Python 3.13; the standard library of Debian 12 has it inside.
    """
    public = getattr(tls, "get_unverified_chain", None)
    if public:
        return [ssl.DER_cert_to_PEM_cert(der) for der in public()]
    inside = getattr(getattr(tls, "_sslobj", None), "get_unverified_chain", None)
    return [each.public_bytes() for each in inside() or []] if inside else []


def _peer_unverified(target: Target) -> dict[str, Any] | None:
    """Fetch the certificate that was not trusted, to be able to say which one it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            connect(target) as stream,
            context.wrap_socket(stream, server_hostname=target.sni or target.host) as tls,
        ):
            return peer(tls.getpeercert(binary_form=True))
    except (OSError, ConnectError):
        return None


def _refusal(error: ssl.SSLError, *, after_handshake: bool) -> tuple[str, str]:
    """An alert is a refusal, and so is closing after our certificate was seen; anything else is a failure."""
    reason = (error.reason or str(error)).replace("_", " ").lower()
    found = re.search(r"alert (.+)$", reason)
    if found:
        return "refused", f"alert {found.group(1)}"
    if isinstance(error, ssl.SSLEOFError) or "eof" in reason:
        words = "closed by the other side"
        return ("refused", words) if after_handshake else ("failed", f"{words} during the handshake")
    return "failed", reason
