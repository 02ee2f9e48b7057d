"""Commands of ``lz lab``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lopendezaken.dossier.cli import Kind, OrganisationOption
from lopendezaken.lab.chain_cli import partner
from lopendezaken.lab.pki_cli import pki_app

lab_app = typer.Typer(
    help="The lab: hosts in zones on this machine (systemd-nspawn), with a host that plays Logius.",
    no_args_is_help=True,
)

Hosts = Annotated[
    list[str] | None,
    typer.Argument(
        help="Hosts (adapter-preprod, dmz-preprod, adapter-prod, dmz-prod, partner, …) or a group: "
        "preprod, prod, all.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    lab_app.add_typer(pki_app, name="pki")
    lab_app.command()(partner)
    app.add_typer(lab_app, name="lab")


@lab_app.command()
def up(
    hosts: Hosts = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Give these hosts new, empty disks.")] = False,
) -> None:
    """Start hosts, by default those of preprod; what runs already stays as it is.

    The first time this makes a base image (about half a minute). LZ_LAB_INSTANCE (0 to 7) chooses between
    labs side by side, LZ_LAB_DIR another folder than .lab.
    """
    from lopendezaken.lab import lifecycle, world
    from lopendezaken.lab.layout import Layout

    lifecycle.up(Layout.from_environment(), world.select(hosts or ["preprod"]), fresh)


@lab_app.command()
def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="Machine-readable: one object for each host.")
    ] = False,
) -> None:
    """Show each host: whether it runs, its addresses, how long it is up and the memory it takes."""
    from lopendezaken.lab import status as view
    from lopendezaken.lab.layout import Layout

    view.show(Layout.from_environment(), as_json)


@lab_app.command(context_settings={"allow_interspersed_args": False})
def shell(
    host: Annotated[str, typer.Argument(help="Host, for example adapter-preprod.")],
    command: Annotated[list[str] | None, typer.Argument(help="Command to run there, after --.")] = None,
) -> None:
    """Open a shell on a host, or run one command there; its exit code becomes ours."""
    from lopendezaken.lab import ssh, world
    from lopendezaken.lab.layout import Layout

    words = command or []
    ssh.become(Layout.from_environment(), world.select([host])[0], words[words[:1] == ["--"] :])


@lab_app.command(context_settings={"allow_interspersed_args": False})
def console(
    host: Annotated[str, typer.Argument(help="Host, for example adapter-prod.")],
    command: Annotated[list[str] | None, typer.Argument(help="Command to run there, after --.")] = None,
) -> None:
    """Sit at the console of a host, past ssh: the only way into production while the gate is closed.

    Only this machine's root can, as whoever holds the keys of a data centre can; the host logs it.
    """
    from lopendezaken.lab import console as way_in
    from lopendezaken.lab import world
    from lopendezaken.lab.layout import Layout

    words = command or []
    way_in.become(Layout.from_environment(), world.select([host])[0], words[words[:1] == ["--"] :])


@lab_app.command()
def wire(
    engines: Annotated[
        list[str] | None,
        typer.Argument(
            help="Whose side: adapter-preprod, adapter-prod, compliance, mijnoverheid-preprod, mijnoverheid-prod;"
            " by default all.",
            show_default=False,
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    since: Annotated[
        str | None,
        typer.Option(
            help="From then on: 10m, 2h or 1d ago, or a time such as 2026-11-24T10:30.", metavar="WHEN"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Also write what is shown to the evidence of the organisation.")
    ] = False,
) -> None:
    """Show the ebMS messages that passed: when, from whom to whom, which action, with what result.

    Payloads are masked: their type, size and SHA-256 only. Asks the engines of the lab; an adapter of another
    make tells nothing, its messages show at the partner's side.
    """
    import json
    from datetime import UTC, datetime

    from lopendezaken.errors import LzError
    from lopendezaken.lab import wire as tap
    from lopendezaken.lab.layout import Layout

    names = tap.party_names()
    start = tap.moment(since, datetime.now(UTC)) if since else None
    with tap.Wire(Layout.from_environment(), tap.engines(engines or [])) as engines_of_lab:
        rows = engines_of_lab.passed()
        if not engines_of_lab.answered:
            remedy = "lz lab up; an own adapter comes with playbooks/preprod.yml"
            raise LzError("no engine answers", remedy=remedy, exit_code=3)
        if start:
            rows = tap.later(rows, start)
        try:
            for row in tap.follow(rows, engines_of_lab.passed) if follow else rows:
                typer.echo(json.dumps(row) if as_json else tap.line(row, names))
        except KeyboardInterrupt:
            pass
    if record:
        for path in tap.record(rows):
            typer.echo(f"evidence: {path}", err=True)


@lab_app.command("case-system")
def case_system(
    environment: Annotated[str, typer.Argument(help="preprod or prod.")],
    organisation: OrganisationOption = None,
) -> None:
    """Ask REST of the adapter from where the organisation's case system stands, over TLS and with the password.

    In production it is let in from stage live on: before, the firewall of the adapter drops it. Stands in the internal
    zone of the lab for a moment; changes nothing. Exit code 0: REST answered; 1: it is out of reach, or refused.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.lab.case_system import ask
    from lopendezaken.lab.layout import Layout

    answer = ask(Layout.from_environment(), find(organisation), environment)
    told = (
        f"REST answers {answer.status} over {answer.words}"
        if answer.status
        else f"out of reach: {answer.words}"
    )
    typer.echo(f"Case system of {environment}, {answer.where}: {told}")
    if answer.status != 200:
        raise typer.Exit(1)


