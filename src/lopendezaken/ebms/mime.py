"""A message as HTTP carries it: a bare envelope, or multipart/related with payloads (SOAP with Attachments).

Any boundary, order of headers and line ending is read; what is written looks as good adapters write it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote
from uuid import uuid4

from lopendezaken.ebms.envelope import Envelope, EnvelopeError, from_xml, to_xml

MAX_PARTS = 100
MAX_PART_HEADERS = 16_384  # bytes

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PARAMETER = re.compile(r"""\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))""")
_SAFE_HEADER = re.compile(r"[\x20-\x7e]*")
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "identity"})


class MimeError(EnvelopeError):
    """The MIME structure cannot be read."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One payload. ``content_id`` is without angle brackets, as ``cid:`` names it."""

    content_id: str
    content_type: str
    content: bytes = field(repr=False)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """An envelope with its payloads. ``xml`` is the envelope as it came in, empty for one of our own."""

    envelope: Envelope
    attachments: tuple[Attachment, ...] = ()
    xml: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What goes into the HTTP request."""

    content_type: str
    body: bytes = field(repr=False)

    @property
    def multipart(self) -> bool:
        """Whether there are payloads."""
        return self.content_type.startswith("multipart/")


# Writing


def encode(message: Message, boundary: str | None = None) -> Encoded:
    """The bytes of ``message``. Raises ValueError on names that no MIME or XML can hold."""
    return encode_parts(to_xml(message.envelope), message.envelope.message_id, message.attachments, boundary)


def encode_parts(
    xml: bytes, message_id: str, attachments: tuple[Attachment, ...], boundary: str | None = None
) -> Encoded:
    """The bytes of an envelope that is written already (and perhaps signed), with its payloads."""
    if not attachments:
        return Encoded("text/xml; charset=UTF-8", xml)
    boundary = boundary or f"-={uuid4()}=-"
    start = _header(f"<{message_id}>")
    lines: list[bytes] = []
    for headers, content in (
        (("Content-Type: text/xml; charset=UTF-8", f"Content-ID: {start}"), xml),
        *((_part_headers(attachment), attachment.content) for attachment in attachments),
    ):
        lines += [f"--{boundary}".encode(), *(line.encode() for line in headers), b"", content]
    body = b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])
    return Encoded(
        f'multipart/related; boundary="{boundary}"; type="text/xml"; start={_quoted(start)};'
        ' start-info="text/xml"',
        body,
    )


def _part_headers(attachment: Attachment) -> tuple[str, ...]:
    headers = (
        f"Content-Type: {_header(attachment.content_type)}",
        f"Content-ID: {_header(f'<{attachment.content_id}>')}",
    )
    if attachment.name is None:
        return headers
    return (*headers, f"Content-Disposition: attachment; {_filename(attachment.name)}")


def _header(value: str) -> str:
    if not _SAFE_HEADER.fullmatch(value):
        raise ValueError("only printable ASCII fits in a MIME header")
    return value


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _filename(name: str) -> str:
    if _SAFE_HEADER.fullmatch(name):
        return f"filename={_quoted(name)}"
    return f"filename*=UTF-8''{quote(name, safe='', errors='replace')}"


# Reading


def decode(content_type: str, body: bytes) -> Message:
    """Read a request body. Raises :class:`EnvelopeError` (or its :class:`MimeError`) with a clear text."""
    kind, parameters = parse_content_type(content_type)
    if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise MimeError("charset is not UTF-8")
    if kind == "text/xml":
        return Message(from_xml(body), xml=body)
    if kind != "multipart/related":
        raise MimeError(f"unexpected Content-Type {kind}")
    parts = list(parts_of(body, parameters.get("boundary", "")))
    root = _root(parts, parameters.get("start"))
    if parse_content_type(root.headers.get("content-type", "text/xml"))[0] != "text/xml":
        raise MimeError("the first part is not text/xml")
    xml = root.decoded()
    envelope = from_xml(xml)
    attachments = tuple(attachment_of(part) for part in parts if part is not root)
    ids = [attachment.content_id for attachment in attachments if attachment.content_id]
    if len(set(ids)) != len(ids):
        raise MimeError("two parts have the same Content-ID")
    return Message(envelope, attachments, xml)


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """Kind in lower case, and the parameters. Raises :class:`MimeError`."""
    kind, _, _ = value.partition(";")
    kind = kind.strip().lower()
    main, slash, sub = kind.partition("/")
    if not (slash and _TOKEN.fullmatch(main) and _TOKEN.fullmatch(sub)):
        raise MimeError("malformed Content-Type")
    return kind, _parameters(value)


def _parameters(value: str) -> dict[str, str]:
    start = value.find(";")
    if start < 0:
        return {}
    found: dict[str, str] = {}
    rest = value[start:].rstrip().rstrip(";")
    position = 0
    while position < len(rest):
        match = _PARAMETER.match(rest, position)
        if not match:
            raise MimeError("malformed parameter in a MIME header")
        name = match.group(1).lower()
        if name in found:
            raise MimeError(f"parameter {name} stands twice in a MIME header")
        quoted, bare = match.group(2), match.group(3)
        found[name] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        position = match.end()
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a multipart as it came; names of headers in lower case."""

    headers: dict[str, str]
    content: bytes = field(repr=False)

    @property
    def content_id(self) -> str:
        """Without angle brackets; empty when there is none."""
        return self.headers.get("content-id", "").strip().removeprefix("<").removesuffix(">")

    @property
    def form_field(self) -> str:
        """The field of a form that this part is; empty when it is none."""
        return _parameters(self.headers.get("content-disposition", "")).get("name", "")

    def decoded(self) -> bytes:
        """The content without its transfer encoding (which ebMS frowns upon: DK-EBMS2-017)."""
        encoding = self.headers.get("content-transfer-encoding", "").strip().lower()
        if encoding in _IDENTITY:
            return self.content
        if encoding != "base64":
            raise MimeError("unexpected Content-Transfer-Encoding")
        try:
            return base64.b64decode(b"".join(self.content.split()), validate=True)
        except binascii.Error as error:
            raise MimeError("part is not base64") from error


