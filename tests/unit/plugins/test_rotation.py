"""A key and certificate replaced by their successors, and a partner asked about them beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.ebms.envelope import from_xml
from lopendezaken.lab.authority import Authority, Leaf
from tests.unit.conftest import OWN_HOST, OWN_OIN
from tests.unit.plugins.conftest import Run, load


@pytest.fixture
def new(pki: Authority) -> Leaf:
    return pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad")


@pytest.fixture
def folder(tmp_path: Path, own_leaf: Leaf, new: Leaf) -> Path:
    """A host whose next key and certificate lie prepared."""
    for place, leaf in ((tmp_path, own_leaf), (tmp_path / "next", new)):
        place.mkdir(exist_ok=True)
        (place / "key.pem").write_bytes(leaf.key_pem)
        (place / "certificate.pem").write_bytes(leaf.certificate_pem)
        (place / "issuers.pem").write_bytes(leaf.certificate_pem)
    return tmp_path


def pair(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "key.pem").read_bytes(), (folder / "certificate.pem").read_bytes()


def stage(run: Run, folder: Path, certificate: str = "") -> str:
    looked = run("pkioverheid_rotation", directory=str(folder), certificate=certificate, state="looked")
    assert not looked["changed"]
    return str(looked["stage"])


def test_it_is_predicted_done_and_done_once(run: Run, folder: Path, own_leaf: Leaf, new: Leaf) -> None:
    wanted = {"directory": str(folder), "certificate": new.certificate_pem.decode()}
    assert stage(run, folder, wanted["certificate"]) == "prepared"
    assert run("pkioverheid_rotation", check=True, **wanted)["changed"]
    assert pair(folder)[0] == own_leaf.key_pem
    done = run("pkioverheid_rotation", **wanted)
    assert done["changed"]
    assert "PRIVATE" not in str(done)
    assert pair(folder) == (new.key_pem, new.certificate_pem)
    assert pair(folder / "previous") == (own_leaf.key_pem, own_leaf.certificate_pem)
    assert (folder / "previous").stat().st_mode & 0o777 == 0o700
    assert not (folder / "next").exists()
    again = run("pkioverheid_rotation", **wanted)
    assert (again["changed"], again["stage"]) == (False, "switched")


@pytest.mark.parametrize("moved", [["key.pem"], ["key.pem", "certificate.pem"]])
def test_one_that_was_cut_off_is_finished(run: Run, folder: Path, new: Leaf, moved: list[str]) -> None:
    for name in moved:
        (folder / "next" / name).replace(folder / name)
    certificate = new.certificate_pem.decode()
    assert stage(run, folder, certificate) == "halfway"
    assert run("pkioverheid_rotation", directory=str(folder), certificate=certificate)["stage"] == "switched"
    assert pair(folder) == (new.key_pem, new.certificate_pem)
    assert not (folder / "next").exists()


def test_nothing_is_switched_to_a_certificate_of_another_key(run: Run, folder: Path, own_leaf: Leaf) -> None:
    before = pair(folder)
    (folder / "next/certificate.pem").write_bytes(own_leaf.certificate_pem)
    assert "does not belong to" in run("pkioverheid_rotation", directory=str(folder))["msg"]
    assert pair(folder) == before


def test_nothing_is_switched_when_nothing_is_prepared(run: Run, tmp_path: Path) -> None:
    assert stage(run, tmp_path) == "none"
    assert "holds no certificate" in run("pkioverheid_rotation", directory=str(tmp_path))["msg"]


def test_a_ping_of_the_knock_is_one_to_any_adapter() -> None:
    party = "urn:osb:oin:00000099100000001000"
    made = load("modules/ebms_knock.py").envelope("Echo_2&3", party, f"{party}_T", "ebms.example")
    ping = from_xml(made)
    assert (ping.action, ping.cpa_id) == ("Ping", "Echo_2&3")
    assert "00000099100000001000_T" in str(ping.receiver)


def test_who_does_not_answer_knows_nothing(run: Run, folder: Path, own_leaf: Leaf) -> None:
    """Port 1 of this machine is closed."""
    party = "urn:osb:oin:00000099100000001000"
    files = {"certificate": str(folder / "certificate.pem"), "key": str(folder / "key.pem")}
    asked = run(
        "ebms_knock",
        endpoint="https://127.0.0.1:1/ebms",
        anchors=str(folder / "certificate.pem"),
        cpa_id="Echo_1",
        from_party=party,
        to_party=party,
        timeout=2,
        **files,
    )
    assert asked["known"] is False
    assert "127.0.0.1:1" in asked["message"]
