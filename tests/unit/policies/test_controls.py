"""Every control: complete, pure, in both languages, and its examples give the findings that they expect."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lopendezaken.policy import phases
from lopendezaken.policy.control import Control, load_all
from lopendezaken.policy.outcomes import worst
from lopendezaken.policy.run import run
from lopendezaken.policy.words import Words
from tests.unit.policies.example import ROOT, in_examples, read

POLICIES = ROOT / "policies"
CONTROLS = {control.id: in_examples(control) for control in load_all(POLICIES / "controls")}
EXAMPLES = sorted((POLICIES / "controls").glob("*/examples/*.yml"))


def name(path: Path) -> str:
    return f"{path.parent.parent.name[:7]}-{path.stem}"


def control_of(path: Path) -> Control:
    return CONTROLS[path.parent.parent.name[:7]]


@pytest.mark.parametrize("path", EXAMPLES, ids=name)
def test_example(path: Path) -> None:
    example, control = read(path), control_of(path)
    here = (example.day, [example.environment], example.network, example.integrity)
    (result,) = run([control], example.dossier, example.evidence, *here)
    assert [(finding.outcome.value, finding.code) for finding in result.findings] == example.findings
    assert result.outcome.passes == path.name.startswith("pass-")
    for language in ("nl", "en"):
        for finding in result.findings:
            sentence = Words(POLICIES, language).finding(control, finding)
            assert "{" not in sentence
            assert sentence.endswith(".")


def codes_of(control: Control) -> set[str]:
    """The codes that check.py can give: every text that is a key of findings."""
    tree = ast.parse((control.folder / "check.py").read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and text in control.facts.findings}


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_a_control_is_complete(control: Control) -> None:
    examples = [path for path in EXAMPLES if control_of(path) is control]
    kinds = Counter(path.name.split("-")[0] for path in examples)
    assert kinds["pass"] >= 1
    assert kinds["fail"] >= 1
    assert set(kinds) <= {"pass", "fail"}
    shown = {code for path in examples for _, code in read(path).findings}
    assert codes_of(control) == set(control.facts.findings), "each sentence belongs to a code, and back"
    assert set(control.facts.findings) <= shown, "each code has an example"


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_both_languages_fill_in_the_same_values(control: Control) -> None:
    for code, both in control.facts.findings.items():
        assert set(re.findall(r"{(\w+)}", both.nl)) == set(re.findall(r"{(\w+)}", both.en)), code


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_the_words_fit(control: Control) -> None:
    titles = {control.words[language].title for language in ("nl", "en")}
    assert len(titles) == 2
    assert all(len(title) <= 70 and not title.endswith(".") for title in titles)
    assert control.facts.phase == int(control.id[3])


def test_a_control_that_gates_covers_a_criterion() -> None:
    known = phases.load(POLICIES / "phases.yml", CONTROLS.values())
    covering = {control for criterion in known.criteria for control in criterion.controls}
    assert covering == {control.id for control in CONTROLS.values() if control.facts.gate}


def test_the_criteria_a_control_covers_are_among_its_requirements() -> None:
    known = phases.load(POLICIES / "phases.yml", CONTROLS.values())
    for criterion in known.criteria:
        for control in criterion.controls:
            assert criterion.id in CONTROLS[control].facts.requirements, (criterion.id, control)


def test_the_stages_of_the_command_are_those_of_the_file() -> None:
    from lopendezaken.policy.cli import Stage

    known = phases.load(POLICIES / "phases.yml", CONTROLS.values())
    assert [stage.id for stage in known.stages] == [stage.value for stage in Stage]


def test_both_files_of_words_have_the_same_keys_and_values() -> None:
    nl, en = (Words(POLICIES, language).list.model_dump() for language in ("nl", "en"))
    for part in nl:
        assert nl[part].keys() == en[part].keys()
        for key in nl[part]:
            assert set(re.findall(r"{(\w+)}", nl[part][key])) == set(re.findall(r"{(\w+)}", en[part][key]))


def test_checks_are_typed(tmp_path: Path) -> None:
    """All are called check.py, which mypy takes for one module; so they get names of their own."""
    for control in CONTROLS.values():
        module = control.folder.name.replace("-", "_").replace(".", "_").lower()
        shutil.copy(control.folder / "check.py", tmp_path / f"{module}.py")
    cache = ROOT / ".mypy_cache/checks"
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        f"--cache-dir={cache}",
        str(tmp_path),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"MYPYPATH": str(ROOT / "src")}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_run_is_no_proof() -> None:
    assert not worst([]).passes
