"""TLS material is read or refused by name."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import pytest

from lopendezaken.ebms.tls import TlsFiles, load
from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Leaf


@pytest.fixture
def files(tmp_path: Path, pki: Authority, own_leaf: Leaf) -> TlsFiles:
    (tmp_path / "certificate.pem").write_bytes(own_leaf.certificate_pem)
    (tmp_path / "key.pem").write_bytes(own_leaf.key_pem)
    (tmp_path / "anchors.pem").write_bytes(pki.anchors_pem())
    (tmp_path / "crl").mkdir()
    for name, data in pki.crls().items():
        (tmp_path / "crl" / name).write_bytes(data)
    names = (tmp_path / name for name in ("certificate.pem", "key.pem", "anchors.pem", "crl"))
    return TlsFiles(*names)


def test_both_directions_are_strict(files: TlsFiles) -> None:
    contexts = load(files)
    assert contexts.crl_count == 3
    for context in (contexts.server, contexts.client):
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.verify_flags & ssl.VERIFY_CRL_CHECK_CHAIN == ssl.VERIFY_CRL_CHECK_CHAIN
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        suites = {cipher["name"] for cipher in context.get_ciphers()}
        assert {name for name in suites if not name.startswith("TLS_")} == {
            "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-RSA-CHACHA20-POLY1305",
            "ECDHE-RSA-AES128-GCM-SHA256",
        }
    assert contexts.client.check_hostname
    assert contexts.server.num_tickets == 0


def test_crls_may_be_der_or_pem(files: TlsFiles) -> None:
    assert files.crls is not None
    der = files.crls / "tsp.crl"
    body = base64.encodebytes(der.read_bytes()).decode()
    (files.crls / "tsp.pem").write_text(f"-----BEGIN X509 CRL-----\n{body}-----END X509 CRL-----\n")
    der.unlink()
    assert load(files).crl_count == 3


def test_no_crls_is_no_reason_not_to_start(files: TlsFiles) -> None:
    assert files.crls is not None
    for path in files.crls.iterdir():
        path.unlink()
    contexts = load(files)
    assert contexts.crl_count == 0
    assert contexts.server.verify_flags & ssl.VERIFY_CRL_CHECK_CHAIN


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("certificate.pem", b"x", "certificate and key cannot be used"),
        ("key.pem", b"x", "certificate and key cannot be used"),
        ("anchors.pem", b"x", "trust anchors cannot be read"),
        ("crl/tsp.crl", b"x", "neither DER nor PEM"),
    ],
)
def test_what_is_wrong_is_named(files: TlsFiles, name: str, content: bytes, complaint: str) -> None:
    (files.key.parent / name).write_bytes(content)
    with pytest.raises(LzError, match=complaint):
        load(files)


def test_the_key_of_another_certificate(files: TlsFiles, partner_leaf: Leaf) -> None:
    files.key.write_bytes(partner_leaf.key_pem)
    with pytest.raises(LzError, match="certificate and key cannot be used"):
        load(files)


def test_a_missing_folder_of_crls(files: TlsFiles) -> None:
    with pytest.raises(LzError, match="CRLs cannot be read"):
        load(TlsFiles(files.certificate, files.key, files.anchors, files.key.parent / "weg"))
