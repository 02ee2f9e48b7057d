"""A statement opens one stage of one organisation, for a day, while nothing that it rests on changed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.evidence.sshsig import make_key
from lopendezaken.gate.statement import newest
from tests.unit.gate.test_code import git
from tests.unit.gate.world import NOW, Gate

HOUR = timedelta(hours=1)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_an_open_gate_gives_a_statement_and_a_certificate_for_a_day(gate: Gate) -> None:
    found = gate.ask(now=NOW + 23 * HOUR)
    assert (found.path, found.expires) == (newest(gate.organisation, "connect"), NOW + 24 * HOUR)
    shown = subprocess.run(
        ["ssh-keygen", "-L", "-f", gate.folder / "user-cert.pub"], capture_output=True, text=True, check=True
    ).stdout
    names = shown.partition("Principals:")[2].partition("Critical")[0].split()
    assert names == ["voorbeeldstad-network", "voorbeeldstad-connect"]


def test_a_closed_gate_signs_why_and_gives_no_certificate(gate: Gate) -> None:
    before = (gate.folder / "user-cert.pub").read_bytes()
    signed = gate.give("live", now=NOW + HOUR)
    assert signed.certificate is None
    assert (gate.folder / "user-cert.pub").read_bytes() == before, "what is open stays open"
    said = json.loads(signed.statement.read_text())
    assert said["open"] is False
    assert "P4-26" in said["not_met"]
    with pytest.raises(LzError, match=r"closed for stage live.*not met: .*P4-26"):
        gate.ask("live", NOW + HOUR)


def test_a_stage_that_closes_takes_its_certificate_away(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do more\n")
    assert gate.give().certificate is None
    assert not (gate.folder / "user-cert.pub").exists()


def test_evidence_that_is_added_changes_nothing(gate: Gate) -> None:
    gate.world.record("host-facts", "dmz-preprod", {"os": "Debian"})
    gate.ask()


def open_file(gate: Gate, name: str) -> Path:
    return gate.organisation / name


def edited_dossier(gate: Gate) -> None:
    gate.world.change("retries: 8", "retries: 9")


def edited_network(gate: Gate) -> None:
    path = open_file(gate, "dossier/network.yml")
    path.write_text(path.read_text() + "\n")


def new_waiver(gate: Gate) -> None:
    path = open_file(gate, "dossier/waivers/W-2026-001.yml")
    path.parent.mkdir(exist_ok=True)
    path.write_text("id: W-2026-001\n")


def edited_evidence(gate: Gate) -> None:
    path = next(gate.world.evidence.rglob("ebms-ping/*.json"))
    path.write_text(path.read_text().replace('"Pong"', '"pong"'))


def deleted_evidence(gate: Gate) -> None:
    next(gate.world.evidence.rglob("chain-test-approval/*.json")).unlink()


def edited_policy(gate: Gate) -> None:
    path = next((gate.repository / "policies/controls").glob("LZ-3.01*/check.py"))
    path.write_text(path.read_text() + "\n# weaker\n")


def committed_policy(gate: Gate) -> None:
    edited_policy(gate)
    git(gate.repository, "commit", "-qam", "weaker")


def linked_policy(gate: Gate) -> None:
    path = gate.repository / "policies/phases.yml"
    other = gate.folder / "phases.yml"
    shutil.move(path, other)
    other.write_text(other.read_text().replace("criteria: [L-02]", "criteria: []"))
    path.symlink_to(other)


def other_commit(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do more\n")
    git(gate.repository, "commit", "-qam", "more")


def dirty_tree(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do more\n")


def new_plugin(gate: Gate) -> None:
    (gate.repository / "plugins").mkdir()
    (gate.repository / "plugins/ssh.py").write_text("")


def hidden_change(gate: Gate) -> None:
    git(gate.repository, "update-index", "--assume-unchanged", "roles/main.yml")
    dirty_tree(gate)


def other_setting(gate: Gate) -> None:
    open_file(gate, "group_vars/prod/more.yml").write_text("firewall_rules: {input: [], output: []}\n")


def linked_setting(gate: Gate) -> None:
    open_file(gate, "group_vars/prod/more.yml").symlink_to("/tmp/more.yml")


def other_trust(gate: Gate) -> None:
    gate.trust('somebody namespaces="lz-record" ' + make_key(gate.folder / "somebody", "somebody"))


def revoked_key(gate: Gate) -> None:
    public = (gate.folder / "gate-key.pub").read_text()
    open_file(gate, "trust/revoked").write_text(public)


def edited_statement(gate: Gate) -> None:
    path = newest(gate.organisation, "connect")
    assert path
    path.write_text(path.read_text().replace('"not_met": []', '"not_met": [ ]'))


def unsigned_statement(gate: Gate) -> None:
    path = newest(gate.organisation, "connect")
    assert path
    path.with_name(f"{path.name}.sig").unlink()


def statement_of_another_stage(gate: Gate) -> None:
    path = newest(gate.organisation, "connect")
    assert path
    for suffix in ("", ".sig"):
        source = path.with_name(path.name + suffix)
        source.rename(source.with_name(source.name.replace("connect", "live")))


def statement_dated_later_by_name(gate: Gate) -> None:
    path = newest(gate.organisation, "connect")
    assert path
    for suffix in ("", ".sig"):
        source = path.with_name(path.name + suffix)
        source.rename(source.with_name(source.name.replace("20261124T18", "20261125T18")))


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (edited_dossier, "dossier: dossier.yml was changed after it was signed"),
        (edited_network, "dossier: network.yml was changed"),
        (new_waiver, "dossier: waivers/W-2026-001.yml was added"),
        (edited_evidence, "evidence: preprod/ebms-ping/.* was changed"),
        (deleted_evidence, "evidence: preprod/chain-test-approval/.* was removed"),
        (edited_policy, "policies: controls/LZ-3.01.*check.py was changed|not the commit"),
        (committed_policy, "policies: controls/LZ-3.01.*check.py was changed"),
        (linked_policy, "policies: phases.yml was changed|not the commit"),
        (other_commit, "it is about commit"),
        (dirty_tree, "the tree is not the commit.*roles/main.yml"),
        (new_plugin, "the tree is not the commit.*plugins/ssh.py"),
        (hidden_change, "the tree is not the commit.*roles/main.yml"),
        (other_setting, "settings: group_vars/prod/more.yml was added"),
        (linked_setting, "a link in the inventory"),
        (other_trust, "trust: allowed_signers was changed"),
        (revoked_key, "the signature does not count.*revoked"),
        (edited_statement, "the signature does not count"),
        (unsigned_statement, "the signature does not count"),
        (statement_of_another_stage, "nobody asked about stage connect"),
        (statement_dated_later_by_name, "its name says otherwise"),
    ],
)
def test_what_was_changed_after_signing_closes_the_gate(
    gate: Gate, attempt: Callable[[Gate], None], told: str
) -> None:
    attempt(gate)
    with pytest.raises(LzError, match=f"(?s){told}"):
        gate.ask()


def test_a_renamed_statement_does_not_open_another_stage(gate: Gate) -> None:
    statement_of_another_stage(gate)
    with pytest.raises(LzError, match="this is no statement about this stage"):
        gate.ask("live")


def test_a_statement_of_another_organisation_opens_nothing(gate: Gate) -> None:
    other = gate
    other.world.change("slug: voorbeeldstad", "slug: anderestad")
    with pytest.raises(LzError, match="it is about voorbeeldstad"):
        other.ask()


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (NOW + 24 * HOUR, "it holds from 2026-11-24T18:00Z until 2026-11-25T18:00Z"),
        (NOW - timedelta(seconds=1), "it holds from"),
        (datetime(2027, 11, 24, 18, tzinfo=UTC), "it holds from"),
    ],
)
def test_a_statement_holds_for_a_day_and_not_before_it_was_made(gate: Gate, now: datetime, told: str) -> None:
    with pytest.raises(LzError, match=told):
        gate.ask(now=now)


def test_a_clock_that_was_set_back_opens_nothing(gate: Gate) -> None:
    gate.world.moment = datetime(2026, 11, 25, 9)
    gate.world.record("host-facts", "dmz-preprod", {"os": "Debian"})
    with pytest.raises(LzError, match="is the clock set back"):
        gate.ask(now=NOW + HOUR)


def test_who_may_sign_other_things_opens_nothing(gate: Gate) -> None:
    gate.trust('owner namespaces="lz-dossier" ' + make_key(gate.folder / "other", "owner"))
    gate.give(key=gate.folder / "other")
    with pytest.raises(LzError, match=r"the signature does not count.*not-for-this"):
        gate.ask()


def test_a_stranger_opens_nothing(gate: Gate) -> None:
    make_key(gate.folder / "stranger", "stranger")
    gate.give(key=gate.folder / "stranger")
    with pytest.raises(LzError, match=r"the signature does not count.*stranger"):
        gate.ask()


def test_nobody_asked(gate: Gate) -> None:
    shutil.rmtree(gate.organisation / "dossier/gate")
    with pytest.raises(LzError, match=r"nobody asked about stage connect.*lz gate --stage connect") as caught:
        gate.ask()
    assert caught.value.exit_code == 1
