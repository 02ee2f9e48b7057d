"""Commands of ``lz``: message."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.errors import LzError
from lopendezaken.policy.cli import EnvironmentChoice

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lopendezaken.casemessage.adapter import Adapter
    from lopendezaken.casemessage.allowed import Allowed
    from lopendezaken.casemessage.receive import Filed, Left
    from lopendezaken.casemessage.schema import Schemas
    from lopendezaken.dossier.schema import Dossier

message_app = typer.Typer(
    help="Case messages for chain test and limited run: to test BSNs or participants, and to nobody else.",
    no_args_is_help=True,
)
EnvironmentOption = Annotated[
    EnvironmentChoice,
    typer.Option("--env", "--environment", help="Through the adapter of which environment."),
]


@message_app.command()
def send(
    file: Annotated[Path, typer.Argument(help="The case message: XML (zakLk01 or Zaakbericht).")],
    *,
    environment: EnvironmentOption,
    stream: Annotated[
        str | None,
        typer.Option(help="Its stream of cases in the dossier; default: the one that it names itself."),
    ] = None,
    action: Annotated[
        str | None, typer.Option(help="Its action of the CPA; default: the only one that goes out.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds to wait for the acknowledgement.")
    ] = 60,
    errors_within: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds to look for a Foutbericht after that.")
    ] = 5,
    organisation: OrganisationOption = None,
) -> None:
    """Send one case message, wait for its acknowledgement, and record the delivery without the BSN.

    preprod: only to BSNs in dossier/received/test-bsn.txt (P3-07). prod: only during the limited run, and only to
    participants who agreed, in the encrypted dossier/received/participants.vault (P4-15), and only what is valid by the
    XSDs in dossier/received/xsd. Without a list, or with one that others can read, nothing is sent.

    The adapter stands in LZ_REST_URL_PREPROD or _PROD: ssh://HOST asks on its host; https, or http to this machine,
    needs LZ_REST_CREDENTIALS_PREPROD or _PROD too, the name of a file (mode 0600) with user:password. An exercise (all
    names in .example) uses the lab when no address is given.

    Exit code 0: acknowledged, no Foutbericht; 1: not allowed now, not acknowledged in time, or answered by a
    Foutbericht; 2: bad input; 3: the adapter does not answer.
    """
    from lopendezaken.casemessage import send as sending

    dossier, name = _dossier(organisation), environment.value
    letter = sending.letter(
        dossier,
        name,
        _content(file),
        schemas=_schemas(dossier),
        allowed=_allowed(dossier, name),
        asked=sending.Asked(action, stream),
        xsd_needed=name == "prod" and not _is_exercise(dossier, name),
    )
    with _adapter(dossier, name) as adapter:
        delivery = sending.deliver(adapter, letter, wait)
        try:
            typer.echo(f"evidence: {sending.record(dossier, name, letter, delivery)}")
        except LzError as error:  # it is written; the message has gone, so what came of it must be told
            typer.echo(f"evidence waits for lz evidence seal: {error}", err=True)
        if not delivery.fine:
            raise LzError(
                f"no acknowledgement within {wait:g} s",
                where=delivery.message_id,
                found=delivery.status,
                expected="DELIVERED",
                remedy="An adapter goes on trying while it says CREATED; lz lab wire or its log tells more",
                exit_code=1,
            )
        typer.echo(f"{delivery.message_id}: delivered under CPA {letter.facts['cpa_id']}")
        found = _errors(dossier, name, adapter, delivery.message_id, errors_within)
    _tell(found)
    if found:
        raise typer.Exit(1)


@message_app.command()
def receive(*, environment: EnvironmentOption, organisation: OrganisationOption = None) -> None:
    """Fetch the Foutberichten that wait, file them with BSNs masked, and record that they came.

    They go to dossier/received/errors, which git ignores. What is no Foutbericht stays in the adapter. Messages whose
    acknowledgement did not come in time are looked at again. The adapter is found as lz message send finds it. Exit
    code 0: all that waited was filed; 1: something stays; 3: no adapter.
    """
    from lopendezaken.casemessage.receive import fetch
    from lopendezaken.casemessage.send import follow

    dossier, name = _dossier(organisation), environment.value
    with _adapter(dossier, name) as adapter:
        for message_id, status in follow(dossier, name, adapter):
            typer.echo(f"{message_id}: {status} after all")
        found = list(fetch(dossier, name, adapter, _schemas(dossier)))
    _tell(found)
    if not found:
        typer.echo("no messages wait")


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(message_app, name="message")


def _dossier(organisation: Path | None) -> Dossier:
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find

    return load(find(organisation))


def _content(file: Path) -> bytes:
    from lopendezaken.casemessage.xml import MAX_BYTES

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise LzError("the message cannot be read", where=str(file), found=error.strerror) from None


def _schemas(dossier: Dossier) -> Schemas:
    from lopendezaken.casemessage.schema import Schemas
    from lopendezaken.casemessage.send import XSDS

    return Schemas(dossier.folder / XSDS)


def _allowed(dossier: Dossier, environment: str) -> Allowed:
    from lopendezaken.casemessage import allowed

    if environment == "preprod":
        return allowed.in_preproduction(dossier.folder)
    day = datetime.now(UTC).date()
    return allowed.in_production(dossier, day, ask_gate=lambda: _ask_gate(dossier))


def _ask_gate(dossier: Dossier) -> None:
    """Look for the signed statement that opens the limited run. Raises :class:`LzError` that says why it is closed."""
    from lopendezaken.gate import code, statement

    statement.ask(dossier.folder.parent, "limited-run", code.repository(), datetime.now(UTC))


def _adapter(dossier: Dossier, environment: str) -> AbstractContextManager[Adapter]:
    from lopendezaken.casemessage.adapter import adapter_of

    return adapter_of(environment, exercise=_is_exercise(dossier, environment))


def _is_exercise(dossier: Dossier, environment: str) -> bool:
    from lopendezaken.casemessage.send import environment_of
    from lopendezaken.evidence import chosen

    return chosen.is_exercise(environment_of(dossier, environment))


def _errors(
    dossier: Dossier, environment: str, adapter: Adapter, message_id: str, patience: float
) -> list[Filed | Left]:
    """Look for a Foutbericht that answers a message, until there is one or patience ends."""
    import time

    from lopendezaken.casemessage.receive import fetch

    end, schemas = time.monotonic() + patience, _schemas(dossier)
    while True:
        found = list(fetch(dossier, environment, adapter, schemas, message_id))
        if found or time.monotonic() >= end:
            return found
        time.sleep(0.5)


def _tell(found: list[Filed | Left]) -> None:
    from lopendezaken.casemessage.receive import Filed, refuse_if_left

    for each in found:
        if isinstance(each, Filed):
            typer.echo(
                f"{each.message_id}: {each.code} about {each.about or 'no message'}: {each.text} ({each.path})"
            )
    refuse_if_left(found)
