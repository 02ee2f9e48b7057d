"""The certificate has every name that the dossier asked for."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificates, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Compare the names in the last certificate with the dossier."""
    at, seen = case.at("certificate", "names"), case.latest("certificate-chain", role="own")
    if seen is None:
        yield unknown("no-certificate", at)
        return
    has, asked = certificates(seen.raw["pem"])[0].dns_names, case.here.certificate.names
    missing = [name for name in asked if name not in has]
    for name in missing:
        yield not_met("missing", at, seen, name=name)
    if not missing:
        yield met("all-there", at, seen, names=", ".join(has))
