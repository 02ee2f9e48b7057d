"""The report for people: one page of HTML, in one language, that needs nothing but itself.

Decision first, then phases, then each control; annexes tell what is not covered, what was waived, what the
verdicts rest on, and how to check all of it with stock tools.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from lopendezaken.policy.control import Control, Language
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.policies import Policies
from lopendezaken.policy.requirements import COVERED
from lopendezaken.report import markup
from lopendezaken.report.encode import encode

# A symbol beside the word, so that colour alone tells nothing.
SYMBOLS = {
    Outcome.ERROR: "!",
    Outcome.NOT_MET: "✗",
    Outcome.STALE: "↻",
    Outcome.UNKNOWN: "?",
    Outcome.WAIVED: "≈",
    Outcome.NOT_APPLICABLE: "-",
    Outcome.MET: "✓",
}


def html(results: dict[str, Any], policies: Policies, language: Language) -> bytes:
    """Give the report of these results; ``policies`` are those that they were made with."""
    words = policies.words[language]
    page = _template().render(
        language=language,
        label=words.label,
        words=words.list,
        symbols={outcome.value: symbol for outcome, symbol in SYMBOLS.items()},
        outcomes=[outcome.value for outcome in Outcome],
        passes={outcome.value: outcome.passes for outcome in Outcome},
        results=results,
        digest=hashlib.sha256(encode(results)).hexdigest(),
        decision=_decision(results),
        phases=[_phase(each, results, policies, language) for each in results["phases"]],
        trust=_trust(results),
        uncovered=_uncovered(policies, results["organisation"]["kind"], language),
    )
    return page.encode()


def _trust(results: dict[str, Any]) -> str:
    """Give the folder of allowed_signers, from where the commands of the annex begin."""
    folder = PurePosixPath(results["trust"]["folder"])
    base = PurePosixPath(results["folder"]).parent if results["trust"]["exercise"] else PurePosixPath()
    return (base / folder).as_posix()


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markup"] = lambda text: Markup(markup.html(text))  # noqa: S704 (it escapes)
    environment.filters["day"] = lambda moment: moment[:10]
    return environment.get_template("report.html.j2")


def _decision(results: dict[str, Any]) -> dict[str, Any]:
    """Give the first stage that is closed, with the criteria that keep it so; the last one if all are open."""
    criteria = {each["id"]: each for phase in results["phases"] for each in phase["criteria"]}
    closed = [stage for stage in results["stages"] if not stage["open"]]
    stage = closed[0] if closed else results["stages"][-1]
    return {"stage": stage, "unmet": [criteria[key] for key in stage["unmet"]]}


def _phase(
    phase: dict[str, Any], results: dict[str, Any], policies: Policies, language: Language
) -> dict[str, Any]:
    own = [each for each in results["results"] if each["phase"] == phase["id"]]
    controls = [each for each in policies.controls if each.id in {result["control"] for result in own}]
    return {
        **phase,
        "counts": Counter(each["outcome"] for each in own),
        "controls": [
            _control(each, [result for result in own if result["control"] == each.id], policies, language)
            for each in controls
        ],
    }


def _control(
    control: Control, results: list[dict[str, Any]], policies: Policies, language: Language
) -> dict[str, Any]:
    requirements = policies.requirements.all
    return {
        "id": control.id,
        "facts": control.facts,
        "text": control.words[language],
        "results": results,
        "requirements": [
            {"id": each.id, "source": each.source, "text": each.text.in_(language)}
            for each in (requirements[key] for key in control.facts.requirements)
        ],
    }


def _uncovered(policies: Policies, kind: str, language: Language) -> list[dict[str, Any]]:
    """Give the requirements that no control covers, grouped by the reason why."""
    known = policies.requirements
    groups: dict[str, list[dict[str, str]]] = {}
    for each in known.all.values():
        if each.why and each.coverage not in COVERED and kind in each.applies_to:
            told = {"id": each.id, "source": each.source, "text": each.text.in_(language)}
            groups.setdefault(each.why, []).append(told)
    return [
        {"why": known.reasons[why].in_(language), "requirements": groups[why]}
        for why in known.reasons
        if why in groups
    ]
