"""The DAP says who does what on both sides, and which number answers day and night."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read what the DAP says."""
    at, dap = ("dap",), case.dossier.dap
    if dap is None:
        yield unknown("no-dap", at)
        return
    sides = {duty.of for duty in dap.duties}
    found = [not_met("no-duties", at, side=side) for side in ("own", "logius") if side not in sides]
    if dap.calamity_phone is None:
        found.append(not_met("no-phone", at))
    yield from found or [met("known", at, count=len(dap.duties))]
