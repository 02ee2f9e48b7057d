"""Commands of ``lz``: render and documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.policy.cli import DateOption, EnvironmentChoice, JsonOption

if TYPE_CHECKING:
    from lopendezaken.documents.source import Source

documents_app = typer.Typer(
    help="The paperwork, made from the dossier: what there is, what waits for what, all of it at once.",
    no_args_is_help=True,
)
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", metavar="DIR", help="Folder; default: documents/ of the organisation."),
]
PdfOption = Annotated[bool, typer.Option("--pdf", help="Also make PDF/UA of what is Markdown.")]


def render(
    document: Annotated[str, typer.Argument(help="Which document; lz documents list shows them.")],
    *,
    environment: Annotated[
        EnvironmentChoice | None,
        typer.Option("--env", "--environment", help="For this environment; default: each that applies."),
    ] = None,
    output: OutputOption = None,
    as_pdf: PdfOption = False,
    day: DateOption = None,
    organisation: OrganisationOption = None,
) -> None:
    """Make one document from the dossier: consumer-spec, cpa, csr-request, a form, a mail, a drawing …

    The same dossier and date give the same bytes. When something is missing, all of it is told in one
    message and nothing is written. Exit code 0: written; 2: something is missing or wrong.
    """
    from lopendezaken.documents import build

    source = _source(organisation, day)
    for path in build.render(document, source, environment and environment.value, output, as_pdf=as_pdf):
        typer.echo(path)


@documents_app.command("list")
def list_documents(
    *, day: DateOption = None, as_json: JsonOption = False, organisation: OrganisationOption = None
) -> None:
    """Tell which documents can be made now, and what the others wait for. Writes nothing."""
    from lopendezaken.documents import build

    states = build.states(_source(organisation, day))
    if as_json:
        typer.echo(json.dumps([each.plain() for each in states], ensure_ascii=False, indent=1))
        return
    for each in states:
        typer.echo(each.line())


@documents_app.command("build")
def build_documents(
    *,
    output: OutputOption = None,
    as_pdf: PdfOption = False,
    day: DateOption = None,
    organisation: OrganisationOption = None,
) -> None:
    """Make all that can be made now into one folder with an index, and say what the others wait for.

    Exit code 0, also when some wait; 2: bad input.
    """
    from lopendezaken.documents import build

    for line in build.build(_source(organisation, day), output, as_pdf=as_pdf):
        typer.echo(line)


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.command()(render)
    app.add_typer(documents_app, name="documents")


def _source(organisation: Path | None, day: str | None) -> Source:
    from lopendezaken.documents.source import read
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.policy.cli import day_of

    return read(find(organisation), day_of(day))
