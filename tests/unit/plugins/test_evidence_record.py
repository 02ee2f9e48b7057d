"""Observations become files, and never count as a change."""

from __future__ import annotations

import json
from pathlib import Path

from lopendezaken.evidence.sealing import file_digest
from lopendezaken.evidence.sshsig import make_key, read
from tests.unit.plugins.conftest import Run

RAW = {"side": "here", "cpa_id": "X", "digest": None, "source": "rest"}


def options(folder: Path, **record: object) -> dict[str, object]:
    return {
        "folder": str(folder),
        "organisation": "voorbeeldstad",
        "environment_name": "preprod",
        "commit": "abc",
        "records": [
            {"kind": "cpa-loaded", "host": "adapter-preprod", "partner": "mijnoverheid", "raw": RAW, **record}
        ],
    }


def test_record_becomes_a_file(run: Run, tmp_path: Path) -> None:
    result = run("evidence_record", **options(tmp_path))
    assert not result["changed"]
    written = json.loads(Path(result["files"][0]).read_text())
    assert written["raw"] == RAW
    assert written["subject"]["partner"] == "mijnoverheid"
    assert written["collector"]["commit"] == "abc"


def test_check_mode_writes_nothing_but_still_looks(run: Run, tmp_path: Path) -> None:
    assert run("evidence_record", check=True, **options(tmp_path))["files"] == []
    assert list(tmp_path.iterdir()) == []
    assert run("evidence_record", check=True, **options(tmp_path, kind="gossip"))["failed"]


def test_exactly_what_was_written_is_sealed(run: Run, tmp_path: Path) -> None:
    make_key(tmp_path / "key", "controller")
    folder = tmp_path / "evidence"
    beside = folder / "preprod/cpa-loaded/20261124T100000Z-00000000.json"
    beside.parent.mkdir(parents=True)
    beside.write_text("laid here by somebody else")
    result = run("evidence_record", **options(folder), key=str(tmp_path / "key"))
    head, line = Path(result["seal"]).read_text().splitlines()
    (written,) = map(Path, result["files"])
    assert head.startswith("# sealed 20")
    assert line == f"{file_digest(written)}  {written.relative_to(folder)}"
    assert read(Path(f"{result['seal']}.sig").read_bytes()).namespace == "lz-evidence"


def test_without_the_key_that_should_be_there_it_fails(run: Run, tmp_path: Path) -> None:
    result = run("evidence_record", **options(tmp_path), key=str(tmp_path / "none"))
    assert result["failed"]
    assert "lz trust init makes one" in result["msg"]


def test_unknown_kind(run: Run, tmp_path: Path) -> None:
    result = run("evidence_record", **options(tmp_path, kind="gossip"))
    assert result["failed"]
    assert "gossip" in result["msg"]
