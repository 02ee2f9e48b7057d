"""The documentation for who manages the connection, made from inventory, network plan and evidence (P4-17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from lopendezaken.documents.contacts import rows
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ENVIRONMENTS, number_name
from lopendezaken.documents.management_inventory import encrypted, hosts, settings
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.dossier.network import NetworkPlan, Side, inbound_addresses, outbound_addresses
from lopendezaken.dossier.schema import Cpa, Partner
from lopendezaken.errors import LzError
from lopendezaken.evidence.store import Evidence
from lopendezaken.pki.certificate import Certificate, read_chain

ONLY_IN_THE_LAB = "chain_partner"
OURS = "van onszelf"


@dataclass(frozen=True)
class Host:
    """A host: its roles and addresses by plan, and what it ran when it was last looked at."""

    name: str
    roles: tuple[str, ...]
    addresses: tuple[str, ...]
    facts: Evidence | None

    @property
    def runs(self) -> str:
        """What ran there, in words."""
        if self.facts is None:
            return "-"
        units = [f"{unit}: {state}" for unit, state in sorted(self.facts.raw["services"].items())]
        engine = self.facts.raw["engine"]
        return ", ".join([*units, f"adapter: {engine}"] if engine else units) or "-"


@dataclass(frozen=True)
class Installed:
    """A certificate, whose it is, where it was seen and how many days it has left."""

    leaf: Certificate
    whose: str
    hosts: tuple[str, ...]
    seen: date
    days: int


@dataclass(frozen=True)
class Agreed:
    """A CPA as rendered or received, and the days on which each side was seen to have it."""

    partner: Partner
    cpa: Cpa
    digest: str
    here: tuple[date, ...]
    there: tuple[date, ...]


def _missing(source: Source) -> Iterator[Missing]:
    for read in (lambda: hosts(source.folder), lambda: settings(source.folder), lambda: source.network):
        try:
            read()
        except LzError as error:
            yield Missing(str(error), "inventory", "Mend it there.")
    if not source.dossier.contacts:
        yield Missing("no contacts", "dossier.yml contacts", "Add both sides, with mail and phone.")


def _make(source: Source) -> Iterator[File]:
    names = [each for each in ENVIRONMENTS if each in source.dossier.environments]
    text = fill(
        "management.md.j2",
        dossier=source.dossier,
        number_name=number_name(source),
        day=source.day,
        environments=[_environment(source.of(each)) for each in names],
        contacts=rows(source),
        settings=settings(source.folder),
        encrypted=encrypted(source.folder),
    )
    yield File("beheerdocumentatie.md", text.encode())


def _environment(source: Source) -> dict[str, Any]:
    return {
        "id": source.environment,
        "name": ENVIRONMENTS[source.environment],
        "own": source.own,
        "hosts": list(_hosts(source)),
        "certificates": _certificates(source),
        "cpas": [_agreed(source, key, each) for key, each in source.own.partners.items()],
        "flows": list(_flows(source)),
        "inbound": inbound_addresses(source.network, source.environment),
        "outbound": outbound_addresses(source.network, source.environment),
    }


def _hosts(source: Source) -> Iterator[Host]:
    planned = {each.name: each for each in source.network.systems}
    for name, groups in hosts(source.folder).items():
        if source.environment not in groups or ONLY_IN_THE_LAB in groups:
            continue
        system = planned.get(name)
        facts = [each for each in source.evidence.of("host-facts", source.environment) if each.host == name]
        addresses = (
            [f"{address} ({each.purpose})" for each in system.addresses for address in each.fixed]
            if system
            else []
        )
        roles = tuple(each for each in groups if each not in ENVIRONMENTS)
        yield Host(name, roles, tuple(addresses), facts[-1] if facts else None)


def _certificates(source: Source) -> list[Installed]:
    """Give what was last seen on each host of ours, and of each partner; one entry for each certificate."""
    last = {
        (each.raw["role"], each.partner or each.host): each
        for each in source.evidence.of("certificate-chain", source.environment)
    }
    found: dict[str, Installed] = {}
    for (role, place), each in last.items():
        leaf = read_chain(each.raw["pem"].encode())[0]
        before = found.get(leaf.sha256)
        where = (*before.hosts, place) if before else (place,)
        whose = OURS if role != "partner" else f"van {_name(source, place)}"
        days = (leaf.not_after.date() - source.day).days
        found[leaf.sha256] = Installed(leaf, whose, where, each.collected.date(), days)
    return sorted(found.values(), key=lambda each: (each.whose != OURS, each.whose, each.leaf.sha256))


def _name(source: Source, key: str) -> str:
    return next((each.name for name, each in source.own.partners.items() if name == key), key)


def _agreed(source: Source, key: str, partner: Partner) -> Agreed:
    file = source.evidence.latest("cpa-file", source.environment, key, cpa_id=partner.cpa.id)
    here, there = (
        _loaded(source.evidence.of("cpa-loaded", source.environment, key, cpa_id=partner.cpa.id, side=side))
        for side in ("here", "partner")
    )
    return Agreed(partner, partner.cpa, file.raw["digest"] if file else "", here, there)


def _loaded(seen: tuple[Evidence, ...]) -> tuple[date, ...]:
    """Give the days since the last that an adapter was asked and had it not: that gives no digest."""
    days: list[date] = []
    for each in seen:
        absent = each.raw["source"] == "rest" and each.raw["digest"] is None
        days = [] if absent else [*days, each.collected.date()]
    return tuple(days)


def _flows(source: Source) -> Iterator[dict[str, str]]:
    plan = source.network
    for each in plan.flows:
        if each.environment == source.environment and not each.lab:
            port = f"{each.protocol} {each.port}" if each.port else each.protocol
            yield {
                "from": _side(plan, each.source),
                "to": _side(plan, each.destination),
                "port": port,
                "why": each.why,
            }


def _side(plan: NetworkPlan, side: Side) -> str:
    if side.zone:
        return f"zone {side.zone}"
    return f"{side.system} ({', '.join(map(str, plan.at(side)))})"


DOCUMENTS = (Document("management", "Beheerdocumentatie", _missing, _make),)
