"""The CPA with each partner: made from the dossier, or received and held against it (CPA-001 to CPA-049).

One that the CPA Register or Logius made is not rendered: it is the document, byte for byte, once it breaks no rule
and says what the dossier says.
"""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.cpa.against_dossier import check_against
from lopendezaken.cpa.check import check
from lopendezaken.cpa.from_dossier import file_of, request_for
from lopendezaken.cpa.render import render
from lopendezaken.documents.certificates import missing_of_ours, missing_of_partner, noon
from lopendezaken.documents.consumer_spec import may_connect
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.source import Source
from lopendezaken.dossier.schema import Partner
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding

MAKERS = {"register": "the CPA Register", "logius": "Logius"}


def _missing(source: Source) -> Iterator[Missing]:
    partners = {str(key): each for key, each in source.own.partners.items()}
    yield from missing_of_ours(source)
    for each in partners.values():
        yield from missing_of_partner(source, each)
    for key, each in partners.items():
        yield from _unmade(source, key) if each.cpa.origin == "own" else _unfit(source, key, each)


def _unmade(source: Source, key: str) -> Iterator[Missing]:
    """Why ours cannot be made, when all is there to make it from."""
    if any(missing_of_ours(source)) or any(missing_of_partner(source, _partner(source, key))):
        return
    where = source.dossier.where(("environments", source.environment, "partners", key, "cpa"))
    try:
        xml = _rendered(source, key)
        musts = _musts(check(xml, noon(source)))
    except LzError as error:
        yield Missing(str(error).rstrip("."), where, "Mend the dossier or the certificate.")
        return
    for finding in musts:
        yield Missing(finding.text.rstrip("."), where, "Mend the dossier or the certificate.")


def _unfit(source: Source, key: str, partner: Partner) -> Iterator[Missing]:
    """Why the one received cannot be used."""
    path, maker = file_of(source.dossier, source.environment, key), MAKERS[partner.cpa.origin]
    if not path.is_file():
        yield Missing(
            f"the CPA with {partner.name} is not here yet", str(path), f"Put it there as {maker} gave it."
        )
        return
    xml = path.read_bytes()
    try:
        musts = _musts(check(xml, noon(source), str(path)))
        musts += _musts(check_against(xml, source.dossier, source.environment, key, str(path)))
    except LzError as error:
        yield Missing(str(error).rstrip("."), str(path), f"Ask {maker} for another.")
        return
    for finding in musts:
        yield Missing(
            finding.text.rstrip("."),
            f"{path}:{finding.line}",
            f"Mend the dossier, or ask {maker} for another.",
        )


def _musts(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.severity == "must"]


def _make(source: Source) -> Iterator[File]:
    for key, partner in source.own.partners.items():
        own = partner.cpa.origin == "own"
        xml = _rendered(source, key) if own else source.dossier.resolve(partner.cpa.file).read_bytes()
        yield File(f"{source.environment}/cpa-{key}.xml", xml)


def _rendered(source: Source, key: str) -> bytes:
    return render(request_for(source.dossier, source.environment, key, noon(source)))


def _partner(source: Source, key: str) -> Partner:
    return {str(name): each for name, each in source.own.partners.items()}[key]


DOCUMENTS = (
    Document(
        "cpa",
        "CPA per partner",
        _missing,
        _make,
        environments=("preprod", "prod"),
        needed=may_connect,
    ),
)
