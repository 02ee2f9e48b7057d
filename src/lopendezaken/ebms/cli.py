"""Commands of ``lz engine``: the embedded ebMS engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

engine_app = typer.Typer(
    name="engine",
    help="The embedded ebMS 2.0 engine: the lab's adapter and chain partner, never for production.",
    no_args_is_help=True,
)


@engine_app.command("build")
def build(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write, such as build/engine.pyz.", dir_okay=False)
    ],
) -> None:
    """Pack the engine into one file that runs on Debian 12 with python3-aiohttp, -lxml and -cryptography.

    The same sources give the same bytes. Run it with: python3 FILE serve --config engine.toml
    """
    from lopendezaken.ebms.build import build_engine

    build_engine(output)
    typer.echo(f"engine written to {output}")


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(engine_app)
