"""Every fact that a control reads matters: broken, it turns the control red, or its finding says so.

To see what a control reads and what becomes of it: ``python -m tests.unit.policies.mutations LZ-2.04``.
A fact that is missed needs an example that passes because of it, or a check that judges it; only what is
listed here may be missed, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lopendezaken.policy.api import Case, Finding, met
from tests.unit.policies.mutations import Fate, fate
from tests.unit.policies.test_controls import CONTROLS, EXAMPLES, control_of

# What the dossier does not have, nobody has to judge; other controls ask that it is there.
SCOPE = re.compile(r".*\.(environments|partners|systems|flows|streams)(\[\w+\])?(\.partners)? has")
HARMLESS = {
    "LZ-1.02": {"certificates#0[*].common_name": "names the certificate when it is not valid"},
    "LZ-1.03": {"case.dossier.form": "the form is there only after it was sent; LZ-2.15 asks for it"},
    "LZ-1.15": {
        "case.evidence.of(certificate-chain, preprod, role=own) has": "a first certificate has none before it",
        "certificates#2[*].spki_sha256": "it is the certificate itself, among all that were recorded",
    },
    "LZ-1.21": {"case.integrity.evidence has": "the flaw in the example is of production and is told there"},
    "LZ-2.03": {"case.latest(cpa-file, PARTNER)": "LZ-2.01 asks that there is a CPA; here it is compared"},
    "LZ-2.05": {
        "case.latest(ebms-ping, PARTNER, outcome=pong)": "no Pong of MijnOverheid yet is in order too"
    },
    "LZ-2.06": {
        "case.evidence.latest(certificate-chain, preprod, role=own)": "keys differ once there are two",
        "case.evidence.latest(certificate-chain, prod, role=own)": "keys differ once there are two",
    },
    "LZ-2.22": {
        **{f"cpa#{n}.parties has": "LZ-2.17 asks that there are two" for n in (0, 1)},
        **{f"cpa#{n}.parties[*].channels has": "LZ-2.17 asks that there is one" for n in (0, 1)},
        "cpa#0.parties[*].oin": "only a suffix is looked for; LZ-2.01 compares the number",
    },
    "LZ-2.29": {
        f"case.latest(message-delivered, PARTNER, stream={stream}).raw[message_id]": "no Foutbericht names another id"
        for stream in ("Vergunning", "Melding")
    },
    "LZ-2.13": {"case.latest(network-reach, PARTNER).raw[dns] has": "without a name nothing was looked up"},
    "LZ-4.09": {
        "case.all(ways-in)[*].raw[ways][*][how]": "whichever way somebody came in has to be explained"
    },
}


def fate_of(name: str) -> Fate:
    own = [each for each in EXAMPLES if control_of(each) is CONTROLS[name] and each.name.startswith("pass-")]
    return fate(CONTROLS[name], own)


@pytest.mark.parametrize("name", CONTROLS)
def test_every_fact_that_is_read_matters(name: str) -> None:
    missed = {each for each in fate_of(name).missed if not SCOPE.fullmatch(each)}
    assert missed == set(HARMLESS.get(name, {}))


def lazy(case: Case) -> Iterator[Finding]:
    """Looks at the certificate and judges nothing."""
    seen = case.latest("certificate-chain", role="own")
    if seen:
        str(seen.raw["pem"])
    yield met("same-number", case.at(), number=case.dossier.organisation.number)


def test_a_control_that_judges_nothing_is_found_out() -> None:
    control = replace(CONTROLS["LZ-1.01"], check=lazy)
    found = fate(control, [control.folder / "examples/pass-government.yml"])
    assert found.told == {"case.dossier.organisation.number"}
    seen = "case.latest(certificate-chain, role=own)"
    assert found.missed == {seen, f"{seen}.raw[pem]"}
