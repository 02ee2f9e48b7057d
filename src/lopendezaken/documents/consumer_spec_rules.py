"""The rules on a Consumerspecificatie: what the CPA Register is told of us to make a CPA (X-01 to X-12, P2-50).

Judges a file of any origin. The guide's own example, as it is printed, breaks X-12 and X-09.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml import etree

from lopendezaken.cpa.endpoint import EXPECTED, host_of
from lopendezaken.documents import keyinfo
from lopendezaken.documents.consumer_spec_read import (
    MAX_BYTES,
    PRIVATE_KEY,
    ROLE,
    ROOT,
    Specification,
    all_text,
    line_of,
    local,
    placeholder,
    root_of,
    text_findings,
    without_suffix,
)
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.pki.certificate import Certificate
from lopendezaken.pki.oin import parse_oin
from lopendezaken.pki.path import validate

CERTIFICATES = ("ClientCert", "ServerCert")
# The six parameters in their order, each with its rule.
PARAMETERS = {
    "PartyName": "X-03",
    "PartyId": "X-04",
    "PartyRef": "X-05",
    "EndpointUri": "X-06",
    "ClientCert": "X-07",
    "ServerCert": "X-08",
}
IN_ORDER = ", ".join(PARAMETERS)
# How to mend what breaks a rule, where the finding does not say it better.
REMEDIES = {
    "X-01": "Take the form that the guide prints (2.8), in UTF-8; lz render consumer-spec writes it.",
    "X-02": "Put all six parameters in one block, in the role of the requester.",
    "X-03": "Give the name of the organisation as it is registered.",
    "X-04": "Give the number alone: as text, leading zeros included.",
    "X-05": "Leave this element empty, but keep it.",
    "X-06": "Give the whole address at which partners reach your adapter.",
    "X-07": "Put one KeyInfo in it, with the namespace of XML Signature.",
    "X-08": "Put one KeyInfo in it, with the namespace of XML Signature.",
    "X-09": "Fill in exactly the six parameters of the guide (2.8), in that order.",
    "X-10": "Take the certificate as it was received; lz render consumer-spec writes KeyInfo from it.",
    "X-11": "Use the certificate of this connection, or mend what does not fit it.",
}


def check(
    xml: bytes, moment: datetime | None = None, *, chain: bytes = b"", anchors: bytes = b""
) -> list[Finding]:
    """Judge a Consumerspecificatie at ``moment`` (aware; default: now); empty when it keeps every rule.

    With ``anchors`` (PEM: the roots that count) the certificates must lead to one of them, by way of ``chain``
    (PEM: TSP and domain); without, that is not judged. Raises :class:`LzError` when those two cannot be read.
    """
    found = list(text_findings(xml))
    root = None
    if len(xml) <= MAX_BYTES:
        root, problem = root_of(xml)
        found += [problem] if problem else []
    if root is not None:
        found += _structure(root)
        found += _fit(Specification.of(root), moment or datetime.now(UTC), chain, anchors)
    if any(each.what == PRIVATE_KEY for each in found):
        found = [replace(each, found=None) for each in found]  # what stands there may be a part of it
    mended = (replace(each, remedy=each.remedy or REMEDIES.get(each.rule)) for each in found)
    return sorted(mended, key=lambda each: each.order)


# -- the structure -------------------------------------------------------------------------------


def _structure(root: etree._Element) -> Iterator[Finding]:
    if root.tag != ROOT:
        yield must(
            line_of(root), "X-01", "the root element", found=root.tag, expected=f"{ROOT}, no namespace"
        )
        if local(root) != ROOT:
            return
    specification = Specification.of(root)
    yield from _block(root)
    if specification.block is None:
        return
    yield from _stray(root, "X-09")
    yield from _stray(specification.block, "X-09")
    yield from _names(specification.block)
    for name, element in specification.parameters.items():
        if name in PARAMETERS:
            yield from _parameter(name, element)


def _block(root: etree._Element) -> Iterator[Finding]:
    expected = f'one parameters, with name="{ROLE}"'
    blocks = [each for each in root if local(each) == "parameters"]
    for each in root:
        if each not in blocks:
            yield must(line_of(each), "X-02", "an unknown element", found=local(each), expected=expected)
    if len(blocks) != 1:
        line = line_of(blocks[1]) if blocks else line_of(root)
        yield must(line, "X-02", "blocks of parameters", found=str(len(blocks)), expected=expected)
    for each in blocks[:1]:
        if each.get("name") != ROLE:
            found = each.get("name") or "nothing"
            yield must(line_of(each), "X-02", "name of parameters", found=found, expected=ROLE)


def _names(block: etree._Element) -> Iterator[Finding]:
    """Exactly the six, in their order (X-09)."""
    seen: list[str] = []
    for each in block:
        name = each.get("name") or ""
        if local(each) != "parameter" or name not in PARAMETERS:
            found = f"{local(each)} {name}".strip()
            yield must(line_of(each), "X-09", "an unknown parameter", found=found, expected=IN_ORDER)
        elif name in seen:
            yield must(line_of(each), "X-09", f"parameter {name} stands here again", expected="each once")
        else:
            seen.append(name)
    for name, rule in PARAMETERS.items():
        if name not in seen:
            yield must(line_of(block), rule, f"parameter {name} is missing", expected=IN_ORDER)
    if seen != [name for name in PARAMETERS if name in seen]:
        yield must(
            line_of(block),
            "X-09",
            "the order of the parameters",
            found=", ".join(seen),
            expected=IN_ORDER,
        )


def _parameter(name: str, element: etree._Element) -> Iterator[Finding]:
    line, rule = line_of(element), PARAMETERS[name]
    left = placeholder(element)
    if left:
        yield must(line, "X-09", f"a placeholder is left in {name}", found=left, expected="your own value")
    elif name in CERTIFICATES:
        yield from _certificate(name, element)
    elif len(element):
        found = ", ".join(map(local, element))
        yield must(line, rule, f"{name} holds elements", found=found, expected="text only")
    elif name == "PartyRef":
        if all_text(element).strip():
            yield must(
                line,
                rule,
                "PartyRef is to be empty",
                found=all_text(element).strip(),
                expected='<parameter name="PartyRef"/>',
            )
    else:
        yield from _value(name, element)


def _value(name: str, element: etree._Element) -> Iterator[Finding]:
    line, rule, text = line_of(element), PARAMETERS[name], all_text(element)
    value = text.strip()
    if not value:
        yield must(line, rule, f"{name} is empty")
        return
    if value != text:
        yield should(
            line, rule, f"blanks around the value of {name}", remedy="Remove them; not every program does."
        )
    if name == "PartyId":
        yield from _number(line, value)
    if name == "EndpointUri":
        yield from _endpoint(line, value)


def _number(line: int | None, value: str) -> Iterator[Finding]:
    try:
        parse_oin(without_suffix(value))
    except LzError as error:
        yield must(
            line,
            "X-04",
            f"PartyId: {error.what}",
            found=value,
            expected="the OIN, or for a supplier the HRN: 20 digits and no urn before them",
        )


def _endpoint(line: int | None, value: str) -> Iterator[Finding]:
    if host_of(value) is None:
        yield must(line, "X-06", "EndpointUri", found=value, expected=EXPECTED)
    elif urlsplit(value).path in {"", "/"}:
        yield should(
            line,
            "X-06",
            "EndpointUri has no path",
            found=value,
            remedy="Most adapters listen at one, such as /ebms; the register takes the address as it stands.",
        )


def _certificate(name: str, element: etree._Element) -> Iterator[Finding]:
    rule = PARAMETERS[name]
    infos = element.findall(f"{{{keyinfo.DS}}}KeyInfo")
    others = [each for each in element if each not in infos]
    expected = f"one KeyInfo of {keyinfo.DS}"
    for each in others:
        found = f"{local(each)} of {etree.QName(each).namespace or 'no namespace'}"
        yield must(line_of(each), rule, f"{name} holds something else", found=found, expected=expected)
    if len(infos) != 1 and not others:
        yield must(line_of(element), rule, f"KeyInfo of {name}", found=str(len(infos)), expected=expected)
    yield from _stray(element, rule)
    for each in infos[:1]:
        yield from keyinfo.findings(each, name)


def _stray(parent: etree._Element, rule: str) -> Iterator[Finding]:
    """Text where only elements belong."""
    for text in (parent.text, *(each.tail for each in parent)):
        if text and text.strip():
            found = " ".join(text.split())[:40]
            yield must(line_of(parent), rule, "text between the elements", found=found, expected="none")


# -- what must fit together ----------------------------------------------------------------------


def _fit(specification: Specification, moment: datetime, chain: bytes, anchors: bytes) -> Iterator[Finding]:
    """PartyId, endpoint and certificates (X-11)."""
    for name in CERTIFICATES:
        element, certificates = specification.key_info(name), specification.certificates(name)
        leaf = certificates[0] if certificates else None
        if element is None or leaf is None:
            continue
        line = line_of(element)
        yield from _leaf(line, name, leaf, specification.number, moment)
        if name == "ServerCert":
            yield from _host(line, leaf, specification.text("EndpointUri"))
        if anchors:
            above = b"".join(each.pem for each in certificates[1:] if each) + chain
            yield from _path(line, name, leaf, above, anchors, moment)


def _leaf(line: int | None, name: str, leaf: Certificate, number: str, moment: datetime) -> Iterator[Finding]:
    role = "client" if name == "ClientCert" else "server"
    if number and leaf.oin != number:
        yield must(
            line,
            "X-11",
            f"the number in {name} is not PartyId (CPA-013)",
            found=leaf.oin or "no OIN in Subject serialNumber",
            expected=number,
        )
    if not leaf.valid_at(moment):
        yield must(
            line,
            "X-11",
            f"{name} is not valid on {moment:%Y-%m-%d} (PKIO-003)",
            found=f"{leaf.not_before:%Y-%m-%d} until {leaf.not_after:%Y-%m-%d}",
        )
    if not (leaf.for_client if role == "client" else leaf.for_server):
        yield must(line, "X-11", f"{name} is not meant for a TLS {role} (PKIO-015)", expected=f"{role}Auth")
    if leaf.is_ca or leaf.self_signed:
        found = "a certificate of a CA" if leaf.is_ca else "signed by itself"
        yield must(line, "X-11", f"{name} is no PKIoverheid certificate of an organisation", found=found)


def _host(line: int | None, leaf: Certificate, endpoint: str) -> Iterator[Finding]:
    host = host_of(endpoint)
    if host is not None and host not in [each.lower() for each in leaf.dns_names]:
        yield must(
            line,
            "X-11",
            "the host name of EndpointUri is not in ServerCert (CPA-034)",
            found=", ".join(leaf.dns_names) or "no names",
            expected=host,
        )


def _path(
    line: int | None, name: str, leaf: Certificate, above: bytes, anchors: bytes, moment: datetime
) -> Iterator[Finding]:
    """Whether it leads to PKIoverheid; whether something was revoked is for `lz lint chain` and LZ-1.11."""
    path = validate((leaf.pem + above).decode(), anchors.decode(), (), moment)
    for problem in path.problems:
        values = problem.values
        if problem.code == "no-path":
            yield must(
                line,
                "X-11",
                f"{name} does not lead to a root that counts (PKIO-006)",
                found=f"{values['subject']}, issued by {values['issuer']}, which is not here",
                expected="the chain of PKIoverheid",
            )
        elif problem.code == "outside-validity" and values["subject"] != (leaf.common_name or leaf.subject):
            found = f"{values['since']} until {values['until']}"
            yield must(line, "X-11", f"{values['subject']} above {name} is not valid", found=found)
