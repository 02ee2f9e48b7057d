"""Reads an example of a control: changes to the example dossier, evidence, and the findings expected.

Certificates and CPAs are written in examples by their facts and made here, so that people can read them.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from lopendezaken.cpa.render import ActionRequest, CpaRequest, PartyRequest, render
from lopendezaken.documents import consumer_spec
from lopendezaken.dossier import loader
from lopendezaken.dossier.loader import Document, Plain
from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.read import dossier_of, plan_of
from lopendezaken.dossier.schema import Dossier
from lopendezaken.evidence import envelope, store
from lopendezaken.evidence.flaws import Flaw, of_evidence
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.store import EvidenceSet
from lopendezaken.evidence.trust import Signer
from lopendezaken.pki import certificate
from lopendezaken.pki.anchors import Anchors
from lopendezaken.policy.control import Control
from lopendezaken.policy.data import Data
from tests.unit.pki import made

ROOT = Path(__file__).parents[3]
DOSSIER = ROOT / "inventories/voorbeeldstad/dossier/dossier.yml"
COLLECTED = "2026-11-24T10:00:00Z"
G1 = "Private Root CA - G1"
HOSTS = {"own": "ebms.preprod.voorbeeldstad.example", "partner": "ebms.preprod.mijnoverheid.example"}


@dataclass(frozen=True)
class Example:
    """What goes into a control and what must come out."""

    day: date
    environment: str
    dossier: Dossier
    evidence: EvidenceSet
    network: NetworkPlan | None
    integrity: Integrity
    findings: list[tuple[str, str]]


class ExampleData(Data):
    """The data of policies, with a G1 root whose key we have: nobody but the State has that of the real one."""

    @functools.cached_property
    def anchors(self) -> Anchors:
        """The roots that count in examples."""
        known = Data(self.folder).anchors
        fingerprint = made.authority("root", G1).fingerprint(hashes.SHA256()).hex()
        changed = [
            each.model_copy(update={"sha256": fingerprint} if each.id == "g1-private" else {})
            for each in known.anchors
        ]
        return known.model_copy(update={"anchors": tuple(changed)})


def in_examples(control: Control) -> Control:
    """Give a control with what it looks up in examples."""
    return dataclasses.replace(control, data=ExampleData(control.data.folder))


def read(path: Path) -> Example:
    """Read an example file; unknown keys are mistakes."""
    value = loader.load(path).value
    assert value.keys() <= {
        *("date", "environment", "dossier", "network", "integrity", "evidence", "findings"),
    }, path
    items = [_evidence(index, each, value["environment"]) for index, each in enumerate(value["evidence"])]
    return Example(
        day=date.fromisoformat(value["date"]),
        environment=value["environment"],
        dossier=changed_dossier(value.get("dossier", {})),
        evidence=EvidenceSet(items),
        network=changed_network(value.get("network", [])),
        integrity=_integrity(_plain(value.get("integrity", {}))),
        findings=[(each["outcome"], each["code"]) for each in value["findings"]],
    )


def _integrity(told: dict[str, Any]) -> Integrity:
    """Make what was signed and what is wrong with it; what is not told is in order."""
    by = told.get("dossier_by")
    return Integrity(
        evidence=tuple(of_evidence(**each) for each in told.get("evidence", [])),
        signed_by={path: _signer(each) for path, each in told.get("signed_by", {}).items()},
        dossier=tuple(Flaw(**each) for each in told.get("dossier", [])),
        dossier_by=_signer(by) if by else None,
    )


def _signer(told: dict[str, Any]) -> Signer:
    return Signer(told["name"], told["role"], "SHA256:x", datetime(2026, 11, 24, 10, tzinfo=UTC))


def changed_dossier(changes: dict[str, Any]) -> Dossier:
    """Give the example dossier with values put at dotted paths; ``null`` removes."""
    document = loader.load(DOSSIER)
    for path, value in changes.items():
        *parents, last = path.split(".")
        target = functools.reduce(lambda inner, key: inner[key], parents, document.value)
        if _plain(value) is None:
            target.pop(last, None)
        else:
            target[last] = value
    return dossier_of(Document(document.path, document.value, document.places, document.keys))


def changed_network(changes: Any) -> NetworkPlan | None:
    """Give the example network plan with pieces of its text replaced; ``null``: there is none."""
    if _plain(changes) is None:
        return None
    path = DOSSIER.with_name("network.yml")
    text = path.read_text(encoding="utf-8")
    for change in changes:
        assert change["replace"] in text, change["replace"]
        text = text.replace(change["replace"], change["with"])
    return plan_of(loader.parse(text.encode(), path))


def _evidence(index: int, item: dict[str, Any], environment: str) -> store.Evidence:
    assert item.keys() <= {"kind", "partner", "host", "collected", "raw", "environment"}, item
    environment = str(item.get("environment", environment))
    raw = _plain(item["raw"])
    if isinstance(raw.get("pem"), dict):
        raw.setdefault("anchors", made.pem(made.authority("root")))
        raw["pem"] = chain(**raw["pem"])
    if raw.get("anchors") == "g1":
        raw["anchors"] = made.pem(made.authority("root", G1))
    if isinstance(raw.get("anchors"), list):
        raw["anchors"] = made.pem(*(made.authority("root", pki) for pki in raw["anchors"]))
    if isinstance(raw.get("chain"), dict):
        raw["chain"] = [chain(**raw["chain"])]
    if isinstance(raw.get("peer"), dict) and "names" in raw["peer"]:
        raw["peer"] = peer(**raw["peer"])
    if isinstance(raw.get("der"), dict):
        raw["der"] = revocation_list(**raw["der"])
    if isinstance(raw.get("xml"), dict):
        raw["xml"] = (specification if item["kind"] == "consumer-spec" else cpa_xml)(**raw["xml"])
    subject = {
        "organisation": "voorbeeldstad",
        "environment": environment,
        "host": str(item.get("host", f"adapter-{environment}")),
    }
    if "partner" in item:
        subject["partner"] = str(item["partner"])
    collector = {"tool": "example", "version": "1", "commit": ""}
    whole = envelope.make(str(item["kind"]), subject, collector, str(item.get("collected", COLLECTED)), raw)
    return store.from_parts(f"{index:02}", whole)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    words = {"null": None, "true": True, "false": False}
    if isinstance(value, Plain) and value.isdigit():
        return int(value)
    return words.get(value, str(value)) if isinstance(value, Plain) else str(value)


def chain(
    oin: str | None = None,
    until: str = "2028-01-01",
    chain_until: str = "2035-01-01",
    key: str = "",
    fault: str = "",
    bits: str = "3072",
    layers: str = "3",
    pki: str = "TRIAL Voorbeeld",
    **rest: str,
) -> str:
    """Make leaf, TSP and domain in PEM from their facts (``from`` is a word of Python, hence ``rest``)."""
    since = rest.pop("from", "2026-01-01")
    names = tuple(rest.pop("names", HOSTS["own"]).split())
    assert not rest
    validity = date.fromisoformat(since), date.fromisoformat(until)
    leaf = made.leaf(oin, *validity, names, key, fault, pki, int(bits))
    return made.chain(leaf, pki, date.fromisoformat(chain_until), int(layers), fault)


def peer(**facts: str) -> dict[str, str | None]:
    """Make what a handshake tells of the other side's certificate, given as in :func:`chain`."""
    leaf = certificate.read(chain(**facts).encode())
    end = leaf.not_after.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"subject": leaf.subject, "oin": leaf.oin, "sha256": leaf.sha256, "not_after": end}


