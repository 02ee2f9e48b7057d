"""Our certificate leads to a root that we trust, and the CRL of every layer says that nothing is revoked."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificate_path, met, not_met, unknown

BREAKS = frozenset(
    {
        "no-path",
        "outside-validity",
        "revoked",
        "crl-missing",
        "crl-forged",
        "crl-expired",
        "crl-unreadable",
    }
)


def check(case: Case) -> Iterator[Finding]:
    """Walk from leaf to root as a partner does, at the moment when the CRLs were fetched."""
    at, seen, crls = case.at("certificate", "file"), case.latest("certificate-chain", role="own"), case.crls
    if seen is None or not seen.raw.get("anchors"):
        yield unknown("no-certificate", at)
        return
    if not crls:
        yield unknown("no-crls", case.at("trust", "crls"), seen)
        return
    for each in crls:
        if each.raw["error"]:
            reason = each.raw["error"].rstrip(".")
            yield not_met(
                "crl-not-fetched", case.at("trust", "crls"), each, url=each.raw["url"], error=reason
            )
    path = certificate_path(seen, crls)
    for problem in path.problems:
        code = problem.code if problem.code in BREAKS else "refused"
        yield not_met(code, at, seen, *crls, **problem.values)
    if not path.problems and path.root:
        layers, root = len(path.layers) + 1, path.root.common_name or path.root.subject
        yield met("path-sound", at, seen, *crls, layers=layers, root=root, until=path.crls_until)
