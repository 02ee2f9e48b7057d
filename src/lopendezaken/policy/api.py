"""All that the ``check.py`` of a control may use.

A check is a pure function: the same case gives the same findings. It gets the dossier, the evidence that
was there on the day, and the day itself; it has no clock, no disk and no network. ``purity.py`` enforces it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.problems import At
from lopendezaken.dossier.schema import Dossier, Environment, Partner
from lopendezaken.dossier.workdays import after_working_days
from lopendezaken.evidence.chosen import is_exercise
from lopendezaken.evidence.flaws import Flaw
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.store import Evidence, EvidenceSet
from lopendezaken.policy.outcomes import Outcome

if TYPE_CHECKING:
    from lopendezaken.cpa.model import Cpa
    from lopendezaken.lint.finding import Finding as Rule
    from lopendezaken.pki.anchors import Anchor
    from lopendezaken.pki.certificate import Certificate
    from lopendezaken.pki.ncsc import Reading
    from lopendezaken.pki.path import Path, Way
    from lopendezaken.pki.problem import Problem
    from lopendezaken.policy.data import Data

__all__ = [
    "Case",
    "Evidence",
    "Finding",
    "Partner",
    "after_working_days",
    "certificate_digests",
    "certificate_numbers",
    "certificate_path",
    "certificate_shape",
    "certificate_strength",
    "certificate_way",
    "certificates",
    "cpa",
    "cpa_breaks",
    "flawed",
    "message_service",
    "met",
    "not_applicable",
    "not_met",
    "number_of",
    "presented_path",
    "specification",
    "specification_breaks",
    "tls_breaks",
    "tls_open_questions",
    "unknown",
]


class NotInDossierError(Exception):
    """The dossier does not have this environment, so nothing can be known of it."""


@dataclass(frozen=True)
class Finding:
    """One thing that a check found. The sentence for ``code`` stands in control.yml, in both languages."""

    outcome: Outcome
    code: str
    at: At
    evidence: tuple[Evidence, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    own: Outcome | None = None  # of a waived finding: what the check found
    waiver: str | None = None  # id of the waiver


@dataclass(frozen=True)
class Case:
    """What a check judges: one environment of one organisation, on one day.

    ``network`` is ``None`` when there is no network plan yet; ``data`` is what stands in policies/data.
    ``evidence`` is only what counts; ``integrity`` tells what does not.
    """

    dossier: Dossier
    evidence: EvidenceSet
    day: date
    environment: str
    network: NetworkPlan | None = None
    data: Data | None = None
    integrity: Integrity = field(default_factory=Integrity)

    @property
    def here(self) -> Environment:
        """The environment in the dossier; without it the outcome is ``unknown``."""
        for name, environment in self.dossier.environments.items():
            if name == self.environment:
                return environment
        raise NotInDossierError(self.environment)

    @property
    def partners(self) -> Mapping[str, Partner]:
        """The partners of this environment by their key in the dossier."""
        return {str(name): partner for name, partner in self.here.partners.items()}

    @property
    def is_exercise(self) -> bool:
        """Whether every name and CRL of this environment lies below .example, which does not exist (RFC 2606)."""
        return is_exercise(self.here)

    @property
    def crls(self) -> tuple[Evidence, ...]:
        """The newest record of each CRL of this environment."""
        return tuple({each.raw["url"]: each for each in self.all("crl")}.values())

    def anchor(self, root: Certificate | None) -> Anchor | None:
        """Give what is known of a root; ``None`` when it is not one that counts."""
        return self._data.anchors.of(root) if root else None

    def roots(self, pem: str) -> list[tuple[Certificate, Anchor | None]]:
        """Give the certificates in a trust store, each with what is known of it as a root."""
        return [(root, self.anchor(root)) for root in certificates(pem)]

    @property
    def tls(self) -> Reading:
        """The TLS guideline that holds for Digikoppeling on the day."""
        return self._data.tls(self.day)

    @property
    def _data(self) -> Data:
        if self.data is None:
            raise LookupError("no policies/data to look up")
        return self.data

    def at(self, *keys: str | int) -> At:
        """Name a place in this environment of the dossier."""
        return ("environments", self.environment, *keys)

    def all(self, kind: str, partner: str | None = None, **raw: Any) -> tuple[Evidence, ...]:
        """Give all evidence of a kind in this environment, oldest first; see :class:`EvidenceSet`."""
        return self.evidence.of(kind, self.environment, partner, **raw)

    def latest(self, kind: str, partner: str | None = None, **raw: Any) -> Evidence | None:
        """Give the newest evidence of a kind in this environment."""
        return self.evidence.latest(kind, self.environment, partner, **raw)

    def shown_by(self, partner: str) -> Evidence | None:
        """Give the newest handshake in which a partner showed its certificate, if there is one with ours shown too.

        Who hosts an adapter states that ours was taken; what the partner shows is then seen without it.
        """
        ways = (
            self.latest("tls-scan", partner, direction="out", with_client_certificate=each)
            for each in (True, False)
        )
        return next((each for each in ways if each and (each.raw.get("peer") or each.raw.get("chain"))), None)


def met(code: str, at: At, *evidence: Evidence, **values: Any) -> Finding:
    """Find that it is as required. Old evidence turns this into ``stale``."""
    return _finding(Outcome.MET, code, at, evidence, values)


def not_met(code: str, at: At, *evidence: Evidence, **values: Any) -> Finding:
    """Find that it is not as required."""
    return _finding(Outcome.NOT_MET, code, at, evidence, values)


def unknown(code: str, at: At, *evidence: Evidence, **values: Any) -> Finding:
    """Find that there is no evidence to judge by."""
    return _finding(Outcome.UNKNOWN, code, at, evidence, values)


def not_applicable(code: str, at: At, *evidence: Evidence, **values: Any) -> Finding:
    """Find that the requirement does not hold here."""
    return _finding(Outcome.NOT_APPLICABLE, code, at, evidence, values)


def flawed(flaws: Sequence[Flaw], at: At) -> Iterator[Finding]:
    """Find what is wrong with what was signed, once for each kind of flaw: words.*.yml have the sentences."""
    for code in dict.fromkeys(each.code for each in flaws):
        own = [each for each in flaws if each.code == code]
        find = not_met if own[0].altered else unknown
        yield find(f"flaw-{code}", at, files=", ".join(map(str, own)), count=len(own))


def _finding(
    outcome: Outcome, code: str, at: At, evidence: tuple[Evidence, ...], values: Mapping[str, Any]
) -> Finding:
    return Finding(outcome, code, at, evidence, {key: str(value) for key, value in values.items()})


def certificates(pem: str) -> tuple[Certificate, ...]:
    """Give the facts of a certificate and its chain, the leaf first."""
    from lopendezaken.pki.certificate import read_chain

    return read_chain(pem.encode())


def certificate_way(chain: Evidence) -> Way:
    """Give the way from a certificate to a root that we trust, whether all on it still holds or not."""
    from lopendezaken.pki.path import climb

    return climb(chain.raw["pem"], chain.raw["anchors"])


def certificate_path(chain: Evidence, crls: Sequence[Evidence]) -> Path:
    """Judge the way from a certificate to the root and the CRL of every layer, when the CRLs were fetched."""
    return _path(chain.raw["pem"], chain.raw["anchors"], chain, crls)


def presented_path(scan: Evidence, own: Evidence, crls: Sequence[Evidence]) -> Path:
    """The same for what the other side presented in a handshake, under the roots that we trust."""
    return _path("".join(scan.raw["chain"]), own.raw["anchors"], scan, crls)


def _path(pem: str, anchors: str, seen: Evidence, crls: Sequence[Evidence]) -> Path:
    from lopendezaken.pki.path import validate

    lists = tuple(base64.b64decode(each.raw["der"]) for each in crls if each.raw["der"])
    fetched = max((each.collected for each in crls), default=seen.collected)
    return validate(pem, anchors, lists, max(seen.collected, fetched), fetched)


def certificate_shape(way: Way, anchor: Anchor) -> list[Problem]:
    """Tell what does not fit the profile of PKIoverheid for a TLS certificate under this root."""
    from lopendezaken.pki.profile import shape

    return list(shape(way.layers, anchor))


def certificate_strength(way: Way, anchor: Anchor, reading: Reading) -> list[Problem]:
    """Tell which keys and signatures are too weak, or are not those of PKIoverheid."""
    from lopendezaken.pki.profile import strength

    return list(strength(way.layers, anchor, reading))


def cpa(xml: str) -> Cpa:
    """Read a CPA."""
    from lopendezaken.cpa.model import parse

    return parse(xml.encode())


def cpa_breaks(xml: str, day: date) -> tuple[list[str], list[str]]:
    """Tell which mandatory rules and which recommendations a CPA breaks at noon (UTC) of ``day``."""
    from lopendezaken.cpa.check import check

    return _by_severity(check(xml.encode(), _noon(day)))


def specification_breaks(xml: str, day: date, chains: Sequence[Evidence]) -> tuple[list[str], list[str]]:
    """Tell the same of a Consumerspecificatie, whose certificates are to lead to a root by one of ``chains``."""
    from lopendezaken.documents.consumer_spec_rules import check

    above, anchors = ("".join(each.raw[name] or "" for each in chains) for name in ("pem", "anchors"))
    return _by_severity(check(xml.encode(), _noon(day), chain=above.encode(), anchors=anchors.encode()))


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _by_severity(findings: Iterable[Rule]) -> tuple[list[str], list[str]]:
    broken: dict[str, list[str]] = {"must": [], "should": []}
    for each in findings:
        broken[each.severity].append(str(each))
    return broken["must"], broken["should"]


def specification(xml: str) -> dict[str, str]:
    """Give what a Consumerspecificatie says of us; its certificates by their SHA-256. Empty text: it does not say."""
    from lopendezaken.documents.consumer_spec_read import read

    told = read(xml.encode())
    if told is None:
        return dict.fromkeys(("PartyId", "EndpointUri", "ClientCert", "ServerCert"), "")
    leaves = {name: told.certificates(name)[:1] for name in ("ClientCert", "ServerCert")}
    digests = {name: found[0].sha256 if found and found[0] else "" for name, found in leaves.items()}
    return {"PartyId": told.number, "EndpointUri": told.text("EndpointUri"), **digests}


def certificate_numbers(party_certificates: Mapping[str, bytes]) -> set[str]:
    """Give the OINs in end-entity certificates (DER); empty text for one without. A CA has none to give."""
    from lopendezaken.pki.certificate import read

    certificates = map(read, party_certificates.values())
    return {certificate.oin or "" for certificate in certificates if not certificate.is_ca}


def certificate_digests(party_certificates: Mapping[str, bytes]) -> set[str]:
    """Give the SHA-256 of the end-entity certificates (DER) of a party, without those of CAs."""
    from lopendezaken.pki.certificate import read

    return {each.sha256 for each in map(read, party_certificates.values()) if not each.is_ca}


def tls_breaks(settings: Mapping[str, Any], reading: Reading) -> list[Problem]:
    """Tell which rules the TLS settings of an endpoint break, by the guideline that holds on the day."""
    from lopendezaken.pki.tls_rules import breaks

    return list(breaks(settings, reading))


def tls_open_questions(settings: Mapping[str, Any]) -> list[Problem]:
    """Tell which facts about an endpoint must be known and were not established, and why."""
    from lopendezaken.pki.tls_rules import open_questions

    return list(open_questions(settings))


def number_of(party_id: str) -> str:
    """Give the OIN or HRN in a party id (``urn:osb:oin:…``), without environment suffix (CPA-014)."""
    return party_id.rsplit(":", 1)[-1].split("_", 1)[0]


def message_service(envelope: str) -> str:
    """Give the service that an ebMS message names; empty text for one that names none."""
    from lopendezaken.cpa.xml import root_of

    name = "{http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd}Service"
    return (root_of(envelope.encode(), "message").findtext(f".//{name}") or "").strip()
