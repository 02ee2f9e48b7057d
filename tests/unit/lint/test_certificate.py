"""Certificates: good and bad ones of both generations, in every form that people have them in."""

from __future__ import annotations

import base64
import functools
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Kind
from lopendezaken.lint.certificate import RULES, Wish, check
from lopendezaken.pki import bundle
from lopendezaken.pki.bundle import NeedsPasswordError
from tests.unit.lint.conftest import HOST, NOW, OIN, SINCE, UNTIL, Lint, leaf, source, wish
from tests.unit.pki import made
from tests.unit.policies.example import G1

PASSWORD = b"geheim"


def rules(data: bytes | str, **changes: object) -> set[str]:
    findings = check(source(data), wish(**changes))
    known = {rule.id: rule.severity for rule in RULES}
    for each in findings:
        assert each.severity == "should" or known[each.rule] == "must"
        assert each.remedy, each
    return {each.rule for each in findings}


def test_a_good_one_of_g4() -> None:
    assert rules(leaf(), oin=OIN, hosts=(HOST,), environment="preprod") == set()


def test_a_good_one_of_g1() -> None:
    assert rules(leaf("g1", pki=G1)) == set()


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("ca", "PKIO-017"),
        ("constraints-not-critical", "PKIO-017"),
        ("usage-more", "PKIO-014"),
        ("usage-not-critical", "PKIO-014"),
        ("no-client-auth", "PKIO-015"),
        ("no-extended-usage", "PKIO-015"),
        ("no-names", "PKIO-018"),
        ("wildcard", "PKIO-018"),
        ("no-organisation-id", "PKIO-020"),
        ("other-policy", "PKIO-016"),
        ("no-pss", "PKIO-024"),
        ("short-salt", "PKIO-024"),
        ("weak-hash", "NCSC-008"),
    ],
)
def test_one_fault_in_the_profile_of_g4(fault: str, rule: str) -> None:
    assert rules(leaf(fault)) == {rule}


@pytest.mark.parametrize(
    ("bits", "name", "rule"), [(2048, "", "NCSC-003"), (0, "curve", "PKIO-023"), (3072, "three", "PKIO-023")]
)
def test_keys(bits: int, name: str, rule: str) -> None:
    assert rules(leaf(bits=bits, name=name)) == {rule}


@pytest.mark.parametrize(
    ("oin", "rule"),
    [
        (None, "PKIO-001"),
        ("123", "PKIO-001"),
        ("00000005100000001000", "OIN-003"),
        ("00000003123456789000", "OIN-004"),
        ("00000001123456789000", "OIN-006"),
    ],
)
def test_the_number_in_it(oin: str | None, rule: str) -> None:
    assert rules(leaf(oin=oin)) == {rule}


def test_what_was_asked() -> None:
    assert rules(leaf(), oin="00000099200000001000") == {"CPA-013"}
    assert rules(leaf(), hosts=("other.voorbeeldstad.example",)) == {"DK-TLS-014"}


def test_environments() -> None:
    assert rules(leaf(), environment="prod") == {"PKIO-012", "OIN-009"}
    real = leaf("g1", "00000003123456780000", pki=G1)
    assert rules(real, environment="prod") == set()
    assert rules(real, environment="preprod") == {"PKIO-013"}
    assert rules(real, moment=NOW.replace(year=2028, month=12)) >= {"PKIO-006"}


def test_an_issuer_that_is_not_of_pkioverheid() -> None:
    builder = x509.CertificateBuilder().public_key(made.key("", 3072).public_key()).serial_number(1)
    builder = builder.not_valid_before(made.noon(SINCE)).not_valid_after(made.noon(UNTIL))
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (HOST, "Public CA")]
    key = made.key("authority", 3072)
    assert isinstance(key, rsa.RSAPrivateKey)
    certificate = builder.subject_name(names[0]).issuer_name(names[1]).sign(key, SHA256())
    assert rules(made.pem(certificate)) == {"PKIO-001", "PKIO-005", "PKIO-006", "PKIO-036"}


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (-1, {("PKIO-003", "must")}),
        (10, {("PKIO-027", "must")}),
        (45, {("PKIO-027", "should")}),
        (61, set()),
    ],
)
def test_renewal(days: int, found: set[tuple[str, str]]) -> None:
    data = leaf(until=NOW.date() + timedelta(days=days))
    assert {(each.rule, each.severity) for each in check(source(data), wish())} == found


def test_dates() -> None:
    assert rules(leaf(since=date(2027, 1, 1))) == {"PKIO-003"}
    assert rules(leaf(until=date(2032, 1, 1))) == {"PKIO-025"}


