"""The organisations of which the golden documents are made: a municipality and a supplier, with all they recorded.

What they are made of are files here, so that every document has the same bytes each time. ``python -m
tests.unit.documents.world`` makes certificates and CPAs anew, with new keys that nobody keeps.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any, Literal

from lopendezaken.cpa.from_dossier import file_of, request_for
from lopendezaken.cpa.render import render
from lopendezaken.documents.source import Source, read
from lopendezaken.dossier import load
from lopendezaken.evidence import envelope
from tests.unit.pki import made

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "inventories/voorbeeldstad"
FILES = Path(__file__).parent / "world"
BASE = FILES / "base"
DAY = date(2026, 11, 24)
HRN = "00000003123456780000"
Kind = Literal["organisation", "supplier"]
KINDS: tuple[Kind, ...] = ("organisation", "supplier")

RECORDED = """
adapter: {product: ebms-admin, version: "2.20.2", supplier: Voorbeeld Software BV, hosting: own}
limited_run:
  streams: [Omgevingsvergunning aanvragen, Melding openbare ruimte]
  participants: 4
  messages: 9
  finished_on: 2026-11-20
  document: received/lpr.pdf
dap:
  document: received/dap.pdf
  signed_on: 2026-10-01
  checked_on: 2026-10-01
  calamity_phone: "+31 70 000 00 09"
  duties:
    - {of: own, role: Storingen melden, contact: Beheer integratie}
    - {of: logius, role: Storingen oplossen bij MijnOverheid, contact: Servicecentrum}
sno: {document: received/sno.pdf, signed_on: 2026-10-01, checked_on: 2026-10-01}
changes:
  - {what: Nieuw certificaat, kind: certificate, environment: preprod, document: received/next.pem, planned_for: 2027-01-11}
  - {what: Ander uitgaand adres, kind: address, environment: prod, before: 198.51.100.21, after: 198.51.100.22, planned_for: 2027-01-12}
  - {what: Andere naam, kind: name, environment: preprod, before: oud.example, after: nieuw.example, planned_for: 2027-01-13}
  - {what: Ander technisch contact, kind: contact, before: Team Netwerken, after: Beheer integratie, planned_for: 2027-01-14}
  - {what: Nieuwe CPA, kind: cpa, environment: preprod, document: cpa/preprod/mijnoverheid.xml, planned_for: 2027-01-15}
  - {what: Reeds gemeld, planned_for: 2026-12-15, reported_on: 2026-11-20}
"""
CHAIN_TEST = """chain_test:
  status: planned
  accounts: {own_digid: false, needed: 2}
  proposal: {start: 2026-12-07, end: 2026-12-18}
  preparation: {plan: test/plan.pdf, data_ready_on: 2026-11-20, messages_ready_on: 2026-11-20}
