"""Commands of ``lz``: evidence."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption

evidence_app = typer.Typer(help="What was seen and received: record it and list it.", no_args_is_help=True)


class FileKind(StrEnum):
    """What a person can record."""

    DOCUMENT = "document"
    MAIL = "mail"
    REPORT = "report"
    APPROVAL = "chain-test-approval"
    LOADED = "cpa-loaded"
    SPECIFICATION = "consumer-spec"
    STATEMENT = "adapter-statement"


class Environment(StrEnum):
    """The environments of a dossier."""

    PREPROD = "preprod"
    PROD = "prod"


@evidence_app.command()
def add(
    kind: Annotated[FileKind, typer.Argument(help="What it is.")],
    files: Annotated[list[Path], typer.Argument(help="One or more files below the dossier's folder.")],
    environment: Annotated[Environment, typer.Option(help="What it is about.")] = Environment.PREPROD,
    dated: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="The date on it; default: today.")
    ] = None,
    title: Annotated[str, typer.Option(help="What people call it; default: the name of the file.")] = "",
    by: Annotated[str, typer.Option(help="Who records it; default: the user of this computer.")] = "",
    partner: Annotated[str, typer.Option(help="mijnoverheid or compliance.")] = "mijnoverheid",
    outcome: Annotated[str, typer.Option(help="Of chain-test-approval: approved or refused.")] = "",
    report: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Of chain-test-approval: the report that they judged."
        ),
    ] = None,
    no_bsn: Annotated[bool, typer.Option("--no-bsn", help="You looked: its numbers are no BSNs.")] = False,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Your key of the role lz-record: seals it; default: LZ_SIGNING_KEY, else ~/.config/lopendezaken/lz-record.",
        ),
    ] = None,
    organisation: OrganisationOption = None,
) -> None:
    """Record a document, mail or report that you have: its digest, who recorded it and when; and vouch for it.

    chain-test-approval: the message of Logius about the report (P3-20), with --outcome.
    cpa-loaded: the mail of Logius that it loaded the CPA (P2-32, P4-08).
    consumer-spec: the Consumerspecificatie as it went to the CPA Register (P2-50).
    adapter-statement: what the hoster of the adapter stated; its signature lies beside it as FILE.sig (docs/external.md).
    A text or mail with a BSN in the clear is refused; what is packed (PDF, Word, pictures) is not looked into.
    """
    import hashlib

    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.errors import LzError
    from lopendezaken.evidence.added import Told
    from lopendezaken.evidence.added import add as record
    from lopendezaken.evidence.vouch import LATER, vouch

    try:
        day = date.fromisoformat(dated) if dated else datetime.now(UTC).date()
    except ValueError:
        raise LzError("not a date", found=dated, expected="a date like 2026-11-24") from None
    told = Told(
        kind=kind.value,
        environment=environment.value,
        dated=day.isoformat(),
        partner=partner,
        title=title,
        by=by,
        outcome=outcome,
        report_sha256=hashlib.sha256(report.read_bytes()).hexdigest() if report else None,
        numbers_are_no_bsns=no_bsn,
    )
    dossier = load(find(organisation))
    written = [path for file in files for path in record(dossier, file, told)]
    for path in written:
        typer.echo(str(path))
    if not vouch(dossier.folder, written, "lz-record", key):
        typer.echo(LATER.format(role="lz-record"))


@evidence_app.command("list")
def list_all(
    kind: Annotated[str | None, typer.Option(help="Only this kind, like ebms-ping.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines: one JSON document.")] = False,
    organisation: OrganisationOption = None,
) -> None:
    """List the evidence, oldest first: when, until when it counts, what, about whom. Every file is verified."""
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence.store import load

    found = [
        each for each in load(find(organisation) / "dossier" / "evidence").items if kind in {None, each.kind}
    ]
    if as_json:
        keys = ("path", "kind", "environment", "host", "partner", "sha256")
        rows = [
            {key: getattr(each, key) for key in keys}
            | {"collected": each.collected.isoformat(), "expires": each.expires.isoformat()}
            for each in found
        ]
        typer.echo(json.dumps(rows, indent=1))
        return
    for each in found:
        about = each.raw["title"] if each.kind == "document" else each.partner or each.host
        typer.echo(
            f"{each.collected:%Y-%m-%d %H:%M}  until {each.expires:%Y-%m-%d}  {each.environment:7}  {each.kind:19}  {about}"
        )
    typer.echo(f"{len(found)} pieces of evidence")


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(evidence_app, name="evidence")
