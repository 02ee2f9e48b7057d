"""Commands of ``lz``: dossier."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

OrganisationOption = Annotated[
    Path | None,
    typer.Option(
        "--organisation",
        "--org",
        metavar="NAME",
        help="Its folder, or its name below inventories/; default: LZ_ORGANISATION, else the example organisation.",
    ),
]


class SchemaFile(StrEnum):
    """The files of a dossier that people write."""

    DOSSIER = "dossier"
    NETWORK = "network"


dossier_app = typer.Typer(help="What people decided: read and check it.", no_args_is_help=True)


@dossier_app.command()
def check(organisation: OrganisationOption = None) -> None:
    """Read dossier.yml and network.yml and tell every mistake with file, line and column.

    Exit code 0: both are sound; 2: a mistake.
    """
    from lopendezaken.dossier import load, load_network
    from lopendezaken.dossier.place import organisation as find

    folder = find(organisation)
    dossier = load(folder)
    plan = load_network(folder)
    who = dossier.organisation
    typer.echo(f"{who.name} ({who.number}): dossier is sound, {', '.join(dossier.environments)}")
    typer.echo(f"network plan is sound: {len(plan.systems)} systems, {len(plan.flows)} flows")


@dossier_app.command()
def flows(
    system: Annotated[str, typer.Argument(help="A system of the network plan, like dmz-preprod.")],
    organisation: OrganisationOption = None,
) -> None:
    """Show what a system may receive and send; the firewall allows exactly this."""
    from lopendezaken.dossier import load_network
    from lopendezaken.dossier.network import STAGES, rules
    from lopendezaken.dossier.place import organisation as find

    for chain, lines in rules(load_network(find(organisation)), system, STAGES).items():
        for rule in lines:
            ends = f"{rule['source']:>18} -> {rule['destination']:18}"
            later = f" (production: from stage {rule['stage']} on)" if rule["stage"] else ""
            port = f"{rule['protocol']} {rule['port'] or 'echo'}"
            typer.echo(f"{chain:6}  {ends}  {port:9}  {rule['why']}{later}")


@dossier_app.command()
def schema(file: Annotated[SchemaFile, typer.Argument(help="Which file.")] = SchemaFile.DOSSIER) -> None:
    """Print the JSON Schema of dossier.yml or network.yml: editors complete and check keys with it.

    It knows keys, words and shapes; lz dossier check knows the rest (numbers, quotes, references).
    """
    from lopendezaken.dossier.network import NetworkPlan
    from lopendezaken.dossier.schema import Dossier

    model = Dossier if file is SchemaFile.DOSSIER else NetworkPlan
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    typer.echo(json.dumps(found, indent=1, sort_keys=True))


@dossier_app.command("set")
def set_value(
    path: Annotated[str, typer.Argument(help="Where: chain_test.status, contacts[0].phone.")],
    value: Annotated[
        str, typer.Argument(help="Text, a date, or a list or keys as YAML: '[a, b]', '{a: b}'.")
    ],
    file: Annotated[SchemaFile, typer.Option(help="Which file.")] = SchemaFile.DOSSIER,
    as_text: Annotated[bool, typer.Option("--text", help="What starts with [ or { is text too.")] = False,
    organisation: OrganisationOption = None,
) -> None:
    """Change one value; comments, quotes, order and every other byte stay as they are.

    A key or the next place of a list that is not there yet is added: lz dossier set contacts[3]
    '{organisation: …}'. A wrong path or value is refused and changes nothing (exit code 2).
    """
    from lopendezaken.dossier.edit import change, path_of
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.dossier.read import dossier_of, plan_of

    check_file = dossier_of if file is SchemaFile.DOSSIER else plan_of
    target = find(organisation) / "dossier" / f"{file}.yml"
    change(target, path_of(path), value, check_file, as_text=as_text)
    typer.echo(f"{path}: {value}")


class Kind(StrEnum):
    """Who connects."""

    GOVERNMENT = "government"
    SUPPLIER = "supplier"


class Connection(StrEnum):
    """Over which network."""

    INTERNET = "internet"
    DIGINETWERK = "diginetwerk"


class Standard(StrEnum):
    """The standards of case messages."""

    STUF = "stuf"
    MO = "mo-bericht"


def init(
    folder: Annotated[str, typer.Argument(metavar="NAME", help="Of the folder, like voorbeeldstad.")],
    name: Annotated[str, typer.Option(prompt="Name of the organisation", help="Its full name.")],
    kind: Annotated[Kind, typer.Option(prompt="Government or supplier", help="Who connects.")],
    number: Annotated[str, typer.Option(prompt="OIN, or HRN of a supplier", help="20 digits.")],
    stream: Annotated[
        str,
        typer.Option(
            prompt="Kinds of cases with their owners (name=owner; name=owner)",
            help="Kinds of cases that citizens will see: 'name=owner; name=owner'.",
        ),
    ],
    host_preprod: Annotated[
        str, typer.Option(prompt="Host name for preproduction", help="Full name, as in the certificate.")
    ],
    host_prod: Annotated[
        str | None, typer.Option(help="The same for production; a supplier has none.")
    ] = None,
    connection: Annotated[Connection, typer.Option(prompt="Connection")] = Connection.INTERNET,
    standard: Annotated[Standard, typer.Option(prompt="Message standard")] = Standard.STUF,
    hrn: Annotated[
        bool, typer.Option("--hrn", help="The number of this supplier is an HRN, no OIN.")
    ] = False,
) -> None:
    """Make the folder of a new organisation below inventories/: dossier, network plan, hosts and settings.

    It asks only what cannot be derived, and nothing that is given as an option. What others must tell still
    (Logius, TSP, network) is marked in the files. It never touches a folder that is there.
    """
    from lopendezaken.dossier.place import repository
    from lopendezaken.dossier.starter import Answers, start
    from lopendezaken.errors import LzError

    pairs = [
        tuple(part.strip() for part in each.partition("=")[::2]) for each in stream.split(";") if each.strip()
    ]
    if not pairs or not all(what and owner for what, owner in pairs):
        raise LzError("not kinds of cases", found=stream, expected="name=owner; name=owner")
    hosts = {"preprod": host_preprod}
    if kind is Kind.GOVERNMENT:
        hosts["prod"] = host_prod or typer.prompt("Host name for production")
    answers = Answers(
        slug=folder,
        name=name,
        kind=kind.value,
        number=number,
        number_is_hrn=hrn,
        connection=connection.value,
        standard=standard.value,
        streams=tuple((what, owner) for what, owner in pairs),
        hosts=hosts,
    )
    made = start(repository(), answers)
    typer.echo(f"{made}: sound; what is not known yet is marked in it")
    typer.echo(
        f"Next: export LZ_ORGANISATION={made}; lz dossier check; lz trust init; lz dossier sign; lz check"
    )


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(dossier_app, name="dossier")
    app.command()(init)