"""


def create(folder: Path, kind: Kind = "organisation") -> Path:
    """Make the folder of an organisation that recorded everything, with certificates, CPAs and evidence."""
    target = folder / kind
    shutil.copytree(BASE, target)
    shutil.copytree(FILES / kind, target / "dossier", dirs_exist_ok=True)
    (target / "dossier/dossier.yml").write_text(dossier_text(kind), encoding="utf-8")
    for kind_of, partner, host, raw in _seen(target):
        evidence(target, kind_of, raw, partner=partner, host=host)
    return target


def source(folder: Path, kind: Kind = "organisation") -> Source:
    """Give what documents of such an organisation are made from."""
    return read(create(folder, kind), DAY)


def dossier_text(kind: Kind) -> str:
    """Give dossier.yml of the example organisation with everything recorded, as organisation or supplier."""
    text = (BASE / "dossier/dossier.yml").read_text(encoding="utf-8")
    text = text.replace("chain_test:\n  status: planned\n", CHAIN_TEST) + RECORDED
    if kind == "supplier":
        start, end = text.index("\n  prod:\n"), text.index("# Preproduction is connected first")
        text = text[:start] + "\n" + text[end:]
        text = text.replace("kind: government", "kind: supplier")
        text = text.replace("connection: internet", "connection: diginetwerk")
        text = text.replace('oin: "00000099100000001000"', f'hrn: "{HRN}"')
        text = text.replace("00000099100000001000", HRN)
        text = text.replace("Gemeente Voorbeeldstad", "Voorbeeld Software BV")
        # What a supplier has no use for: production and an agreement with Logius about it.
        text = text[: text.index("limited_run:")] + text[text.index("changes:") :]
        text = text.replace("environment: prod,", "environment: preprod,")
    return text


def evidence(
    organisation: Path,
    kind: str,
    raw: dict[str, Any],
    *,
    partner: str | None,
    host: str,
    collected: str = "2026-11-23T10:00:00Z",
) -> Path:
    """Write a piece of evidence of preproduction."""
    subject = {"organisation": "voorbeeldstad", "environment": "preprod", "host": host}
    subject |= {"partner": partner} if partner else {}
    collector = {"tool": "example", "version": "1", "commit": ""}
    item = envelope.make(kind, subject, collector, collected, raw)
    return envelope.write(organisation / "dossier/evidence", item)


def _seen(organisation: Path) -> list[tuple[str, str | None, str, dict[str, Any]]]:
    dossier = load(organisation)
    partner = dossier.environments["preprod"].partners["mijnoverheid"]
    own, theirs = (
        (organisation / "dossier" / name).read_text()
        for name in ("received/preprod/certificate.pem", "received/preprod/mijnoverheid.pem")
    )
    facts = {
        "hostname": "adapter-preprod",
        "distribution": "Debian",
        "version": "12.15",
        "kernel": "6.1.0",
        "addresses": ["192.0.2.10"],
        "services": {"nftables.service": "active", "lopendezaken-adapter.service": "active"},
        "engine": "ebms_admin",
    }
    chain = {"names": [], "anchors": ""}
    loaded = {"cpa_id": partner.cpa.id, "digest": "d" * 64, "source": "rest"}
    ping: dict[str, Any] = {
        "cpa_id": partner.cpa.id,
        "from": "",
        "to": "",
        "endpoint": partner.endpoint,
        "outcome": "pong",
    }
    ping |= {"ms": 12.5, "ping": None, "pong": None, "diagnosis": None}
    file = {"cpa_id": partner.cpa.id, "path": partner.cpa.file, "xml": "<cpa/>", "digest": "d" * 64}
    return [
        ("host-facts", None, "adapter-preprod", facts),
        ("certificate-chain", None, "adapter-preprod", {**chain, "role": "own", "pem": own}),
        ("certificate-chain", "mijnoverheid", "adapter-preprod", {**chain, "role": "partner", "pem": theirs}),
        ("cpa-file", "mijnoverheid", "controller", file),
        ("cpa-loaded", "mijnoverheid", "adapter-preprod", {**loaded, "side": "here"}),
        (
            "cpa-loaded",
            "mijnoverheid",
            "partner",
            {**loaded, "side": "partner", "digest": None, "source": "mail"},
        ),
        ("ebms-ping", "mijnoverheid", "adapter-preprod", ping),
    ]


def make_files() -> None:
    """Make certificates and CPAs anew."""
    for kind in KINDS:
        folder = FILES / kind
        shutil.rmtree(folder)
        folder.mkdir(parents=True)
        (folder / "dossier.yml").write_text(dossier_text(kind), encoding="utf-8")
        dossier = load(folder / "dossier.yml")
        for name, environment in dossier.environments.items():
            number = dossier.organisation.number
            _write(folder / environment.certificate.file, number, environment.certificate.names)
            _write(folder / environment.trust.anchors, "", ())
            for key, partner in environment.partners.items():
                _write(folder / partner.certificate, partner.oin, (partner.endpoint.split("/")[2],))
                cpa = file_of(dossier, name, key)
                cpa.parent.mkdir(parents=True, exist_ok=True)
                cpa.write_bytes(render(request_for(dossier, name, key)))
        _write(
            folder / "received/next.pem", dossier.organisation.number, ("ebms.preprod.voorbeeldstad.example",)
        )
        (folder / "dossier.yml").unlink()


def _write(path: Path, oin: str, names: tuple[str, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not names:
        path.write_text(made.pem(made.authority("root")))
        return
    leaf = made.leaf(names=names, oin=oin, since=date(2026, 11, 1), until=date(2029, 10, 31), name=str(path))
    path.write_text(made.chain(leaf))


if __name__ == "__main__":
    make_files()
