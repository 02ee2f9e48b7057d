"""The adapter was chosen, and a report shows that it complies."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the adapter."""
    at, adapter = ("adapter",), case.dossier.adapter
    if adapter is None:
        yield unknown("not-recorded", at)
        return
    facts = {"product": adapter.product, "version": adapter.version}
    if adapter.compliance_report is None:
        yield unknown("no-report", at, **facts)
    else:
        yield met("chosen", at, supplier=adapter.supplier, report=adapter.compliance_report, **facts)
