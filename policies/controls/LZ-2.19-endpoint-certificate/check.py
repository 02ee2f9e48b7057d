"""Our endpoint shows the certificate that is installed, and all that stands between it and the root."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificates, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Compare what the endpoint showed from outside with what is on the host where TLS ends."""
    role = "server" if case.here.server_certificate else "own"
    at, own = case.at("endpoint"), case.latest("certificate-chain", role=role)
    if own is None:
        yield unknown("no-certificate", case.at("certificate", "file"))
        return
    seen = case.latest("tls-settings", direction="in")
    if seen is None or not seen.raw["chain"]:
        yield unknown("no-scan", at)
        return
    installed, shown = (certificates(pem) for pem in (own.raw["pem"], "".join(seen.raw["chain"])))
    found, expected = (chain[0].sha256 for chain in (shown, installed))
    missing = {each.sha256 for each in installed} - {each.sha256 for each in shown}
    if found != expected:
        yield not_met("endpoint-shows-other", at, own, seen, found=found, expected=expected)
    elif missing:
        count = len(installed) - len(missing)
        yield not_met("endpoint-shows-little", at, own, seen, count=count, expected=len(installed))
    else:
        yield met("endpoint-shows-it", at, own, seen, count=len(installed))
