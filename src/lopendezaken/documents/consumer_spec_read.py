"""Reads a Consumerspecificatie: what stands in it, and what is wrong with its text (X-01, X-12).

Nothing is fetched and nothing is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from lopendezaken.cpa.xml import safe_parser
from lopendezaken.documents import keyinfo
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.pki.certificate import Certificate
from lopendezaken.pki.oin import parse_oin
from lopendezaken.pki.private_key import lines_with_private_key

ROOT = "osb-ebms-service-specificatie"
ROLE = "SR"
MAX_BYTES = 1_000_000
PRIVATE_KEY = "a private key"

_DECLARATION = re.compile(rb"<\?xml\s[^>]*\?>")
_VERSION = re.compile(rb"""\sversion\s*=\s*["']([^"']*)["']""")
_ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([^"']*)["']""")
_BOM = b"\xef\xbb\xbf"
_PLACEHOLDER = re.compile(r"\[[a-z]+_[^\]\s]*\]", re.IGNORECASE)
_SUFFIX = re.compile(r"_[OTA]{1,3}$")


@dataclass(frozen=True)
class Specification:
    """A Consumerspecificatie as far as it can be read: what stands in its parameters."""

    root: etree._Element
    block: etree._Element | None = None

    @classmethod
    def of(cls, root: etree._Element) -> Specification:
        """Find the block of parameters."""
        blocks = [each for each in root if local(each) == "parameters"]
        return cls(root, next((each for each in blocks if each.get("name") == ROLE), (*blocks, None)[0]))

    @cached_property
    def parameters(self) -> dict[str, etree._Element]:
        """The first parameter of each name."""
        found: dict[str, etree._Element] = {}
        for each in self.block if self.block is not None else ():
            found.setdefault(each.get("name") or "", each)
        return found

    def text(self, name: str) -> str:
        """What a parameter says; empty when it is not there, or still holds a placeholder."""
        element = self.parameters.get(name)
        return "" if element is None or placeholder(element) else all_text(element).strip()

    @property
    def number(self) -> str:
        """The OIN or HRN, without the suffix of an environment (CPA-014); empty when it is no valid one."""
        bare = without_suffix(self.text("PartyId"))
        try:
            return parse_oin(bare).value
        except LzError:
            return ""

    def key_info(self, name: str) -> etree._Element | None:
        """The KeyInfo of ``ClientCert`` or ``ServerCert``."""
        element = self.parameters.get(name)
        return None if element is None else element.find(f"{{{keyinfo.DS}}}KeyInfo")

    def certificates(self, name: str) -> list[Certificate | None]:
        """The certificates of ``ClientCert`` or ``ServerCert``, the one it is about first."""
        element = self.key_info(name)
        return [] if element is None or placeholder(element) else keyinfo.certificates_in(element)


def read(xml: bytes) -> Specification | None:
    """Give what a Consumerspecificatie says, or ``None`` for what is none: its findings say why."""
    root, _ = root_of(xml) if len(xml) <= MAX_BYTES else (None, None)
    return None if root is None or local(root) != ROOT else Specification.of(root)


def local(element: etree._Element) -> str:
    """Give the name of an element without its namespace."""
    return etree.QName(element).localname


def line_of(element: etree._Element) -> int | None:
    """Give the line on which an element begins."""
    line: int | None = getattr(element, "sourceline", None)
    return line


def all_text(element: etree._Element) -> str:
    """Give the text in an element and all below it."""
    return "".join(map(str, element.itertext()))


def placeholder(element: etree._Element) -> str | None:
    """Give the placeholder that is left in an element, such as ``[uw_oin]``."""
    found = _PLACEHOLDER.search(all_text(element))
    return found.group() if found else None


def without_suffix(party_id: str) -> str:
    """Give a PartyId without the suffix of an environment (CPA-014)."""
    return _SUFFIX.sub("", party_id)


def text_findings(xml: bytes) -> Iterator[Finding]:
    """What shows before anything is parsed."""
    if len(xml) > MAX_BYTES:
        yield must(None, "X-01", "too large", found=f"{len(xml)} bytes", expected=f"at most {MAX_BYTES}")
        return
    for line in lines_with_private_key(xml):
        yield must(
            line,
            "X-10",
            PRIVATE_KEY,
            remedy="It never leaves the host that uses it. Delete this file, have the certificate revoked if the file "
            "was sent, and make a new key.",
        )
    yield from _declaration(xml)
    try:
        xml.decode()
    except UnicodeDecodeError as error:
        line = xml.count(b"\n", 0, error.start) + 1
        yield must(line, "X-01", "a byte that is not UTF-8", found=f"0x{xml[error.start]:02x}")


def _declaration(xml: bytes) -> Iterator[Finding]:
    bare = xml.removeprefix(_BOM)
    if len(bare) != len(xml):
        yield should(1, "X-12", "a byte order mark stands before the XML declaration", remedy="Remove it.")
    blanks = len(bare) - len(bare.lstrip())
    declaration = _DECLARATION.match(bare, blanks)
    if declaration is None:
        yield must(
            1,
            "X-01",
            "no XML declaration",
            expected='<?xml version="1.0" encoding="UTF-8"?> as the first line',
        )
        return
    if blanks:
        yield must(
            bare.count(b"\n", 0, blanks) + 1,
            "X-12",
            "blanks stand before the XML declaration, so this is no well-formed XML",
            found=f"{blanks} blank{'s' if blanks > 1 else ''}",
            expected="<?xml as the very first bytes",
            remedy="Remove them; the guide prints its example like this.",
        )
    for pattern, name, expected in ((_VERSION, "version", "1.0"), (_ENCODING, "encoding", "UTF-8")):
        value = pattern.search(declaration.group())
        found = value.group(1).decode("latin-1") if value else "absent"
        if found.upper() != expected:
            yield must(1, "X-01", f"{name} of the XML declaration", found=found, expected=expected)


def root_of(xml: bytes) -> tuple[etree._Element | None, Finding | None]:
    """Parse without the declaration, which is judged apart, so that blanks before it hide nothing."""
    bare = xml.removeprefix(_BOM)
    declaration = _DECLARATION.match(bare, len(bare) - len(bare.lstrip()))
    end = declaration.end() if declaration else 0
    plain = b"\n" * bare.count(b"\n", 0, end) + bare[end:]
    # Seen before the parser sees it: a DTD can make it read files or grow entities without end.
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain or b"\0" in plain:
        return None, must(
            None, "X-01", "a DOCTYPE, an entity or another encoding than UTF-8 has no place here"
        )
    try:
        return etree.fromstring(plain, safe_parser("utf-8")), None
    except etree.XMLSyntaxError as error:
        words = str(error.msg).partition(", line ")[0]
        return None, must(error.position[0], "X-01", "malformed XML", found=words)
