"""Each way in which a certificate can be wrong has its own code and message."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.certificate_rules import Wanted, judge
from ansible.module_utils.openssl_cli import key_digest_of_private_key

from lopendezaken.lab.authority import Authority, Kind, Leaf
from tests.unit.conftest import OWN_HOST, OWN_OIN


def wanted(pki: Authority, **changes: object) -> Wanted:
    demands = {
        "oin": OWN_OIN,
        "names": [OWN_HOST],
        "key_sha256": "",
        "anchors": pki.anchors_pem().decode(),
        "where": "received/certificate.pem",
    }
    return Wanted(**{**demands, **changes})


def test_a_good_one_is_fine(pki: Authority, own_leaf: Leaf, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(own_leaf.key_pem)
    leaf, problem = judge(
        own_leaf.certificate_pem.decode(), wanted(pki, key_sha256=key_digest_of_private_key(key))
    )
    assert problem is None
    assert leaf is not None
    assert (leaf.oin, leaf.names) == (OWN_OIN, [OWN_HOST])


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        (Kind.NO_OIN, "other-oin", "no serialNumber"),
        (Kind.OTHER_OIN, "other-oin", f"the dossier has OIN {OWN_OIN}"),
        (Kind.EXPIRED, "expired", "expired on"),
        (Kind.OTHER_ROOT, "other-root", "does not lead to a trust anchor"),
        (Kind.NO_CLIENT_AUTH, "purpose", "clientAuth"),
        (Kind.SELF_SIGNED, "self-signed", "self-signed"),
    ],
)
def test_bad_ones(pki: Authority, kind: Kind, code: str, words: str) -> None:
    bad = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind)
    _leaf, problem = judge(bad.certificate_pem.decode(), wanted(pki))
    assert problem is not None
    assert (problem.code, words in problem.text) == (code, True), problem
    assert problem.text.startswith("received/certificate.pem: ")


def test_revoked_according_to_the_crls(pki: Authority, tmp_path: Path) -> None:
    bad = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", Kind.REVOKED)
    for name, data in pki.crls().items():
        (tmp_path / name).write_bytes(data)
    demands = wanted(pki, crls=tuple(sorted(tmp_path.glob("*.crl"))))
    _leaf, problem = judge(bad.certificate_pem.decode(), demands)
    assert problem is not None
    assert problem.code == "revoked"


def test_an_old_crl_is_not_held_against_the_certificate(
    pki: Authority, own_leaf: Leaf, tmp_path: Path
) -> None:
    (tmp_path / "tsp.crl").write_bytes(pki.crls()["tsp.crl"])
    demands = wanted(pki, crls=tuple(tmp_path.glob("*.crl")))
    assert judge(own_leaf.certificate_pem.decode(), demands)[1] is None


def test_key_of_another_host(pki: Authority, own_leaf: Leaf) -> None:
    _leaf, problem = judge(own_leaf.certificate_pem.decode(), wanted(pki, key_sha256="00" * 32))
    assert problem is not None
    assert problem.code == "other-key"


def test_name_that_is_not_in_it(pki: Authority, own_leaf: Leaf) -> None:
    _leaf, problem = judge(own_leaf.certificate_pem.decode(), wanted(pki, names=["ebms.other.example"]))
    assert problem is not None
    assert "lacks the name ebms.other.example" in problem.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing"),
        ("hello", "missing"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "unreadable"),
    ],
)
def test_what_is_no_certificate(pki: Authority, text: str, code: str) -> None:
    leaf, problem = judge(text, wanted(pki))
    assert leaf is None
    assert problem is not None
    assert problem.code == code


def test_leaf_without_its_chain(pki: Authority, own_leaf: Leaf) -> None:
    only = (
        own_leaf.certificate_pem.decode().split("-----END CERTIFICATE-----")[0]
        + "-----END CERTIFICATE-----\n"
    )
    problem = judge(only, wanted(pki))[1]
    assert problem is not None
    assert problem.code == "other-root"
