"""Commands of ``lz``: mail."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.policy.cli import DateOption, EnvironmentChoice, JsonOption

if TYPE_CHECKING:
    from lopendezaken.documents.mail_record import Direction

mail_app = typer.Typer(
    help="Mails with Logius: record what was sent and received, and see what awaits an answer. lz render makes "
    "them; their addresses are those of the functional contacts, of us and of Logius, in the dossier.",
    no_args_is_help=True,
)
NameArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Which mail: mail-cpa, form, mail-change/0 …; lz mail list.")
]
OnOption = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="The day on which it was.")]
FileOption = Annotated[Path, typer.Option("--file", help="The mail as .eml, below the dossier's folder.")]
EnvironmentOption = Annotated[
    EnvironmentChoice | None, typer.Option("--env", "--environment", help="When it is for one of two.")
]
ByOption = Annotated[str, typer.Option("--by", help="Who records it; default: the user of this computer.")]
NoBsnOption = Annotated[bool, typer.Option("--no-bsn", help="You looked: its numbers are no BSNs.")]


@mail_app.command()
def sent(
    name: NameArgument,
    *,
    on: OnOption,
    file: FileOption,
    environment: EnvironmentOption = None,
    by: ByOption = "",
    no_bsn: NoBsnOption = False,
    organisation: OrganisationOption = None,
) -> None:
    """Record a mail that you sent: its digest as evidence, which you vouch for, and its day in dossier.yml.

    Comments and layout of dossier.yml stay. What cannot be set there is told as the command that sets it.
    A mail with a BSN in the clear is refused, and so is a CPA that means something else than ours.
    """
    _record(name, "sent", on, file, environment, None, by, organisation, no_bsn=no_bsn)


@mail_app.command()
def received(
    name: NameArgument,
    *,
    on: OnOption,
    file: FileOption,
    outcome: Annotated[
        str | None,
        typer.Option(help="What it says: form processed or data; mail-test-report approved or refused."),
    ] = None,
    environment: EnvironmentOption = None,
    by: ByOption = "",
    no_bsn: NoBsnOption = False,
    organisation: OrganisationOption = None,
) -> None:
    """Record the answer to a mail: CPA loaded, period agreed, report approved or refused, form processed …

    The answer to mail-cpa and to mail-test-report become evidence that controls judge (P2-32, P3-20).
    """
    _record(name, "received", on, file, environment, outcome, by, organisation, no_bsn=no_bsn)


@mail_app.command("list")
def list_mails(
    *, day: DateOption = None, as_json: JsonOption = False, organisation: OrganisationOption = None
) -> None:
    """Tell of every mail whether it can be sent, awaits an answer (and since how many working days) or has one."""
    from lopendezaken.documents.mail_list import rows
    from lopendezaken.documents.source import read
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.policy.cli import day_of

    found = list(rows(read(find(organisation), day_of(day))))
    if as_json:
        typer.echo(json.dumps([each.plain() for each in found], ensure_ascii=False, indent=1))
        return
    for each in found:
        typer.echo(each.line())


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(mail_app, name="mail")


def _record(
    name: str,
    direction: Direction,
    on: str,
    file: Path,
    environment: EnvironmentChoice | None,
    outcome: str | None,
    by: str,
    organisation: Path | None,
    *,
    no_bsn: bool,
) -> None:
    from lopendezaken.documents.mail_record import Passed, record
    from lopendezaken.documents.source import read
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.errors import LzError
    from lopendezaken.policy.cli import day_of

    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise LzError("not a date", found=on, expected="a date like 2026-11-24") from None
    source = read(find(organisation), day_of(None))
    if environment:
        source = source.of(environment.value)
    passed = Passed(name, direction, day, file, outcome, by, no_bsn)
    for line in record(source, passed):
        typer.echo(line)
