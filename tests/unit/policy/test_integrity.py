"""Whatever is done to evidence or dossier: it is found, named, told how to repair, and what rests on it is not met.

How each act is found: tests/unit/evidence/test_seal.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lopendezaken.evidence import flaws
from lopendezaken.evidence.chosen import choose
from lopendezaken.evidence.envelope import LIFETIME_DAYS
from lopendezaken.policy.assess import Assessment, assess
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.policies import load
from lopendezaken.policy.run import NOT_COUNTED
from tests.unit.policies.example import ROOT
from tests.unit.policy.test_journey import approved
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World, keys

POLICIES = load(ROOT / "policies")


@dataclass
class Case:
    """An organisation whose gate is open; ``fresh`` gives a copy of it to spoil."""

    world: World

    def assess(self) -> Assessment:
        return assess(self.world.folder, DAY, POLICIES)

    def told(self, control: str, environment: str = "preprod", language: str = "en") -> list[str]:
        words = POLICIES.words["nl" if language == "nl" else "en"]
        return [
            words.finding(each.control, finding)
            for each in self.assess().results
            if (each.control.id, each.environment) == (control, environment)
            for finding in each.findings
        ]

    def outcomes(self) -> dict[str, Outcome]:
        return {f"{each.control.id} {each.environment}": each.outcome for each in self.assess().results}

    def newest(self, kind: str, number: int = -1) -> Path:
        return sorted((self.world.evidence / "preprod" / kind).glob("*.json"))[number]

    def name(self, path: Path) -> str:
        return path.relative_to(self.world.evidence).as_posix()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("whole") / "org")
    approved(world)
    world.sign()
    assert assess(world.folder, DAY, POLICIES).gate("connect").open
    return world


@pytest.fixture
def case(whole: World, tmp_path: Path) -> Case:
    shutil.copytree(whole.folder, tmp_path / "org")
    copy = World.__new__(World)
    copy.folder, copy.moment = tmp_path / "org", whole.moment
    return Case(copy)


def forged(case: Case) -> tuple[str, str, Outcome]:
    path = case.world.record("ebms-ping", "adapter-preprod", {"outcome": "pong"}, "mijnoverheid")
    told = (
        f"Nobody vouches for {case.name(path)}: forged, re-dated, or not sealed yet. Is it yours: lz evidence seal; "
        "otherwise remove it and collect again."
    )
    return told, case.name(path), Outcome.UNKNOWN


def edited(case: Case) -> tuple[str, str, Outcome]:
    path = case.newest("ebms-ping")
    path.write_text(path.read_text().replace("pong", "gong"))
    told = (
        f"Edited or swapped after it was sealed: {case.name(path)} (seals/000001.sums, machine, 2026-11-24). "
        "Put back what was sealed (git); evidence is never edited."
    )
    return told, case.name(path), Outcome.NOT_MET


def redated(case: Case) -> tuple[str, str, Outcome]:
    path = case.newest("ebms-ping")
    path.write_text(path.read_text().replace('"collected": "2026-11-24', '"collected": "2026-11-23'))
    told = (
        f"Edited or swapped after it was sealed: {case.name(path)} (seals/000001.sums, machine, 2026-11-24). "
    )
    return told, case.name(path), Outcome.NOT_MET


def swapped(case: Case) -> tuple[str, str, Outcome]:
    one, two = case.newest("ebms-ping", 0), case.newest("ebms-ping")
    one.write_bytes(two.read_bytes())
    told = (
        f"Edited or swapped after it was sealed: {case.name(one)} (seals/000001.sums, machine, 2026-11-24). "
    )
    return told, case.name(one), Outcome.NOT_MET


def deleted(case: Case) -> tuple[str, str, Outcome]:
    path = case.newest("ebms-ping")
    path.unlink()
    told = (
        f"Deleted or renamed after it was sealed: {case.name(path)} (seals/000001.sums, machine, 2026-11-24). "
        "Put it back (git); evidence is never deleted."
    )
    return told, case.name(path), Outcome.NOT_MET


def foreign(case: Case) -> tuple[str, str, Outcome]:
    path = case.newest("ebms-ping")
    text = path.read_text().replace('"organisation": "voorbeeldstad"', '"organisation": "anderstad"')
    path.with_name("other.json").write_text(text)
    told = (
        f"No sound evidence: {case.name(path.with_name('other.json'))} (does not belong here: by its contents"
    )
    return told, case.name(path.with_name("other.json")), Outcome.NOT_MET


ACTS = [forged, edited, redated, swapped, deleted, foreign]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: str(act.__name__))
def test_it_is_named_and_what_looked_for_it_is_not_met(
    case: Case, act: Callable[[Case], tuple[str, str, Outcome]]
) -> None:
    told, path, outcome = act(case)
    (finding,) = case.told("LZ-1.21")
    assert finding.startswith(told)
    counted = [each for each in case.told("LZ-2.04") if "LZ-1.21 says why" in each]
    assert counted == [f"This also rests on what does not count (1: {path}); LZ-1.21 says why."]
    found = case.outcomes()
    assert {found["LZ-1.21 preprod"], found["LZ-2.04 preprod"]} == {outcome}
    assert found["LZ-1.01 preprod"] is Outcome.MET, "it does not look at Pings"
    assert found["LZ-1.20 preprod"] is Outcome.MET
    unmet = {each.criterion.id for each in case.assess().gate("connect").unmet}
    assert {"E-02", "P2-35"} <= unmet


def test_a_refusal_that_was_left_out_does_not_make_the_approval_before_it_count(
    whole: World, case: Case
) -> None:
    """The last word of Logius is a refusal; it is not sealed, so it does not count; the approval must not either."""
    case.world.moment = whole.moment
    case.world.approve("refused")
    assert case.outcomes()["LZ-3.01 preprod"] is Outcome.UNKNOWN
    case.world.sign()
    assert case.outcomes()["LZ-3.01 preprod"] is Outcome.NOT_MET


def test_a_refusal_that_was_deleted_does_not_either(whole: World, case: Case) -> None:
    case.world.moment = whole.moment
    case.world.approve("refused")
    case.world.approve("approved")
    case.world.sign()
    assert case.outcomes()["LZ-3.01 preprod"] is Outcome.MET
    case.newest("chain-test-approval", -2).unlink()
    assert case.outcomes()["LZ-3.01 preprod"] is Outcome.NOT_MET


def test_a_machine_cannot_approve_for_logius(case: Case) -> None:
    case.world.approve("approved")
    from lopendezaken.evidence import seal
    from lopendezaken.evidence.sealing import file_digest

    path = case.newest("chain-test-approval")
    files = {case.name(path): file_digest(path)}
    seal.make(case.world.evidence, files, keys() / "machine", "lz-evidence")
    (told,) = case.told("LZ-1.21")
    assert told.startswith(
        f"Signed by somebody whom it is not up to: {case.name(path)} (machine: lz-evidence, lz-record)"
    )
    assert case.outcomes()["LZ-3.01 preprod"] is Outcome.UNKNOWN


def test_a_seal_that_is_gone_touches_all_that_looks_at_evidence(case: Case) -> None:
    (case.world.evidence / "seals/000001.sums").unlink()
    told = case.told("LZ-1.21")
    assert any(
        each == "This seal is gone, and evidence may have gone with it: seals/000001.sums. Put it back (git)."
        for each in told
    )
    found = case.outcomes()
    assert {found["LZ-1.01 preprod"], found["LZ-2.04 preprod"], found["LZ-1.21 prod"]} == {Outcome.NOT_MET}


def test_a_changed_dossier_is_one_finding_and_the_gate_is_closed(case: Case) -> None:
    before = case.outcomes()
    case.world.change("standard: stuf", "standard: mo-bericht")
    told = "Changed since it was signed: dossier.yml (seals/000001.sums, owner, 2026-11-24). Read it and sign again: lz dossier sign."
    assert case.told("LZ-1.20") == [told]
    changed = {key: outcome for key, outcome in case.outcomes().items() if outcome is not before[key]}
    assert changed == {"LZ-1.20 preprod": Outcome.NOT_MET}, "daily work goes on"
    assert [each.criterion.id for each in case.assess().gate("connect").unmet] == ["E-01"]
    case.world.sign()
    assert case.assess().gate("connect").open


def test_in_dutch_too(case: Case) -> None:
    deleted(case)
    (told,) = case.told("LZ-1.21", language="nl")
    assert told.startswith("Verwijderd of hernoemd na verzegeling: preprod/ebms-ping/")
    assert told.endswith("Zet het terug (git); bewijs wordt nooit verwijderd.")


def test_results_tell_who_signed_for_evidence_and_dossier(case: Case) -> None:
    from lopendezaken.policy.results import of_assessment

    found = of_assessment(case.assess())
    by = {each["kind"]: each["signed_by"]["name"] for each in found["evidence"].values()}
    assert (by["ebms-ping"], by["chain-test-approval"]) == ("machine", "recorder")
    one = next(iter(found["evidence"].values()))["signed_by"]
    assert one["when"].startswith("2026-11-24T10:")
    assert one["fingerprint"].startswith("SHA256:")
    assert found["signed_by"]["name"] == "owner"


# Which trust counts ---------------------------------------------------------------------------------------------


def test_the_keys_of_an_exercise_do_not_count_for_real_names(case: Case) -> None:
    path = case.world.folder / "dossier/dossier.yml"
    text = path.read_text()
    path.write_text(
        text.replace("ebms.prod.voorbeeldstad.example", "ebms.voorbeeldstad.nl").replace(
            "ebms.voorbeeldstad.example", "ebms.voorbeeldstad.nl"
        )
    )
    assert path.read_text() != text
    case.world.sign()
    told = "Keys of an exercise do not count for real names: trust.yml (prod). Remove trust.yml; then policies/trust counts."
    assert case.told("LZ-1.21", "prod") == [told]
    assert told in case.told("LZ-1.20")
    assert not any(each.path.startswith("prod/") for each in case.assess().evidence.items)


def test_without_trust_yml_that_of_the_policies_counts(case: Case) -> None:
    assert choose(case.world.folder, ROOT / "policies").folder == case.world.folder / "trust"
    (case.world.folder / "trust.yml").unlink()
    assert choose(case.world.folder, ROOT / "policies").folder == ROOT / "policies/trust"
    assert case.assess().evidence.items == ()


# The words ------------------------------------------------------------------------------------------------------


def test_every_kind_of_evidence_has_a_role_that_signs_it() -> None:
    assert {each.kind for each in POLICIES.roles.evidence} == set(LIFETIME_DAYS)


def test_every_flaw_has_its_sentence_with_a_remedy_in_both_languages() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src/lopendezaken/evidence").glob("*.py"))
    for language in ("nl", "en"):
        known = {key for key in POLICIES.words[language].list.findings if key.startswith("flaw-")}
        for code in flaws.NOBODY_VOUCHES:
            assert f"flaw-{code}" in known
        for key in known:
            assert f'"{key.removeprefix("flaw-")}"' in source, f"no code gives {key}"
    assert NOT_COUNTED in POLICIES.words["nl"].list.findings
