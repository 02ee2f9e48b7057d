"""The mail with which a CPA goes to Logius, with contact data and OIN or HRN (P2-30, P2-31, P4-06, P4-07, L-08)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from lopendezaken.cpa.against_dossier import check_against
from lopendezaken.cpa.check import check
from lopendezaken.cpa.model import Cpa, parse
from lopendezaken.documents.certificates import noon
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import Attachment, contact, mail, missing_addresses
from lopendezaken.documents.source import Source
from lopendezaken.dossier.schema import Partner
from lopendezaken.errors import LzError

PARTNER = "mijnoverheid"


def _partner(source: Source) -> Partner | None:
    return next((each for key, each in source.own.partners.items() if key == PARTNER), None)


def _needed(source: Source) -> bool:
    """Logius has a CPA of its own making already; a supplier never gets to production (L-02)."""
    partner = _partner(source)
    supplier_in_production = source.dossier.organisation.kind == "supplier" and source.environment == "prod"
    return partner is not None and partner.cpa.origin != "logius" and not supplier_in_production


def _missing(source: Source) -> Iterator[Missing]:
    yield from missing_addresses(source)
    if contact(source, source.dossier.organisation.name, "technical") is None:
        yield Missing(
            "no technical contact of our own",
            "dossier.yml contacts",
            "Add one: Logius asks for contact data (P2-31).",
        )
    partner = _partner(source)
    if partner:
        yield from missing_of_cpa(source, partner.cpa.file, partner)


def missing_of_cpa(source: Source, file: str, agreed_with: Partner | None = None) -> Iterator[Missing]:
    """Tell why the CPA in ``file`` (relative to the dossier) cannot be sent: absent, or it breaks a rule.

    ``agreed_with``: it is that of the dossier with this partner, and must say what the dossier says.
    """
    path = source.dossier.resolve(file)
    if not path.is_file():
        yield Missing("no CPA yet", file, "Make it with lz cpa render, or put there what you received.")
        return
    xml = path.read_bytes()
    try:
        # A CPA for later may be sent today.
        moment = max(noon(source), parse(xml, file).start)
        found = check(xml, moment, file)
        if agreed_with:
            found += check_against(xml, source.dossier, source.environment, PARTNER, file)
    except LzError as error:
        yield Missing(f"no readable CPA ({error})", file, "Make it again.")
        return
    for each in found:
        if each.severity == "must":
            at = f"{file}:{each.line}" if each.line else file
            yield Missing(f"{each.rule}: {each.what}", at, each.remedy or "lz lint cpa tells more.")


def _make(source: Source) -> Iterator[File]:
    partner = _partner(source)
    if partner is None:
        return
    content = source.dossier.resolve(partner.cpa.file).read_bytes()
    yield mail(
        source,
        f"{source.environment}/mail-cpa.eml",
        "mail_cpa.txt.j2",
        [attachment(content, parse(content))],
        cpa=parse(content),
        service=partner.cpa.service,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def attachment(content: bytes, cpa: Cpa) -> Attachment:
    """Give the CPA as it goes with a mail: its id names the file (CPA-009)."""
    return Attachment(f"{cpa.id}.xml", "application/xml", content)


DOCUMENTS = (
    Document(
        "mail-cpa", "E-mail met de CPA voor Logius", _missing, _make, ("preprod", "prod"), needed=_needed
    ),
)
