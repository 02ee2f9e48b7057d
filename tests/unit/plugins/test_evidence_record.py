"""Observations become files, and never count as a change."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_unknown_kind(run: Run, tmp_path: Path) -> None:
    result = run("evidence_record", **options(tmp_path, kind="gossip"))
    assert result["failed"]
    assert "gossip" in result["msg"]
