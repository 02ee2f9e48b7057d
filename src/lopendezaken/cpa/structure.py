"""Holds a CPA against the grammar (schema/cpa.rng) and says in words what does not fit.

The validator only tells on which element it stopped. What that element may carry is read from the
grammar itself, so there is one description of a CPA.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from pathlib import Path

from lxml import etree

from lopendezaken.cpa.xml import TNS, duration, instant
from lopendezaken.lint.finding import Finding, must

_RNG = "{http://relaxng.org/ns/structure/1.0}"

# The rule that an element stands for; the others are CPA-003, the form as a whole.
_RULES = {
    "Status": "CPA-004",
    "Start": "CPA-005",
    "End": "CPA-005",
    "PartyId": "CPA-010",
    "Service": "CPA-017",
    "BusinessTransactionCharacteristics": "CPA-039",
    "MessagingCharacteristics": "CPA-025",
    "ReliableMessaging": "CPA-024",
    "Retries": "CPA-028",
    "RetryInterval": "CPA-028",
    "PersistDuration": "CPA-030",
    "MessageOrderSemantics": "DK-EBMS2-008",
    "AccessAuthentication": "DK-EBMS2-019",
    "ebXMLSenderBinding": "DK-EBMS2-020",
    "ebXMLReceiverBinding": "DK-EBMS2-020",
    "TransportProtocol": "CPA-032",
    "TransportSecurityProtocol": "CPA-033",
    "Endpoint": "CPA-034",
    "TransportClientSecurity": "CPA-035",
    "TransportServerSecurity": "CPA-035",
    "Certificate": "CPA-035",
    "ClientCertificateRef": "CPA-035",
    "ServerCertificateRef": "CPA-035",
    "DigitalEnvelopeProtocol": "CPA-042",
    "SigningCertificateRef": "CPA-045",
    "EncryptionCertificateRef": "CPA-045",
}
# The rule on a value, where it is another than the one on the element; "" is its text.
_VALUES = {
    ("MessagingCharacteristics", "syncReplyMode"): "CPA-026",
    ("MessagingCharacteristics", "actor"): "DK-EBMS2-007",
    ("ThisPartyActionBinding", "action"): "DK-EBMS2-013",
    ("Service", ""): "DK-EBMS2-013",
}

# An adapter or editor that drops the prefixes drops them all: one finding says more than hundreds.
_MANY = 5
# Nobody reads more, and a hostile file could give hundreds of thousands.
_MOST = 1000


@dataclass(frozen=True)
class _Content:
    """What may stand in an attribute or an element: one of the values, or something of a form."""

    values: tuple[str, ...]
    form: str | None
    required: bool = True

    def fits(self, text: str) -> bool:
        if self.values:
            return text.strip() in self.values
        return self.form is None or _FORMS.get(self.form, bool)(text.strip())

    @property
    def expected(self) -> str:
        return " or ".join(self.values) or self.form or "a value"


@dataclass(frozen=True)
class _Shape:
    attributes: dict[str, _Content]
    text: _Content | None
    children: dict[str, bool]
    """What it may hold, in this order, and whether it must."""


def structure(root: etree._Element) -> list[Finding]:
    """What does not fit the grammar, by line."""
    validator = _validator()
    if validator.validate(root):
        return []
    bare = list(_without_namespace(root))
    if len(bare) > _MANY:
        summary = f"{len(bare)} attributes have no namespace, {bare[0].what} to begin with"
        return [must(bare[0].line, "CPA-025", summary, expected=f"the prefix of {TNS}")]
    # The validator stops at its first doubt; what the elements themselves may hold says more, and says it of all.
    found = (
        finding
        for element in root.iter(f"{{{TNS}}}*")
        for finding in chain(_explain(element), _content_of(element))
    )
    findings = list(islice(found, _MOST)) or list(islice(_as_told(root, validator), _MOST))
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.order)


def _without_namespace(root: etree._Element) -> Iterator[Finding]:
    for element in root.iter(f"{{{TNS}}}*"):
        for attribute in map(str, element.attrib):
            if not attribute.startswith("{"):
                yield must(_line(element), _rule(element), f"{attribute} of {_name(element)}")


def _as_told(root: etree._Element, validator: etree.RelaxNG) -> Iterator[Finding]:
    """The words of the validator: the elements are known, but not in this order or number."""
    namespaces = {
        prefix: uri for element in root.iter(etree.Element) for prefix, uri in element.nsmap.items() if prefix
    }
    for entry in validator.error_log:
        place = _element_at(root.getroottree(), entry, namespaces)
        if place is None:
            place = root
        parent = place.getparent() if entry.type_name == "RELAXNG_ERR_ELEMWRONG" else None
        yield must(
            _line(place),
            "CPA-003",
            f"{_name(place)} does not fit",
            found=entry.message.strip().rstrip(":"),
            remedy=_order(place if parent is None else parent),
        )


def _element_at(
    tree: etree._ElementTree, entry: etree._LogEntry, namespaces: dict[str, str]
) -> etree._Element | None:
    if not entry.path:
        return None
    try:
        found = tree.xpath(entry.path, namespaces=namespaces)
    except etree.XPathError:
        return None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _order(holder: etree._Element) -> str | None:
    shape = _shapes().get(_name(holder))
    if shape is None or not shape.children:
        return None
    return f"{_name(holder)} holds, in this order: {', '.join(shape.children)}."


def _content_of(holder: etree._Element) -> Iterator[Finding]:
    """What is missing in an element, and what it should not hold."""
    shape = _shapes().get(_name(holder))
    if shape is None or not shape.children:
        return
    children = list(holder.iterchildren(etree.Element))
    held = {_name(child) for child in children}
    for name, required in shape.children.items():
        if required and name not in held:
            yield must(_line(holder), rule_of(name), f"{_name(holder)} has no {name}", remedy=_order(holder))
    for child in children:
        if _name(child) not in shape.children:
            rule, what = _rule(child), f"{_name(child)} has no place in {_name(holder)}"
            yield must(_line(child), rule, what, remedy=_order(holder))


def _explain(element: etree._Element) -> Iterator[Finding]:
    """What is wrong with the attributes and the text of one element."""
    shape = _shapes().get(_name(element))
    if shape is None:
        return
    line, rule, name = _line(element), _rule(element), _name(element)
    for attribute, content in shape.attributes.items():
        value, local = element.get(attribute), etree.QName(attribute).localname
        if value is None and content.required:
            bare = element.get(local) is not None
            yield must(
                line,
                rule,
                f"{name} has no attribute {local}",
                found=f"{local} without namespace" if bare else None,
                expected=f"tns:{local}, {content.expected}",
            )
        elif value is not None and not content.fits(value):
            which = _VALUES.get((name, local), rule)
            yield must(line, which, f"{local} of {name}", found=value or "nothing", expected=content.expected)
    for unknown in map(str, element.attrib):
        if unknown.startswith("{") and unknown not in shape.attributes:
            yield must(line, rule, f"{name} has an attribute that has no place there", found=unknown)
    text = (element.text or "").strip()
    if shape.text and not shape.text.fits(text):
        which = _VALUES.get((name, ""), rule)
        yield must(line, which, f"value of {name}", found=text or "nothing", expected=shape.text.expected)


def _readable(read: Callable[[str], object]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return fits


# Forms of the grammar that need more than some text; the others are held to that.
_FORMS: dict[str, Callable[[str], bool]] = {
    "boolean": lambda text: text in {"true", "false", "0", "1"},
    "duration": _readable(duration),
    "dateTime": _readable(instant),
    "nonNegativeInteger": lambda text: text.isascii() and text.isdigit(),
    "NCName": lambda text: re.fullmatch(r"[^\W\d][\w.-]*", text) is not None,
    "no white space": lambda text: re.fullmatch(r"\S+", text) is not None,
    "https://<host name>/<path>": lambda text: re.fullmatch(r"https://[^\s/?#]+(/\S*)?", text) is not None,
}


@cache
def _grammar() -> etree._ElementTree:
    return etree.parse(Path(__file__).parent / "schema" / "cpa.rng", etree.XMLParser(remove_comments=True))


@cache
def _validator() -> etree.RelaxNG:
    return etree.RelaxNG(_grammar())


@cache
def _shapes() -> dict[str, _Shape]:
    """By element name: what the grammar lets it hold."""
    shapes = {}
    for element in _grammar().getroot().iter(f"{_RNG}element"):
        name = element.get("name") or ""
        if name.startswith("tns:"):
            shapes[name[4:]] = _Shape(
                attributes=dict(_attributes(element, required=True)),
                text=_text(element),
                children=_merged(_children(element, required=True)),
            )
    return shapes


def _attributes(pattern: etree._Element, *, required: bool) -> Iterator[tuple[str, _Content]]:
    for part in pattern:
        kind = _name(part)
        if kind == "attribute" and part.get("name"):
            yield _qualified(part), replace(_content(part), required=required)
        elif kind == "ref":
            yield from _attributes(_defined(part), required=required)
        elif kind in _GROUPS:
            yield from _attributes(part, required=required and kind in _ALWAYS)


def _children(pattern: etree._Element, *, required: bool) -> Iterator[tuple[str, bool]]:
    for part in pattern:
        kind = _name(part)
        if kind == "element" and part.get("name"):
            yield (part.get("name") or "").partition(":")[2], required
        elif kind == "ref":
            yield from _children(_defined(part), required=required)
        elif kind in _GROUPS:
            yield from _children(part, required=required and kind in _ALWAYS)


def _merged(children: Iterator[tuple[str, bool]]) -> dict[str, bool]:
    """By name, in order; what stands there twice must be there when one of the two must."""
    merged: dict[str, bool] = {}
    for name, required in children:
        merged[name] = required or merged.get(name, False)
    return merged


_ALWAYS = {"oneOrMore", "group"}
_GROUPS = _ALWAYS | {"optional", "zeroOrMore", "choice"}


def _text(element: etree._Element) -> _Content | None:
    """The content of an element that holds text and no elements."""
    content = _content(element)
    return content if content.values or content.form else None


def _content(pattern: etree._Element) -> _Content:
    """The values or the form given directly in an element or attribute, or through a reference."""
    values: list[str] = []
    form = None
    for part in pattern:
        kind = _name(part)
        if kind == "value":
            values.append(part.text or "")
        elif kind == "choice":
            values += _content(part).values
        elif kind == "data":
            form = _form(part)
        elif kind == "ref":
            referred = _content(_defined(part))
            values += referred.values
            form = form or referred.form
    return _Content(tuple(values), form)


def _form(data: etree._Element) -> str:
    pattern = data.findtext(f"{_RNG}param")
    if pattern is None:
        return data.get("type") or "a value"
    if pattern.startswith("https"):
        return "https://<host name>/<path>"
    return "no white space" if pattern == r"\S+" else "some text"


@cache
def _defined_all() -> dict[str, etree._Element]:
    return {part.get("name") or "": part for part in _grammar().getroot().iter(f"{_RNG}define")}


def _defined(ref: etree._Element) -> etree._Element:
    return _defined_all()[ref.get("name") or ""]


def _qualified(attribute: etree._Element) -> str:
    prefix, _, local = (attribute.get("name") or "").rpartition(":")
    namespaces = {**attribute.nsmap, "xml": "http://www.w3.org/XML/1998/namespace"}
    return f"{{{namespaces[prefix]}}}{local}"


def _line(element: etree._Element) -> int:
    line: int | None = getattr(element, "sourceline", None)
    return line or 0


def rule_of(name: str) -> str:
    """The rule that an element of this name stands for."""
    return _RULES.get(name, "CPA-003")


def _rule(element: etree._Element) -> str:
    return rule_of(_name(element))


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname
