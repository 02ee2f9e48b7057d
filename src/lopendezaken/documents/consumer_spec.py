"""The Consumerspecificatie for the CPA Register, from the dossier and the certificate received (P2-50, X-01 to X-11).

What is rendered is judged by the rules for files of any origin before it is given.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from lopendezaken.documents import certificates, keyinfo
from lopendezaken.documents.consumer_spec_read import ROLE, ROOT
from lopendezaken.documents.consumer_spec_rules import check
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.source import Source
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import Certificate

# As the guide has it; lxml writes it with other quotes.
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def render(name: str, number: str, endpoint: str, client: Certificate, server: Certificate) -> bytes:
    """Write a Consumerspecificatie; ``client`` and ``server`` are what we show as such in TLS.

    Raises :class:`LzError` for text or a key that has no place in one.
    """
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
    return DECLARATION + etree.tostring(root, encoding="UTF-8", pretty_print=True)


def may_connect(source: Source) -> bool:
    """Tell whether there is a connection to prepare: a supplier has none in production (L-02)."""
    return source.environment != "prod" or source.dossier.organisation.kind == "government"


def _missing(source: Source) -> Iterator[Missing]:
    waiting = tuple(certificates.missing_of_ours(source))
    yield from waiting or _unfit(source)


def _unfit(source: Source) -> Iterator[Missing]:
    """What makes it a specification that the register must not get."""
    where = str(source.dossier.resolve(source.own.certificate.file))
    try:
        above = (*certificates.client(source)[1:], *certificates.server(source)[1:])
        chain = b"".join(each.pem for each in above)
        findings = check(
            _rendered(source), certificates.noon(source), chain=chain, anchors=certificates.anchors(source)
        )
    except LzError as error:
        yield Missing(str(error).rstrip("."), where, "Mend it.")
        return
    for finding in findings:
        if finding.severity == "must":
            yield Missing(
                finding.text.rstrip("."), where, "Mend the dossier, or have another certificate made."
            )


def _make(source: Source) -> Iterator[File]:
    yield File(f"{source.environment}/consumerspecificatie.xml", _rendered(source))


def _rendered(source: Source) -> bytes:
    organisation = source.dossier.organisation
    leaves = certificates.client(source)[0], certificates.server(source)[0]
    return render(organisation.name, organisation.number, source.own.endpoint, *leaves)


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
