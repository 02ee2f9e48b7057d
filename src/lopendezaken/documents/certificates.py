"""What documents take from certificates that were received: ours, that of our proxy, those of partners, the roots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

from lopendezaken.documents.document import Missing
from lopendezaken.documents.source import Source
from lopendezaken.dossier.schema import Partner
from lopendezaken.pki.certificate import Certificate, read_file


def client(source: Source) -> tuple[Certificate, ...]:
    """Give the certificate that we show as TLS client, with what stands above it. Raises :class:`LzError`."""
    return read_file(source.dossier.resolve(source.own.certificate.file))


def server(source: Source) -> tuple[Certificate, ...]:
    """Give the one that we show as TLS server: that of our proxy, or the same. Raises :class:`LzError`."""
    file = source.own.server_certificate
    return read_file(source.dossier.resolve(file)) if file else client(source)


def anchors(source: Source) -> bytes:
    """Give the roots that we trust (PEM)."""
    return _anchors(source).read_bytes()


def noon(source: Source) -> datetime:
    """Give the moment at which a document of this day is judged."""
    return datetime.combine(source.day, time(12), UTC)


def missing_of_ours(source: Source) -> Iterator[Missing]:
    """Tell which of our certificates and roots are still waited for."""
    ours = {
        source.own.certificate.file: "our certificate",
        source.own.server_certificate: "the certificate of our proxy",
    }
    for file, what in ours.items():
        if file and not (path := source.dossier.resolve(file)).is_file():
            yield Missing(
                f"{what} is not here yet",
                str(path),
                "Put it there as received, in PEM, itself first; lz render csr-request tells what to order.",
            )
    if not _anchors(source).is_file():
        yield Missing(
            "the roots that we trust are not here yet",
            str(_anchors(source)),
            "Put the roots of PKIoverheid there in PEM, from cert.pkioverheid.nl.",
        )


def missing_of_partner(source: Source, partner: Partner) -> Iterator[Missing]:
    """Tell whether the certificate of a partner is still waited for."""
    path = source.dossier.resolve(partner.certificate)
    if not path.is_file():
        yield Missing(
            f"the certificate of {partner.name} is not here yet",
            str(path),
            "Ask them for it, and put it there in PEM.",
        )


def _anchors(source: Source) -> Path:
    return source.dossier.resolve(source.own.trust.anchors)
