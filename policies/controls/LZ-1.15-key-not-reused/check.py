"""Our key is of this environment, this host and this certificate only."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificates, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Compare the key with that of every certificate of ours that was ever recorded."""
    at, seen = case.at("certificate", "file"), case.latest("certificate-chain", role="own")
    if seen is None:
        yield unknown("no-certificate", at)
        return
    own, told = certificates(seen.raw["pem"])[0], set()
    for environment in sorted(case.dossier.environments):
        for each in case.evidence.of("certificate-chain", environment, role="own"):
            other = certificates(each.raw["pem"])[0]
            if other.spki_sha256 != own.spki_sha256:
                continue
            if environment != case.environment:
                found = not_met("key-of-other-environment", at, seen, each, environment=environment)
            elif each.host != seen.host:
                found = not_met("key-on-other-host", at, seen, each, host=each.host)
            elif other.sha256 != own.sha256:
                found = not_met("renewed-with-same-key", at, seen, each, before=other.sha256)
            else:
                continue
            if (found.code, *found.values.values()) not in told:
                yield found
            told.add((found.code, *found.values.values()))
    if not told:
        yield met("own-key", at, seen)
