"""Paths to a root with the CRL of every layer, each way to be wrong under its own code."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asn1crypto.x509
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from lopendezaken.errors import LzError
from lopendezaken.pki.crl import read_crl
from lopendezaken.pki.path import Path, validate
from tests.unit.pki import made

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEAF = made.leaf("00000099100000001000", date(2026, 1, 1), date(2028, 1, 1), ("ebms.example",))
ROOT = made.pem(made.authority("root"))


def crls(**special: bytes | None) -> tuple[bytes, ...]:
    """One CRL a layer; a layer that is given replaces it, ``None`` leaves it out."""
    found = {layer: made.crl(layer, NOW - HOUR) for layer in ("root", "domain", "tsp")} | special
    return tuple(each for each in found.values() if each is not None)


def path(
    chain: str = "", roots: str = ROOT, lists: tuple[bytes, ...] | None = None, at: datetime = NOW
) -> Path:
    return validate(chain or made.chain(LEAF), roots, crls() if lists is None else lists, at)


def codes(found: Path) -> list[str]:
    return [problem.code for problem in found.problems]


def test_a_sound_path_has_its_layers_root_and_end_of_crls() -> None:
    found = path()
    assert codes(found) == []
    assert [len(found.layers), found.root and found.root.common_name] == [
        3,
        "TRIAL Voorbeeld - G4 Root Priv G-TLS",
    ]
    assert found.next_update == NOW + 47 * HOUR
    assert found.crls_until == "2026-11-26 09:00 UTC"


def test_the_order_of_the_chain_and_a_root_in_it_do_not_matter() -> None:
    above = [made.authority("domain"), made.authority("root"), made.authority("tsp")]
    assert codes(path(made.pem(LEAF, *above))) == []


@pytest.mark.parametrize("layer", ["root", "domain", "tsp"])
def test_every_layer_needs_a_crl(layer: str) -> None:
    assert codes(path(lists=crls(**{layer: None}))) == ["crl-missing"]


@pytest.mark.parametrize("layer", ["root", "domain", "tsp"])
def test_a_crl_of_another_signer_is_none(layer: str) -> None:
    assert codes(path(lists=crls(**{layer: made.crl(layer, NOW - HOUR, forged=True)}))) == ["crl-forged"]


def test_a_forged_crl_beside_the_real_one_changes_nothing() -> None:
    assert codes(path(lists=(*crls(), made.crl("tsp", NOW, forged=True)))) == []


@pytest.mark.parametrize(
    ("layer", "gone"), [("tsp", LEAF), ("domain", made.authority("tsp")), ("root", made.authority("domain"))]
)
def test_a_revoked_layer(layer: str, gone: made.x509.Certificate) -> None:
    assert codes(path(lists=crls(**{layer: made.crl(layer, NOW - HOUR, revoked=[gone])}))) == ["revoked"]


def test_the_newest_crl_counts() -> None:
    older, newer = (made.crl("tsp", NOW - age * HOUR, revoked=[LEAF] if age == 1 else ()) for age in (5, 1))
    assert codes(path(lists=(*crls(tsp=older), newer))) == ["revoked"]


@pytest.mark.parametrize(("minutes", "expected"), [(-1, []), (1, ["crl-expired"])])
def test_a_crl_ends_to_the_minute(minutes: int, expected: list[str]) -> None:
    lists = crls(tsp=made.crl("tsp", NOW - 48 * HOUR))
    assert codes(path(lists=lists, at=NOW + timedelta(minutes=minutes))) == expected


def test_a_crl_of_tomorrow_is_none_yet() -> None:
    assert codes(path(lists=crls(tsp=made.crl("tsp", NOW + HOUR)))) == ["crl-forged"]


def test_a_layer_below_the_root_is_missing() -> None:
    found = path(made.chain(LEAF, layers=2))
    assert (codes(found), found.root) == (["no-path"], None)


def test_another_root() -> None:
    assert codes(path(roots=made.pem(made.authority("root", "TRIAL Other")))) == ["no-path"]


def test_only_the_second_program_knows_that_a_leaf_may_not_issue() -> None:
    found = path(made.chain(LEAF, fault="constrained"))
    assert codes(found) == ["refused"]
    assert "basicConstraints" in found.problems[0].values["reason"]


@pytest.mark.parametrize("moment", [datetime(2025, 12, 31, tzinfo=UTC), datetime(2028, 1, 2, tzinfo=UTC)])
def test_a_certificate_outside_its_validity(moment: datetime) -> None:
    lists = tuple(made.crl(layer, moment - HOUR) for layer in ("root", "domain", "tsp"))
    assert codes(path(lists=lists, at=moment)) == ["outside-validity"]


def judged_by_another(chain: str, roots: str, lists: tuple[bytes, ...], at: datetime) -> bool:
    """The verdict of pyhanko-certvalidator, which demands a CRL for every layer."""
    leaf, *above = (asn1(each) for each in made.x509.load_pem_x509_certificates(chain.encode()))
    context = ValidationContext(
        trust_roots=[asn1(each) for each in made.x509.load_pem_x509_certificates(roots.encode())],
        moment=at,
        allow_fetching=False,
        crls=list(lists),
        revocation_mode="require",
    )
    try:
        asyncio.run(CertificateValidator(leaf, above, validation_context=context).async_validate_path())
    except (PathError, ValidationError, ValueError):
        return False
    return True


def asn1(certificate: made.x509.Certificate) -> Any:
    return asn1crypto.x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def delta() -> bytes:
    """A CRL that only tells what changed since another; alone it proves nothing."""
    return made.crl("tsp", NOW - HOUR, since_number=7)


def scope(**facts: Any) -> tuple[bytes, ...]:
    """CRLs of which that of the TSP is limited."""
    none: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    limited = made.x509.IssuingDistributionPoint(**(none | facts))
    return crls(tsp=made.crl("tsp", NOW - HOUR, scope=limited))


ELSEWHERE = made.x509.UniformResourceIdentifier("http://crl.pkioverheid.example/other")
CHAIN = made.chain(LEAF)
OTHER = made.pem(made.authority("root", "TRIAL Other"))
CASES = {
    "sound": (CHAIN, ROOT, crls(), NOW),
    "other root": (CHAIN, OTHER, crls(), NOW),
    "layer missing": (made.chain(LEAF, layers=2), ROOT, crls(), NOW),
    "issued by a leaf": (made.chain(LEAF, fault="constrained"), ROOT, crls(), NOW),
    "TSP expired": (made.chain(LEAF, tsp_until=date(2026, 11, 1)), ROOT, crls(), NOW),
    "too late": (CHAIN, ROOT, crls(), NOW + 800 * 24 * HOUR),
    "CRL ended": (CHAIN, ROOT, crls(), NOW + 50 * HOUR),
    "CRL of this address": (CHAIN, ROOT, scope(full_name=[made.PUBLISHED_AT]), NOW),
    "CRL of users": (CHAIN, ROOT, scope(only_contains_user_certs=True), NOW),
    "CRL of another address": (CHAIN, ROOT, scope(full_name=[ELSEWHERE]), NOW),
    "CRL of CAs": (CHAIN, ROOT, scope(only_contains_ca_certs=True), NOW),
    "CRL of attributes": (CHAIN, ROOT, scope(only_contains_attribute_certs=True), NOW),
    "CRL for one reason": (
        *(CHAIN, ROOT),
        scope(only_some_reasons=frozenset({made.x509.ReasonFlags.key_compromise})),
        NOW,
    ),
    "delta CRL": (CHAIN, ROOT, crls(tsp=delta()), NOW),
    **{
        f"no CRL of {layer}": (CHAIN, ROOT, crls(**{layer: None}), NOW) for layer in ("root", "domain", "tsp")
    },
    **{
        f"{layer} forged": (CHAIN, ROOT, crls(**{layer: made.crl(layer, NOW - HOUR, forged=True)}), NOW)
        for layer in ("root", "domain", "tsp")
    },
    **{
        f"revoked by {layer}": (
            CHAIN,
            ROOT,
            crls(**{layer: made.crl(layer, NOW - HOUR, revoked=[gone])}),
            NOW,
        )
        for layer, gone in (
            ("tsp", LEAF),
            ("domain", made.authority("tsp")),
            ("root", made.authority("domain")),
        )
    },
}


@pytest.mark.parametrize("name", CASES)
def test_another_program_gives_the_same_verdict(name: str) -> None:
    found = validate(*CASES[name])
    sound = name in {"sound", "CRL of this address", "CRL of users"}
    assert (not found.problems) is judged_by_another(*CASES[name]) is sound


def test_crls_must_have_been_current_when_they_were_fetched() -> None:
    late = NOW + 60 * HOUR
    assert codes(validate(CHAIN, ROOT, crls(), late)) == ["crl-expired"] * 3
    assert codes(validate(CHAIN, ROOT, crls(), late, NOW)) == []
    assert codes(validate(CHAIN, ROOT, crls(), late + 800 * 24 * HOUR, NOW)) == ["outside-validity"]


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    assert codes(path(lists=(*crls(), b"\x30" + data))) in (["crl-unreadable"], [])
    with pytest.raises(LzError):
        read_crl(b"\x00" + data)
