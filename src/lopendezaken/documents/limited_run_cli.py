"""Commands of ``lz``: limited-run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lopendezaken.dossier.cli import OrganisationOption

if TYPE_CHECKING:
    from lopendezaken.documents.source import Source

limited_run_app = typer.Typer(
    help="The limited production run (LPR): who takes part, by digests, and what was touched.",
    no_args_is_help=True,
)


@limited_run_app.command()
def record(organisation: OrganisationOption = None) -> None:
    """Open the encrypted list of participants and record its salted digests as evidence; a BSN is never shown.

    The list is dossier/received/participants.vault (mode 0600, ansible-vault or age; docs/test-runs.md). The same list
    is recorded once. Exit code 2: there is no list, or it cannot be opened or trusted.
    """
    from lopendezaken.casemessage.send import environment_of, write_evidence
    from lopendezaken.documents import limited_run_list

    source = _source(organisation)
    environment_of(source.dossier, "prod")
    people = limited_run_list.read(source.dossier.folder).as_evidence()
    last = source.evidence.latest("limited-run-list", "prod")
    if last and last.raw["participants"] == people:
        typer.echo(f"{len(people)} participants, recorded already: evidence/{last.path}")
        return
    raw: dict[str, object] = {"participants": people}
    path = write_evidence(
        source.dossier, "prod", "limited-run-list", raw, "lz limited-run record", "lz-record"
    )
    typer.echo(f"{len(people)} participants: {path}")


@limited_run_app.command()
def coverage(organisation: OrganisationOption = None) -> None:
    """Tell of every link that was made whether a message passed it, and of every participant whether one arrived.

    Exit code 0: all of it, or the dossier tells why not (limited_run.gaps); 1: not yet.
    """
    from lopendezaken.documents.limited_run_coverage import Run
    from lopendezaken.errors import LzError

    source = _source(organisation)
    if "prod" not in source.dossier.environments:
        raise LzError("this organisation has no production, so no limited run")
    found = Run(source)
    for link in found.links:
        typer.echo(f"{link.name}: {len(link.touched) or link.gap or 'nothing yet'}")
    for person in found.people:
        arrived = len(person.reached) or "nothing yet"
        typer.echo(f"participant {person.number} ({person.digest[:8]}): {arrived}")
    if (
        not found.people
        or not all(each.covered for each in found.links)
        or not all(p.reached for p in found.people)
    ):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(limited_run_app, name="limited-run")


def _source(organisation: Path | None) -> Source:
    from lopendezaken.documents.source import read
    from lopendezaken.dossier.place import organisation as find

    return read(find(organisation), datetime.now(UTC).date())
