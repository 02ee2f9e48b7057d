"""Envelopes are deterministic, and writing only ever adds."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lopendezaken.evidence import envelope as module
from lopendezaken.evidence.envelope import EvidenceError, canonical_json, digest, encode, make, now, write

SUBJECT = {"organisation": "voorbeeldstad", "environment": "preprod", "host": "adapter-preprod"}
COLLECTOR = {"tool": "test", "version": "1", "commit": ""}
COLLECTED = "2026-11-24T10:00:00Z"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def envelope(raw: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "kind": "host-facts",
        "subject": SUBJECT,
        "collector": COLLECTOR,
        "collected": COLLECTED,
        "raw": raw or {"hostname": "a"},
    }
    return make(**{**parts, **changes})


def test_an_envelope_holds_what_collectors_promise() -> None:
    made = envelope()
    assert made == {
        "kind": "host-facts",
        "subject": SUBJECT,
        "collector": COLLECTOR,
        "collected": "2026-11-24T10:00:00Z",
        "expires": "2026-12-24T10:00:00Z",
        "sha256": digest({"hostname": "a"}),
        "raw": {"hostname": "a"},
    }


@settings(max_examples=25)
@given(st.dictionaries(st.text(), values, max_size=5))
def test_the_order_of_keys_makes_no_difference(raw: dict[str, Any]) -> None:
    turned = dict(reversed(raw.items()))
    try:
        first = encode(envelope({"x": 1, **raw}))
    except UnicodeEncodeError:  # half of a pair, no text at all
        return
    assert first == encode(envelope({**turned, "x": raw.get("x", 1)}))
    assert json.loads(first)["raw"] == {"x": 1, **raw}


def test_canonical_json_is_one_spelling() -> None:
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "gossip"}, "unknown kind of evidence 'gossip', expected one of host-facts"),
        ({"subject": {"organisation": "x", "host": "y"}}, r"subject: missing \['environment'\]"),
        ({"subject": {**SUBJECT, "bsn": "1"}}, r"subject: .*unknown \['bsn'\]"),
        ({"subject": {**SUBJECT, "environment": "../x"}}, "environment is '../x'"),
        ({"collector": {"tool": "x"}}, r"collector: missing \['commit', 'version'\]"),
        ({"collected": "2026-11-24 10:00"}, "collected is '2026-11-24 10:00', expected UTC"),
        ({"expires": "tomorrow"}, "expires is 'tomorrow'"),
    ],
)
def test_a_wrong_part_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        envelope(**changes)


def test_the_name_follows_from_what_it_holds(tmp_path: Path) -> None:
    made = envelope()
    path = write(tmp_path, made)
    assert path == tmp_path / "preprod" / "host-facts" / f"20261124T100000Z-{digest(made)[:8]}.json"
    assert json.loads(path.read_text()) == made
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_same_facts_about_two_hosts_are_two_files(tmp_path: Path) -> None:
    assert write(tmp_path, envelope()) != write(tmp_path, envelope(subject={**SUBJECT, "host": "other"}))


def test_the_same_again_is_harmless_and_another_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, envelope())
    assert write(tmp_path, envelope()) == path
    path.write_text("other")
    with pytest.raises(EvidenceError, match="never replaced"):
        write(tmp_path, envelope())
    assert path.read_text() == "other"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_now_is_an_instant_of_an_envelope() -> None:
    assert envelope(collected=now())["expires"]


def test_modules_on_hosts_can_use_it() -> None:
    """Only the standard library, and the very same file."""
    source = Path(module.__file__)
    imports = {
        alias.name.split(".")[0] if isinstance(node, ast.Import) else str(node.module).split(".")[0]
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imports <= sys.stdlib_module_names
    link = source.parents[3] / "plugins/module_utils/evidence_envelope.py"
    assert link.resolve() == source.resolve()
