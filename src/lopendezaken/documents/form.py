"""What the Aanvraagformulier of Logius asks, on one sheet to copy from (P2-07 to P2-09, P2-15)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ENVIRONMENTS, ROLES, number_name, own_contacts, phone
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.dossier.network import inbound_addresses, outbound_addresses
from lopendezaken.errors import LzError


def _missing(source: Source) -> Iterator[Missing]:
    roles = {each.role for each in own_contacts(source)}
    for role in ("functional", "technical"):
        if role not in roles:
            yield Missing(
                f"no {role} contact of our own", "dossier.yml contacts", "Add one, with mail and phone."
            )
    if source.dossier.adapter is None:
        yield Missing(
            "not said which adapter", "dossier.yml adapter", "Add product, version, supplier and hosting."
        )
    if source.dossier.organisation.kind == "government" and source.dossier.digikoppeling is None:
        yield Missing(
            "not registered with Digikoppeling", "dossier.yml digikoppeling", "Register first (P1-11)."
        )
    for environment in _environments(source):
        try:
            inbound_addresses(source.network, environment)
            outbound_addresses(source.network, environment)
        except LzError as error:
            yield Missing(str(error), f"network.yml, {environment}", "Add the proxy and its addresses.")


def _environments(source: Source) -> list[Any]:
    supplier = source.dossier.organisation.kind == "supplier"
    return [each for each in source.dossier.environments if not (supplier and each == "prod")]


def _make(source: Source) -> Iterator[File]:
    plan = source.network
    ways = {
        each: {
            "own": source.dossier.environments[each],
            "name": ENVIRONMENTS[each],
            "inbound": inbound_addresses(plan, each),
            "outbound": outbound_addresses(plan, each),
        }
        for each in _environments(source)
    }
    text = fill(
        "form_data.md.j2",
        dossier=source.dossier,
        number_name=number_name(source),
        contacts=own_contacts(source),
        roles=ROLES,
        phone=phone,
        ways=ways,
        day=source.day,
    )
    yield File("aanvraagformulier.md", text.encode())


DOCUMENTS = (Document("form-data", "Gegevens voor het Aanvraagformulier", _missing, _make),)
