"""The Ping went to the message service of ebMS, as its envelope on the wire says."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, message_service, met, not_met, unknown

MESSAGE_SERVICE = "urn:oasis:names:tc:ebxml-msg:service"


def check(case: Case) -> Iterator[Finding]:
    """Read the envelope of the last Ping to each partner."""
    for key, partner in case.partners.items():
        at, seen = case.at("partners", key), case.latest("ebms-ping", key)
        ping = seen.raw["ping"] if seen else None
        if seen is None or not ping or not ping["envelope"]:
            yield unknown("not-seen", at, partner=partner.name)
            continue
        service = message_service(ping["envelope"])
        if service == MESSAGE_SERVICE:
            yield met("right", at, seen, partner=partner.name)
        else:
            yield not_met("other", at, seen, partner=partner.name, service=service)
