"""Commands of ``lz``: check, explain and trace."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.errors import LzError

if TYPE_CHECKING:
    from lopendezaken.policy.assess import Assessment
    from lopendezaken.policy.run import Result
    from lopendezaken.policy.words import Words


class Lang(StrEnum):
    """The languages of all texts."""

    NL = "nl"
    EN = "en"


class Stage(StrEnum):
    """The stages of policies/phases.yml."""

    NETWORK = "network"
    CONNECT = "connect"
    LIMITED_RUN = "limited-run"
    LIVE = "live"


class EnvironmentChoice(StrEnum):
    """The environments of a dossier."""

    PREPROD = "preprod"
    PROD = "prod"


DateOption = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="Judge as on this day (UTC); default: today."),
]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of the texts.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines: one JSON document.")]

EXIT_NOT_MET = 1
EXIT_TOOL_ERROR = 3


def check(
    *,
    organisation: OrganisationOption = None,
    environment: Annotated[
        EnvironmentChoice | None,
        typer.Option("--environment", help="Only this one; default: all in the dossier."),
    ] = None,
    phase: Annotated[
        int | None,
        typer.Option("--phase", metavar="N", help="Controls of this phase and the phases before it."),
    ] = None,
    control: Annotated[str | None, typer.Option("--control", metavar="ID", help="Only this control.")] = None,
    day: DateOption = None,
    lang: LangOption = Lang.EN,
    as_json: JsonOption = False,
    sign: Annotated[
        Path | None,
        typer.Option(
            "--sign",
            metavar="FILE",
            help="Also write the results to FILE and sign them (FILE.sig), bound to all that they rest on.",
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", help="Of --sign: key of the role lz-results; default as lz trust."
        ),
    ] = None,
) -> None:
    """Run the controls over dossier and evidence; touches no network and no host.

    Signed results are verified with lz verify, and reported on with lz report --results.
    Controls that count for the gate decide, and others when only they are asked for.

    Exit code 0: all met; 1: something is not met, stale or unknown; 2: bad input, or nothing to check;
    3: a check could not be carried out.
    """
    from lopendezaken.policy import results, text
    from lopendezaken.policy.outcomes import Outcome, worst

    assessment, words = _read(organisation, day, lang)
    environments = (
        [environment.value] if environment else [str(each) for each in assessment.dossier.environments]
    )
    chosen = tuple(_chosen(assessment.results, environments, phase, control))
    if not chosen:
        raise LzError("nothing to check", expected="a control that applies to what you asked")
    # Who asks only for controls that do not count for the gate wants to know of those.
    deciding = [result for result in chosen if result.control.facts.gate] or chosen
    outcome = worst(result.outcome for result in deciding)
    if sign:
        _sign(sign, key, assessment, results.of_check(assessment, chosen, outcome))
    if as_json:
        _print_json(results.of_check(assessment, chosen, outcome))
    else:
        _print(text.check_lines(assessment, chosen, outcome, words))
    if not outcome.passes:
        raise typer.Exit(EXIT_TOOL_ERROR if outcome is Outcome.ERROR else EXIT_NOT_MET)


def explain(
    key: Annotated[str, typer.Argument(metavar="ID", help="A control (LZ-2.04) or a requirement (P2-35).")],
    organisation: OrganisationOption = None,
    day: DateOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Tell what a control or requirement asks and why, how it is established and repaired, how it stands."""
    from lopendezaken.policy import text

    assessment, words = _read(organisation, day, lang)
    _print(text.explain_lines(assessment, assessment.policies.requirements, key.upper(), words))


def trace(
    key: Annotated[str, typer.Argument(metavar="ID", help="A requirement of the guide, like P2-35.")],
    organisation: OrganisationOption = None,
    day: DateOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Follow a requirement of the guide to its verdict: controls, what they found, on what evidence.

    Exit code 0, whatever the verdict is; 2: there is no such requirement.
    """
    from lopendezaken.policy import text

    assessment, words = _read(organisation, day, lang)
    _print(text.trace_lines(assessment, assessment.policies.requirements, key.upper(), words))


def _sign(path: Path, key: Path | None, assessment: Assessment, found: dict[str, Any]) -> None:
    from lopendezaken.evidence.chosen import key_of
    from lopendezaken.policy import statement

    own = key or key_of(assessment.organisation, statement.RESULTS)
    statement.write(path, found, statement.subjects_of(assessment), own, statement.RESULTS)


def verify(
    file: Annotated[
        Path, typer.Argument(help="What lz check --sign or lz gate --key wrote; FILE.sig lies beside it.")
    ],
    organisation: OrganisationOption = None,
) -> None:
    """Tell who signed a statement, and what changed since of all that it rests on.

    Named is each file of the dossier, the evidence, the policies and the trust that was added, removed or changed.
    Exit code 0: signed, and all is as it was; 1: the signature does not count, or something changed; 2: bad input.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.dossier.place import repository
    from lopendezaken.evidence.chosen import choose
    from lopendezaken.policy import statement

    folder, policies = find(organisation), repository() / "policies"
    found = statement.read(file, choose(folder, policies), *statement.ROLES)
    by, changes = found.signer, found.changes(statement.subjects_now(folder, policies))
    typer.echo(f"signed by {by.name} ({by.role}) at {by.when:%Y-%m-%d %H:%M} UTC, {by.fingerprint}")
    _print(map(str, changes))
    if changes:
        raise typer.Exit(EXIT_NOT_MET)
    typer.echo("nothing changed since")


def _read(organisation: Path | None, day: str | None, lang: Lang) -> tuple[Assessment, Words]:
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.dossier.place import repository
    from lopendezaken.policy.assess import assess

    assessment = assess(find(organisation), day_of(day), repository() / "policies")
    return assessment, assessment.policies.words[lang.value]


def day_of(text: str | None) -> date:
    """Give the day of ``--date``, else today in UTC as evidence has it. Raises :class:`LzError`."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise LzError("not a date", where="--date", found=text, expected="YYYY-MM-DD") from None


def _chosen(
    results: Iterable[Result], environments: list[str], phase: int | None, control: str | None
) -> Iterable[Result]:
    return (
        result
        for result in results
        if result.environment in environments
        and (phase is None or result.control.facts.phase <= phase)
        and (control is None or result.control.id == control.upper())
    )


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1))


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.command()(check)
    app.command()(verify)
    app.command()(explain)
    app.command()(trace)
