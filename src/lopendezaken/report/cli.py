"""Commands of ``lz``: status and report."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.errors import LzError
from lopendezaken.policy.cli import DateOption, EnvironmentChoice, JsonOption, Lang, LangOption, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lopendezaken.policy.policies import Policies


class FormatChoice(StrEnum):
    """What ``lz report`` can write."""

    HTML = "html"
    PDF = "pdf"
    JUNIT = "junit"
    SARIF = "sarif"
    OSCAL = "oscal"
    OSCAL_CATALOG = "oscal-catalog"
    JSON = "json"
    ALL = "all"


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


def report(
    *,
    form: Annotated[
        FormatChoice, typer.Option("--format", help="Which form; all: every form, into the folder --output.")
    ] = FormatChoice.HTML,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Where to write; default: standard output."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="FILE",
            help="Report on this results.json (lz check --json, or --sign: then its signature must count); "
            "default: check the dossier now.",
        ),
    ] = None,
    each: Annotated[
        Path | None,
        typer.Option(
            "--each",
            metavar="DIR",
            help="Every organisation in this folder: what machines read of each, below the folder --output.",
        ),
    ] = None,
    organisation: OrganisationOption = None,
    day: DateOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Report what the controls found: for people (html, pdf) and for machines (junit, sarif, oscal, json).

    All forms are made from the same results, and the same input gives the same bytes. Touches no network and
    no host. Exit code 0, whatever it tells; 2: bad input; 3: PDF cannot be made here (extra "pdf").
    With --each, exit code 2 when a dossier could not be read; the others are reported all the same.
    """
    from lopendezaken.dossier.place import repository
    from lopendezaken.policy.policies import load
    from lopendezaken.report.outputs import Form, everything, render

    policies = load(repository() / "policies")
    if each:
        _report_each(each, output, day, lang, policies)
        return
    found = _results(results, organisation, day, policies)
    try:
        if form is FormatChoice.ALL:
            _write_all(output, everything(found, policies, lang.value))
            return
        content = render(Form(form.value), found, policies, lang.value)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        if results is None:
            raise
        raise LzError("not results of lz check", where=str(results), found=repr(error)) from None
    if output:
        output.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)


def _results(
    file: Path | None, organisation: Path | None, day: str | None, policies: Policies
) -> dict[str, Any]:
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence.chosen import choose
    from lopendezaken.policy import statement
    from lopendezaken.policy.assess import assess
    from lopendezaken.policy.cli import day_of
    from lopendezaken.policy.results import of_assessment
    from lopendezaken.report.outputs import read

    if file is None:
        return of_assessment(assess(find(organisation), day_of(day), policies))
    own = LzError("results.json has its own organisation and date", where="--results")
    if day:
        raise own
    found = read(file, policies)
    if "subjects" not in found:
        if organisation:
            raise own
    else:
        statement.read(file, choose(find(organisation), policies.folder), statement.RESULTS)
    return found


def _report_each(folder: Path, output: Path | None, day: str | None, lang: Lang, policies: Policies) -> None:
    from lopendezaken.policy.cli import day_of
    from lopendezaken.report import bulk

    if output is None:
        raise LzError("many organisations need a folder", where="--output", expected="--output DIR")
    mistakes = []
    for done in bulk.report(bulk.organisations(folder), day_of(day), policies, lang.value, output):
        typer.echo(f"{done.name}: {done.outcome}")
        if done.mistake:
            mistakes.append(done.mistake)
    if mistakes:
        raise LzError("not all dossiers could be read", found="\n  ".join(["", *mistakes]))


def _write_all(folder: Path | None, files: Iterable[tuple[str, bytes]]) -> None:
    if folder is None:
        raise LzError("every form needs a folder", where="--output", expected="--output DIR")
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        typer.echo(path)


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.command()(status)
    app.command()(report)
