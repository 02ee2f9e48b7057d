"""Packages: of which parts a message and a signal consist."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from lopendezaken.cpa.profile import profile_of
from lopendezaken.cpa.rules.document import Document, attribute, line_of
from lopendezaken.cpa.xml import TNS
from lopendezaken.lint.finding import Finding, must, should


def signals(document: Document) -> Iterator[Finding]:
    """CPA-022: a signal is the SOAP part and nothing else."""
    parts = _parts(document)
    for party in document.cpa.parties:
        name = party.default_package_id
        if parts.get(name) != 1:
            yield must(
                document.line(party.name),
                "CPA-022",
                f"defaultMshPackageId of {party.name}",
                found=f"{name} with {parts[name]} parts" if name in parts else f"{name}, which is not there",
                expected="a Packaging that holds the SOAP header part only",
            )


def messages(document: Document) -> Iterator[Finding]:
    """CPA-046: a message has a payload beside the SOAP part, encrypted where the profile encrypts."""
    parts = _parts(document)
    for _, action in document.actions:
        if parts.get(action.package_id, 2) < 2:
            yield should(
                document.line(action.id),
                "CPA-046",
                f"packageId of action {action.name}",
                found=f"{action.package_id} with {parts[action.package_id]} parts",
                expected="the SOAP part and at least one payload part",
            )


def forms(document: Document) -> Iterator[Finding]:
    """CPA-046: the MIME types of the whole and of what is encrypted."""
    for composite in document.elements("Composite"):
        for name, expected in (("mimetype", "multipart/related"), ("mimeparameters", "type=text/xml")):
            found = attribute(composite, name)
            if (found or "").replace('"', "").strip() != expected:
                yield should(
                    line_of(composite),
                    "CPA-046",
                    f"{name} of a Composite",
                    found=found or "absent",
                    expected=expected,
                )
    encrypted = {action.package_id for _, action in document.actions if profile_of(action.channel).encrypted}
    for package in document.elements("Packaging"):
        if attribute(package, "id") in encrypted and _encapsulation(package) is None:
            yield should(
                line_of(package),
                "CPA-046",
                f"package {attribute(package, 'id')} is of an encrypted profile",
                found="no Encapsulation",
                expected="an Encapsulation (application/xml) around the payload part",
            )


def _encapsulation(package: etree._Element) -> etree._Element | None:
    return next(package.iter(f"{{{TNS}}}Encapsulation"), None)


def _parts(document: Document) -> dict[str | None, int]:
    """By package: of how many parts the message consists."""
    constituents = f"{{{TNS}}}CompositeList/{{{TNS}}}Composite/{{{TNS}}}Constituent"
    return {
        attribute(package, "id"): len(package.findall(constituents))
        for package in document.elements("Packaging")
    }


RULES = (signals, messages, forms)