# -- the test PKI of the lab -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Kind.GOOD, None),
        (Kind.NO_OIN, "PKIO-001"),
        (Kind.OTHER_OIN, "CPA-013"),
        (Kind.EXPIRED, "PKIO-003"),
        (Kind.NO_CLIENT_AUTH, "PKIO-015"),
        (Kind.SELF_SIGNED, "DK-EBMS2-022"),
        # These show only beside CRLs and roots: lz lint chain.
        (Kind.REVOKED, None),
        (Kind.OTHER_ROOT, None),
    ],
)
def test_the_bad_ones_of_the_lab(pki: Authority, kind: Kind, rule: str | None) -> None:
    data = pki.leaf(OIN, [HOST], "Gemeente Voorbeeldstad", kind).certificate_pem
    found = {each.rule for each in check(source(data), Wish(wish().data, oin=OIN))}
    # The unit tests' PKI has small keys, which every one of them shows.
    assert found - {"NCSC-003"} == ({rule} if rule else set())


# -- forms -------------------------------------------------------------------------------------------


FORMS = (
    *("pem", "pem with text before it", "pem of Windows", "der", "base64"),
    *("p7 pem", "p7 der", "p12", "p12 without password"),
)


@functools.cache
def forms() -> dict[str, bytes]:
    certificate = made.leaf(OIN, date(2026, 1, 1), date(2028, 1, 1), (HOST,))
    above = [made.authority("tsp"), made.authority("domain")]
    key = made.key("", 3072)
    assert isinstance(key, rsa.RSAPrivateKey)
    der = certificate.public_bytes(Encoding.DER)
    secret = BestAvailableEncryption(PASSWORD)
    return {
        "pem": made.pem(certificate).encode(),
        "pem with text before it": b"Bag Attributes\r\n  friendlyName: x\r\n"
        + made.pem(certificate).encode(),
        "pem of Windows": made.pem(certificate).replace("\n", "\r\n").encode(),
        "der": der,
        "base64": base64.b64encode(der),
        "p7 pem": pkcs7.serialize_certificates([certificate, *above], Encoding.PEM),
        "p7 der": pkcs7.serialize_certificates([certificate, *above], Encoding.DER),
        "p12": pkcs12.serialize_key_and_certificates(b"x", key, certificate, above, secret),
        "p12 without password": pkcs12.serialize_key_and_certificates(
            b"x", key, certificate, above, NoEncryption()
        ),
    }


@pytest.mark.parametrize("form", FORMS)
def test_every_form(form: str) -> None:
    assert set(FORMS) == set(forms())
    assert rules(forms()[form], password=lambda: PASSWORD) == set()


def test_a_pkcs12_needs_its_password() -> None:
    for password, words in ((None, "needs a password"), (b"wrong", "needs another password")):
        with pytest.raises(NeedsPasswordError, match=words):
            check(source(forms()["p12"]), wish(password=lambda given=password: given))


@pytest.mark.parametrize("form", ["p12", "p12 without password"])
def test_a_pkcs12_that_would_take_for_ever(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rounds of hashing are in the file, so whoever made it says how long it takes."""
    monkeypatch.setattr(bundle, "_MOST_ROUNDS", 1000)
    with pytest.raises(LzError, match="too long to open"):
        check(source(forms()[form]), wish(password=lambda: PASSWORD))


def test_the_password_comes_from_file_or_environment(
    lint: Lint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.p12"
    file.write_bytes(forms()["p12"])
    assert lint("certificate", file, "--date", "2026-11-24").exit_code == 2
    (tmp_path / "password").write_bytes(PASSWORD + b"\n")
    told = lint("certificate", file, "--date", "2026-11-24", "--password-file", tmp_path / "password")
    assert (told.exit_code, PASSWORD.decode() in told.output) == (0, False)
    monkeypatch.setenv("LZ_LINT_PASSWORD", PASSWORD.decode())
    assert lint("certificate", file, "--date", "2026-11-24").exit_code == 0


def test_a_key_in_the_file() -> None:
    key = made.key("", 3072).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert rules(leaf() + key) == {"PKIO-032"}


def test_a_pkcs12_whose_key_is_of_another() -> None:
    other = made.key("other", 3072)
    assert isinstance(other, rsa.RSAPrivateKey)
    certificates = [x509.load_pem_x509_certificate(leaf().encode())]
    data = pkcs12.serialize_key_and_certificates(b"x", other, None, certificates, NoEncryption())
    assert rules(data) == {"PKIO-032"}


def test_each_of_several_has_its_line() -> None:
    data = leaf("no-client-auth") + leaf("wildcard")
    second = leaf("no-client-auth").count("\n") + 1
    assert [(each.line, each.rule) for each in check(source(data), wish())] == [
        (1, "PKIO-015"),
        (second, "PKIO-018"),
    ]


def test_a_ca_is_no_certificate_of_an_organisation() -> None:
    assert rules(made.pem(made.authority("root"))) == {"PKIO-017"}


@pytest.mark.parametrize(
    "data", [b"", b"  \n", b"hello", b"<xml/>", b"-----BEGIN CERTIFICATE-----\n", b"\x30\x03abc"]
)
def test_what_is_no_certificate(data: bytes) -> None:
    with pytest.raises(LzError):
        check(source(data), wish())


def test_a_key_alone_is_told_as_such() -> None:
    key = made.key("", 3072).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(LzError, match="no certificate in the file") as told:
        check(source(key), wish())
    assert told.value.found == "private key"
