"""The overview of the network of an environment: a drawing, and a table with every flow (P2-36 to P2-38)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ENVIRONMENTS
from lopendezaken.documents.network_certificate import certificate
from lopendezaken.documents.network_drawing import AREAS, ROLES, draw
from lopendezaken.documents.network_flows import OUTSIDE, End, Line, lines, reason
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import day_in_dutch, fill
from lopendezaken.dossier.network import inbound_addresses, outbound_addresses, together
from lopendezaken.dossier.problems import FileError
from lopendezaken.dossier.schema import Partner, host_of
from lopendezaken.errors import LzError

NETWORKS = {"internet": "internet", "diginetwerk": "Diginetwerk"}
WAYS = {"in": "inkomend ", "out": "uitgaand ", "both": ""}


def missing(source: Source) -> Iterator[Missing]:
    """Tell what the plan lacks before others can be given a drawing of it."""
    try:
        inbound_addresses(source.network, source.environment)
        outbound_addresses(source.network, source.environment)
    except LzError as error:
        for each in error.mistakes if isinstance(error, FileError) else (error,):
            found = f": {each.found}" if each.found else ""
            yield Missing(
                each.what + found, each.where or "network.yml", each.remedy or "Mend the network plan."
            )
        return
    yield from _nameless(source)
    for partner in source.own.partners.values():
        yield from _unreached(source, partner)
    connection = source.dossier.service.connection
    if connection not in {source.network.kind(zone) for zone in source.network.zones}:
        remedy = f"Give the zone that partners are in: kind: {connection}."
        yield Missing(
            f"no zone of {NETWORKS[connection]}, which is how we connect", "network.yml zones", remedy
        )


def _nameless(source: Source) -> Iterator[Missing]:
    known = {name.name for name in source.network.names}
    for endpoint in (source.own.endpoint, *(each.endpoint for each in source.own.partners.values())):
        if host_of(endpoint) not in known:
            remedy = "Add the name with the system and address that it stands for."
            yield Missing(f"no name {host_of(endpoint)}", "network.yml names", remedy)


def _unreached(source: Source, partner: Partner) -> Iterator[Missing]:
    theirs = {name.system for name in source.network.names if name.name == host_of(partner.endpoint)}
    flows = [line for line in lines(source.network, source.environment) if line.flow.service == "ebms"]
    for way, reached in (
        ("to", any(line.destination.name in theirs for line in flows)),
        ("from", any(line.source.name in theirs for line in flows)),
    ):
        if theirs and not reached:
            yield Missing(f"no flow of ebMS {way} {partner.name}", "network.yml flows", "Add it.")


def _make(source: Source) -> Iterator[File]:
    plan, environment = source.network, ENVIRONMENTS[source.environment]
    organisation, service = source.dossier.organisation, source.dossier.service
    network = NETWORKS[service.connection]
    below = f"{organisation.name}, {service.name} over {network}, {day_in_dutch(source.day)}"
    drawing = draw(plan, source.environment, f"Netwerkoverzicht {environment}", below)
    yield File(f"{source.environment}/netwerkoverzicht.svg", drawing)
    text = fill(
        "network.md.j2",
        environment=environment,
        organisation=organisation,
        service=service,
        network=network,
        day=source.day,
        inbound=inbound_addresses(plan, source.environment),
        outbound=outbound_addresses(plan, source.environment),
        flows=[_row(source, line) for line in lines(plan, source.environment)],
        systems=[*_systems(source)],
        zones=[
            {
                "name": zone.name,
                "place": AREAS[plan.kind(zone)],
                "ranges": zone.ranges,
                "purpose": zone.purpose,
            }
            for zone in plan.zones
            if together(zone.environment, source.environment)
        ],
    )
    yield File(f"{source.environment}/netwerkoverzicht.md", text.encode())


def _row(source: Source, line: Line) -> dict[str, Any]:
    return {
        "number": line.number,
        "direction": direction(line),
        "source": told(line.source),
        "destination": told(line.destination),
        "protocol": line.flow.protocol + (" echo" if line.flow.protocol == "icmp" else ""),
        "port": line.flow.port or "-",
        "certificate": certificate(source, line),
        "why": reason(line.flow),
        "since": line.flow.since,
    }


def direction(line: Line) -> str:
    """Tell which way a flow goes, seen from us."""
    outside = line.source.kind in OUTSIDE, line.destination.kind in OUTSIDE
    if "management" in {end.kind for end in line.ends}:
        return "beheer"
    return {(True, False): "in", (False, True): "uit", (False, False): "intern"}.get(outside, "buiten ons")


def told(end: End) -> str:
    """Tell an end of a flow: system, component, owner and addresses."""
    addresses = " en ".join(end.addresses)
    if end.system is None:
        members = ", ".join(each.system.name for each in end.members)
        return f"zone {end.name}, elk systeem daarin ({members}): {addresses}"
    return f"{end.name} ({ROLES[end.system.role]}, {end.system.owner}): {addresses}"


def _systems(source: Source) -> Iterator[dict[str, str]]:
    plan = source.network
    for system in plan.systems:
        for index, address in enumerate(system.addresses):
            names = [n.name for n in plan.names if (n.system, n.address) == (system.name, address.id)]
            if together(system.environment, source.environment):
                yield {
                    "name": "" if index else system.name,
                    "component": "" if index else ROLES[system.role],
                    "owner": "" if index else system.owner,
                    "zone": address.zone,
                    "address": f"{WAYS[address.direction]}{' en '.join(plan.concrete(address))}",
                    "names": ", ".join(names),
                }


DOCUMENTS = (Document("network", "Netwerkoverzicht", missing, _make, environments=("preprod", "prod")),)
