"""Says hello to a TLS server and reads what it answers in the clear, without doing any cryptography.

So it can offer what this host's own OpenSSL no longer knows: SSL 3.0, RC4, export suites. The connection is dropped
after the first answer. In TLS 1.3 no key is offered, so that a server which agrees asks for one (HelloRetryRequest),
naming suite and group.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ansible.module_utils.tls_names import GROUPS, PROTOCOLS, SUITES

LARGEST = 256 * 1024
_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO, _CERTIFICATE, _KEY_EXCHANGE, _CERTIFICATE_REQUEST, _HELLO_DONE = 2, 11, 12, 13, 14
_SNI, _GROUPS, _FORMATS, _SIGNATURES, _EXTENDED_MASTER_SECRET = 0, 10, 11, 13, 23
_VERSIONS, _PSK_MODES, _KEY_SHARE, _RENEGOTIATION = 43, 45, 51, 0xFF01
SHA1_SIGNATURES = (0x0201, 0x0203)
MODERN_SIGNATURES = (
    0x0804,
    0x0805,
    0x0806,
    0x0809,
    0x080A,
    0x080B,
    0x0401,
    0x0501,
    0x0601,
    0x0403,
    0x0503,
    0x0603,
)
ALL_SIGNATURES = (*MODERN_SIGNATURES, 0x0301, 0x0303, *SHA1_SIGNATURES)


@dataclass(frozen=True)
class Hello:
    """What is offered."""

    protocol: str
    name: str
    suites: Sequence[int]
    groups: Sequence[int]
    signatures: Sequence[int] = ALL_SIGNATURES
    compression: bool = False

    def encode(self) -> bytes:
        """The record with the ClientHello."""
        version = PROTOCOLS[self.protocol]
        modern = self.protocol == "TLSv1.3"
        old = min(version, PROTOCOLS["TLSv1.2"])
        body = struct.pack(">H", old) + os.urandom(32)
        body += _vector(os.urandom(32) if modern else b"", 1)
        body += _vector(_numbers(self.suites), 2)
        body += _vector(b"\x01\x00" if self.compression else b"\x00", 1)
        body += _vector(b"".join(self._extensions(modern)), 2)
        message = bytes([1]) + len(body).to_bytes(3, "big") + body
        return (
            bytes([_HANDSHAKE]) + struct.pack(">HH", min(version, PROTOCOLS["TLSv1"]), len(message)) + message
        )

    def _extensions(self, modern: bool) -> Iterator[bytes]:
        yield _extension(_SNI, _vector(b"\x00" + _vector(self.name.encode("idna"), 2), 2))
        yield _extension(_GROUPS, _vector(_numbers(self.groups), 2))
        if PROTOCOLS[self.protocol] >= PROTOCOLS["TLSv1.2"]:
            yield _extension(_SIGNATURES, _vector(_numbers(self.signatures), 2))
        if modern:
            yield _extension(_VERSIONS, _vector(_numbers([PROTOCOLS["TLSv1.3"]]), 1))
            yield _extension(_PSK_MODES, _vector(b"\x01", 1))
            yield _extension(_KEY_SHARE, _vector(b"", 2))
        else:
            yield _extension(_FORMATS, _vector(b"\x00", 1))
            yield _extension(_EXTENDED_MASTER_SECRET, b"")
            yield _extension(_RENEGOTIATION, b"\x00")


@dataclass
class Answer:
    """What the server said. ``accepted`` is ``None`` when it said nothing that tells."""

    accepted: bool | None = None
    why: str = ""
    suite: int | None = None
    group: int | None = None
    signature: int | None = None
    compressed: bool = False
    extended_master_secret: bool = False
    secure_renegotiation: bool = False
    certificate_requested: bool = False
    authorities: list[bytes] = field(default_factory=list)
    chain: list[bytes] = field(default_factory=list)

    @property
    def suite_name(self) -> str:
        """The name of the suite; its number when it has none here."""
        return SUITES.get(self.suite or 0, f"0x{self.suite or 0:04X}")

    @property
    def group_name(self) -> str:
        """The name of the group; its number when it has none here."""
        return GROUPS.get(self.group or 0, f"0x{self.group or 0:04X}")


def ask(stream: socket.socket, hello: Hello) -> Answer:
    """Offer ``hello`` on an open connection and read the answer; the connection is of no use after that."""
    answer = Answer()
    try:
        stream.sendall(hello.encode())
        for kind, body in _messages(stream, answer):
            _take(answer, hello, kind, body)
            if kind == _HELLO_DONE or (kind == _SERVER_HELLO and hello.protocol == "TLSv1.3"):
                break
    except TimeoutError:
        answer.why = answer.why or "no answer in time"
    except OSError as error:
        # Closing without a word is how a proxy or an old server refuses.
        if isinstance(error, ConnectionError) and answer.accepted is None:
            answer.accepted = False
        answer.why = answer.why or str(error)
    except (IndexError, struct.error):
        answer.why = "an answer that is no TLS"
    return answer


def _messages(stream: socket.socket, answer: Answer) -> Iterator[tuple[int, bytes]]:
    """The handshake messages of the server; an alert or the end is a refusal when nothing came before."""
    pending, total = b"", 0
    while total < LARGEST:
        header = _exactly(stream, 5)
        if header is None:
            if answer.accepted is None:
                answer.accepted, answer.why = False, "closed by the other side"
            return
        kind, length = header[0], int.from_bytes(header[3:5], "big")
        if kind not in (_ALERT, _HANDSHAKE):
            answer.why = answer.why or "an answer that is no TLS"
            return
        body = _exactly(stream, length)
        total += length
        if body is None:
            return
        if kind == _ALERT:
            if answer.accepted is None:
                answer.accepted, answer.why = False, f"alert {body[1]}"
            return
        pending += body
        while len(pending) >= 4 and len(pending) >= 4 + (size := int.from_bytes(pending[1:4], "big")):
            yield pending[0], pending[4 : 4 + size]
            pending = pending[4 + size :]


def _exactly(stream: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def _take(answer: Answer, hello: Hello, kind: int, body: bytes) -> None:
    if kind == _SERVER_HELLO:
        _server_hello(answer, hello, body)
    elif kind == _CERTIFICATE:
        answer.chain = list(_vectors(body[3:], 3))
    elif kind == _KEY_EXCHANGE:
        _key_exchange(answer, hello, body)
    elif kind == _CERTIFICATE_REQUEST:
        answer.certificate_requested = True
        answer.authorities = _authorities(body, hello.protocol)


def _server_hello(answer: Answer, hello: Hello, body: bytes) -> None:
    version = int.from_bytes(body[:2], "big")
    at = 35 + body[34]
    answer.suite = int.from_bytes(body[at : at + 2], "big")
    answer.compressed = body[at + 2] != 0
    extensions = dict(_extensions_of(body[at + 3 :]))
    if _VERSIONS in extensions:
        version = int.from_bytes(extensions[_VERSIONS], "big")
    if _KEY_SHARE in extensions:
        answer.group = int.from_bytes(extensions[_KEY_SHARE][:2], "big")
    answer.extended_master_secret = _EXTENDED_MASTER_SECRET in extensions
    answer.secure_renegotiation = _RENEGOTIATION in extensions
    answer.accepted = version == PROTOCOLS[hello.protocol] and answer.suite in hello.suites
    if not answer.accepted:
        answer.why = f"answered with version 0x{version:04X}, suite 0x{answer.suite:04X}"


def _key_exchange(answer: Answer, hello: Hello, body: bytes) -> None:
    """Of ECDHE only: type 3 (a named curve), its number, the point, and then the signature."""
    if not answer.suite_name.startswith("TLS_ECDHE") or body[0] != 3:
        return
    answer.group = int.from_bytes(body[1:3], "big")
    at = 4 + body[3]
    if hello.protocol == "TLSv1.2":
        answer.signature = int.from_bytes(body[at : at + 2], "big")


def _authorities(body: bytes, protocol: str) -> list[bytes]:
    at = 1 + body[0]
    if protocol == "TLSv1.2":
        at += 2 + int.from_bytes(body[at : at + 2], "big")
    return list(_vectors(body[at + 2 :], 2))


def _extensions_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data):
        kind, length = struct.unpack(">HH", data[at : at + 4])
        yield kind, data[at + 4 : at + 4 + length]
        at += 4 + length


def _vectors(data: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at + size <= len(data):
        length = int.from_bytes(data[at : at + size], "big")
        yield data[at + size : at + size + length]
        at += size + length


def _vector(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def _numbers(values: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">H", kind) + _vector(data, 2)
