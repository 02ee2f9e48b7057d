"""Our certificate carries the OIN (a supplier: the HRN) in Subject serialNumber."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificates, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Compare the number in the certificate with the one in the dossier."""
    file = case.at("certificate", "file")
    seen = case.latest("certificate-chain", role="own")
    if seen is None:
        yield unknown("no-certificate", file)
        return
    leaf = certificates(seen.raw["pem"])[0]
    expected = case.dossier.organisation.number
    if leaf.oin is None:
        yield not_met("no-number", file, seen, found=leaf.subject_serial_number or "-", expected=expected)
    elif leaf.oin != expected:
        yield not_met("other-number", file, seen, found=leaf.oin, expected=expected)
    else:
        yield met("same-number", file, seen, number=expected)
