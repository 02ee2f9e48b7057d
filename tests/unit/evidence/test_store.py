"""The store verifies what it reads and names the file that cannot be trusted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.evidence.envelope import encode, relative_path, write
from tests.unit.evidence.test_envelope import SUBJECT, envelope


def add(
    folder: Path, collected: str = "2026-11-24T10:00:00Z", partner: str | None = None, **raw: Any
) -> Path:
    subject = {**SUBJECT, "partner": partner} if partner else SUBJECT
    return write(folder, envelope(raw, kind="cpa-loaded", subject=subject, collected=collected))


def test_no_folder_is_no_evidence(tmp_path: Path) -> None:
    assert store.load(tmp_path / "evidence").items == ()


def test_the_latest_of_what_was_asked(tmp_path: Path) -> None:
    add(tmp_path, "2026-11-24T10:00:00Z", "mijnoverheid", side="here", n=1)
    add(tmp_path, "2026-11-24T11:00:00Z", "mijnoverheid", side="here", n=2)
    add(tmp_path, "2026-11-24T12:00:00Z", "mijnoverheid", side="partner", n=3)
    add(tmp_path, "2026-11-24T13:00:00Z", "compliance", side="here", n=4)
    found = store.load(tmp_path)
    latest = found.latest("cpa-loaded", "preprod", "mijnoverheid", side="here")
    assert latest is not None
    assert latest.raw["n"] == 2
    assert latest.collected.isoformat() == "2026-11-24T11:00:00+00:00"
    assert [each.raw["n"] for each in found.of("cpa-loaded", "preprod")] == [1, 2, 3, 4]
    assert found.latest("cpa-loaded", "prod") is None
    assert found.latest("ebms-ping", "preprod") is None


def test_the_past_can_be_seen_as_it_was(tmp_path: Path) -> None:
    add(tmp_path, "2026-11-24T23:59:59Z", n=1)
    add(tmp_path, "2026-11-25T00:00:00Z", n=2)
    past = store.load(tmp_path).until(date(2026, 11, 24))
    assert [each.raw["n"] for each in past.items] == [1]


def test_a_draft_is_not_read(tmp_path: Path) -> None:
    path = add(tmp_path, n=1)
    path.with_name(f".{path.name}.12").write_text("{")
    path.with_name(".x.json").write_text("{")
    assert len(store.load(tmp_path).items) == 1


def edited(**parts: Any) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        path.write_bytes(encode({**json.loads(path.read_bytes()), **parts}))

    return edit


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (edited(raw={"n": 2}), "altered"),
        (edited(sha256="0" * 64), "altered"),
        (edited(collected="2026-11-25T10:00:00Z"), "does not belong here"),
        (edited(expires="2027-12-24T10:00:00Z"), "does not belong here"),
        (edited(collector={"tool": "x", "version": "1", "commit": ""}), "does not belong here"),
        (edited(kind="ebms-ping"), "does not belong here"),
        (edited(subject={**SUBJECT, "environment": "prod"}), "does not belong here"),
        (edited(verdict="fine"), "unknown parts"),
        (edited(subject={}), "missing"),
        (edited(subject=None), "missing"),
        (edited(kind="gossip"), "unknown kind"),
        (lambda path: path.write_text("{"), "is not JSON"),
        (lambda path: path.write_text("[]"), "missing"),
        (lambda path: path.write_bytes(b"\xff"), "is not JSON"),
        (lambda path: path.rename(path.with_name("20261124T100000Z-00000000.json")), "does not belong here"),
    ],
)
def test_what_cannot_be_trusted_is_named(tmp_path: Path, spoil: Callable[[Path], None], words: str) -> None:
    path = add(tmp_path, n=1)
    spoil(path)
    with pytest.raises(LzError) as caught:
        store.load(tmp_path)
    assert str(next(tmp_path.rglob("*.json"))) in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_every_untrusted_file_is_named(tmp_path: Path) -> None:
    paths = [add(tmp_path, n=n) for n in (1, 2)]
    for path in paths:
        path.write_text("{")
    with pytest.raises(LzError) as caught:
        store.load(tmp_path)
    assert all(str(path) in str(caught.value) for path in paths)


def test_evidence_outside_files() -> None:
    made = envelope({"n": 1})
    assert store.from_parts("x", made).raw == {"n": 1}
    assert relative_path(made).parts[0] == "preprod"