def parts_of(body: bytes, boundary: str) -> Iterator[Part]:
    """The parts of any multipart, one by one. Raises :class:`MimeError`."""
    if not 1 <= len(boundary) <= 200 or not _SAFE_HEADER.fullmatch(boundary):
        raise MimeError("multipart without a proper boundary")
    # One regular expression with a literal head: a hostile body costs one pass, not one a byte.
    line = re.escape(b"--" + boundary.encode("ascii")) + rb"(--)?[ \t]{0,80}\r?(?:\n|\Z)"
    following = re.compile(rb"\n" + line)
    here = re.compile(line).match(body) or following.search(body)
    count = 0
    while here and not here.group(1):
        count += 1
        if count > MAX_PARTS:
            raise MimeError(f"more than {MAX_PARTS} parts")
        # From the line end on, which a part without headers and content shares with its delimiter.
        after = following.search(body, here.end() - 1)
        if after:
            yield _part(body, here.end(), after.start())
        here = after
    if not here:
        raise MimeError("the multipart is not closed")


def _part(body: bytes, start: int, end: int) -> Part:
    if body[end - 1 : end] == b"\r":  # the line ending before a delimiter belongs to the delimiter
        end -= 1
    if body[start : start + 2] == b"\r\n":
        return Part({}, body[start + 2 : end])
    if body[start : start + 1] == b"\n":
        return Part({}, body[start + 1 : end])
    window = body[start : min(end + 2, start + MAX_PART_HEADERS)]
    blank = re.search(rb"\r?\n\r?\n", window)
    if not blank:
        raise MimeError(f"part without a blank line after its headers within {MAX_PART_HEADERS} bytes")
    content_start = start + blank.end()
    return Part(_headers(window[: blank.start()]), body[content_start : max(end, content_start)])


def _headers(data: bytes) -> dict[str, str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MimeError("a part's headers are not UTF-8") from error
    headers: dict[str, str] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", text).splitlines():
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not _TOKEN.fullmatch(name):
            raise MimeError("malformed header in a part")
        if name in headers:
            raise MimeError(f"header {name} stands twice in a part")
        headers[name] = value.strip()
    return headers


def _root(parts: list[Part], start: str | None) -> Part:
    if not parts:
        raise MimeError("multipart without parts")
    if start is None:
        return parts[0]
    wanted = start.strip().removeprefix("<").removesuffix(">")
    for part in parts:
        if part.content_id == wanted:
            return part
    raise MimeError("no part has the Content-ID that parameter start names")


def attachment_of(part: Part) -> Attachment:
    """The payload that a part carries. Raises :class:`MimeError`."""
    return Attachment(
        content_id=part.content_id,
        content_type=part.headers.get("content-type", "application/octet-stream"),
        content=part.decoded(),
        name=_name(part.headers),
    )


def _name(headers: dict[str, str]) -> str | None:
    disposition = _parameters(headers.get("content-disposition", ""))
    extended = disposition.get("filename*", "")
    if extended.lower().startswith("utf-8''"):
        return unquote(extended[7:], errors="replace")
    return disposition.get("filename")
