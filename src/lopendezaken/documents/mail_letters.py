"""Which mails the journey knows, what each sets in the dossier when it was sent, and what answer it awaits.

The form of Logius is among them: it is sent and answered too, though not by mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lopendezaken.documents.mail import contact
from lopendezaken.documents.source import Source
from lopendezaken.dossier.edit import quoted
from lopendezaken.dossier.records import ChainTest

MIJNOVERHEID = "mijnoverheid"


@dataclass(frozen=True)
class Setting:
    """A value for the dossier: its path, and the value as ``lz dossier set`` takes it."""

    path: str
    value: str


@dataclass(frozen=True)
class Copy:
    """A mail as it was sent or received: on which day, and the file relative to the dossier's folder.

    ``number``: of a change, its place in the list.
    """

    day: date
    file: str
    number: int = 0


Sets = Callable[[Source, Copy], Iterator[Setting]]
When = Callable[[Source, int], date | None]


def _nothing(_source: Source, _copy: Copy) -> Iterator[Setting]:
    return iter(())


@dataclass(frozen=True)
class Letter:
    """A mail of the journey.

    ``document``: what makes it. ``sent`` and ``outcomes`` give what to set in the dossier, the latter for each
    answer of Logius; ``sent_on`` reads there when it was sent. ``evidence``: the kind that an answer becomes.
    """

    id: str
    document: str
    awaits: str
    sent: Sets
    sent_on: When
    outcomes: dict[str, Sets] = field(default_factory=lambda: {"answered": _nothing})
    evidence: str = "mail"


def _section(path: str, there: object, values: dict[str, Any]) -> Iterator[Setting]:
    """Set the values of a section: one by one, or all at once when there is no section yet."""
    if there is not None:
        yield from (Setting(f"{path}.{key}", str(value)) for key, value in values.items())
        return
    pairs = [
        f"{key}: {value if isinstance(value, date) else quoted(str(value))}" for key, value in values.items()
    ]
    yield Setting(path, "{" + ", ".join(pairs) + "}")


def _form_sent(source: Source, copy: Copy) -> Iterator[Setting]:
    values = {
        "sent_on": copy.day,
        "document": copy.file,
        "number": source.dossier.organisation.number,
        "connection": source.dossier.service.connection,
    }
    return _section("form", source.dossier.form, values)


def _form_dates(key: str) -> Sets:
    return lambda _source, copy: iter([Setting(f"form.{key}", str(copy.day))])


def _diginetwerk_sent(source: Source, copy: Copy) -> Iterator[Setting]:
    values = {"announced_on": copy.day, "document": copy.file}
    return _section("diginetwerk", source.dossier.diginetwerk, values)


def _cpa_sent(source: Source, copy: Copy) -> Iterator[Setting]:
    own = source.dossier.organisation
    sender = contact(source, own.name, "functional")
    values = {
        "on": copy.day,
        "contact": sender.name if sender else own.name,
        "number": own.number,
        "document": copy.file,
    }
    path = f"environments.{source.environment}.partners.{MIJNOVERHEID}.cpa.sent"
    partner = {str(key): each for key, each in source.own.partners.items()}.get(MIJNOVERHEID)
    return _section(path, partner.cpa.sent if partner else None, values)


def _cpa_sent_on(source: Source, _number: int) -> date | None:
    partner = {str(key): each for key, each in source.own.partners.items()}.get(MIJNOVERHEID)
    return partner.cpa.sent.on if partner and partner.cpa.sent else None


def _date(path: str) -> Sets:
    """Set the day at a path in which ``{n}`` stands for the number of the change."""
    return lambda _source, copy: iter([Setting(path.format(n=copy.number), str(copy.day))])


def _period_agreed(source: Source, copy: Copy) -> Iterator[Setting]:
    test = source.dossier.chain_test
    if test and test.proposal:
        values = {
            "start": test.proposal.start,
            "end": test.proposal.end,
            "agreed_on": copy.day,
            "document": copy.file,
        }
        yield from _section("chain_test.period", test.period, values)


def _approved(_source: Source, copy: Copy) -> Iterator[Setting]:
    yield Setting("chain_test.status", "approved")
    yield Setting("chain_test.approved_on", str(copy.day))


def _refused(_source: Source, _copy: Copy) -> Iterator[Setting]:
    yield Setting("chain_test.status", "refused")


def _test(read: Callable[[ChainTest], date | None]) -> When:
    return lambda source, _number: read(source.dossier.chain_test) if source.dossier.chain_test else None


LETTERS = {
    each.id: each
    for each in (
        Letter(
            "form",
            "form-data",
            "afzenderID, Service-ID, XSD's en Handreiking",
            _form_sent,
            lambda source, _: source.dossier.form.sent_on if source.dossier.form else None,
            {"processed": _form_dates("processed_on"), "data": _form_dates("data_received_on")},
        ),
        Letter(
            "mail-diginetwerk",
            "mail-diginetwerk",
            "antwoord over Diginetwerk",
            _diginetwerk_sent,
            lambda source, _: source.dossier.diginetwerk.announced_on if source.dossier.diginetwerk else None,
        ),
        Letter(
            "mail-cpa",
            "mail-cpa",
            "bericht dat de CPA geladen is",
            _cpa_sent,
            _cpa_sent_on,
            {"loaded": _nothing},
            "cpa-loaded",
        ),
        Letter(
            "mail-test-accounts",
            "mail-test-accounts",
            "test-DigiD-accounts",
            _date("chain_test.accounts.asked_on"),
            _test(lambda test: test.accounts.asked_on if test.accounts else None),
        ),
        Letter(
            "mail-test-period",
            "mail-test-period",
            "akkoord met de periode",
            _date("chain_test.proposal.sent_on"),
            _test(lambda test: test.proposal.sent_on if test.proposal else None),
            {"agreed": _period_agreed},
        ),
        Letter(
            "mail-test-report",
            "mail-test-report",
            "oordeel over het testrapport",
            _nothing,  # lz chain-test sent does, with the report that was attached
            _test(lambda test: test.reports[-1].sent_on if test.reports else None),
            {"approved": _approved, "refused": _refused},
            "chain-test-approval",
        ),
        Letter(
            "mail-limited-run",
            "mail-limited-run",
            "bevestiging van de LPR",
            _date("limited_run.reported_on"),
            lambda source, _: source.dossier.limited_run.reported_on if source.dossier.limited_run else None,
        ),
        Letter(
            "mail-change",
            "mail-change",
            "reactie op de wijziging",
            _date("changes[{n}].reported_on"),
            lambda source, number: source.dossier.changes[number].reported_on,
        ),
    )
}
