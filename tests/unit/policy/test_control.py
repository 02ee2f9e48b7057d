"""A control that is incomplete or impure is refused, with the file named."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.policy.control import load, load_all


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_sound_control_is_read(control_folder: Path) -> None:
    control = load(control_folder)
    assert control.id == "LZ-1.01"
    assert control.words["nl"].title == "Het OIN staat in het certificaat"
    assert control.words["en"].repair.startswith("Ask the certificate supplier")
    assert load_all(control_folder.parent)[0].id == control.id


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("control.yml", "id: LZ-1.01", "id: LZ-1.02", "does not fit the name of the folder"),
        ("control.yml", "id: LZ-1.01", "id: OIN", "does not fit the name of the folder"),
        (
            "control.yml",
            "severity: critical",
            "severity: urgent",
            "control.yml:3:11: severity: not a known word",
        ),
        (
            "control.yml",
            "certificate-chain",
            "certificates",
            "evidence[0]: not as expected: found certificates",
        ),
        (
            "control.yml",
            "    nl: Er is nog geen certificaat vastgelegd als bewijs.\n",
            "",
            "the key 'nl' is missing",
        ),
        ("text.nl.md", "## Waarom", "## Reden", "the headings of a control are fixed"),
        ("text.en.md", "## How to repair", "## Why", "the headings of a control are fixed"),
        ("text.en.md", "# The OIN", "The OIN", "the headings of a control are fixed"),
        ("check.py", "from __future__", "from os import environ\nfrom __future__", "imports os"),
        ("check.py", "def check", "def verify", "no function check"),
    ],
)
def test_a_mistake_is_told(control_folder: Path, file: str, old: str, new: str, words: str) -> None:
    replace(control_folder / file, old, new)
    with pytest.raises(LzError) as caught:
        load(control_folder)
    assert words in str(caught.value)
    assert file in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_part_is_told(control_folder: Path) -> None:
    (control_folder / "text.en.md").unlink()
    with pytest.raises(LzError, match=r"text.en.md: part of a control is missing"):
        load(control_folder)
