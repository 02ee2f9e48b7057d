"""Certificate requests: what is wrong in one comes back in the certificate."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from lopendezaken.errors import LzError
from lopendezaken.lint.csr import RULES, check
from tests.unit.lint.conftest import HOST, OIN, Lint, source, wish
from tests.unit.pki import made

SUBJECT = {
    NameOID.COUNTRY_NAME: "NL",
    NameOID.ORGANIZATION_NAME: "Gemeente Voorbeeldstad",
    NameOID.COMMON_NAME: HOST,
    NameOID.ORGANIZATION_IDENTIFIER: "NTRNL-10000000",
    NameOID.SERIAL_NUMBER: OIN,
}


def request(
    changes: dict[x509.ObjectIdentifier, str | None] | None = None,
    names: tuple[str, ...] = (HOST,),
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
    digest: hashes.SHA224 | hashes.SHA256 | None = None,
    encoding: Encoding = Encoding.PEM,
) -> bytes:
    attributes = {**SUBJECT, **(changes or {})}
    subject = [x509.NameAttribute(oid, value) for oid, value in attributes.items() if value]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if names:
        shown = [x509.DNSName(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(shown), critical=False)
    signer = key or made.key("", 3072)
    return builder.sign(signer, digest or hashes.SHA256()).public_bytes(encoding)


def rules(data: bytes, **changes: object) -> set[str]:
    findings = check(source(data), wish(**changes))
    assert {each.rule for each in findings} <= {rule.id for rule in RULES}
    assert all(each.remedy for each in findings)
    return {each.rule for each in findings}


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_good_ones(encoding: Encoding) -> None:
    assert rules(request(encoding=encoding), oin=OIN, hosts=(HOST,), environment="preprod") == set()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({NameOID.COUNTRY_NAME: "BE"}, "PKIO-021"),
        ({NameOID.ORGANIZATION_NAME: None}, "PKIO-021"),
        ({NameOID.COMMON_NAME: None}, "PKIO-021"),
        ({NameOID.SERIAL_NUMBER: None}, "PKIO-021"),
        ({NameOID.SERIAL_NUMBER: "100000001000"}, "OIN-001"),
        ({NameOID.ORGANIZATION_IDENTIFIER: None}, "PKIO-020"),
    ],
)
def test_the_subject(changes: dict[x509.ObjectIdentifier, str | None], rule: str) -> None:
    assert rules(request(changes)) == {rule}


@pytest.mark.parametrize(
    ("names", "severity"), [((), "should"), (("*.voorbeeldstad.example",), "must"), (("adapter",), "must")]
)
def test_names(names: tuple[str, ...], severity: str) -> None:
    (told,) = check(source(request(names=names)), wish())
    assert (told.rule, told.severity) == ("PKIO-018", severity)


def test_keys_and_hashes() -> None:
    small = rsa.generate_private_key(65537, 2048)
    assert rules(request(key=small)) == {"NCSC-003"}
    assert rules(request(key=ec.generate_private_key(ec.SECP256R1()))) == {"PKIO-023"}
    assert rules(request(digest=hashes.SHA224())) == {"NCSC-008"}


def test_what_was_meant() -> None:
    assert rules(request(), oin="00000099200000001000") == {"CPA-013"}
    assert rules(request(), hosts=("other.voorbeeldstad.example",)) == {"DK-TLS-014"}
    assert rules(request(), environment="prod") == {"OIN-009"}


def test_a_request_that_was_changed() -> None:
    der = bytearray(request(encoding=Encoding.DER))
    der[-1] ^= 1
    assert rules(bytes(der)) == {"PKIO-021"}


def test_keys_that_go_along(tmp_path: Path) -> None:
    key = made.key("", 3072).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert rules(request() + key) == {"PKIO-032"}
    file = tmp_path / "request.pem"
    file.write_bytes(request())
    assert check(source(file.read_bytes(), file), wish()) == []
    (tmp_path / "request.key").write_bytes(key)
    (told,) = check(source(file.read_bytes(), file), wish())
    assert (told.rule, told.severity, told.found) == ("PKIO-032", "should", "request.key")


def test_what_is_no_request(lint: Lint, tmp_path: Path) -> None:
    for data in (b"", b"hello", made.pem(made.authority("root")).encode()):
        with pytest.raises(LzError):
            check(source(data), wish())
    file = tmp_path / "request.pem"
    file.write_bytes(request())
    assert lint("csr", file).exit_code == 0
