"""Signed results: a forged signature, a changed policy, a changed dossier, other evidence: each is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.errors import LzError
from lopendezaken.evidence.trust import Trust
from lopendezaken.policy import statement
from lopendezaken.policy.statement import Change, Statement
from tests.unit.policies.example import ROOT
from tests.unit.policy.test_cli import lz
from tests.unit.policy.world import World, keys

WHEN = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Desk:
    """A statement about an organisation, by policies that can be changed."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.policies = world, folder / "policies"
        shutil.copytree(ROOT / "policies", self.policies)
        self.path = folder / "results.json"
        self.sign()

    @property
    def subjects(self) -> dict[str, Any]:
        return statement.subjects_now(self.world.folder, self.policies)

    def sign(self, key: str = "teller", **more: Any) -> None:
        says = {"format": "test", **more}
        statement.write(self.path, says, self.subjects, keys() / key, "lz-results", WHEN)

    def read(self) -> Statement:
        return statement.read(self.path, Trust(self.world.trust.folder), "lz-results")

    def changes(self) -> list[str]:
        return [str(each) for each in self.read().changes(self.subjects)]


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    world.record("host-facts", "adapter-preprod", {"hostname": "adapter"})
    world.record("cpa-file", "controller", {"cpa_id": "X"}, "mijnoverheid")
    world.sign()
    return Desk(world, tmp_path)


def test_it_tells_who_signed_and_that_nothing_changed(desk: Desk) -> None:
    found = desk.read()
    assert (found.signer.name, found.made, found.says["format"]) == ("teller", WHEN, "test")
    assert desk.changes() == []


def policy(desk: Desk) -> str:
    path = desk.policies / "controls/LZ-2.04-ping-answered/check.py"
    path.write_text(path.read_text() + "\n")
    return "policies: controls/LZ-2.04-ping-answered/check.py was changed after it was signed"


def roles(desk: Desk) -> str:
    path = desk.policies / "trust/roles.yml"
    path.write_text(
        path.read_text().replace("kind: ebms-ping, role: lz-evidence", "kind: ebms-ping, role: lz-record")
    )
    return "policies: trust/roles.yml was changed after it was signed"


def control_removed(desk: Desk) -> str:
    (desk.policies / "data/anchors.yml").unlink()
    return "policies: data/anchors.yml was removed after it was signed"


def dossier(desk: Desk) -> str:
    desk.world.change("standard: stuf", "standard: mo-bericht")
    return "dossier: dossier.yml was changed after it was signed"


def waiver(desk: Desk) -> str:
    (desk.world.folder / "dossier/waivers").mkdir()
    (desk.world.folder / "dossier/waivers/W-1.yml").write_text("id: W-1\n")
    return "dossier: waivers/W-1.yml was added after it was signed"


def evidence_edited(desk: Desk) -> str:
    path = sorted(desk.world.evidence.rglob("cpa-file/*.json"))[0]
    path.write_text(path.read_text() + " ")
    return f"evidence: {path.relative_to(desk.world.evidence)} was changed after it was signed"


def evidence_removed(desk: Desk) -> str:
    path = sorted(desk.world.evidence.rglob("cpa-file/*.json"))[0]
    path.unlink()
    return f"evidence: {path.relative_to(desk.world.evidence)} was removed after it was signed"


def seal_removed(desk: Desk) -> str:
    (desk.world.evidence / "seals/000001.sums").unlink()
    return "evidence: seals/000001.sums was removed after it was signed"


def evidence_added(desk: Desk) -> str:
    facts = {"hostname": "other"}
    path = desk.world.record("host-facts", "adapter-preprod", facts)
    return f"evidence: {path.relative_to(desk.world.evidence)} was added after it was signed"


def signer_added(desk: Desk) -> str:
    path = desk.world.trust.folder / "allowed_signers"
    path.write_text(path.read_text() + "\n# one more\n")
    return "trust: allowed_signers was changed after it was signed"


def key_revoked(desk: Desk) -> str:
    (desk.world.trust.folder / "revoked").write_text((keys() / "machine.pub").read_text())
    return "trust: revoked was added after it was signed"


ACTS = [
    *(policy, roles, control_removed, dossier, waiver, evidence_edited, evidence_removed, seal_removed),
    *(evidence_added, signer_added, key_revoked),
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: str(act.__name__))
def test_what_changed_after_it_was_signed_is_named(desk: Desk, act: Callable[[Desk], str]) -> None:
    expected = act(desk)
    assert desk.changes() == [expected]


