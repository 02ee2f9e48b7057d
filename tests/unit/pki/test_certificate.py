from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Kind, Leaf
from lopendezaken.pki.certificate import read, read_chain, read_file
from tests.unit.conftest import OWN_HOST, OWN_OIN

SOURCE = Path(__file__).parents[3] / "src"


@pytest.fixture(scope="module")
def own_der(own_leaf: Leaf) -> bytes:
    return read(own_leaf.certificate_pem).der


def test_facts_of_a_g4_leaf(own_leaf: Leaf) -> None:
    leaf = read(own_leaf.certificate_pem)
    assert leaf.oin == leaf.subject_serial_number == OWN_OIN
    assert leaf.organisation == "TRIAL Gemeente Voorbeeldstad"
    assert leaf.organisation_id == "NTRNL-10000000"
    assert leaf.dns_names == (OWN_HOST,)
    assert (leaf.key_type, leaf.key_bits) == ("RSA", 2048)
    assert (leaf.signature_algorithm, leaf.signature_hash, leaf.pss_salt) == ("RSASSA-PSS", "SHA512", 64)
    assert leaf.key_usage == ("digitalSignature", "keyEncipherment")
    assert leaf.key_usage_critical
    assert leaf.for_client
    assert leaf.for_server
    assert not leaf.is_ca
    assert not leaf.self_signed
    assert leaf.policies == ("2.16.528.1.1003.1.2.41.15.35.11", "0.4.0.2042.1.1")
    assert leaf.crl_urls == ("http://crl.pkioverheid.example/tsp.crl",)
    assert leaf.not_after - leaf.not_before == timedelta(days=397)
    assert leaf.valid_at(datetime.now(UTC))
    assert not leaf.valid_at(leaf.not_after + timedelta(seconds=1))


def test_the_chain_in_order(own_leaf: Leaf, pki: Authority) -> None:
    leaf, tsp, domain = read_chain(own_leaf.certificate_pem)
    (root,) = read_chain(pki.anchors_pem())
    assert [leaf.issuer, tsp.issuer, domain.issuer, root.issuer] == [
        tsp.subject,
        domain.subject,
        root.subject,
        root.subject,
    ]
    assert root.self_signed
    assert root.is_ca
    assert tsp.key_usage == ("keyCertSign", "cRLSign")


def test_fingerprint_is_that_of_openssl(own_leaf: Leaf, tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_bytes(own_leaf.certificate_pem)
    shown = subprocess.run(
        ["openssl", "x509", "-in", "leaf.pem", "-noout", "-fingerprint", "-sha256"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown.strip().rpartition("=")[2].replace(":", "").lower() == read(own_leaf.certificate_pem).sha256


def test_der_and_pem_are_the_same(own_leaf: Leaf) -> None:
    leaf = read(own_leaf.certificate_pem)
    assert read(leaf.der) == leaf
    assert read(leaf.pem) == leaf


@pytest.mark.parametrize(
    ("kind", "oin", "for_client"),
    [
        (Kind.NO_OIN, None, True),
        (Kind.OTHER_OIN, "00000099900000009000", True),
        (Kind.NO_CLIENT_AUTH, OWN_OIN, False),
    ],
)
def test_facts_of_bad_leaves(pki: Authority, kind: Kind, oin: str | None, for_client: bool) -> None:
    leaf = read(pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind).certificate_pem)
    assert (leaf.oin, leaf.for_client, leaf.for_server) == (oin, for_client, True)


def test_other_algorithms() -> None:
    rsa_key, ec_key = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    old = read(_plain(rsa_key, hashes.SHA256()))
    assert (old.signature_algorithm, old.signature_hash, old.pss_salt) == (
        "sha256WithRSAEncryption",
        "SHA256",
        None,
    )
    assert (old.key_usage, old.extended_key_usage, old.dns_names) == ((), (), ())
    assert old.for_client
    curve = read(_plain(ec_key, hashes.SHA384()))
    assert (curve.key_type, curve.key_bits, curve.signature_hash) == ("EC", 256, "SHA384")
    short = read(_plain(rsa_key, hashes.SHA256(), padding.PSS(padding.MGF1(hashes.SHA256()), 32)))
    assert (short.signature_algorithm, short.signature_hash, short.pss_salt) == ("RSASSA-PSS", "SHA256", 32)


def test_a_serial_number_of_another_length_is_no_oin() -> None:
    key = rsa.generate_private_key(65537, 2048)
    leaf = read(_plain(key, hashes.SHA256(), serial_number="12345678"))
    assert (leaf.oin, leaf.subject_serial_number) == (None, "12345678")


def test_unreadable_files_are_named(tmp_path: Path, own_leaf: Leaf) -> None:
    missing = tmp_path / "missing.pem"
    with pytest.raises(LzError, match="cannot read the certificate") as caught:
        read_file(missing)
    assert caught.value.where == str(missing)
    (tmp_path / "key.pem").write_bytes(own_leaf.key_pem)
    with pytest.raises(LzError, match="a private key") as caught:
        read_file(tmp_path / "key.pem")
    assert "BEGIN PRIVATE" not in str(caught.value)


@given(st.binary(max_size=300))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(LzError):
        read(data)


@given(data=st.data())
def test_a_damaged_certificate_is_read_or_refused(own_der: bytes, data: st.DataObject) -> None:
    der = bytearray(own_der)
    der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(der))
    except LzError:
        pass


def test_it_works_with_the_cryptography_of_debian(own_leaf: Leaf, tmp_path: Path) -> None:
    """Debian 12 has cryptography 38, which knows no parameters of RSASSA-PSS."""
    probe = ["/usr/bin/python3", "-c", "import cryptography; print(cryptography.__version__)"]
    found = subprocess.run(probe, check=False, capture_output=True, text=True)
    if not found.stdout.startswith("38."):
        pytest.skip("no python3-cryptography 38 on this machine")
    (tmp_path / "leaf.pem").write_bytes(own_leaf.certificate_pem)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from lopendezaken.pki.certificate import read_file\n"
        "leaf = read_file(Path(sys.argv[2]))[0]\n"
        "print(leaf.oin, leaf.signature_hash, leaf.pss_salt, leaf.not_after.isoformat(), leaf.sha256)\n"
    )
    shown = subprocess.run(
        ["/usr/bin/python3", "-c", script, str(SOURCE), str(tmp_path / "leaf.pem")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    leaf = read(own_leaf.certificate_pem)
    assert shown == [OWN_OIN, "SHA512", "64", leaf.not_after.isoformat(), leaf.sha256]


def _plain(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    algorithm: hashes.SHA256 | hashes.SHA384,
    rsa_padding: padding.PSS | None = None,
    serial_number: str | None = None,
) -> bytes:
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, "plain")]
    if serial_number:
        attributes.append(x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, serial_number))
    name, now = x509.Name(attributes), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, algorithm, rsa_padding=rsa_padding).public_bytes(Encoding.PEM)
