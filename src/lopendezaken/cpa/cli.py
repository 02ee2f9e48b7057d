"""Commands of ``lz``: cpa."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption

if TYPE_CHECKING:
    from lopendezaken.cpa.model import Action, Channel, Cpa, Party

cpa_app = typer.Typer(
    help="The agreement with a partner (CPA 2.0): make it, read it, check it, compare it.",
    no_args_is_help=True,
)

CpaFile = Annotated[Path, typer.Argument(help="A CPA (XML).", exists=True, dir_okay=False)]


@cpa_app.command()
def render(
    environment: Annotated[str, typer.Option(help="preprod or prod.")],
    partner: Annotated[str, typer.Option(help="A partner of that environment, such as mijnoverheid.")],
    output: Annotated[
        Path | None, typer.Option(help="Where it goes; default: the file that the dossier names.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Another profile than the dossier's: osb-rm, osb-be, or one of these with -s (signed) or -e (encrypted)."
        ),
    ] = None,
    renewed: Annotated[
        bool,
        typer.Option(
            "--renewed",
            help="The next CPA: with the certificates received as …-next.pem and the next number.",
        ),
    ] = False,
    sync_reply_mode: Annotated[
        str | None,
        typer.Option(
            help="Another syncReplyMode than the dossier's: none, or mshSignalsOnly with the consent of the partner."
        ),
    ] = None,
    organisation: OrganisationOption = None,
) -> None:
    """Make the CPA with one partner from the dossier and the certificates received, where the dossier keeps it.

    The playbooks load it from there. `lz render cpa` makes the same among the documents, for every partner.
    The same dossier and certificates give the same bytes. Refused: a CPA that breaks a rule, such as one that
    outlives its certificates or names another OIN than they do.
    """
    from lopendezaken.cpa import renewal
    from lopendezaken.cpa.from_dossier import file_of, request_for
    from lopendezaken.cpa.render import render as make
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find

    dossier = load(find(organisation))
    if renewed:
        dossier = renewal.renewed(dossier, environment)  # type: ignore[arg-type]
    request = request_for(dossier, environment, partner)
    if profile is not None:
        request = replace(request, profile=profile)
    if sync_reply_mode is not None:
        request = replace(request, sync_reply_mode=sync_reply_mode)
    xml = make(request)
    path = output or file_of(dossier, environment, partner)
    unchanged = path.exists() and path.read_bytes() == xml
    if not unchanged:
        _write(path, xml)
    typer.echo(f"{path}: CPA {request.cpa_id} {'is unchanged' if unchanged else 'written'}")


@cpa_app.command()
def adopt(
    environment: Annotated[str, typer.Option(help="preprod or prod.")],
    organisation: OrganisationOption = None,
) -> None:
    """Make renewed certificates and their CPAs current in the dossier, once the hosts use them.

    The playbook rotate-certificates.yml does so. What was current stays beside it as …-previous.
    """
    from lopendezaken.cpa import renewal
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find

    done = renewal.adopt(load(find(organisation)), environment)  # type: ignore[arg-type]
    typer.echo("\n".join(done) or "nothing is being renewed")


@cpa_app.command()
def show(file: CpaFile) -> None:
    """Show what a CPA says: parties, endpoints, actions, retries, validity, certificates."""
    from lopendezaken.cpa.meaning import digest
    from lopendezaken.cpa.model import parse

    xml = file.read_bytes()
    for line in _description(parse(xml, str(file)), digest(xml)):
        typer.echo(line)


@cpa_app.command()
def check(
    file: CpaFile,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Judge it as on this day; default: now.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option(help="With --partner: is it also what the dossier says of this environment?")
    ] = None,
    partner: Annotated[
        str | None, typer.Option(help="The partner in the dossier, such as mijnoverheid.")
    ] = None,
    organisation: OrganisationOption = None,
) -> None:
    """Check a CPA against the rules of Digikoppeling; each finding has its line, rule and remedy.

    With --environment and --partner also against the dossier: parties, endpoints, certificates, service, actions
    and retries. So a CPA that the CPA Register or Logius made shows where it differs from what you meant.
    Exit code 0: every must is met; 1: not; 2: it cannot be read.
    """
    from lopendezaken.cpa.check import check as judge

    xml = file.read_bytes()
    findings = judge(xml, date.replace(tzinfo=UTC) if date else None, str(file))
    if environment and partner:
        from lopendezaken.cpa.against_dossier import check_against
        from lopendezaken.dossier import load
        from lopendezaken.dossier.place import organisation as find

        findings += check_against(xml, load(find(organisation)), environment, partner, str(file))
    for finding in findings:
        typer.echo(f"{file}: {finding}")
    musts = sum(finding.severity == "must" for finding in findings)
    typer.echo(
        f"{file}: {musts} of must, {len(findings) - musts} of should" if findings else f"{file}: sound"
    )
    if musts:
        raise typer.Exit(1)


@cpa_app.command()
def diff(first: CpaFile, second: CpaFile) -> None:
    """Compare two CPAs by what they mean; prefixes, indentation and the like do not count.

    Exit code 0: they mean the same; 1: they differ; 2: one cannot be read.
    """
    from lopendezaken.cpa.meaning import UnreadableCpaError, differences
    from lopendezaken.errors import LzError

    try:
        lines = differences(first.read_bytes(), second.read_bytes(), here=f"in {first}", there=f"in {second}")
    except UnreadableCpaError as error:
        raise LzError("cannot compare", found=str(error), remedy="Run `lz cpa check` on each.") from error
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(1)
    typer.echo("they mean the same")


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(cpa_app, name="cpa")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def _description(cpa: Cpa, digest: str) -> list[str]:
    from lopendezaken.cpa.xml import instant_text

    valid = "valid now" if cpa.valid_at(datetime.now(UTC)) else "NOT valid now"
    lines = [
        f"CPA {cpa.id}",
        _row("status", f"{cpa.status}, {valid}"),
        _row("period", f"{instant_text(cpa.start)} until {instant_text(cpa.end)}"),
        _row("meaning", f"sha256 {digest}"),
    ]
    for party in cpa.parties:
        lines += ["", *_party(party)]
    return lines


def _party(party: Party) -> list[str]:
    lines = [party.name, *(_row("party id", str(known)) for known in party.ids)]
    lines.append(_row("role", ", ".join(party.roles)))
    lines += [_row("sends", _action(action)) for action in party.can_send]
    lines += [_row("receives", _action(action)) for action in party.can_receive]
    for channel in party.channels.values():
        lines += _channel(channel, is_default=channel.id == party.default_channel.id)
    return lines


def _action(action: Action) -> str:
    return f"{action.name} of {action.service} over {action.channel.id}"


def _channel(channel: Channel, *, is_default: bool) -> list[str]:
    from lopendezaken.cpa.profile import profile_of
    from lopendezaken.cpa.xml import duration_text

    binding = channel.sender
    how = profile_of(channel).name
    if binding.reliable is not None:
        how += f", {binding.reliable.retries} retries {duration_text(binding.reliable.retry_interval)} apart"
    if binding.persist_duration is not None:
        how += f", kept {duration_text(binding.persist_duration)}"
    if channel.sync_reply_mode != "none":
        how += f", syncReplyMode {channel.sync_reply_mode}"
    return [
        _row("channel", f"{channel.id}{' (default, for signals)' if is_default else ''}"),
        _row("  endpoint", channel.endpoint),
        _row("  profile", how),
        _row("  client", _certificate(channel.client_certificate)),
        _row("  server", _certificate(channel.server_certificate)),
    ]


def _certificate(der: bytes | None) -> str:
    from lopendezaken.errors import LzError
    from lopendezaken.pki.certificate import read

    if der is None:
        return "no certificate"
    try:
        certificate = read(der)
    except LzError:
        return "a certificate that cannot be read"
    oin = certificate.oin or "without OIN"
    return f"OIN {oin}, until {certificate.not_after:%Y-%m-%d}, sha256 {certificate.sha256}"


def _row(label: str, value: str) -> str:
    return f"  {label:<11} {value}"
