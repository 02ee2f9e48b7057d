"""The CPA was sent to Logius, with contact and number."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_applicable, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the message for MijnOverheid."""
    at, own = case.at("partners", "mijnoverheid", "cpa"), case.dossier.organisation.number
    agreed = next((each.cpa for key, each in case.partners.items() if key == "mijnoverheid"), None)
    sent = agreed.sent if agreed else None
    name = agreed.id if agreed else "-"
    if agreed and agreed.origin == "logius":
        yield not_applicable("made-there", at, cpa=name)
    elif sent is None:
        yield unknown("not-sent", at, cpa=name)
    elif sent.number != own:
        yield not_met("other-number", (*at, "sent", "number"), found=sent.number, expected=own)
    elif sent.on > case.day:
        yield not_met("later", (*at, "sent", "on"), cpa=name, day=sent.on)
    else:
        yield met("sent", (*at, "sent"), cpa=name, day=sent.on, contact=sent.contact)
