"""lz report: one results.json gives all forms, and the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lopendezaken.errors import LzError
from lopendezaken.policy import cli as policy_cli
from lopendezaken.report import cli
from lopendezaken.report.outputs import Form, everything, render
from tests.unit.policy.test_cli import lz
from tests.unit.policy.world import World
from tests.unit.report.points import POINTS, POLICIES, results_at

app = typer.Typer()
policy_cli.register(app)
cli.register(app)
QUICK = [each for each in Form if each is not Form.PDF]


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path / "org")
    found.build()
    return found


def report(*arguments: str) -> bytes:
    return CliRunner().invoke(app, ["report", *arguments], catch_exceptions=False).stdout_bytes


@pytest.mark.parametrize("form", QUICK)
def test_from_the_dossier_and_from_results_json_come_the_same_bytes(
    world: World, tmp_path: Path, form: Form
) -> None:
    for name, command in (("a", "check"), ("b", "report")):
        arguments = ("--json",) if command == "check" else ("--format", "json")
        (tmp_path / name).write_text(lz(world, command, *arguments).stdout)
    direct = lz(world, "report", "--format", form).stdout_bytes
    assert direct == report("--results", str(tmp_path / "a"), "--format", form)
    assert direct == report("--results", str(tmp_path / "b"), "--format", form)


@pytest.mark.parametrize("form", QUICK)
def test_the_bytes_do_not_depend_on_where_the_dossier_lies(
    world: World, tmp_path: Path, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lz(world, "report", "--format", form).stdout_bytes
    assert str(tmp_path).encode() not in first
    other = tmp_path / "elsewhere"
    world.folder.rename(other)
    world.folder = other
    assert lz(world, "report", "--format", form).stdout_bytes == first


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("form", [Form.JUNIT, Form.SARIF, Form.OSCAL])
def test_dutch_differs_from_english_in_words_alone(point: str, form: Form) -> None:
    dutch, english = (render(form, results_at(point), POLICIES, each) for each in ("nl", "en"))
    assert dutch != english
    assert dutch.count(b"\n") == english.count(b"\n")


def test_all_forms_at_once() -> None:
    found = dict(everything(results_at("half_prepared"), POLICIES, "nl"))
    assert set(found) == {
        "results.json",
        "junit.xml",
        "results.sarif",
        "oscal/assessment-results.json",
        "oscal/catalog.json",
        "report.nl.html",
        "report.en.html",
        "report.nl.pdf",
        "report.en.pdf",
    }
    assert json.loads(found["results.json"]) == results_at("half_prepared")
    assert found["report.nl.pdf"].startswith(b"%PDF-")


def test_into_a_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert lz(world, "report", "--output", str(path)).stdout == ""
    assert path.read_bytes().startswith(b"<!DOCTYPE html>")


def test_every_form_needs_a_folder(world: World) -> None:
    with pytest.raises(LzError, match="every form needs a folder"):
        lz(world, "report", "--format", "all")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", "not JSON"),
        ("[]", "not results of lz check"),
        ('{"format": "other"}', "not results of lz check"),
        ('{"format": "lopendezaken-results-1", "results": [], "policies": "0"}', "other policies"),
        (
            json.dumps({"format": "lopendezaken-results-1", "results": 7, "policies": POLICIES.digest}),
            "not results of lz check",
        ),
    ],
)
def test_results_that_are_none_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    for form in (Form.JUNIT, Form.SARIF, Form.OSCAL, Form.HTML):
        with pytest.raises(LzError, match=message):
            report("--results", str(path), "--format", form)


def test_results_have_their_own_date(tmp_path: Path) -> None:
    with pytest.raises(LzError, match="its own organisation and date"):
        report("--results", str(tmp_path / "results.json"), "--date", "2026-11-24")
