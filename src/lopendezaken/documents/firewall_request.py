"""What we ask of others who manage a firewall on the way, for each of them (P2-16, P2-17, P2-40).

Others are the owners of systems in the plan, whoever joins us to Diginetwerk, and those who manage our own
network. A CRL server is open to everybody: nobody there is asked anything. What only the lab has is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lopendezaken.documents import network
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ENVIRONMENTS, mail, missing_addresses, number_name
from lopendezaken.documents.network_flows import Line, lines, reason
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.dossier.records import Contact

DIGINETWERK = "Diginetwerk"
ORDER = ("technical", "functional", "management", "security")


def requests(source: Source) -> dict[str, list[Line]]:
    """Give the flows that each party is asked to let through."""
    asked: dict[str, list[Line]] = {}
    for line in lines(source.network, source.environment):
        for party in () if line.flow.lab else _parties(source, line):
            asked.setdefault(party, []).append(line)
    return asked


def _parties(source: Source, line: Line) -> Iterator[str]:
    own = source.dossier.organisation.name
    owners = [each.owner for end in line.ends for each in end.systems if each.role != "crl"]
    yield own
    yield from dict.fromkeys(each for each in owners if each != own)
    if "diginetwerk" in {end.kind for end in line.ends}:
        yield DIGINETWERK


def _missing(source: Source) -> Iterator[Missing]:
    plan = [*network.missing(source)]
    yield from plan
    yield from missing_addresses(source)
    for party in requests(source) if not plan else ():
        if _contact(source, party) is None:
            yield Missing(
                f"nobody to send the request to at {party}",
                source.dossier.where(("contacts",)),
                "Add a contact of it, best with the role technical.",
            )


def _contact(source: Source, party: str) -> Contact | None:
    known = [each for each in source.dossier.contacts if each.organisation == party]
    return min(known, key=lambda each: ORDER.index(each.role), default=None)


def _make(source: Source) -> Iterator[File]:
    organisation = source.dossier.organisation
    for party, flows in requests(source).items():
        name, to = f"{source.environment}/firewallverzoek-{_word(party)}", _contact(source, party)
        told: dict[str, Any] = {
            "party": party,
            "network": network.NETWORKS[source.dossier.service.connection],
            "reason": reason,
            "parts": _parts(source, party, flows),
            "tls": any(line.flow.service == "ebms" for line in flows),
        }
        text = fill(
            "firewall_request.md.j2",
            to=to,
            sender=_contact(source, organisation.name),
            organisation=organisation,
            number_name=number_name(source),
            environment=ENVIRONMENTS[source.environment],
            day=source.day,
            **told,
        )
        yield File(f"{name}.md", text.encode())
        yield mail(source, f"{name}.eml", "firewall_request.txt.j2", to=to, **told)


def _parts(source: Source, party: str, flows: list[Line]) -> list[tuple[str, list[Line]]]:
    """Sort the flows by what they are to the party: coming in, going out, or passing through."""
    if party in {DIGINETWERK, source.dossier.organisation.name}:
        return [("Door te laten", flows)]
    incoming = [
        line for line in flows if party in line.destination.owners and party not in line.source.owners
    ]
    outgoing = [
        line for line in flows if party in line.source.owners and party not in line.destination.owners
    ]
    rest = [line for line in flows if line not in incoming and line not in outgoing]
    return [("Naar u toe", incoming), ("Van u af", outgoing), ("Binnen uw netwerk", rest)]


def _word(party: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", party.lower()))


DOCUMENTS = (
    Document(
        "firewall-request",
        "Verzoeken om firewalls open te zetten",
        _missing,
        _make,
        environments=("preprod", "prod"),
    ),
)
