"""What to order at the TSP, for each environment (P1-16 to P1-22, L-05, PKIO-014 to PKIO-023)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from lopendezaken.documents.consumer_spec import may_connect
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ENVIRONMENTS, contact, number_name
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.dossier.place import repository
from lopendezaken.dossier.schema import host_of
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import read_file
from lopendezaken.policy.data import Data

# As LZ-1.08 judges it.
WEEKS = 4


@dataclass(frozen=True)
class Order:
    """One certificate to order. ``issuer`` and ``until`` are of the one that is there now."""

    purpose: str
    names: tuple[str, ...]
    file: str
    csr: str
    digest: str | None
    issuer: str | None
    until: date | None


def _orders(source: Source) -> tuple[Order, ...]:
    own, proxy = source.own.certificate, source.own.server_certificate
    requests = f"requests/{source.environment}"
    if proxy is None:
        return (_order(source, "voor de adapter", own.names, own.file, f"{requests}.csr"),)
    return (
        _order(source, "voor de adapter (client)", own.names, own.file, f"{requests}.csr"),
        _order(
            source,
            "voor de proxy (server)",
            (host_of(source.own.endpoint),),
            proxy,
            f"{requests}-proxy.csr",
        ),
    )


def _order(source: Source, purpose: str, names: tuple[str, ...], file: str, csr: str) -> Order:
    request, received = source.dossier.resolve(csr), source.dossier.resolve(file)
    digest = hashlib.sha256(request.read_bytes()).hexdigest() if request.is_file() else None
    try:
        leaf, *above = read_file(received)
    except LzError:  # not there yet, or to be ordered anew
        return Order(purpose, names, file, csr, digest, None, None)
    issuer = (above[0].common_name if above else None) or leaf.issuer
    return Order(purpose, names, file, csr, digest, issuer, leaf.not_after.date())


def _needed(source: Source) -> bool:
    """A certificate that is used already needs no order (P1-17)."""
    return may_connect(source) and source.own.certificate.origin == "new"


def _missing(source: Source) -> Iterator[Missing]:
    if contact(source, source.dossier.organisation.name, "technical") is None:
        yield Missing(
            "no technical contact of our own",
            source.dossier.where(("contacts",)),
            "Add one: the TSP asks whom to call.",
        )


def _make(source: Source) -> Iterator[File]:
    data = Data(repository() / "policies/data")
    certificate, orders = source.own.certificate, _orders(source)
    needed = certificate.needed_on
    text = fill(
        "csr_request.md.j2",
        source=source,
        environment=ENVIRONMENTS[source.environment],
        organisation=source.dossier.organisation,
        number_name=number_name(source),
        contact=contact(source, source.dossier.organisation.name, "technical"),
        certificate=certificate,
        orders=orders,
        known=any(order.issuer for order in orders),
        roots=[
            each for each in data.anchors.anchors if each.use == "production" and each.counts_on(source.day)
        ],
        least_bits=data.tls(source.day).least_rsa,
        weeks=WEEKS,
        latest=needed - timedelta(weeks=WEEKS) if needed else None,
        day=source.day,
    )
    yield File(f"{source.environment}/certificaataanvraag.md", text.encode())


DOCUMENTS = (
    Document(
        "csr-request",
        "Aanvraag van het PKIoverheid-certificaat",
        _missing,
        _make,
        environments=("preprod", "prod"),
        needed=_needed,
    ),
)
