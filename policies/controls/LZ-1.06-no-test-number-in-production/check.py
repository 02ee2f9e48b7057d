"""A number for tests is never used in production (OIN-009)."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_applicable, not_met

TEST = "00000099"


def check(case: Case) -> Iterator[Finding]:
    """Look at the numbers of both sides, and at whether the names could exist."""
    at, partners = ("organisation",), list(case.partners.values())
    all_numbers = [case.dossier.organisation.number, *(partner.oin for partner in partners)]
    test = ", ".join(number for number in all_numbers if number.startswith(TEST))
    if not test:
        yield met("number", at, numbers=", ".join(all_numbers))
    elif case.environment == "preprod":
        yield met("test-in-test", at, numbers=test)
    elif case.is_exercise:
        yield not_applicable("example-world", at, numbers=test)
    else:
        yield not_met("test-number", at, numbers=test)
