"""Commands of ``lz``: status."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.policy.cli import DateOption, EnvironmentChoice, JsonOption, Lang, LangOption, Stage


def status(
    *,
    organisation: OrganisationOption = None,
    environment: Annotated[
        EnvironmentChoice, typer.Option("--environment", help="The environment to tell about.")
    ] = EnvironmentChoice.PREPROD,
    stage: Annotated[
        Stage, typer.Option("--stage", help="The step into production to look at.")
    ] = Stage.CONNECT,
    day: DateOption = None,
    lang: LangOption = Lang.EN,
    as_json: JsonOption = False,
) -> None:
    """Tell what was built, the Ping and the Pong, where the evidence lies and what production still needs.

    Reads dossier, evidence and policies only; touches no host. Exit code 0, whatever it tells; 2: bad input.
    """
    from lopendezaken.dossier import load_network
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.dossier.place import repository
    from lopendezaken.policy.assess import assess
    from lopendezaken.policy.cli import day_of
    from lopendezaken.policy.words import Words
    from lopendezaken.report import summary, text

    folder, policies = find(organisation), repository() / "policies"
    words = Words(policies, lang.value)
    facts = summary.summarise(
        assess(folder, day_of(day), policies), load_network(folder), environment.value, stage.value, words
    )
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1))
    else:
        typer.echo("\n".join(text.lines(facts, words)))


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.command()(status)
