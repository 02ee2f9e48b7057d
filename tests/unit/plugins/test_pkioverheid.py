"""Key, request, certificate and keystore on a host: predicted, done, and done once."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509.oid import NameOID

from lopendezaken.lab.authority import Authority, Leaf
from tests.unit.conftest import OWN_HOST, OWN_OIN
from tests.unit.plugins.conftest import Run

CANARY = "kanarie-4711"


@pytest.fixture
def request_options(tmp_path: Path) -> dict[str, object]:
    return {
        "directory": str(tmp_path / "pki"),
        "organization": "Gemeente Voorbeeldstad",
        "oin": OWN_OIN,
        "names": [OWN_HOST],
    }


def test_request_is_predicted_made_and_kept(run: Run, request_options: dict[str, object]) -> None:
    folder = Path(str(request_options["directory"]))
    assert run("pkioverheid_request", check=True, **request_options)["changed"]
    assert not folder.exists()
    made = run("pkioverheid_request", **request_options)
    assert made["changed"]
    assert not run("pkioverheid_request", check=True, **request_options)["changed"]
    again = run("pkioverheid_request", **request_options)
    assert not again["changed"]
    assert again["csr"] == made["csr"]
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o640


def test_request_says_what_pkioverheid_asks(run: Run, request_options: dict[str, object]) -> None:
    csr = x509.load_pem_x509_csr(run("pkioverheid_request", **request_options)["csr"].encode())
    assert csr.is_signature_valid
    # RSASSA-PSS (PKIO-024)
    assert csr.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10"
    assert csr.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == OWN_OIN
    assert csr.public_key().key_size == 3072
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [OWN_HOST]


def test_another_name_makes_another_request_with_the_same_key(
    run: Run, request_options: dict[str, object]
) -> None:
    first = run("pkioverheid_request", **request_options)
    second = run("pkioverheid_request", **(request_options | {"names": ["ebms.other.example"]}))
    assert second["changed"]
    assert second["key_sha256"] == first["key_sha256"]
    assert "ebms.other.example" in second["diff"]["after"]


def test_nothing_of_the_key_comes_out(run: Run, request_options: dict[str, object]) -> None:
    result = str(run("pkioverheid_request", **request_options))
    key = load_pem_private_key((Path(str(request_options["directory"])) / "key.pem").read_bytes(), None)
    assert "PRIVATE" not in result
    assert format(key.private_numbers().d, "x") not in result


def test_a_small_key_is_not_replaced(run: Run, request_options: dict[str, object], own_leaf: Leaf) -> None:
    folder = Path(str(request_options["directory"]))
    folder.mkdir()
    (folder / "key.pem").write_bytes(own_leaf.key_pem)
    result = run("pkioverheid_request", **request_options)
    assert result["failed"]
    assert "never replaced" in result["msg"]
    assert (folder / "key.pem").read_bytes() == own_leaf.key_pem


@pytest.fixture
def certificate_options(tmp_path: Path, pki: Authority, own_leaf: Leaf) -> dict[str, object]:
    (tmp_path / "key.pem").write_bytes(own_leaf.key_pem)
    return {
        "directory": str(tmp_path),
        "certificate": own_leaf.certificate_pem.decode(),
        "anchors": pki.anchors_pem().decode(),
        "oin": OWN_OIN,
        "names": [OWN_HOST],
    }


def test_certificate_is_predicted_placed_and_kept(
    run: Run, certificate_options: dict[str, object], tmp_path: Path
) -> None:
    assert run("pkioverheid_certificate", check=True, **certificate_options)["changed"]
    assert not (tmp_path / "certificate.pem").exists()
    placed = run("pkioverheid_certificate", **certificate_options)
    assert placed["changed"]
    assert OWN_OIN in placed["diff"][0]["after"]
    assert not run("pkioverheid_certificate", **certificate_options)["changed"]
    assert (tmp_path / "issuers.pem").read_text().count("BEGIN CERTIFICATE") == 3


def test_certificate_of_another_key_is_refused(
    run: Run, certificate_options: dict[str, object], partner_leaf: Leaf, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_bytes(partner_leaf.key_pem)
    result = run("pkioverheid_certificate", **certificate_options)
    assert result["failed"]
    assert result["problem"] == "other-key"
    assert not (tmp_path / "certificate.pem").exists()


def test_a_missing_certificate_is_tolerated_when_asked(
    run: Run, certificate_options: dict[str, object]
) -> None:
    options = certificate_options | {"certificate": "", "state": "judged"}
    assert run("pkioverheid_certificate", **options)["failed"]
    assert run("pkioverheid_certificate", **options, tolerate=["missing"])["problem"] == "missing"


def test_keystore_is_predicted_made_and_kept(
    run: Run, certificate_options: dict[str, object], tmp_path: Path
) -> None:
    options = {"directory": str(tmp_path), "passphrase": CANARY}
    assert run("pkioverheid_keystore", check=True, **options)["changed"]
    run("pkioverheid_certificate", **certificate_options)
    assert run("pkioverheid_keystore", **options)["changed"]
    assert not run("pkioverheid_keystore", **options)["changed"]
    key, leaf, chain = pkcs12.load_key_and_certificates(
        (tmp_path / "keystore.p12").read_bytes(), CANARY.encode()
    )
    assert key
    assert leaf
    assert len(chain) == 2
    assert run("pkioverheid_keystore", check=True, **(options | {"passphrase": "another"}))["changed"]