def test_subjects_of_others_count_too(desk: Desk) -> None:
    told = {**desk.subjects, "settings": {"dmz-prod": "0"}}
    statement.write(desk.path, {}, told, keys() / "teller", "lz-results", WHEN)
    changed = {**desk.subjects, "settings": {"dmz-prod": "1"}}
    assert desk.read().changes(changed) == [Change("settings", "dmz-prod", "changed")]
    assert desk.read().changes(desk.subjects) == [Change("settings", "dmz-prod", "removed")]


# The signature --------------------------------------------------------------------------------------------------


def edited(desk: Desk) -> str:
    desk.path.write_text(desk.path.read_text().replace('"test"', '"best"'))
    return "forged: SHA256:"


def resigned_by_a_machine(desk: Desk) -> str:
    desk.sign("machine")
    return "not-for-this: machine, lz-results"


def without_signature(desk: Desk) -> str:
    Path(f"{desk.path}.sig").unlink()
    return "no-signature: "


def signature_of_another(desk: Desk) -> str:
    other = desk.path.with_name("other.json")
    statement.write(other, {}, desk.subjects, keys() / "teller", "lz-results", WHEN)
    shutil.copy(f"{other}.sig", f"{desk.path}.sig")
    return "forged: SHA256:"


def revoked(desk: Desk) -> str:
    (desk.world.trust.folder / "revoked").write_text((keys() / "teller.pub").read_text())
    return "revoked: SHA256:"


def expired(desk: Desk) -> str:
    path = desk.world.trust.folder / "allowed_signers"
    path.write_text(
        path.read_text().replace("teller namespaces", 'teller valid-before="20261123",namespaces')
    )
    return "out-of-time: teller, 2026-11-24"


def stranger(desk: Desk) -> str:
    (desk.world.trust.folder / "allowed_signers").write_text("")
    return "stranger: SHA256:"


FORGERIES = [
    edited,
    resigned_by_a_machine,
    without_signature,
    signature_of_another,
    revoked,
    expired,
    stranger,
]


@pytest.mark.parametrize("act", FORGERIES, ids=lambda act: str(act.__name__))
def test_a_signature_that_does_not_count_is_told(desk: Desk, act: Callable[[Desk], str]) -> None:
    expected = act(desk)
    with pytest.raises(LzError, match="the signature does not count") as caught:
        desk.read()
    assert str(caught.value.found).startswith(expected)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"made": "2026-11-24T12:00:00Z", "subjects": {}}', '{"made": 1}']
)
def test_what_is_no_statement_is_told(desk: Desk, text: str) -> None:
    desk.path.write_text(text)
    with pytest.raises(LzError, match="not a signed statement"):
        desk.read()


def test_without_a_key_nothing_is_left_behind(desk: Desk) -> None:
    with pytest.raises(LzError, match="signing failed"):
        desk.sign("nobody")
    assert not desk.path.exists()


# The commands ---------------------------------------------------------------------------------------------------


def test_lz_check_signs_and_lz_verify_tells(world: World, tmp_path: Path) -> None:
    world.build()
    file, key = tmp_path / "results.json", keys() / "teller"
    done = lz(world, "check", "--sign", str(file), "--key", str(key))
    assert done.exit_code == 1, "signed results need not be good ones"
    found = json.loads(file.read_text())
    assert found["signed_by"]["name"] == "owner"
    assert {each["signed_by"]["name"] for each in found["evidence"].values()} == {"machine", "recorder"}
    assert found["trust"]["exercise"] is True
    assert found["trust"]["folder"] == "trust"
    told = verify(world, file)
    assert told.startswith("signed by teller (lz-results) at 20")
    assert told.endswith("nothing changed since\n")
    world.change("standard: stuf", "standard: mo-bericht")
    assert verify(world, file, 1).endswith("dossier: dossier.yml was changed after it was signed\n")


def verify(world: World, file: Path, code: int = 0) -> str:
    from typer.testing import CliRunner

    from tests.unit.policy.test_cli import app

    done = CliRunner().invoke(app, ["verify", str(file), "--organisation", str(world.folder)])
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_report_is_made_of_signed_results(world: World, tmp_path: Path) -> None:
    world.build()
    file = tmp_path / "results.json"
    lz(world, "check", "--sign", str(file), "--key", str(keys() / "teller"))
    from typer.testing import CliRunner

    from tests.unit.policy.test_cli import app

    arguments = ["report", "--results", str(file), "--organisation", str(world.folder)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "machine" in done.stdout
    file.write_text(file.read_text().replace('"unknown"', '"met"'))
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, LzError)
    assert "the signature does not count" in str(done.exception)
