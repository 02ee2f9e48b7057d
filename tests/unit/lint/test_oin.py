"""Numbers: given as they are, or in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lint.oin import check
from tests.unit.lint.conftest import Lint, source

GOOD = "00000001002220647000"


@pytest.mark.parametrize(
    ("number", "rule", "remedy"),
    [
        (GOOD, None, None),
        ("00000003123456780000", None, None),
        ("00000007AB1234567000", None, None),
        ("00000099100000001000", None, None),
        ("1002220647000", "OIN-001", "Leading zeros were lost"),
        ("0000 0001 0022 2064 7000", "OIN-001", "without blanks"),
        (f"urn:osb:oin:{GOOD}", "OIN-001", "Leave out"),
        (f"{GOOD}_OTA", "OIN-001", "PartyId of a CPA"),
        ("0000000100222064700O", "OIN-002", "register"),
        ("00000001A02220647000", "OIN-001", "register"),
        ("00000005002220647000", "OIN-003", "register"),
        ("00000003123456789000", "OIN-004", "register"),
        ("00000001002220648000", "OIN-006", "a digit may be wrong"),
    ],
)
def test_numbers(number: str, rule: str | None, remedy: str | None) -> None:
    findings = check(source(number))
    assert [each.rule for each in findings] == ([rule] if rule else [])
    assert not remedy or remedy in (findings[0].remedy or "")


def test_suppliers_and_production() -> None:
    assert [each.rule for each in check(source("00000004194049711000"), supplier=True)] == ["OIN-008"]
    assert check(source("00000003123456780000"), supplier=True) == []
    assert [each.rule for each in check(source("00000099100000001000"), "prod")] == ["OIN-009"]


def test_a_file_with_numbers(lint: Lint, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(f"# ours\n{GOOD};Utrecht\n\n1002220647000, Utrecht\n", encoding="utf-8-sig")
    told = lint("oin", file, GOOD)
    assert told.exit_code == 1
    assert f"{file}:4: OIN-001 must" in told.output
    assert told.output.count("OIN-001") == 1
    assert lint("oin", "-", stdin=GOOD).exit_code == 0


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"name;number\n", b"\xff\xfe", b"<xml/>"])
def test_what_holds_no_numbers(data: bytes) -> None:
    with pytest.raises(LzError):
        check(source(data))
