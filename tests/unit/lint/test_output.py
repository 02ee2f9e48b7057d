"""How findings are told: text, JSON and SARIF, several files at once, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.lint.output import as_json, as_sarif, plain, text
from lopendezaken.lint.registry import KINDS, rules_of
from lopendezaken.lint.run import Judged, exit_code, judge
from lopendezaken.lint.source import MAX_BYTES
from tests.unit.lint.conftest import Lint

MUST = must(3, "CPA-034", "uri of Endpoint", found="http://a", expected="https", remedy="Ask for another.")
SHOULD = should(None, "CPA-007", "valid for long")
FILES = [
    Judged("good.xml"),
    Judged("odd name.xml", (SHOULD,)),
    Judged("/tmp/bad.xml", (MUST, SHOULD)),
    Judged("none.xml", error=LzError("cannot read the file", where="none.xml")),
]


def test_text() -> None:
    assert list(text(FILES)) == [
        "good.xml: sound",
        "odd name.xml: CPA-007 should: valid for long",
        "odd name.xml: sound, 1 recommendation not followed",
        "/tmp/bad.xml:3: CPA-034 must: uri of Endpoint: found http://a, expected https. Ask for another.",
        "/tmp/bad.xml: CPA-007 should: valid for long",
        "/tmp/bad.xml: NOT sound: 1 mistake, 1 recommendation",
        "none.xml: cannot read the file (not judged)",
        "4 files: 2 sound, 1 not, 1 not judged",
    ]


@pytest.mark.parametrize(
    ("files", "code"),
    [(FILES[:2], 0), (FILES[:3], 1), (FILES, 2), ([], 0)],
    ids=["sound", "must", "unread", "none"],
)
def test_exit_codes(files: list[Judged], code: int) -> None:
    assert exit_code(files) == code


def test_json() -> None:
    told = json.loads(as_json("cpa", FILES))
    assert [each["file"] for each in told["files"]] == [each.name for each in FILES]
    assert told["files"][2]["findings"][0] == {
        "line": 3,
        "rule": "CPA-034",
        "severity": "must",
        "what": "uri of Endpoint",
        "found": "http://a",
        "expected": "https",
        "remedy": "Ask for another.",
    }
    assert (told["must"], told["should"], told["unreadable"], told["exit_code"]) == (1, 2, 1, 2)


def test_sarif() -> None:
    """Holds what the schema of OASIS asks of what we use; judges from outside are in tests/outside."""
    told = json.loads(as_sarif("cpa", FILES, rules_of("cpa")))
    assert (told["version"], told["$schema"].rsplit("/", 1)[1]) == ("2.1.0", "sarif-schema-2.1.0.json")
    (run,) = told["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({each["id"] for each in rules}) == len(rules)
    assert [_checked(each, rules) for each in run["results"]] == [
        ("CPA-007", "warning", "odd%20name.xml", None),
        ("CPA-034", "error", "file:///tmp/bad.xml", 3),
        ("CPA-007", "warning", "file:///tmp/bad.xml", None),
    ]
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    (unread,) = invocation["toolExecutionNotifications"]
    assert unread["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "none.xml"


def _checked(result: dict[str, Any], rules: list[dict[str, Any]]) -> tuple[str, str, str, int | None]:
    assert result["kind"] == "fail"
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["message"]["text"]
    assert len(result["partialFingerprints"]["finding/v1"]) == 64
    (location,) = result["locations"]
    place = location["physicalLocation"]
    artifact = place["artifactLocation"]
    assert ("uriBaseId" in artifact) == (not artifact["uri"].startswith("file:"))
    return result["ruleId"], result["level"], artifact["uri"], place.get("region", {}).get("startLine")


@pytest.mark.parametrize("kind", KINDS)
def test_rules_are_told_well(kind: str) -> None:
    rules = rules_of(kind)
    assert rules
    assert len({each.id for each in rules}) == len(rules)
    told = json.loads(as_sarif(kind, [], rules))
    for each in told["runs"][0]["tool"]["driver"]["rules"]:
        assert each["shortDescription"]["text"]
        assert each["defaultConfiguration"]["level"] in {"error", "warning"}


def test_what_comes_from_a_file_cannot_harm_a_terminal() -> None:
    assert plain("a\x1b[31mb\nc\u202e") == "a\N{REPLACEMENT CHARACTER}[31mb c\N{REPLACEMENT CHARACTER}"
    assert plain("BSN 999990019, OIN 00000099100000001000") == "BSN *******19, OIN 00000099100000001000"
    assert len(plain("x" * 10_000)) < 400


def test_a_finding_says_where_it_is() -> None:
    assert (
        str(MUST)
        == "line 3: CPA-034 (must): uri of Endpoint: found http://a, expected https. Ask for another."
    )
    assert str(SHOULD) == "CPA-007 (should): valid for long"


def test_what_cannot_be_read_keeps_nothing_from_being_judged(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"x")
    (tmp_path / "big").write_bytes(b"x" * (MAX_BYTES + 1))
    names = [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path), str(tmp_path / "big"), "a\0b"]

    def check(_: object) -> list[Finding]:
        return [SHOULD]

    judged = judge(names, check)
    assert [each.exit_code for each in judged] == [2, 0, 2, 2, 2]


@pytest.mark.parametrize("option", ["--json", "--sarif"])
def test_machines_get_one_document(lint: Lint, option: str) -> None:
    told = lint("oin", "00000001002220647000", "1", option)
    assert told.exit_code == 1
    assert json.loads(told.output)


def test_lists_of_rules(lint: Lint) -> None:
    every = lint("rules")
    assert every.exit_code == 0
    for kind in KINDS:
        assert f"{kind}: " in every.output
    assert "CPA-034" in lint("rules", "cpa").output
    assert set(json.loads(lint("rules", "--json").output)["rules"]) == set(KINDS)
    assert lint("rules", "nothing").exit_code == 2


def test_every_command_tells_what_it_does(lint: Lint) -> None:
    for kind in KINDS:
        told = lint(kind, "--help")
        assert told.exit_code == 0
        assert len(told.output.split()) > 40, kind
        assert "--sarif" in told.output


def test_a_day_without_guideline_is_told(lint: Lint) -> None:
    told = lint("certificate", "none.pem", "--date", "2019-01-01")
    assert isinstance(told.exception, LzError)
    assert "too early" in str(told.exception)
