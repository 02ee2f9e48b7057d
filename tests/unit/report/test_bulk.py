"""Many organisations: the same bytes as one at a time, and one that cannot be read stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lopendezaken.errors import LzError
from lopendezaken.report import bulk, cli
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World
from tests.unit.report.points import POLICIES

app = typer.Typer()
cli.register(app)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    worlds = {name: World(folder / name) for name in ("alpha", "beta", "gamma")}
    worlds["beta"].change("kind: government", "kind: elephant")
    worlds["gamma"].build()
    return folder


@pytest.mark.parametrize("workers", [1, 2])
def test_each_gets_its_own_files(many: Path, tmp_path: Path, workers: int) -> None:
    out = tmp_path / "out"
    done = list(bulk.report(bulk.organisations(many), DAY, POLICIES, "nl", out, workers))
    assert [each.name for each in done] == ["alpha", "beta", "gamma"]
    assert "elephant" in str(done[1].mistake)
    assert {each.parent.name for each in out.rglob("junit.xml")} == {"alpha", "gamma"}
    assert len(list(out.rglob("*.*"))) == 8


def test_the_bytes_do_not_depend_on_the_number_of_processes(many: Path, tmp_path: Path) -> None:
    found = []
    for workers in (1, 3):
        out = tmp_path / str(workers)
        list(bulk.report(bulk.organisations(many), DAY, POLICIES, "en", out, workers))
        found.append({each.relative_to(out): each.read_bytes() for each in out.rglob("*.*")})
    assert found[0] == found[1]


def test_the_command_tells_what_could_not_be_read(many: Path, tmp_path: Path) -> None:
    arguments = ["report", "--each", str(many), "--output", str(tmp_path / "out"), "--date", "2026-11-24"]
    done = CliRunner().invoke(app, arguments)
    assert "alpha: unknown" in done.stdout
    assert isinstance(done.exception, LzError)
    assert "elephant" in str(done.exception)
    assert done.exception.exit_code == 2


def test_no_organisation_is_no_proof(tmp_path: Path) -> None:
    with pytest.raises(LzError, match="no organisation here"):
        bulk.organisations(tmp_path)
