"""The command ``lz``: one place that knows all subcommands."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from lopendezaken import __version__
from lopendezaken.errors import LzError

app = typer.Typer(
    name="lz",
    help="Connect to MijnOverheid Lopende Zaken and prove it: lab, dossier, policies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Each module adds its own commands: `register(app)`.
COMMAND_MODULES = (
    "lopendezaken.lab.cli",
    "lopendezaken.dossier.cli",
    "lopendezaken.evidence.cli",
    "lopendezaken.evidence.trust_cli",
    "lopendezaken.policy.cli",
    "lopendezaken.gate.cli",
    "lopendezaken.report.cli",
    "lopendezaken.cpa.cli",
    "lopendezaken.lint.cli",
    "lopendezaken.documents.cli",
    "lopendezaken.documents.mail_cli",
    "lopendezaken.casemessage.cli",
    "lopendezaken.documents.chain_test_cli",
    "lopendezaken.documents.limited_run_cli",
    "lopendezaken.ebms.cli",
)


# These are asked often, and by other programs; so each loads nothing but its own module.
OFTEN = {
    "check": "lopendezaken.policy.cli",
    "explain": "lopendezaken.policy.cli",
    "trace": "lopendezaken.policy.cli",
    "verify": "lopendezaken.policy.cli",
    "gate": "lopendezaken.gate.cli",
    "status": "lopendezaken.report.cli",
    "report": "lopendezaken.report.cli",
}


def _version(value: bool) -> None:
    if value:
        typer.echo(f"lz {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Options of ``lz`` itself."""


def main() -> None:
    """Run ``lz``; an :class:`LzError` becomes one clear line on stderr and its exit code."""
    often = OFTEN.get(sys.argv[1]) if len(sys.argv) > 1 else None
    for name in (often,) if often else COMMAND_MODULES:
        import_module(name).register(app)
    try:
        app()
    except LzError as error:
        sys.stderr.write(f"lz: {error}\n")
        sys.exit(error.exit_code)
