"""Requirements of the guide and controls name each other; explain and trace work for every one of them."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.policy import requirements as policy
from lopendezaken.policy.assess import Assessment, assess
from lopendezaken.policy.control import load_all
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.text import explain_lines, trace_lines
from lopendezaken.policy.words import Words
from tests.unit.policies.example import ROOT
from tests.unit.policy.test_cli import lz
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World

FOLDER = ROOT / "policies/requirements"
CONTROLS = load_all(ROOT / "policies/controls")
KNOWN = policy.load(FOLDER, CONTROLS)


@pytest.fixture
def assessment(world: World) -> Assessment:
    world.build()
    world.ping()
    world.sign()
    return assess(world.folder, DAY, ROOT / "policies")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "requirements"))


def test_all_requirements_of_the_guide_are_there() -> None:
    counts = Counter(key.split("-")[0] for key in KNOWN.all)
    assert counts == {"A": 16, "P1": 27, "P2": 59, "P3": 23, "P4": 29, "L": 12, "X": 20, "E": 4}
    assert sum(KNOWN.coverage().values()) == 186
    for part, count in counts.items():
        assert [key for key in KNOWN.all if key.split("-")[0] == part] == [
            f"{part}-{number:02}" for number in range(1, count + 1)
        ]


def test_what_has_no_control_yet_is_told_in_the_readme() -> None:
    found = Counter(KNOWN.coverage())
    covered = sum(found[each] for each in ("automated", "evidence", "attestation"))
    for name in ("README.md", "README.en.md"):
        text = (ROOT / "policies" / name).read_text()
        counts = f"({found['automated']} automated, {found['evidence']} evidence, {found['attestation']} attestation)"
        assert counts in text
        assert f" {covered} " in text
        assert f" {found['information']} " in text
        assert f" {found['planned']} " in text


def test_every_requirement_is_said_once_in_two_languages() -> None:
    for language in ("nl", "en"):
        texts = [each.text.in_(language) for each in KNOWN.all.values()]
        assert all(text.endswith(".") and "  " not in text for text in texts)
        again = {text for text, count in Counter(texts).items() if count > 1}
        assert not again


def test_a_control_says_nothing_of_those_to_whom_its_requirements_do_not_apply() -> None:
    for each in KNOWN.all.values():
        for control in CONTROLS:
            if control.id in each.controls:
                assert set(control.facts.applies.organisations) & set(each.applies_to), (each.id, control.id)


def test_explain_and_trace_know_every_requirement(assessment: Assessment) -> None:
    for language in ("nl", "en"):
        words = Words(ROOT / "policies", language)
        for key, each in KNOWN.all.items():
            told = [
                *explain_lines(assessment, KNOWN, key, words),
                *trace_lines(assessment, KNOWN, key, words),
            ]
            assert told[0].startswith(f"{key}  ")
            assert "{" not in "".join(told)
            assert all(name in "".join(told) for name in each.controls)


def test_trace_goes_from_requirement_to_evidence(world: World) -> None:
    world.build()
    world.ping()
    told = lz(world, "trace", "p2-35").stdout
    assert told.startswith("P2-35  The ebMS Ping was answered with a Pong")
    assert "LZ-2.04  preprod  met" in told
    assert "LZ-2.04  prod" not in told
    assert re.search(r"evidence/preprod/ebms-ping/\S+\.json\n +SHA-256 [0-9a-f]{64}, of 2026-11-24", told)
    assert told.endswith("Gemeente Voorbeeldstad on 2026-11-24: met\n")


def test_the_verdict_on_a_requirement(assessment: Assessment) -> None:
    def outcome(key: str, kind: str = "government") -> Outcome | None:
        return policy.standing(KNOWN.all[key], assessment.results, kind).outcome

    assert outcome("P2-35") is Outcome.MET
    assert outcome("P4-28") is Outcome.UNKNOWN
    assert outcome("A-01") is None
    assert outcome("P2-21") is Outcome.UNKNOWN
    assert outcome("P4-28", "supplier") is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("command", ["trace", "explain"])
def test_an_unknown_requirement_is_refused_with_those_near_it(world: World, command: str) -> None:
    with pytest.raises(LzError, match=r"nothing has this id: found P2-99.*Did you mean P2-"):
        lz(world, command, "P2-99")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id: P2-36", "id: P2-35", "this requirement stands here twice: found P2-35"),
        (
            "coverage: evidence\n    controls: [LZ-2.04]",
            "coverage: evidence\n    why: note",
            "P2-35 does not fit",
        ),
        (
            "coverage: evidence\n    controls: [LZ-2.04]",
            "coverage: planned\n    why: x",
            "why P2-35 has no control",
        ),
        ("controls: [LZ-2.04]", "controls: [LZ-2.04, LZ-9.99]", "no such control: found LZ-9.99"),
        ("controls: [LZ-2.04]", "controls: [LZ-2.03]", "no such control: found LZ-2.03"),
        ("coverage: information", "coverage: ignored", "not a known word"),
    ],
)
def test_a_mistake_in_a_file_is_told(folder: Path, old: str, new: str, words: str) -> None:
    path = folder / "phase-2.yml"
    text = path.read_text()
    start = text.index("id: P2-35") if "LZ-2.04" in old else 0
    assert old in text[start:]
    path.write_text(text[:start] + text[start:].replace(old, new, 1))
    with pytest.raises(LzError) as caught:
        policy.load(folder, CONTROLS)
    assert words in str(caught.value)
    assert "phase-2.yml:" in str(caught.value)


def test_a_control_that_is_not_named_back_is_told(folder: Path) -> None:
    path = folder / "xml.yml"
    text = path.read_text().replace(
        "coverage: evidence\n    controls: [LZ-2.04]", "coverage: planned\n    why: note"
    )
    path.write_text(text)
    with pytest.raises(LzError, match=r"LZ-2.04-ping-answered/control.yml:\d+:\d+: .*does not name it"):
        policy.load(folder, CONTROLS)
    path.unlink()
    with pytest.raises(LzError, match="no such requirement"):
        policy.load(folder, CONTROLS)
