"""With a supplier that hosts the adapter there is a signed agreement."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_applicable, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the adapter."""
    at, adapter = ("adapter",), case.dossier.adapter
    if adapter is None:
        yield unknown("not-recorded", at)
    elif adapter.hosting == "own":
        yield not_applicable("own", (*at, "hosting"))
    elif adapter.agreement is None:
        yield unknown("no-agreement", at, supplier=adapter.supplier)
    elif adapter.agreement.signed_on > case.day:
        yield not_met("later", (*at, "agreement", "signed_on"), day=adapter.agreement.signed_on)
    else:
        yield met("agreed", at, supplier=adapter.supplier, day=adapter.agreement.signed_on)
