"""The gate is open when the guide's criteria are met and production gets what was proven; else it says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.evidence.envelope import make
from lopendezaken.evidence.store import Evidence, EvidenceSet, from_parts
from lopendezaken.gate.judge import proof_of_preproduction
from tests.unit.gate.test_code import git
from tests.unit.gate.world import Gate


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def obstacles(gate: Gate, stage: str = "connect") -> list[str]:
    found = gate.judge(stage)
    assert found.decision.open
    assert found.open is not bool(found.obstacles)
    return [f"{each.code}: {each.detail}" for each in found.obstacles]


def test_what_was_proven_may_go_to_production(gate: Gate) -> None:
    assert gate.judge().open


def test_a_planted_difference_keeps_it_closed(gate: Gate) -> None:
    (gate.organisation / "group_vars/prod/more.yml").write_text("adapter_tls_minimum: TLSv1.2\n")
    assert "differs: settings adapter[1].adapter_tls_minimum" in obstacles(gate)
    assert "differs: settings adapter[1].adapter_tls_minimum" in obstacles(gate, "network")


def test_settings_that_preproduction_did_not_have_keep_it_closed(gate: Gate) -> None:
    (gate.organisation / "group_vars/all/more.yml").write_text("adapter_tls_minimum: TLSv1.2\n")
    (found,) = obstacles(gate)
    assert found.startswith("unproven: evidence/preprod/ebms-ping/")
    assert found.endswith("settings")
    assert gate.judge("network").open, "hosts may be prepared before that"


def test_code_that_preproduction_did_not_have_keeps_it_closed(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do more\n")
    assert [each.split(":")[0] for each in obstacles(gate)] == ["tree"]
    git(gate.repository, "commit", "-qam", "more")
    assert [each.split(":")[0] for each in obstacles(gate)] == ["unproven"]


def test_a_commit_that_changes_nothing_that_acts_proves_as_much(gate: Gate) -> None:
    (gate.repository / "docs.md").write_text("words")
    git(gate.repository, "add", "-A")
    git(gate.repository, "commit", "-qm", "words")
    assert gate.judge().open


def test_who_was_let_in_may_look_whatever_grew_old_or_changed_since(gate: Gate) -> None:
    gate.world.change("retries: 8", "retries: 9")
    (gate.organisation / "group_vars/prod/more.yml").write_text("adapter_tls_minimum: TLSv1.2\n")
    assert not gate.judge().open
    assert gate.judge("verify").open


def test_who_was_never_let_in_may_not_look(gate: Gate) -> None:
    for path in (gate.organisation / "dossier/gate").iterdir():
        path.unlink()
    found = gate.judge("verify")
    assert [(each.code, each.detail) for each in found.obstacles] == [("stranger", "connect")]
    assert not found.open


def test_code_of_no_commit_does_not_look(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do more\n")
    assert [each.code for each in gate.judge("verify").obstacles] == ["tree"]


def test_a_supplier_is_refused_at_every_stage(gate: Gate) -> None:
    gate.world.change("kind: government", "kind: supplier")
    gate.world.sign()
    for stage in ("network", "connect", "limited-run", "live", "verify"):
        found = gate.judge(stage)
        assert not found.open
        assert "L-02" in {each.criterion.id for each in found.decision.unmet}


def seen(kind: str, collected: str, settings: str = "", **raw: str) -> Evidence:
    subject = {"organisation": "o", "environment": "preprod", "host": "h", "partner": "mijnoverheid"}
    collector = {"tool": "t", "version": "1", "commit": "", "settings": settings}
    return from_parts(collected, make(kind, subject, collector, f"2026-11-{collected}:00:00Z", dict(raw)))


def test_a_ping_that_others_state_is_proven_by_what_our_run_before_it_saw() -> None:
    """Settings that changed after it need a run, and a statement, anew."""
    runs = [seen("network-reach", "20T10", "old"), seen("network-reach", "21T10", "new")]
    stated = seen("ebms-ping", "20T11", source="statement")
    proof = proof_of_preproduction(EvidenceSet([*runs, stated]))
    assert proof is not None
    assert proof.collector["settings"] == "old"
    proof = proof_of_preproduction(EvidenceSet([*runs, seen("ebms-ping", "21T11", source="statement")]))
    assert proof is not None
    assert proof.collector["settings"] == "new"
    assert proof_of_preproduction(EvidenceSet([stated])) is stated, "nothing shows it, so it has no settings"
