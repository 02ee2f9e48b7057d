"""Decision and plan for people, and the decision for machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lopendezaken.gate.access import Signed
from lopendezaken.gate.difference import Difference
from lopendezaken.gate.judge import Judgement
from lopendezaken.gate.plan import Plan
from lopendezaken.policy import results, text
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.control import Language
from lopendezaken.policy.words import Words

_AREAS = {
    "settings": {"nl": "instellingen", "en": "settings"},
    "dossier": {"nl": "dossier", "en": "dossier"},
    "network": {"nl": "netwerk", "en": "network"},
}
_TOLD = {
    "nl": {
        "forbidden": "Verschilt, en mag niet verschillen: de poort blijft dicht",
        "allowed": "Verschilt, en mag verschillen",
        "same": "Niets verschilt dat niet mag.",
        "compared": "Vergeleken",
        "remedy": "Maak prod gelijk aan preprod, of zet het met een reden in policies/data/promotion.yml.",
    },
    "en": {
        "forbidden": "Differs, and must not: the gate stays closed",
        "allowed": "Differs, and may",
        "same": "Nothing differs that must not.",
        "compared": "Compared",
        "remedy": "Make prod the same as preprod, or put it in policies/data/promotion.yml with a reason.",
    },
}


_OBSTACLES = {
    "differs": {
        "nl": "productie zou iets anders krijgen dan preproductie: {detail} (lz plan)",
        "en": "production would get something else than preproduction: {detail} (lz plan)",
    },
    "tree": {
        "nl": "dit is niet de code van een commit: {detail}",
        "en": "this is not the code of a commit: {detail}",
    },
    "unproven": {
        "nl": "preproductie is verbonden met andere code of instellingen ({detail}): draai playbooks/preprod.yml opnieuw",
        "en": "preproduction was connected with other code or settings ({detail}): run playbooks/preprod.yml again",
    },
    "stranger": {
        "nl": "wie kijkt, is eerder toegelaten: geen verklaring zegt dat stap {detail} open was",
        "en": "who looks was let in before: no statement says that stage {detail} was open",
    },
}
_SIGNED = {
    "nl": ("Verklaring: {path}, geldig tot {expires}", "Certificaat: {path}", "Niet getekend: geef --key"),
    "en": ("Statement: {path}, valid until {expires}", "Certificate: {path}", "Not signed: give --key"),
}


def gate(assessment: Assessment, judgement: Judgement, words: Words, signed: Signed | None) -> dict[str, Any]:
    """Give the decision as data."""
    return {
        **results.of_gate(assessment, judgement.decision, words),
        "open": judgement.open,
        "obstacles": [{"code": each.code, "detail": each.detail} for each in judgement.obstacles],
        "statement": signed and str(signed.statement),
        "certificate": signed and signed.certificate and str(signed.certificate),
        "expires": signed and signed.expires.isoformat(),
    }


def gate_lines(
    assessment: Assessment, judgement: Judgement, words: Words, language: Language, signed: Signed | None
) -> Iterator[str]:
    """Tell whether production may be entered, and all that keeps it closed."""
    yield from text.gate_lines(assessment, judgement.decision, judgement.open, words)
    for each in judgement.obstacles:
        yield f"  - {_OBSTACLES[each.code][language].format(detail=each.detail)}"
    statement, certificate, unsigned = _SIGNED[language]
    if signed is None:
        yield unsigned
        return
    yield statement.format(path=signed.statement, expires=f"{signed.expires:%Y-%m-%d %H:%M} UTC")
    if signed.certificate:
        yield certificate.format(path=signed.certificate)


def lines(plan: Plan, language: Language) -> Iterator[str]:
    """Give the plan, a line a difference."""
    told = _TOLD[language]
    if plan.forbidden:
        yield f"{told['forbidden']} ({len(plan.forbidden)}):"
        for each in plan.forbidden:
            yield from _difference(each, language)
        yield f"  {told['remedy']}"
    else:
        yield told["same"]
    may = [each for each in plan.differences if each.allowed]
    yield f"{told['allowed']} ({len(may)}):"
    for each in may:
        yield from _difference(each, language)
    counts = ", ".join(f"{_AREAS[area][language]} {number}" for area, number in plan.compared.items())
    yield f"{told['compared']}: {counts}."


def _difference(each: Difference, language: Language) -> Iterator[str]:
    why = f"  ({getattr(each.why, language)})" if each.why else ""
    yield f"  {_AREAS[each.area][language]} {each.key}{why}"
    yield f"      preprod: {each.preprod}"
    yield f"      prod:    {each.prod}"
