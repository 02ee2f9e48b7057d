"""Profile and strength of a certificate under its root; examples of the controls show every code."""

from __future__ import annotations

from datetime import date

import pytest

from lopendezaken.pki.anchors import Anchor
from lopendezaken.pki.certificate import Certificate, read_chain
from lopendezaken.pki.ncsc import Reading
from lopendezaken.pki.profile import has_policy, shape, strength
from lopendezaken.policy.data import Data
from tests.unit.pki import made
from tests.unit.policies.example import ROOT

DATA = Data(ROOT / "policies/data")
NOW = date(2026, 11, 24)
TRIAL, G1 = (
    next(each for each in DATA.anchors.anchors if each.id == name) for name in ("trial", "g1-private")
)


def layers(fault: str = "", bits: int = 3072) -> tuple[Certificate, ...]:
    leaf = made.leaf(
        "00000099100000001000", date(2026, 1, 1), date(2028, 1, 1), ("a.example",), "", fault, bits=bits
    )
    return read_chain(made.chain(leaf, fault=fault).encode())


def shapes(fault: str, anchor: Anchor) -> list[str]:
    return [each.code for each in shape(layers(fault), anchor)]


def strengths(fault: str, anchor: Anchor, bits: int = 3072, day: date = NOW) -> list[str]:
    return [each.code for each in strength(layers(fault, bits), anchor, DATA.tls(day))]


@pytest.mark.parametrize("fault", ["constraints-not-critical", "no-extended-usage", "no-organisation-id"])
def test_what_g4_asks_and_g1_does_not(fault: str) -> None:
    assert len(shapes(fault, TRIAL)) == 1
    assert shapes(fault, G1) == []


@pytest.mark.parametrize(
    "fault", ["ca", "usage-more", "usage-not-critical", "no-client-auth", "wildcard", "flat"]
)
def test_what_both_ask(fault: str) -> None:
    assert len(shapes(fault, TRIAL)) == len(shapes(fault, G1)) == 1


def test_a_generation_has_its_own_signature() -> None:
    assert strengths("", TRIAL) == []
    assert strengths("no-pss", TRIAL) == ["signature"]
    assert "signature" in strengths("", G1)


@pytest.mark.parametrize(
    ("bits", "day", "expected"),
    [
        (2048, date(2025, 6, 23), []),
        (2048, date(2025, 6, 24), ["key-short"]),
        (3072, NOW, []),
    ],
)
def test_2048_bits_are_enough_until_the_guideline_of_2025(bits: int, day: date, expected: list[str]) -> None:
    assert strengths("", TRIAL, bits, day) == expected


def test_a_ca_of_g4_has_4096_bits() -> None:
    small = made.leaf(None, date(2026, 1, 1), date(2028, 1, 1), ("a.example",), "", "ca")
    found = list(strength(read_chain(made.pem(small).encode()), TRIAL, DATA.tls(NOW)))
    assert [(each.code, each.values["expected"]) for each in found] == [("key-short", "4096")]


def test_the_policy_is_of_the_root() -> None:
    leaf = layers()[0]
    assert has_policy(leaf, TRIAL)
    assert not has_policy(leaf, G1)


def test_a_production_root_is_known_by_its_fingerprint_only() -> None:
    namesake = made.pem(made.authority("root", "Staat der Nederlanden Private Root CA - G1"))
    assert DATA.anchors.of(read_chain(namesake.encode())[0]) is None


def test_a_test_root_must_be_a_root_and_say_that_it_is_for_tests() -> None:
    trial, domain, other = (
        read_chain(made.pem(made.authority(layer, pki)).encode())[0]
        for layer, pki in (("root", "TRIAL X"), ("domain", "TRIAL X"), ("root", "Other"))
    )
    assert DATA.anchors.of(trial) == TRIAL
    assert DATA.anchors.of(domain) is None
    assert DATA.anchors.of(other) is None


@pytest.mark.parametrize(("day", "counts"), [(date(2028, 11, 13), True), (date(2028, 11, 14), False)])
def test_g1_ends(day: date, counts: bool) -> None:
    assert G1.counts_on(day) is counts


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2021, 1, 1), "NCSC TLS 2.1"),
        (date(2025, 6, 23), "NCSC TLS 2.1"),
        (date(2025, 6, 24), "NCSC TLS 2025-05"),
        (date(2030, 1, 1), "NCSC TLS 2025-05"),
    ],
)
def test_the_guideline_of_a_day(day: date, name: str) -> None:
    reading: Reading = DATA.tls(day)
    assert reading.guideline.name == name
    assert reading.accepts == ("good", "sufficient")


def test_before_2021_no_guideline_is_known() -> None:
    with pytest.raises(LookupError, match="2020-12-31"):
        DATA.tls(date(2020, 12, 31))


def test_what_a_guideline_does_not_name_is_insufficient() -> None:
    reading = DATA.tls(NOW)
    suites = [
        "TLS_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    ]
    assert reading.below(reading.guideline.suites, suites) == suites[1:]
    assert [reading.guideline.rsa(bits) for bits in (1024, 2048, 3071, 3072)] == [
        "insufficient",
        "phase-out",
        "phase-out",
        "sufficient",
    ]
