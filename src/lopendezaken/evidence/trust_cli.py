"""Commands of ``lz``: trust, evidence (seal, verify) and waiver."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.errors import LzError
from lopendezaken.evidence.cli import evidence_app

if TYPE_CHECKING:
    from lopendezaken.evidence.sshsig import Trust

KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Private key; default: LZ_SIGNING_KEY, else ~/.config/lopendezaken/evidence.",
    ),
]
DateOption = Annotated[
    str | None,
    typer.Option(
        "--date", metavar="YYYY-MM-DD", help="Keys and waivers as on this day (UTC); default: today."
    ),
]

trust_app = typer.Typer(help="Keys that sign evidence.", no_args_is_help=True)
waiver_app = typer.Typer(help="Waivers: what the organisation lives with for a while.", no_args_is_help=True)

WAIVER = """\
id: {id}
control: {control}
subject: {{environment: {environment}}}
reason: ""
risk: ""
compensating: ""
requested_by: ""
approved_by: ""
from: {day}
until: {day}
"""


@trust_app.command()
def init(key: KeyOption = None, name: str = typer.Option("evidence", help="Name of the signer.")) -> None:
    """Make the key of this machine that signs evidence (0600), and show its line for policies/trust.

    Exit code 0: made; 2: there is a key already, which stays.
    """
    from lopendezaken.evidence.sshsig import make_key

    public = make_key(_key(key), name)
    typer.echo("Add this line to policies/trust/allowed_signers, and have somebody else review it:")
    typer.echo(f'{name} namespaces="lz-evidence" {" ".join(public.split()[:2])}')


@evidence_app.command()
def seal(organisation: OrganisationOption = None, key: KeyOption = None) -> None:
    """Sign a list of the evidence that no seal lists yet.

    Exit code 0: sealed, or nothing new; 2: evidence is unsound, or no key.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence import seal, store

    folder = find(organisation) / "dossier/evidence"
    store.load(folder)  # what cannot be trusted is not signed for
    made = seal.seal(folder, _key(key))
    typer.echo(f"sealed: {made}" if made else "nothing new to seal")


@evidence_app.command()
def verify(organisation: OrganisationOption = None, day: DateOption = None) -> None:
    """Hold all evidence against its seals, and name every file that was forged, edited, moved or deleted.

    Exit code 0: all evidence is as it was signed; 1: something is not; 2: bad input, or no evidence at all.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence import seal

    found = seal.verify(find(organisation) / "dossier/evidence", _trust(day))
    for each in found.breaks:
        typer.echo(str(each))
    if not found.breaks and not found.signed_by:
        raise LzError("no evidence to verify", expected="files below dossier/evidence")
    typer.echo(f"{len(found.signed_by)} as signed, {len(found.breaks)} not")
    if found.breaks:
        raise typer.Exit(1)


@waiver_app.command("list")
def list_waivers(organisation: OrganisationOption = None, day: DateOption = None) -> None:
    """Show every waiver and what became of it.

    Exit code 0: all are in force; 1: one does not count or is not needed; 2: bad input.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.policy.assess import assess
    from lopendezaken.policy.waivers import State

    judged = assess(find(organisation), _day(day)).waivers
    for each in judged:
        about = f"{each.waiver.control} until {each.waiver.until}" if each.waiver else each.problem
        typer.echo(f"{each.id}: {each.state.value}: {about}")
    if any(each.state is not State.IN_FORCE for each in judged):
        raise typer.Exit(1)


@waiver_app.command()
def new(
    number: Annotated[str, typer.Argument(metavar="ID", help="Its own id, like W-2026-001.")],
    control: Annotated[str, typer.Argument(help="The control, like LZ-1.09.")],
    environment: Annotated[str, typer.Option(help="preprod or prod.")] = "preprod",
    organisation: OrganisationOption = None,
) -> None:
    """Write an empty waiver to fill in, and tell how another person signs it.

    Exit code 0: written; 2: not an id, or it exists.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.policy.waivers import is_id

    path = find(organisation) / "dossier/waivers" / f"{number}.yml"
    if not is_id(number) or path.exists():
        raise LzError("no new waiver", found=number, expected="an id like W-2026-001 that is not in use")
    path.parent.mkdir(exist_ok=True)
    text = WAIVER.format(id=number, control=control, environment=environment, day=_day(None))
    path.write_text(text, encoding="utf-8")
    typer.echo(f"{path}: fill it in; who approves it signs: ssh-keygen -Y sign -n lz-waiver -f KEY {path}")


def _key(key: Path | None) -> Path:
    given = os.environ.get("LZ_SIGNING_KEY")
    return key or (Path(given) if given else Path.home() / ".config/lopendezaken/evidence")


def _trust(day: str | None) -> Trust:
    from lopendezaken.dossier.place import repository
    from lopendezaken.evidence.sshsig import Trust

    return Trust(repository() / "policies/trust/allowed_signers", _day(day))


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LzError("not a date", found=text, expected="a day like 2026-11-24") from None


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(trust_app, name="trust")
    app.add_typer(waiver_app, name="waiver")
