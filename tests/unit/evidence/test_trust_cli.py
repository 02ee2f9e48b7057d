"""lz trust, lz evidence seal and verify, lz dossier sign, lz waiver: what people do and read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from lopendezaken.dossier import cli as dossier_cli
from lopendezaken.errors import LzError
from lopendezaken.evidence import chosen, cli, trust_cli
from lopendezaken.evidence.sshsig import make_key, sign
from lopendezaken.evidence.vouch import vouch
from lopendezaken.lab import people
from lopendezaken.lab.layout import Layout
from tests.unit.policy.world import World, keys

app = typer.Typer()
for each in (dossier_cli, cli, trust_cli):
    each.register(app)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.delenv("LZ_SIGNING_KEY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return World(tmp_path / "org")


def lz(world: World, *words: str, code: int = 0) -> str:
    done: Result = CliRunner().invoke(app, [*words, "--organisation", str(world.folder)])
    if isinstance(done.exception, LzError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def key(name: str) -> tuple[str, str]:
    return ("--key", str(keys() / name))


def test_a_machine_gets_its_key_and_the_line_that_makes_it_count(world: World, tmp_path: Path) -> None:
    made = tmp_path / "new/key"
    done = CliRunner().invoke(app, ["trust", "init", "--key", str(made), "--name", "controller@stad.example"])
    line = done.stdout.splitlines()[1]
    assert made.stat().st_mode & 0o077 == 0
    with (world.trust.folder / "allowed_signers").open("a") as stream:
        stream.write(line + "\n")
    world.record("host-facts", "adapter-preprod", {"hostname": "a"})
    assert "sealed: " in lz(world, "evidence", "seal", "--key", str(made))
    assert "controller@stad.example  lz-evidence  SHA256:" in lz(world, "trust", "show")


def test_each_role_seals_what_is_up_to_it(world: World) -> None:
    facts = world.record("host-facts", "adapter-preprod", {"hostname": "a"}).relative_to(world.evidence)
    world.approve()
    assert str(facts) in lz(world, "evidence", "seal", *key("machine"))
    assert "1 as signed, 1 flaws" in lz(world, "evidence", "verify", code=1)
    assert "chain-test-approval" in lz(world, "evidence", "seal", "--as", "lz-record", *key("recorder"))
    assert lz(world, "evidence", "verify") == "2 as signed, 0 flaws\n"
    assert lz(world, "evidence", "seal", *key("machine")) == "nothing new to seal as lz-evidence\n"


def test_only_the_files_that_are_named(world: World) -> None:
    one, two = (world.record("host-facts", "dmz-preprod", {"hostname": name}) for name in "ab")
    name = one.relative_to(world.evidence).as_posix()
    lz(world, "evidence", "seal", name, *key("machine"))
    told = lz(world, "evidence", "verify", code=1)
    assert told.startswith(f"unsealed: {two.relative_to(world.evidence)}\n")
    with pytest.raises(LzError, match="nothing to seal here"):
        lz(world, "evidence", "seal", name, *key("machine"))


def test_what_was_tampered_with_is_not_sealed_again(world: World) -> None:
    path = world.record("host-facts", "adapter-preprod", {"hostname": "a"})
    world.sign()
    path.write_text(path.read_text() + " ")
    assert lz(world, "evidence", "seal", *key("machine")) == "nothing new to seal as lz-evidence\n"
    assert lz(world, "evidence", "verify", code=1).startswith("edited: preprod/host-facts/")


def test_no_evidence_is_no_proof(world: World) -> None:
    with pytest.raises(LzError, match="no evidence to verify"):
        lz(world, "evidence", "verify")


def test_a_dossier_is_signed_once_until_it_changes(world: World) -> None:
    assert lz(world, "dossier", "sign", *key("owner")).startswith("signed: ")
    assert lz(world, "dossier", "sign", *key("owner")) == "nothing changed since it was signed\n"
    world.change("standard: stuf", "standard: mo-bericht")
    assert "000002.sums" in lz(world, "dossier", "sign", *key("owner"))


def test_who_may_not_sign_is_told_and_leaves_nothing(world: World) -> None:
    with pytest.raises(LzError, match="this key does not count as lz-dossier: found not-for-this: machine"):
        lz(world, "dossier", "sign", *key("machine"))
    assert not (world.folder / "dossier/seals").exists()


def test_a_dossier_with_a_mistake_is_not_signed(world: World) -> None:
    world.change("kind: government", "kind: elephant")
    with pytest.raises(LzError, match="elephant"):
        lz(world, "dossier", "sign", *key("owner"))


def test_a_waiver_from_new_to_signed(world: World) -> None:
    lz(world, "waiver", "new", "W-2026-001", "LZ-1.09")
    assert "W-2026-001: unreadable" in lz(world, "waiver", "list", code=1)
    path = world.folder / "dossier/waivers/W-2026-001.yml"
    text = path.read_text().replace('requested_by: ""', "requested_by: owner")
    path.write_text(text.replace('approved_by: ""', "approved_by: approver").replace('""', "x"))
    assert "niet getekend door de goedkeurder" in lz(world, "waiver", "list", "--lang", "nl", code=1)
    sign(path, keys() / "approver", "lz-waiver")
    day = datetime.now(UTC).date()
    told = lz(world, "waiver", "list", "--lang", "nl", code=1)
    assert told == f"W-2026-001: ongebruikt: LZ-1.09, {day} - {day}\n", "its control is met"
    with pytest.raises(LzError, match="no new waiver"):
        lz(world, "waiver", "new", "W-2026-001", "LZ-1.09")


# Which key, unless told ------------------------------------------------------------------------------------------


def test_which_key_signs_unless_told(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen.key_of(world.folder, "lz-record") == world.folder / "trust/keys/lz-record"
    (world.folder / "trust.yml").unlink()
    assert chosen.key_of(world.folder, "lz-record") == tmp_path / "home/.config/lopendezaken/lz-record"
    monkeypatch.setenv("LZ_SIGNING_KEY", "/elsewhere/key")
    assert chosen.key_of(world.folder, "lz-record") == Path("/elsewhere/key")


def test_commands_seal_what_they_wrote_if_there_is_a_key(world: World) -> None:
    path = world.record("host-facts", "adapter-preprod", {"hostname": "a"})
    assert vouch(world.folder / "dossier", [path]) is None, "no key here yet"
    beside = world.record("host-facts", "dmz-preprod", {"hostname": "b"})
    assert vouch(world.folder / "dossier", [path], key=keys() / "machine")
    told = lz(world, "evidence", "verify", code=1)
    assert told.splitlines() == [f"unsealed: {beside.relative_to(world.evidence)}", "1 as signed, 1 flaws"]


def test_the_people_of_the_lab(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(tmp_path / "lab", 0)
    make_key(layout.state / "gate/key", "gate")
    (world.trust.folder / "allowed_signers").unlink()
    monkeypatch.setenv("LZ_ORGANISATION", str(world.folder))
    people.appoint(layout)
    first = (world.trust.folder / "allowed_signers").read_text()
    people.appoint(layout)
    assert (world.trust.folder / "allowed_signers").read_text() == first
    assert sorted(role for each in world.trust.keys for role in each.namespaces) == sorted(people.NAMES)
    assert len({each.key for each in world.trust.keys}) == len(people.NAMES), "nobody has two roles"
    assert "signed: " in lz(world, "dossier", "sign")
    day = datetime.now(UTC).date().isoformat()
    assert f"projectleider@org.example, {day}" in lz_changed(world)


def lz_changed(world: World) -> str:
    from lopendezaken.evidence import waiting
    from lopendezaken.evidence.roles import load
    from tests.unit.policies.example import ROOT

    world.change("standard: stuf", "standard: mo-bericht")
    (flaw,) = waiting.integrity_of(world.dossier, world.trust, load(ROOT / "policies")).dossier
    return str(flaw)


def test_without_trust_yml_the_lab_appoints_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.folder / "trust.yml").unlink()
    monkeypatch.setenv("LZ_ORGANISATION", str(world.folder))
    people.appoint(Layout(world.folder / "lab", 0))
    assert not (world.trust.folder / "keys").exists()
