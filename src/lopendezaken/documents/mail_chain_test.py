"""Mails around the chain test: test accounts (P3-09), the period (P3-14), the report (P3-18)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import PurePosixPath

from lopendezaken.documents import chain_test
from lopendezaken.documents.document import Document, File, Missing, files_of
from lopendezaken.documents.mail import Attachment, mail, missing_addresses
from lopendezaken.documents.page import with_pdf
from lopendezaken.documents.source import Source
from lopendezaken.evidence.store import Evidence

(REPORT,) = chain_test.DOCUMENTS


def _asks_logius(source: Source) -> bool:
    test = source.dossier.chain_test
    return not (test and test.accounts and test.accounts.own_digid)


def _missing_accounts(source: Source) -> Iterator[Missing]:
    yield from missing_addresses(source)
    test = source.dossier.chain_test
    if test is None or test.accounts is None:
        yield Missing(
            "not said how many test accounts are needed",
            "dossier.yml chain_test.accounts",
            "lz dossier set chain_test.accounts '{own_digid: false, needed: 2}'; own_digid: true when you have your own.",
        )


def _make_accounts(source: Source) -> Iterator[File]:
    test = source.dossier.chain_test
    needed = test.accounts.needed if test and test.accounts else 0
    yield mail(source, "preprod/mail-test-accounts.eml", "mail_test_accounts.txt.j2", needed=needed)


def _missing_period(source: Source) -> Iterator[Missing]:
    yield from missing_addresses(source)
    test = source.dossier.chain_test
    proposal = test.proposal if test else None
    at = "dossier.yml chain_test.proposal"
    if proposal is None:
        yield Missing("no period to propose", at, "lz dossier set chain_test.proposal '{start: …, end: …}'.")
    elif proposal.end < proposal.start:
        yield Missing("ends before it starts", at, "Mend it.")
    elif proposal.sent_on is None and proposal.start <= source.day:
        yield Missing(f"starts on {proposal.start}, not after today", at, "Propose a later period.")
    if test is None or test.preparation is None:
        yield Missing(
            "not recorded that data and messages are ready",
            "dossier.yml chain_test.preparation",
            "Add plan, data_ready_on and messages_ready_on (P3-13).",
        )
    if _pong(source) is None:
        yield Missing("no Pong of MijnOverheid", "evidence ebms-ping", "make verify, or lz check to see why.")


def _pong(source: Source) -> Evidence | None:
    return source.evidence.latest("ebms-ping", "preprod", "mijnoverheid", outcome="pong")


def _make_period(source: Source) -> Iterator[File]:
    test, pong = source.dossier.chain_test, _pong(source)
    if test and test.proposal and pong:
        yield mail(
            source,
            "preprod/mail-test-period.eml",
            "mail_test_period.txt.j2",
            proposal=test.proposal,
            pong=pong.collected.date(),
        )


def _missing_report(source: Source) -> Iterator[Missing]:
    yield from missing_addresses(source)
    yield from REPORT.missing(source)
    if find_spec("weasyprint") is None:
        yield Missing("no WeasyPrint, so no PDF to attach", "this computer", "pip install -e '.[pdf]'.")


def _make_report(source: Source) -> Iterator[File]:
    test = source.dossier.chain_test
    yield mail(
        source,
        "preprod/mail-test-report.eml",
        "mail_test_report.txt.j2",
        _as_pdf(files_of(REPORT, source)),
        period=test.period if test else None,
        before=len(test.reports) if test else 0,
    )


def _as_pdf(files: Iterable[File]) -> list[Attachment]:
    pages = [with_pdf(each, REPORT.title) for each in files]
    return [Attachment(PurePosixPath(each.name).name, "application/pdf", each.content) for each in pages]


DOCUMENTS = (
    Document(
        "mail-test-accounts",
        "E-mail: vraag om test-DigiD-accounts",
        _missing_accounts,
        _make_accounts,
        ("preprod",),
        needed=_asks_logius,
    ),
    Document(
        "mail-test-period", "E-mail: voorstel periode ketentest", _missing_period, _make_period, ("preprod",)
    ),
    Document("mail-test-report", "E-mail met het testrapport", _missing_report, _make_report, ("preprod",)),
)
