"""Network plans: every mistake at its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lint.network import check
from tests.unit.lint.conftest import Lint, source
from tests.unit.policies.example import ROOT

PLAN = ROOT / "inventories/voorbeeldstad/dossier/network.yml"


def test_the_example() -> None:
    assert check(source(PLAN.read_bytes(), PLAN)) == []


def test_mistakes_have_their_line(lint: Lint, tmp_path: Path) -> None:
    text = PLAN.read_text()
    place = re.search(r"zone: (\S+?)(?=[,}\s])", text)
    assert place
    number = text.count("\n", 0, place.start()) + 1
    file = tmp_path / "plan.yml"
    file.write_text(text[: place.start(1)] + "nowhere" + text[place.end(1) :])
    (told,) = check(source(file.read_bytes(), file))
    assert (told.rule, told.line, told.found) == ("LZ-003", number, "nowhere")
    assert lint("network", file).exit_code == 1


@pytest.mark.parametrize("data", [b"a: [", b"\xff", b"a:\tb"])
def test_what_is_no_yaml(data: bytes) -> None:
    with pytest.raises(LzError):
        check(source(data))
