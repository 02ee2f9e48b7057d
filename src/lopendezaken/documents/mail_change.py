"""Notices of changes, beforehand: certificate, address, name, contact or CPA (P4-25)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from lopendezaken.cpa.model import parse
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ENVIRONMENTS, Attachment, mail, missing_addresses
from lopendezaken.documents.mail_cpa import attachment, missing_of_cpa
from lopendezaken.documents.source import Source
from lopendezaken.dossier.records import Change
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import Certificate, read_file

KINDS = {
    "certificate": "certificaat",
    "address": "IP-adres",
    "name": "domeinnaam",
    "contact": "contactgegevens",
    "cpa": "CPA",
    "other": "aansluiting",
}
_FROM_TO = ("address", "name", "contact")
_WITH_FILE = ("certificate", "cpa")


def _unreported(source: Source) -> Iterator[tuple[int, Change]]:
    return ((n, each) for n, each in enumerate(source.dossier.changes) if each.reported_on is None)


def _missing(source: Source) -> Iterator[Missing]:
    yield from missing_addresses(source)
    for n, change in _unreported(source):
        at = f"dossier.yml changes[{n}]"
        if change.kind not in {"contact", "other"} and change.environment is None:
            yield Missing("not said which environment changes", f"{at}.environment", "Add preprod or prod.")
        if change.kind in _FROM_TO and change.after is None:
            yield Missing("not said what it becomes", f"{at}.after", "Add it, and before.")
        if change.kind in _WITH_FILE and change.document is None:
            yield Missing("no file of the new one", f"{at}.document", "Name it there.")
        elif change.document:
            yield from _missing_file(source, change, change.document)


def _missing_file(source: Source, change: Change, file: str) -> Iterator[Missing]:
    if change.kind == "cpa":
        yield from missing_of_cpa(source, file)
    elif change.kind == "certificate":
        try:
            leaf = _leaf(source, file)
        except LzError as error:
            yield Missing(str(error), file, "Put there the certificate that you received.")
            return
        if b"PRIVATE KEY" in source.dossier.resolve(file).read_bytes():
            yield Missing("a private key in it", file, "Take it out at once: a key never leaves its host.")
        if leaf.oin != source.dossier.organisation.number:
            yield Missing(f"it bears {leaf.oin}, not our number", file, "Order it again (P1-22).")


def _leaf(source: Source, file: str) -> Certificate:
    return read_file(source.dossier.resolve(file))[0]


def _make(source: Source) -> Iterator[File]:
    for n, change in _unreported(source):
        attachments, facts = _of(source, change)
        yield mail(
            source,
            f"mail-change/{n}.eml",
            "mail_change.txt.j2",
            attachments,
            change=change,
            kind=KINDS[change.kind],
            place=ENVIRONMENTS.get(change.environment or "", ""),
            **facts,
        )


def _of(source: Source, change: Change) -> tuple[list[Attachment], dict[str, Any]]:
    """Give what goes with the notice, and what it says of that."""
    facts: dict[str, Any] = {"certificate": None, "cpa": None, "sha256": ""}
    if change.document is None or change.kind not in _WITH_FILE:
        return [], facts
    content = source.dossier.resolve(change.document).read_bytes()
    if change.kind == "cpa":
        cpa = parse(content)
        return [attachment(content, cpa)], {
            **facts,
            "cpa": cpa,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    chain = read_file(source.dossier.resolve(change.document))
    pem = b"".join(each.pem for each in chain)
    return [Attachment("certificate.pem", "application/x-pem-file", pem)], {**facts, "certificate": chain[0]}


DOCUMENTS = (
    Document(
        "mail-change",
        "E-mails: aankondiging van wijzigingen",
        _missing,
        _make,
        needed=lambda source: any(_unreported(source)),
    ),
)
