"""Each CPA belongs to one environment, and both parties repeat messages in the same way."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, cpa, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Look at numbers, ids and retries of the last CPA file of each partner."""
    for key, partner in case.partners.items():
        at, name, seen = case.at("partners", key, "cpa"), partner.name, case.latest("cpa-file", key)
        if seen is None:
            yield unknown("no-cpa", at, partner=name)
            continue
        agreed, found = cpa(seen.raw["xml"]), []
        for party in agreed.parties:
            if case.environment == "prod" and "_" in party.oin:
                found.append(not_met("suffix-in-production", at, seen, partner=name, found=party.oin))
        for environment, others in case.dossier.environments.items():
            ids = {each.cpa.id for each in others.partners.values()}
            if environment != case.environment and agreed.id in ids:
                found.append(
                    not_met("same-in-both", at, seen, partner=name, cpa=agreed.id, environment=environment)
                )
        channels = [channel for party in agreed.parties for channel in party.channels.values()]
        rhythms = {
            f"{each.reliable.retries} x {each.reliable.retry_interval}"
            for channel in channels
            for each in (channel.sender, channel.receiver)
            if each.reliable
        }
        if len(rhythms) > 1:
            found.append(not_met("windows-differ", at, seen, partner=name, found=", ".join(sorted(rhythms))))
        yield from found or [met("fits", at, seen, partner=name)]
