"""Judges the document with which an Axway adapter sends an ebMS Ping (or answers with a Pong)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from lopendezaken.cpa.model import Cpa, parse
from lopendezaken.cpa.rules.document import bare, line_of
from lopendezaken.cpa.xml import instant_text
from lopendezaken.documents.consumer_spec_read import placeholder, root_of, text_findings
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, mended, must, should
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source
from lopendezaken.pki.oin import oin_problem

RULES = rules(
    ("X-09", "must", "no placeholder left", "HLZ phase 2"),
    ("X-10", "must", "no private key", "ours"),
    ("X-12", "must", "nothing stands before the XML declaration", "HLZ phase 2"),
    ("X-13", "must", "well-formed XML, root MessageMetadataDocument for ebXML 2.0", "HLZ phase 2"),
    ("X-14", "must", "From: our PartyId", "HLZ phase 2"),
    ("X-15", "must", "To: the PartyId of MijnOverheid", "HLZ phase 2"),
    ("X-16", "must", "Service: that of ebXML itself, without type", "HLZ phase 2; ebMS 2.0 8"),
    ("X-17", "must", "Action: Ping, or Pong in an answer", "HLZ phase 2; ebMS 2.0 8"),
    ("X-18", "must", "CPAId: the id of the CPA", "HLZ phase 2"),
    ("X-19", "must", "From, To and CPAId are those of the CPA, which holds now (--cpa)", "HLZ phase 2"),
    ("X-20", "must", "a Pong names the Ping that it answers", "ebMS 2.0 8"),
)

REMEDIES = {
    "X-09": "Fill in your own value; the guide prints these for you to replace.",
    "X-13": "Compare the document with the example in the guide, phase 2.",
    "X-14": "Put the PartyId of your organisation there, as it stands in the CPA.",
    "X-15": "Put the PartyId of MijnOverheid there, as it stands in the CPA.",
    "X-16": "Put the Service of ebXML itself there, without a type.",
    "X-17": "Put Ping there, with this capital.",
    "X-18": "Put the CPAId there, as it stands in the CPA.",
    "X-19": "Take From, To and CPAId from the CPA that both sides have loaded.",
    "X-20": "Name the MessageId of the Ping; an adapter answers a Ping itself, so this is seldom made by hand.",
}

ROOT = "MessageMetadataDocument"
SERVICE = "urn:oasis:names:tc:ebxml-msg:service"
_ATTRIBUTES = {"protocol": "ebXML", "protocolVersion": "2.0"}
_NAMES = {"From": "X-14", "To": "X-15", "Service": "X-16", "Action": "X-17", "CPAId": "X-18"}
_MORE = ("RefToMessageId", "MessageId", "ConversationId")


def check(source: Source, moment: datetime, cpa: Cpa | None = None) -> list[Finding]:
    """Judge one document; with ``cpa`` also against that at ``moment`` (aware)."""
    found = [_here(each) for each in text_findings(source.data)]
    root, problem = root_of(source.data)
    if root is None:
        return mended([*found, *([_here(problem)] if problem else [])], REMEDIES)
    if etree.QName(root).localname != ROOT:
        raise LzError(
            "not a message metadata document",
            where=source.name,
            found=etree.QName(root).localname,
            expected=ROOT,
        )
    document = _Document.of(root)
    found += [*_root(root), *_names(document), *_values(document), *_against(document, cpa, moment)]
    return mended(found, REMEDIES)


def read_cpa(source: Source) -> Cpa:
    """The CPA to compare with. Raises :class:`LzError`."""
    return parse(source.data, source.name)


def _here(finding: Finding) -> Finding:
    """What is wrong with the text is the same as in a Consumerspecificatie; here it is X-13."""
    return replace(finding, rule="X-13") if finding.rule == "X-01" else finding


@dataclass(frozen=True)
class _Document:
    """The metadata by name: of each the first element and its text."""

    root: etree._Element
    elements: dict[str, etree._Element]

    @classmethod
    def of(cls, root: etree._Element) -> _Document:
        elements: dict[str, etree._Element] = {}
        for each in root.iterchildren(etree.Element):
            elements.setdefault(each.get("name") or "", each)
        return cls(root, elements)

    def text(self, name: str) -> str | None:
        """The value; ``None`` when it is not there, empty, or a placeholder."""
        element = self.elements.get(name)
        if element is None or placeholder(element):
            return None
        return "".join(map(str, element.itertext())).strip() or None

    def line(self, name: str) -> int:
        return line_of(self.elements.get(name, self.root))


def _root(root: etree._Element) -> Iterator[Finding]:
    line = line_of(root)
    if root.tag != ROOT:
        yield must(line, "X-13", "namespace of the root element", found=str(root.tag), expected=ROOT)
    for name, expected in _ATTRIBUTES.items():
        if root.get(name) != expected:
            yield must(line, "X-13", name, found=root.get(name) or "absent", expected=expected)
    if not root.get("documentId"):
        yield must(line, "X-13", "documentId", found="absent", expected="a name, such as PingMMD")


def _names(document: _Document) -> Iterator[Finding]:
    seen: set[str] = set()
    for each in document.root.iterchildren(etree.Element):
        name = each.get("name") or ""
        if each.tag != "Metadata" or not name:
            found = f"{etree.QName(each).localname} {name}".strip()
            yield must(
                line_of(each), "X-13", "an element that has no place here", found=found, expected="Metadata"
            )
        elif name in seen:
            yield must(line_of(each), "X-13", f"{name} stands here again", expected="each once")
        elif name not in _NAMES and name not in _MORE:
            yield should(line_of(each), "X-13", "metadata that a Ping does not need", found=name)
        if found_left := placeholder(each):
            yield must(
                line_of(each),
                "X-09",
                f"a placeholder is left in {name}",
                found=found_left,
                expected="your own value",
            )
        seen.add(name)
    for name, rule in _NAMES.items():
        if name not in seen:
            yield must(line_of(document.root), rule, f"no Metadata {name}")
        elif document.text(name) is None and not placeholder(document.elements[name]):
            yield must(document.line(name), rule, f"{name} is empty")


def _values(document: _Document) -> Iterator[Finding]:
    for name in ("From", "To"):
        value = document.text(name)
        if value is not None:
            yield from _party(document.line(name), name, value)
    if (document.text("From") or "") == (document.text("To") or "-"):
        yield must(document.line("To"), "X-15", "From and To are the same party", found=document.text("To"))
    service, action = document.text("Service"), document.text("Action")
    if service not in {None, SERVICE}:
        yield must(document.line("Service"), "X-16", "Service", found=service, expected=SERVICE)
    for name in ("From", "To", "Action", "CPAId"):
        kind = document.elements[name].get("type") if name in document.elements else None
        if kind not in {None, "string"}:
            yield must(document.line(name), _NAMES[name], f"type of {name}", found=kind, expected="string")
    if "Service" in document.elements and document.elements["Service"].get("type") not in {None, "string"}:
        found = document.elements["Service"].get("type")
        yield must(document.line("Service"), "X-16", "type of Service", found=found, expected="none")
    if action not in {None, "Ping", "Pong"}:
        yield must(document.line("Action"), "X-17", "Action", found=action, expected="Ping")
    if action == "Pong" and document.text("RefToMessageId") is None:
        yield must(
            document.line("Action"),
            "X-20",
            "a Pong without RefToMessageId",
            expected="the MessageId of the Ping",
        )
    for name in ("Service", "CPAId"):
        value = document.text(name) or ""
        if len(value.split()) > 1:
            yield must(document.line(name), _NAMES[name], f"white space in {name}", found=value)


def _party(line: int, name: str, value: str) -> Iterator[Finding]:
    number = value.removeprefix("urn:osb:oin:")
    if number != value:
        yield should(
            line,
            _NAMES[name],
            f"{name} has the type before the number",
            found=value,
            expected=number,
            remedy="Adapters differ: take what yours wants, and the same in From and To.",
        )
    problem = oin_problem(bare(number))
    if problem is not None:
        yield must(
            line,
            _NAMES[name],
            f"{name} is no OIN: {problem.what}",
            found=number,
            expected=problem.expected,
        )


def _against(document: _Document, cpa: Cpa | None, moment: datetime) -> Iterator[Finding]:
    if cpa is None:
        return
    known = {party.oin for party in cpa.parties}
    for name in ("From", "To"):
        value = document.text(name)
        if value is not None and value.removeprefix("urn:osb:oin:") not in known:
            yield must(
                document.line(name),
                "X-19",
                f"{name} is no party of the CPA",
                found=value,
                expected=" or ".join(sorted(known)),
            )
    if document.text("CPAId") not in {None, cpa.id}:
        found = document.text("CPAId")
        yield must(
            document.line("CPAId"), "X-19", "CPAId is not that of the CPA", found=found, expected=cpa.id
        )
    if not cpa.start <= moment < cpa.end:
        yield must(
            document.line("CPAId"),
            "X-19",
            "the CPA does not hold now, so the Ping is refused",
            found=f"{instant_text(cpa.start)} until {instant_text(cpa.end)}",
        )
