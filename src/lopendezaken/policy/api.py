"""All that the ``check.py`` of a control may use.

A check is a pure function: the same case gives the same findings. It gets the dossier, the evidence that
was there on the day, and the day itself; it has no clock, no disk and no network. ``purity.py`` enforces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.problems import At
from lopendezaken.dossier.schema import Dossier, Environment, Partner
from lopendezaken.evidence.store import Evidence, EvidenceSet
from lopendezaken.policy.outcomes import Outcome

if TYPE_CHECKING:
    from lopendezaken.cpa.model import Cpa
    from lopendezaken.pki.certificate import Certificate

__all__ = [
    "Case",
    "Evidence",
    "Finding",
    "Partner",
    "after_working_days",
    "certificate_numbers",
    "certificates",
    "cpa",
    "cpa_breaks",
    "met",
    "not_applicable",
    "not_met",
    "number_of",
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


@dataclass(frozen=True)
class Case:
    """What a check judges: one environment of one organisation, on one day.

    ``network`` is ``None`` when there is no network plan yet.
    """

    dossier: Dossier
    evidence: EvidenceSet
    day: date
    environment: str
    network: NetworkPlan | None = None

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

    def at(self, *keys: str | int) -> At:
        """Name a place in this environment of the dossier."""
        return ("environments", self.environment, *keys)

    def all(self, kind: str, partner: str | None = None, **raw: Any) -> tuple[Evidence, ...]:
        """Give all evidence of a kind in this environment, oldest first; see :class:`EvidenceSet`."""
        return self.evidence.of(kind, self.environment, partner, **raw)

    def latest(self, kind: str, partner: str | None = None, **raw: Any) -> Evidence | None:
        """Give the newest evidence of a kind in this environment."""
        return self.evidence.latest(kind, self.environment, partner, **raw)


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


def _finding(
    outcome: Outcome, code: str, at: At, evidence: tuple[Evidence, ...], values: Mapping[str, Any]
) -> Finding:
    return Finding(outcome, code, at, evidence, {key: str(value) for key, value in values.items()})


def certificates(pem: str) -> tuple[Certificate, ...]:
    """Give the facts of a certificate and its chain, the leaf first."""
    from lopendezaken.pki.certificate import read_chain

    return read_chain(pem.encode())


def cpa(xml: str) -> Cpa:
    """Read a CPA."""
    from lopendezaken.cpa.model import parse

    return parse(xml.encode())


def cpa_breaks(xml: str, day: date) -> tuple[list[str], list[str]]:
    """Tell which mandatory rules and which recommendations a CPA breaks at noon (UTC) of ``day``."""
    from lopendezaken.cpa.check import check

    found = check(xml.encode(), datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    broken: dict[str, list[str]] = {"must": [], "should": []}
    for each in found:
        broken[each.severity].append(str(each))
    return broken["must"], broken["should"]


def certificate_numbers(party_certificates: Mapping[str, bytes]) -> set[str]:
    """Give the OINs in end-entity certificates (DER); empty text for one without. A CA has none to give."""
    from lopendezaken.pki.certificate import read

    certificates = map(read, party_certificates.values())
    return {certificate.oin or "" for certificate in certificates if not certificate.is_ca}


def number_of(party_id: str) -> str:
    """Give the OIN or HRN in a party id (``urn:osb:oin:…``), without environment suffix (CPA-014)."""
    return party_id.rsplit(":", 1)[-1].split("_", 1)[0]


def after_working_days(day: date, count: int) -> date:
    """Give the day that lies ``count`` Dutch working days after ``day`` (P2-10)."""
    from holidays import country_holidays

    free = country_holidays("NL")
    while count:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in free:
            count -= 1
    return day
