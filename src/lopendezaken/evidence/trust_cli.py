"""Commands of ``lz``: trust, evidence (seal, verify), dossier sign and waiver."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption, dossier_app
from lopendezaken.errors import LzError
from lopendezaken.evidence.cli import evidence_app
from lopendezaken.policy.cli import Lang, LangOption

if TYPE_CHECKING:
    from lopendezaken.evidence.roles import Roles
    from lopendezaken.evidence.trust import Trust

KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Private key; default: LZ_SIGNING_KEY, else that of the lab, else ~/.config/lopendezaken/ROLE.",
    ),
]
DateOption = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="Waivers as on this day (UTC); default: today."),
]


class Role(StrEnum):
    """The roles of policies/trust/roles.yml."""

    EVIDENCE = "lz-evidence"
    RECORD = "lz-record"
    DOSSIER = "lz-dossier"
    WAIVER = "lz-waiver"
    RESULTS = "lz-results"
    GATE = "lz-gate"
    HOSTER = "lz-hoster"


RoleOption = Annotated[Role, typer.Option("--as", help="The role in which to sign (policies/trust).")]

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
approved_on: {day}
from: {day}
until: {day}
"""


@trust_app.command()
def init(
    key: KeyOption = None,
    name: str = typer.Option("controller", help="Name of the signer, like controller@gemeente.nl."),
    role: RoleOption = Role.EVIDENCE,
) -> None:
    """Make a key (0600) and show its line for policies/trust; by default the key of this machine for evidence.

    People use a key of their own, better in a token or agent (ssh-keygen -t ed25519): then --key names its .pub.

    Exit code 0: made; 2: there is a key already, which stays.
    """
    from lopendezaken.evidence.sshsig import make_key

    made = key or Path(os.environ.get("LZ_SIGNING_KEY") or Path.home() / ".config/lopendezaken" / role.value)
    public = make_key(made, name)
    typer.echo("Add this line to policies/trust/allowed_signers, and have somebody else review it:")
    typer.echo(f'{name} namespaces="{role.value}" {" ".join(public.split()[:2])}')


@evidence_app.command()
def awaited(
    environment: Annotated[str, typer.Option(help="preprod or prod.")] = "preprod",
    organisation: OrganisationOption = None,
) -> None:
    """Tell what the hoster of the adapter is still to state, of a hosted adapter (docs/external.md).

    Only statements that he signed and that are sealed count. Exit code 0: all is stated; 1: something is awaited.
    """
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence import awaited as statements
    from lopendezaken.evidence import waiting

    folder = find(organisation)
    dossier = load(folder)
    counted = waiting.integrity_of(dossier, _trust(folder), _roles()).counted
    lines = statements.awaited(dossier, environment, counted, datetime.now(UTC))
    for each in lines:
        typer.echo(f"awaited of the hoster: {each}")
    if lines:
        raise typer.Exit(1)
    typer.echo("the hoster stated all that is asked")


