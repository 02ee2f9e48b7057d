"""``lz lab partner``: rehearse with the parties that the lab plays."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.errors import LzError

if TYPE_CHECKING:
    from types import FrameType

    from lopendezaken.lab.chain_report import Item
    from lopendezaken.lab.layout import Layout

PARTIES = ("compliance", "mijnoverheid-preprod", "mijnoverheid-prod")


def partner(
    who: Annotated[str, typer.Option("--as", metavar="PARTY", help=" or ".join(PARTIES))],
    environment: Annotated[
        str, typer.Option(help="compliance: whose adapter is tested, preprod or prod.")
    ] = "preprod",
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="compliance: write the report there (Markdown), and beside it as .json."
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="mijnoverheid: port of the page on this machine; 0 takes a free one."
        ),
    ] = 0,
    once: Annotated[
        bool, typer.Option("--once", help="mijnoverheid: tell what came in so far, then stop.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Machine-readable: the report, or one object a message.")
    ] = False,
    organisation: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the organisation; default: LZ_ORGANISATION, else the example."
        ),
    ] = None,
) -> None:
    """Rehearse the chain with a party that the lab plays, before you meet the real one.

    compliance runs the list of the Compliance Voorziening against your adapter: Ping, six profiles both ways, and
    what must be refused. Exit code 0: all passed; 1: not; 3: a side is not there.

    mijnoverheid-preprod and -prod bring the page of the played MijnOverheid to this machine, where you see the cases of
    each test BSN as the citizen would, and follow the messages that come in. Ctrl-C ends it.
    """
    from lopendezaken.lab.layout import Layout

    if who not in PARTIES:
        raise LzError("no such party in the lab", found=who, expected=" or ".join(PARTIES))
    layout = Layout.from_environment()
    if not layout.ssh_config.exists():
        raise LzError(
            "this lab is not up",
            where=str(layout.state),
            remedy="Run: make preprod (or lz lab up)",
            exit_code=3,
        )
    if who == "compliance":
        _compliance(layout, environment, report, as_json, organisation)
    else:
        from lopendezaken.lab import chain_follow

        chain_follow.follow(layout, who, port, once=once, as_json=as_json)


def _compliance(
    layout: Layout, environment: str, report: Path | None, as_json: bool, organisation: Path | None
) -> None:
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.lab import chain_compliance

    dossier = load(find(organisation))
    # What was loaded for the run is removed on any way out.
    signal.signal(signal.SIGTERM, _end)
    found = chain_compliance.run(layout, dossier, environment, (lambda _: None) if as_json else _tell)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(found.markdown(), encoding="utf-8")
        report.with_suffix(".json").write_text(found.json(), encoding="utf-8")
    if as_json:
        typer.echo(found.json(), nl=False)
    else:
        counts = ", ".join(f"{number} {outcome}" for outcome, number in found.counts.items())
        typer.echo(f"{'passed' if found.passed else 'not passed'}: {counts}")
        if report is not None:
            typer.echo(f"report: {report} and {report.with_suffix('.json')}")
    if not found.passed:
        raise typer.Exit(1)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _tell(item: Item) -> None:
    typer.echo(f"{item.id}  {item.outcome:<8}{item.seconds:5.1f} s  {item.title}: {item.found}")


def show(row: dict[str, object], as_json: bool) -> None:
    """Print a message that came in; BSNs are masked already."""
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False))
        return
    what = (
        f"accepted  case {row['case_id']} of BSN {row['bsn']}"
        if row["outcome"] == "accepted"
        else f"refused   {row['code']} {row['detail'] or ''}".rstrip()
    )
    typer.echo(f"{str(row['at'])[:19].replace('T', ' ')}  {what}  ({row['message_id']})")
