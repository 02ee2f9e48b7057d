"""The Consumerspecificatie for the CPA Register, from the dossier and the certificate received (P2-50, X-01 to X-11).

What is rendered is judged by the rules for files of any origin before it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

from lxml import etree

from lopendezaken.documents import consumer_spec_rules, keyinfo
from lopendezaken.documents.consumer_spec_read import ROLE, ROOT
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.source import Source
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import Certificate, read_file

NAME = "consumerspecificatie.xml"


def render(name: str, number: str, endpoint: str, client: Certificate, server: Certificate) -> bytes:
    """Write a Consumerspecificatie. Raises :class:`LzError` for text or a key that has no place in one."""
    root = etree.Element(ROOT)
    block = etree.SubElement(root, "parameters", name=ROLE)
    texts = {"PartyName": name, "PartyId": number, "PartyRef": None, "EndpointUri": endpoint}
    for key, text in texts.items():
        try:
            etree.SubElement(block, "parameter", name=key).text = text
        except ValueError as error:
            raise LzError(f"{key} holds a sign that XML cannot hold", found=repr(text)) from error
    for key, certificate in (("ClientCert", client), ("ServerCert", server)):
        etree.SubElement(block, "parameter", name=key).append(keyinfo.key_info(certificate))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True).replace(
        b"<?xml version='1.0' encoding='UTF-8'?>", b'<?xml version="1.0" encoding="UTF-8"?>', 1
    )


def may_connect(source: Source) -> bool:
    """Tell whether there is a connection to prepare: a supplier has none in production (L-02)."""
    return source.environment != "prod" or source.dossier.organisation.kind == "government"


def _missing(source: Source) -> Iterator[Missing]:
    yield from certificate_missing(source)
    yield from anchors_missing(source)
    if _file(source).is_file() and _anchors(source).is_file():
        yield from _unfit(source)


def certificate_missing(source: Source) -> Iterator[Missing]:
    """Tell whether our certificate is still waited for."""
    path = _file(source)
    if not path.is_file():
        yield Missing(
            "our certificate is not here yet",
            str(path),
            "Put it there as received, in PEM, the certificate itself first; lz render csr-request tells what to order.",
        )


def anchors_missing(source: Source) -> Iterator[Missing]:
    """Tell whether the roots that count are still waited for."""
    path = _anchors(source)
    if not path.is_file():
        yield Missing(
            "the roots that we trust are not here yet",
            str(path),
            "Put the roots of PKIoverheid there, in PEM, from cert.pkioverheid.nl.",
        )


def _unfit(source: Source) -> Iterator[Missing]:
    """What makes it a specification that the register must not get."""
    try:
        leaf, *above = read_file(_file(source))
        findings = consumer_spec_rules.check(
            _rendered(source, leaf),
            datetime.combine(source.day, time(12), UTC),
            chain=b"".join(each.pem for each in above),
            anchors=_anchors(source).read_bytes(),
        )
    except LzError as error:
        yield Missing(str(error), str(_file(source)), "Mend the file.")
        return
    for finding in findings:
        if finding.severity == "must":
            yield Missing(
                finding.text.partition(". ")[0],
                str(_file(source)),
                finding.remedy or "Mend the dossier, or have another certificate made.",
            )


def _make(source: Source) -> Iterator[File]:
    yield File(f"{source.environment}/{NAME}", _rendered(source, read_file(_file(source))[0]))


def _rendered(source: Source, leaf: Certificate) -> bytes:
    organisation = source.dossier.organisation
    # One certificate serves as client and as server, as the dossier has it.
    return render(organisation.name, organisation.number, source.own.endpoint, leaf, leaf)


def _file(source: Source) -> Path:
    return source.dossier.resolve(source.own.certificate.file)


def _anchors(source: Source) -> Path:
    return source.dossier.resolve(source.own.trust.anchors)


DOCUMENTS = (
    Document(
        "consumer-spec",
        "Consumerspecificatie voor het CPA-register",
        _missing,
        _make,
        environments=("preprod", "prod"),
        needed=may_connect,
    ),
)
