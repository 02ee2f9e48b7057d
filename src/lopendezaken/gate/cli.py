"""Commands of ``lz``: plan."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.policy.cli import EXIT_NOT_MET, JsonOption, Lang, LangOption


def plan(
    *,
    files: Annotated[
        bool, typer.Option("--files", help="Also render the files of each host and show how they differ.")
    ] = False,
    organisation: OrganisationOption = None,
    lang: LangOption = Lang.EN,
    as_json: JsonOption = False,
) -> None:
    """Show what production would get that preproduction did not have, before anything happens.

    Settings of the hosts (by Ansible's own precedence), the dossier and the network plan are held side by side.
    What may differ stands in policies/data/promotion.yml; anything else keeps the gate closed. Secrets are shown
    as fingerprints. Touches no host;
    --files takes some ten seconds longer.

    Exit code 0: nothing differs that must not; 1: something does; 2: bad input.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.dossier.place import repository
    from lopendezaken.gate import text
    from lopendezaken.gate.compare_files import diffs
    from lopendezaken.gate.plan import plan as compare

    folder = find(organisation)
    found = compare(folder, repository() / "policies")
    rendered = list(diffs(folder, repository())) if files else []
    if as_json:
        told = [
            {**asdict(each), "why": each.why and each.why.model_dump(), "allowed": each.allowed}
            for each in found.differences
        ]
        shown = {
            "compared": found.compared,
            "differences": told,
            "files": rendered,
            "open": not found.forbidden,
        }
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        for line in (*text.lines(found, lang.value), *rendered):
            typer.echo(line)
    if found.forbidden:
        raise typer.Exit(EXIT_NOT_MET)


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.command()(plan)
