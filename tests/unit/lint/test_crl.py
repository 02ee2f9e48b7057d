"""CRLs: do they hold, who signed them, and what do they say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from lopendezaken.errors import LzError
from lopendezaken.lint.crl import RULES, Beside, check
from lopendezaken.pki.certificate import read, read_chain
from tests.unit.lint.conftest import HOST, NOW, OIN, SINCE, UNTIL, leaf, source, wish
from tests.unit.pki import made

TSP = read_chain(made.pem(made.authority("tsp")).encode())
DOMAIN = read_chain(made.pem(made.authority("domain")).encode())
LATELY = NOW - timedelta(hours=1)


def rules(data: bytes, beside: Beside | None = None) -> set[tuple[str, str]]:
    findings = check(source(data), wish(), beside or Beside())
    assert {each.rule for each in findings} <= {rule.id for rule in RULES}
    assert all(each.remedy for each in findings)
    return {(each.rule, each.severity) for each in findings}


def test_good_ones() -> None:
    der = made.crl("tsp", LATELY)
    pem = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
    for data in (der, pem):
        assert rules(data, Beside(TSP, (read(leaf().encode()),))) == set()


@pytest.mark.parametrize(
    ("ago", "hours", "expected"),
    [
        (-1, 48, {("RFC 5280", "must")}),
        (50, 48, {("PKIO-028", "must")}),
        (46, 48, {("PKIO-028", "should")}),
        (1, 24 * 30, {("PKIO-028", "should")}),
    ],
)
def test_its_term(ago: int, hours: int, expected: set[tuple[str, str]]) -> None:
    assert rules(made.crl("tsp", NOW - timedelta(hours=ago), hours)) == expected


def test_who_signed_it() -> None:
    assert rules(made.crl("tsp", LATELY), Beside(DOMAIN)) == {("PKIO-029", "must")}
    assert rules(made.crl("tsp", LATELY, forged=True), Beside(TSP)) == {("PKIO-029", "must")}


def test_what_it_says() -> None:
    own = made.leaf(OIN, SINCE, UNTIL, (HOST,))
    beside = Beside((), (read(leaf().encode()),))
    assert rules(made.crl("tsp", LATELY, revoked=[own]), beside) == {("PKIO-003", "must")}
    assert rules(made.crl("domain", LATELY), beside) == {("PKIO-029", "should")}


def test_without_a_number_and_with_an_old_hash() -> None:
    builder = x509.CertificateRevocationListBuilder().issuer_name(made.authority("tsp").subject)
    builder = builder.last_update(LATELY).next_update(LATELY + timedelta(hours=48))
    data = builder.sign(made._rsa(made.key("", 3072)), hashes.SHA224()).public_bytes(Encoding.DER)
    assert rules(data) == {("RFC 5280", "must"), ("NCSC-008", "must")}


@pytest.mark.parametrize("data", [b"", b"hello", made.pem(made.authority("tsp")).encode()])
def test_what_is_no_crl(data: bytes) -> None:
    with pytest.raises(LzError):
        check(source(data), wish(), Beside())
