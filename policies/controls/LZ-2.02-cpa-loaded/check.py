"""The CPA with each partner is loaded in our adapter, and means the same there as the file."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Compare id and meaning of the CPA in the adapter with the file and the dossier."""
    for key, partner in case.partners.items():
        at = case.at("partners", key, "cpa")
        file = case.latest("cpa-file", key)
        loaded = case.latest("cpa-loaded", key, side="here")
        if file is None:
            yield unknown("no-cpa", at, partner=partner.name)
            continue
        if loaded is None:
            yield unknown("not-loaded", at, file, cpa=partner.cpa.id)
            continue
        if loaded.raw["digest"] is None:
            yield not_met("not-there", at, file, loaded, cpa=partner.cpa.id)
            continue
        ids = {file.raw["cpa_id"], loaded.raw["cpa_id"]}
        found, expected = loaded.raw["digest"][:8], file.raw["digest"][:8]
        if ids != {partner.cpa.id}:
            named = ", ".join(sorted(ids))
            yield not_met(
                "other-id", at, file, loaded, partner=partner.name, found=named, expected=partner.cpa.id
            )
        elif loaded.raw["digest"] != file.raw["digest"]:
            yield not_met(
                "other-meaning", at, file, loaded, cpa=partner.cpa.id, found=found, expected=expected
            )
        else:
            yield met("loaded", at, file, loaded, cpa=partner.cpa.id)