@trust_app.command()
def show(organisation: OrganisationOption = None) -> None:
    """Show whose signature counts, for what, and between which days: the trust that is in force.

    Exit code 0; 2: a line of allowed_signers cannot be understood.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence.sshsig import fingerprint

    trust = _trust(find(organisation))
    typer.echo(f"{trust.folder}: {len(trust.keys)} keys")
    for each in trust.keys:
        days = " ".join(
            f"{word} {moment:%Y-%m-%d}"
            for word, moment in (("from", each.after), ("until", each.before))
            if moment
        )
        state = "REVOKED" if each.key in trust.revoked else days
        told = (", ".join(each.names), ", ".join(each.namespaces), fingerprint(each.key), state)
        typer.echo("  ".join(told).rstrip())


@evidence_app.command()
def seal(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Only these, named as lz evidence verify does; default: all that need it."),
    ] = None,
    organisation: OrganisationOption = None,
    key: KeyOption = None,
    role: RoleOption = Role.EVIDENCE,
) -> None:
    """Vouch for evidence with your signature: what this role must sign (policies/trust) and no seal that counts lists.

    Each file is named: by sealing you say that you know where it comes from. Playbooks seal what they collect
    themselves. People seal what Logius sent with --as lz-record and their own key.
    Exit code 0: sealed, or nothing new; 2: not evidence, or no key.
    """
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence import seal, waiting
    from lopendezaken.evidence.chosen import key_of

    folder = find(organisation)
    dossier = load(folder)
    found = waiting.of(dossier, _trust(folder), _roles(), role.value)
    strange = set(files or ()) - found.keys()
    if strange:
        raise LzError(
            "nothing to seal here", found=", ".join(sorted(strange)), expected="what waits for this role"
        )
    chosen = {path: found[path] for path in files} if files else found
    if not chosen:
        typer.echo(f"nothing new to seal as {role.value}")
        return
    made = seal.make(
        dossier.folder / "evidence",
        chosen,
        key or key_of(folder, role.value),
        role.value,
        trust=_trust(folder),
    )
    typer.echo("\n".join([*chosen, f"sealed: {made}"]))


@evidence_app.command()
def verify(organisation: OrganisationOption = None) -> None:
    """Hold all evidence against its seals, and name every file that was forged, edited, moved or deleted.

    Exit code 0: all evidence counts; 1: something does not; 2: bad input, or no evidence at all.
    """
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence import waiting

    folder = find(organisation)
    found = waiting.integrity_of(load(folder), _trust(folder), _roles())
    for each in found.evidence:
        typer.echo(f"{each.code}: {each}")
    if not found.evidence and not found.signed_by:
        raise LzError("no evidence to verify", expected="files below dossier/evidence")
    typer.echo(f"{len(found.signed_by)} as signed, {len(found.evidence)} flaws")
    if found.evidence:
        raise typer.Exit(1)


@dossier_app.command("sign")
def sign_dossier(organisation: OrganisationOption = None, key: KeyOption = None) -> None:
    """Answer for the dossier as it is now: dossier.yml, network.yml and waivers, with your own key (role lz-dossier).

    The newest seal over the evidence is signed with it: what was collected until now cannot go away unseen.
    After a change somebody signs again; until then the gate is closed. Every signature stays, in dossier/seals.
    Exit code 0: signed, or nothing changed; 2: a mistake in the dossier, or no key.
    """
    from lopendezaken.dossier import load, load_network
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.evidence import seal, waiting
    from lopendezaken.evidence.chosen import key_of
    from lopendezaken.evidence.integrity import DOSSIER_ROLE, to_sign

    folder = find(organisation)
    dossier = load(folder)
    load_network(folder)  # what is not sound is not signed for
    if not waiting.integrity_of(dossier, _trust(folder), _roles()).dossier:
        typer.echo("nothing changed since it was signed")
        return
    own, files = key or key_of(folder, DOSSIER_ROLE), to_sign(dossier.folder)
    typer.echo(f"signed: {seal.make(dossier.folder, files, own, DOSSIER_ROLE, trust=_trust(folder))}")


@waiver_app.command("list")
def list_waivers(
    organisation: OrganisationOption = None, day: DateOption = None, lang: LangOption = Lang.EN
) -> None:
    """Show every waiver and what became of it, and which one ends within 14 days.

    Exit code 0: all are in force; 1: one does not count or is not needed; 2: bad input.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.policy.assess import assess
    from lopendezaken.policy.waivers import State

    asked = _day(day)
    assessment = assess(find(organisation), asked)
    words, judged = assessment.policies.words[lang.value], assessment.waivers
    for each in judged:
        about = (
            f"{each.waiver.control}, {each.waiver.from_} - {each.waiver.until}"
            if each.waiver
            else each.problem
        )
        soon = f", {words.label('waiver_ends', days=each.days_left(asked))}" if each.ends_soon(asked) else ""
        typer.echo(f"{each.id}: {words.list.waivers[each.state.value]}: {about}{soon}")
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


def _trust(organisation: Path) -> Trust:
    from lopendezaken.dossier.place import repository
    from lopendezaken.evidence.chosen import choose

    return choose(organisation, repository() / "policies")


def _roles() -> Roles:
    from lopendezaken.dossier.place import repository
    from lopendezaken.evidence import roles

    return roles.load(repository() / "policies")


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
