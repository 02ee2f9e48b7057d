"""After both sides loaded the CPA, each partner answered our Ping with a Pong that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Evidence, Finding, Partner, met, not_met, number_of, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge the last Ping to each partner, and what was loaded before it."""
    for key, partner in case.partners.items():
        at, seen = case.at("partners", key), case.latest("ebms-ping", key)
        if seen is None:
            yield unknown("no-ping", at, partner=partner.name)
            continue
        for side, code in (("here", "not-loaded-here"), ("partner", "not-loaded-there")):
            told = case.all("cpa-loaded", key, side=side, cpa_id=partner.cpa.id)
            loaded = [each for each in told if each.raw["digest"] or each.raw["source"] == "mail"]
            if not any(each.collected <= seen.collected for each in loaded):
                yield unknown(code, at, seen, partner=partner.name, cpa=partner.cpa.id)
        ping, pong = seen.raw["ping"], seen.raw["pong"]
        if seen.raw["outcome"] != "pong":
            why = seen.raw["diagnosis"] or {"says": "-", "look_at": "-"}
            says, look_at = why["says"], why["look_at"]
            yield not_met("no-pong", at, seen, partner=partner.name, says=says, look_at=look_at)
        elif not ping or not pong:
            yield unknown("no-messages", at, seen, partner=partner.name)
        elif facts := ", ".join(differences(case, partner, seen)):
            yield not_met("other-facts", at, seen, partner=partner.name, facts=facts)
        else:
            sent, got = ping["messageId"], pong["messageId"]
            yield met("answered", at, seen, partner=partner.name, ping=sent, pong=got, cpa=partner.cpa.id)


def differences(case: Case, partner: Partner, seen: Evidence) -> Iterator[str]:
    """Name every fact of Ping or Pong that is not as the CPA and the other message say."""
    own, theirs, first = case.dossier.organisation.number, partner.oin, seen.raw["ping"]["messageId"]
    for name, source, target, reply_to in (("ping", own, theirs, None), ("pong", theirs, own, first)):
        message = seen.raw[name]
        numbers = {"from": source, "to": target}
        facts = {"action": name.title(), "cpaId": partner.cpa.id, "refToMessageId": reply_to}
        yield from (f"{name} {key}" for key, value in facts.items() if message[key] != value)
        yield from (f"{name} {key}" for key, value in numbers.items() if number_of(message[key]) != value)
