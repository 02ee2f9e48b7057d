"""Every rule on a CPA sees its own fault, and no other rule does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lopendezaken.cpa import rules
from lopendezaken.cpa.check import check
from lopendezaken.cpa.profile import PROFILES
from lopendezaken.cpa.render import CpaRequest
from lopendezaken.cpa.rules.catalogue import RULES
from lopendezaken.lab.authority import Authority
from tests.unit.cpa.mutations import MUTATIONS, Good, Mutation

KNOWN = {rule.id: rule for rule in RULES}


@pytest.fixture(scope="session")
def good(cpa_request: CpaRequest, pki: Authority) -> dict[str, Good]:
    """By profile: the good CPA."""
    return {profile: Good(cpa_request, profile, pki) for profile in PROFILES}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_fault_is_seen_by_its_rule_and_by_no_other(good: dict[str, Good], mutation: Mutation) -> None:
    whole = good[mutation.profile]
    xml = mutation.spoil(whole)
    findings = check(xml.encode(), environment=mutation.environment)
    assert {each.rule for each in findings} == {mutation.rule, *mutation.also}, [*map(str, findings)]
    for each in findings:
        assert 1 <= (each.line or 0) <= xml.count("\n") + 1
        assert each.severity == "should" or KNOWN[each.rule].severity == "must", each
        assert each.remedy, each
    assert check(whole.xml.encode()) == []


def test_every_rule_has_a_fault() -> None:
    assert {mutation.rule for mutation in MUTATIONS} == set(KNOWN)
    assert len(MUTATIONS) >= 60
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


def test_the_list_of_rules_is_that_of_the_code() -> None:
    package = Path(rules.__file__).parent
    sources = [
        *package.glob("*.py"),
        *(package.parent / name for name in ("structure.py", "check.py", "profile.py")),
    ]
    code = "".join(path.read_text() for path in sources if path.name != "catalogue.py")
    named = set(re.findall(r'"((?:CPA|DK-EBMS2|OIN|PKIO)-\d{3})"', code))
    assert named | {"OIN-001", "OIN-002", "OIN-003", "OIN-004"} == set(KNOWN)