@lab_app.command()
def hoster() -> None:
    """Play the hoster of the adapter: do what the organisation's request asks, and send the signed statement.

    Loads the CPAs, pings each partner, fills in the form and signs it; it arrives in dossier/received. What to do with
    it: docs/external.md. Exit code 0: sent; 2: no request yet; 3: something did not work.
    """
    from lopendezaken.lab.hoster import act
    from lopendezaken.lab.layout import Layout

    typer.echo(str(act(Layout.from_environment())))


@lab_app.command()
def journey(
    who: Annotated[Kind, typer.Option("--as", help="Who connects.")] = Kind.GOVERNMENT,
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Where it is played; what is there goes.")
    ] = Path("build/journey"),
) -> None:
    """Play an organisation's whole connection, day by day: application to full use, with every refusal on the way.

    As a supplier: with an HRN, to the end of phase 3, and then every way into production, each refused.

    It plays the last commit in a clone, takes the hosts of this lab, and leaves clone/inventories (the dossier),
    report/ (for the auditor), journey.log (every command with its output) and story.txt (what is told here). NO marks
    what was refused, by a command that really ran. The story is the same every time: it is held against docs/journey.md.
    Exit code 0: the story is true; 1: a step did not do as it says, or it is another story.
    """
    from lopendezaken.lab.journey.play import play
    from lopendezaken.lab.layout import Layout

    story = play(output, Layout.from_environment(), typer.echo, who.value)
    typer.echo(f"\n{story.steps} steps, {story.refusals} refusals. All commands: {story.log}")


@lab_app.command()
def fleet(
    folder: Annotated[
        Path, typer.Argument(help="Where their folders go, and fleet.yml: the inventory of all of them.")
    ],
    organisations: Annotated[int, typer.Option(min=1, max=8, help="How many.")] = 8,
) -> None:
    """Start hosts for several organisations beside each other, and make the folder of each.

    Each gets an adapter and a DMZ host, its own names, OIN, keys and mail; all share the partner. Folders that are
    there stay. Next: ansible-playbook -i FOLDER/fleet.yml playbooks/fleet.yml -e fleet_playbook=preprod (docs/fleet.md).
    """
    from lopendezaken.lab import fleet as members
    from lopendezaken.lab.layout import Layout

    made = members.up(Layout.from_environment(), folder, organisations)
    typer.echo("\n".join(map(str, made)))


@lab_app.command()
def down(hosts: Hosts = None) -> None:
    """Power hosts off, by default the whole lab; their disks stay for the next `up`."""
    from lopendezaken.lab import lifecycle, world
    from lopendezaken.lab.layout import Layout

    lifecycle.down(Layout.from_environment(), world.select(hosts) if hosts else None)


@lab_app.command()
def destroy(
    with_cache: Annotated[
        bool, typer.Option("--all", help="Also remove base image and downloaded packages (.lab/cache).")
    ] = False,
) -> None:
    """Remove the lab with all its disks; nothing of it stays on this machine but .lab/cache."""
    from lopendezaken.lab import lifecycle
    from lopendezaken.lab.layout import Layout

    lifecycle.destroy(Layout.from_environment(), with_cache)
