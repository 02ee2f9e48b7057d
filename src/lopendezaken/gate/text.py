"""The plan for people: first what must not differ, then what may, and what was compared."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.gate.difference import Difference
from lopendezaken.gate.plan import Plan
from lopendezaken.policy.control import Language

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
