"""What the hoster of an adapter gets from us: what to set up, the files for it, and the statement that we ask back.

Without a date, so that it changes only when what is asked does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.cpa.meaning import digest
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ENVIRONMENTS
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.dossier.network import egress, forward_proxy, ingress
from lopendezaken.dossier.place import repository
from lopendezaken.dossier.schema import Partner, host_of
from lopendezaken.evidence.adapter_statement import ROLE
from lopendezaken.policy.data import Data

FOLDER = "hoster"
FORM = "adapter-verklaring.yml"


@dataclass(frozen=True)
class SentCpa:
    """A CPA to load: its file, and what its bytes and its meaning come to."""

    id: str
    name: str
    content: bytes
    sha256: str
    digest: str


@dataclass(frozen=True)
class Side:
    """A partner, with its CPA when that is there."""

    key: str
    partner: Partner
    cpa: SentCpa | None

    @property
    def host(self) -> str:
        """The name that the adapter connects to."""
        return host_of(self.partner.endpoint)


def is_hosted(source: Source) -> bool:
    """Whether somebody else hosts the adapter."""
    return source.dossier.adapter is not None and source.dossier.adapter.hosting == "supplier"


def _sides(source: Source) -> tuple[Side, ...]:
    partners = {str(key): each for key, each in source.own.partners.items()}
    return tuple(Side(key, each, _cpa(source, key, each)) for key, each in partners.items())


def _cpa(source: Source, key: str, partner: Partner) -> SentCpa | None:
    path = source.dossier.resolve(partner.cpa.file)
    if not path.is_file():
        return None
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return SentCpa(partner.cpa.id, f"cpa-{key}.xml", content, sha256, digest(content.decode()))


def _pem(source: Source, file: str) -> str:
    path = source.dossier.resolve(file)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _missing(source: Source) -> Iterator[Missing]:
    if not source.dossier.resolve(source.own.trust.anchors).is_file():
        yield Missing(
            "no trust anchors",
            f"dossier/{source.own.trust.anchors}",
            "Fetch the root from the site of PKIoverheid: the hoster is to trust that and nothing else.",
        )


def _make(source: Source) -> Iterator[File]:
    way_in = ingress(source.network, source.environment)[0]
    sides, own = _sides(source), source.own
    values = {
        "source": source,
        "environment": ENVIRONMENTS[source.environment],
        "organisation": source.dossier.organisation,
        "product": source.dossier.adapter,
        "system": way_in["backends"][0]["system"],
        "own": own,
        "sides": sides,
        "certificate": _pem(source, own.certificate.file),
        "anchors": _pem(source, own.trust.anchors),
        "way_in": way_in,
        "proxy": forward_proxy(source.network, source.environment),
        "ways_out": egress(source.network, source.environment),
        "least_bits": Data(repository() / "policies/data").tls(source.day).least_rsa,
        "form": FORM,
        "role": ROLE,
    }
    folder = Path(source.environment, FOLDER)
    yield File(str(folder / "opdracht.md"), fill("hosted_adapter.md.j2", **values).encode())
    yield File(str(folder / FORM), fill("hosted_adapter.yml.j2", **values).encode())
    yield File(str(folder / "anchors.pem"), f"{values['anchors']}\n".encode())
    for side in sides:
        if side.cpa:
            yield File(str(folder / side.cpa.name), side.cpa.content)
        if theirs := _pem(source, side.partner.certificate):
            yield File(str(folder / f"{side.key}.pem"), f"{theirs}\n".encode())


DOCUMENTS = (
    Document(
        "adapter-request",
        "Opdracht aan wie de adapter beheert, en zijn verklaring",
        _missing,
        _make,
        environments=("preprod", "prod"),
        needed=is_hosted,
    ),
)