def revocation_list(
    layer: str,
    since: str = "2026-11-24T09:00:00",
    hours: str = "48",
    revoked: dict[str, str] | None = None,
    pki: str = "TRIAL Voorbeeld",
    forged: bool = False,
) -> str:
    """Make a CRL in base64; ``revoked`` holds the facts of a leaf as in :func:`chain`."""
    gone = x509.load_pem_x509_certificates(chain(**revoked).encode())[:1] if revoked else []
    moment = datetime.fromisoformat(since).replace(tzinfo=UTC)
    return base64.b64encode(made.crl(layer, moment, float(hours), gone, pki, forged=forged)).decode()


def specification(client: dict[str, str], server: dict[str, str], **told: str) -> str:
    """Make a Consumerspecificatie; certificates are given as in :func:`chain`, the rest is ours unless told."""
    leaves = [certificate.read(chain(**facts).encode()) for facts in (client, server)]
    endpoint = told.get("endpoint", f"https://{HOSTS['own']}/ebms")
    number = told.get("number", "00000099100000001000")
    return consumer_spec.render(
        told.get("name", "Gemeente Voorbeeldstad"), number, endpoint, *leaves
    ).decode()


def cpa_xml(id: str, own: dict[str, str], partner: dict[str, str]) -> str:
    """Make a CPA whose parties need not be those of its certificates."""
    sides = {"own": own, "partner": partner}
    requests = {}
    for index, (side, facts) in enumerate(sides.items()):
        host, key = facts.get("host", HOSTS[side]), facts.get("key", "")
        leaf = made.leaf(facts["certificate"], date(2026, 1, 1), date(2028, 1, 1), (host,), key)
        pem = leaf.public_bytes(Encoding.PEM)
        endpoint = f"https://{host}/ebms"
        requests[side] = PartyRequest(side, facts["certificate"], ("SR", "SP")[index], endpoint, pem, pem)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    request = CpaRequest(
        cpa_id=id,
        start=start,
        end=start + timedelta(days=365),
        parties=(requests["own"], requests["partner"]),
        service="voorbeeld:LopendeZaken:1.0",
        actions=[ActionRequest("Zaakbericht", "SR"), ActionRequest("Foutbericht", "SP")],
    )
    xml = render(request).decode()
    for facts in sides.values():
        xml = re.sub(f">{facts['certificate']}<", f">{facts['number']}<", xml)
    if "retries" in partner:
        before, last, after = xml.rpartition("<tns:Retries>")
        xml = before + last + re.sub(r"^\d+", str(partner["retries"]), after)
    return xml
