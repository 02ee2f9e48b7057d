"""The report of the chain test, from the results that were recorded (P3-16 to P3-19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lopendezaken.casemessage.allowed import TEST_BSNS, in_preproduction
from lopendezaken.documents import chain_test_files
from lopendezaken.documents.chain_test_files import FOLDER, Record, Tested
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.errors import LzError
from lopendezaken.evidence.store import Evidence

RESULTS = {"passed": "geslaagd", "failed": "niet geslaagd", "not-applicable": "niet van toepassing"}


@dataclass(frozen=True)
class Sent:
    """A message of a result, with the proof that it was delivered when ``lz message send`` sent it."""

    message_id: str
    proof: Evidence | None


def _missing(source: Source) -> Iterator[Missing]:
    try:
        record = chain_test_files.read(source.dossier.folder)
    except LzError as error:
        yield Missing(error.what, f"{FOLDER}/", error.expected or error.remedy or str(error))
        record = None
    test = source.dossier.chain_test
    if test is None or test.period is None:
        yield Missing(
            "no agreed period", "dossier.yml chain_test.period", "Record start, end, agreed_on, document."
        )
    if test is None or not test.logins:
        yield Missing(
            "no test accounts", "dossier.yml chain_test.logins", "Record each with its test citizen."
        )
    if record is not None:
        yield from _missing_results(source, record)
        yield from _missing_citizens(source, record)


def _missing_results(source: Source, record: Record) -> Iterator[Missing]:
    for file, what in record.mistakes():
        yield Missing(what, f"{FOLDER}/{file}", "Mend it; what was recorded stays.")
    for each in record.tested:
        if each.last is None:
            yield Missing(f"no result of {each.item.id}", f"{FOLDER}/checklist.yml", "lz chain-test record.")
        elif each.last.tested_on > source.day:
            yield Missing(f"{each.item.id} is tested after today", FOLDER, "Mend the date.")
        elif each.last.result == "passed" and not each.last.screenshots:
            yield Missing(f"no picture of {each.item.id}", FOLDER, "Test it again with a picture (P3-22).")


def _missing_citizens(source: Source, record: Record) -> Iterator[Missing]:
    """Every citizen of a scenario has a test account, and a BSN on the list of Logius (P3-06, P3-10)."""
    test = source.dossier.chain_test
    with_account = {each.citizen for each in test.logins} if test else set()
    wanted = sorted({name for each in record.checklist.items for name in each.citizens})
    for name in wanted:
        if name not in with_account:
            yield Missing(f"{name} has no test account", "dossier.yml chain_test.logins", "Add it there.")
    try:
        listed = set(in_preproduction(source.dossier.folder).citizens.values())
    except LzError as error:
        yield Missing(error.what, TEST_BSNS, error.remedy or error.expected or "Mend it.")
        return
    for name in wanted:
        if name not in listed:
            yield Missing(f"no test BSN of {name}", TEST_BSNS, f"A line with its BSN and {name}.")


def _make(source: Source) -> Iterator[File]:
    record = chain_test_files.read(source.dossier.folder)
    text = fill(
        "chain_test_report.md.j2",
        dossier=source.dossier,
        partner=source.own.partners["mijnoverheid"],
        day=source.day,
        record=record,
        results=RESULTS,
        counts={each: _count(record, each) for each in RESULTS},
        again=[each for each in record.tested if len(each.results) > 1],
        messages={each.item.id: list(_messages(source, each)) for each in record.tested},
        accounts=_accounts(source, record),
    )
    yield File("preprod/chain-test-report.md", text.encode())


def _count(record: Record, result: str) -> int:
    return sum(1 for each in record.tested if each.last and each.last.result == result)


def _messages(source: Source, tested: Tested) -> Iterator[Sent]:
    for _, outcome in tested.results[-1:]:
        for name in outcome.messages:
            yield Sent(name, source.evidence.latest("message-delivered", "preprod", message_id=name))


def _accounts(source: Source, record: Record) -> list[tuple[str, str, str, list[str]]]:
    """Give each test citizen with its account, the day it was registered, and the items it plays in."""
    test = source.dossier.chain_test
    return [
        (
            each.citizen,
            each.name,
            str(each.registered_on or "-"),
            [item.id for item in record.checklist.items if each.citizen in item.citizens],
        )
        for each in (test.logins if test else ())
    ]


DOCUMENTS = (
    Document("chain-test-report", "Testrapport ketentest", _missing, _make, environments=("preprod",)),
)
