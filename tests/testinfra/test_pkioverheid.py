"""Key, certificate and CRLs as the services of the adapter host find them."""

from __future__ import annotations

import pytest
from testinfra.host import Host

from tests.testinfra.world import OWN_NAME

FOLDER = "/etc/pkioverheid"


@pytest.mark.parametrize(
    ("name", "mode", "group"),
    [
        ("key.pem", 0o640, "lopendezaken"),
        ("keystore.p12", 0o640, "lopendezaken"),
        ("certificate.pem", 0o644, "root"),
        ("anchors.pem", 0o644, "root"),
        ("request.csr", 0o644, "root"),
    ],
)
def test_files(adapter: Host, name: str, mode: int, group: str) -> None:
    file = adapter.file(f"{FOLDER}/{name}")
    assert (file.mode, file.user, file.group) == (mode, "root", group)


def test_certificate_bears_oin_and_name(adapter: Host) -> None:
    text = adapter.check_output(
        f"openssl x509 -in {FOLDER}/certificate.pem -noout -subject -ext subjectAltName"
    )
    assert "serialNumber = 00000099100000001000" in text
    assert f"DNS:{OWN_NAME}" in text


def test_certificate_belongs_to_the_key(adapter: Host) -> None:
    of_key = adapter.check_output(f"openssl pkey -in {FOLDER}/key.pem -pubout")
    assert of_key == adapter.check_output(f"openssl x509 -in {FOLDER}/certificate.pem -noout -pubkey")


@pytest.mark.parametrize("layer", ["root", "domain", "tsp"])
def test_crl_of_every_layer_is_signed(adapter: Host, layer: str) -> None:
    done = adapter.run(
        f"openssl crl -inform DER -in {FOLDER}/crl/{layer}.crl -noout -verify -CAfile {FOLDER}/issuers.pem"
    )
    assert "verify OK" in done.stderr


def test_a_forged_crl_does_not_replace_the_old_one(adapter: Host) -> None:
    before = adapter.file(f"{FOLDER}/crl/tsp.crl").sha256sum
    done = adapter.run(
        "mkdir -p /run/forged && cp /etc/hostname /run/forged/tsp.crl &&"
        f" pkioverheid-crl --directory {FOLDER} file:///run/forged/tsp.crl"
    )
    assert done.rc == 1
    assert "not signed by an issuer of our chain" in done.stderr
    assert adapter.file(f"{FOLDER}/crl/tsp.crl").sha256sum == before


def test_crls_are_fetched_again_and_again(adapter: Host) -> None:
    assert adapter.service("pkioverheid-crl.timer").is_enabled
    assert adapter.service("pkioverheid-crl.timer").is_running
    assert adapter.run("systemctl start pkioverheid-crl.service").rc == 0
