"""The trust store of the adapter holds roots of PKIoverheid only, and those of this environment."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_applicable, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge every root in the trust store by its fingerprint."""
    at, seen = case.at("trust", "anchors"), case.latest("certificate-chain", role="own")
    if seen is None or not seen.raw.get("anchors"):
        yield unknown("no-certificate", at)
        return
    for root, anchor in case.roots(seen.raw["anchors"]):
        name, in_production = root.common_name or root.subject, case.environment == "prod"
        if anchor is None:
            yield not_met("unknown-root", at, seen, root=name, sha256=root.sha256)
        elif not anchor.counts_on(case.day):
            yield not_met("ended-root", at, seen, root=name, until=anchor.until)
        elif anchor.use == "test" and not in_production:
            yield met("test-root", at, seen, root=name, sha256=root.sha256)
        elif anchor.use == "test" and case.is_exercise:
            yield not_applicable("example-world", at, seen, root=name)
        elif anchor.use == "test":
            yield not_met("test-root-in-production", at, seen, root=name, sha256=root.sha256)
        elif in_production:
            yield met("right-root", at, seen, root=name, sha256=root.sha256)
        else:
            yield met("production-root-in-test", at, seen, root=name)
