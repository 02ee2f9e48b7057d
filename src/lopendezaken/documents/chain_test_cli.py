"""Commands of ``lz``: chain-test."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.errors import LzError

chain_test_app = typer.Typer(
    help="The chain test: rounds, results with pictures, and the report that goes to Logius.",
    no_args_is_help=True,
)
DayOption = Annotated[
    str | None, typer.Option("--on", metavar="YYYY-MM-DD", help="The day it happened; default: today (UTC).")
]


class Result(StrEnum):
    """What can come of testing an item."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"


@chain_test_app.command()
def start(
    *,
    items: Annotated[
        list[str] | None, typer.Option("--item", metavar="ID", help="Also test this one again (repeat it).")
    ] = None,
    on: DayOption = None,
    organisation: OrganisationOption = None,
) -> None:
    """Begin a round: first all items of dossier/chain-test/checklist.yml, later only what failed (P3-19).

    Each round has a file of its own, which names the digest of the one before. Exit code 1: nothing is left to test.
    """
    from lopendezaken.documents import chain_test_record

    made = chain_test_record.start(_folder(organisation), _day(on), items or ())
    typer.echo(f"round {made.round}: {', '.join(made.items)}")


@chain_test_app.command()
def record(
    item: Annotated[str, typer.Argument(help="Id of an item of the checklist.")],
    result: Annotated[Result, typer.Option(help="What came of it.")],
    found: Annotated[str, typer.Option(help="What was seen, in a sentence.")],
    tester: Annotated[str, typer.Option(help="Who tested, by role.")],
    *,
    screenshots: Annotated[
        list[Path] | None,
        typer.Option("--screenshot", metavar="FILE", help="Picture below the dossier's folder (repeat it)."),
    ] = None,
    messages: Annotated[
        list[str] | None, typer.Option("--message", metavar="ID", help="MessageId that was sent (repeat it).")
    ] = None,
    on: DayOption = None,
    organisation: OrganisationOption = None,
) -> None:
    """Add the result of an item to the round that is under way. It stays: a retest belongs to the next round."""
    from lopendezaken.documents import chain_test_record

    folder = _folder(organisation)
    outcome: dict[str, object] = {
        "item": item,
        "result": result.value,
        "tested_on": _day(on),
        "tester": tester,
        "found": found,
        "messages": tuple(messages or ()),
        "screenshots": tuple(chain_test_record.picture(folder, each) for each in screenshots or ()),
    }
    path = chain_test_record.add(folder, outcome)
    typer.echo(f"{item}: {result} ({path})")


@chain_test_app.command()
def status(organisation: OrganisationOption = None) -> None:
    """Tell of every item what came of it, in all rounds. Exit code 0: all passed; 1: not yet; 2: files do not fit."""
    from lopendezaken.documents.chain_test_record import sound

    found = sound(_folder(organisation)).tested
    for each in found:
        rounds = ", ".join(f"round {number} {outcome.result}" for number, outcome in each.results)
        typer.echo(f"{each.item.id}: {rounds or 'open'}  {each.item.what}")
    if not all(each.passes for each in found):
        raise typer.Exit(1)


@chain_test_app.command()
def sent(
    report: Annotated[Path, typer.Argument(help="The report as it went to Logius, like a PDF.")],
    *,
    on: DayOption = None,
    organisation: OrganisationOption = None,
) -> None:
    """Record that a report went to Logius (P3-18): a copy in dossier/chain-test/reports, and chain_test in the dossier.

    Results, report with its digest, and status of chain_test in dossier.yml are brought in step. Exit code 1: an item
    has no result.
    """
    from lopendezaken.documents import chain_test_record

    typer.echo(chain_test_record.sent(_folder(organisation), report, _day(on)))


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(chain_test_app, name="chain-test")


def _folder(organisation: Path | None) -> Path:
    from lopendezaken.dossier.place import organisation as find

    return find(organisation) / "dossier"


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(UTC).date()
    except ValueError:
        raise LzError("not a date", found=text, expected="a date like 2026-11-24") from None
