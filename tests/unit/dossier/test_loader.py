"""The loader: text stays text, places are exact, and what a dossier must not have is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.dossier.loader import MAX_BYTES, Document, Plain, load, parse
from lopendezaken.errors import LzError

FILE = Path("dossier.yml")


def read(text: str) -> Document:
    return parse(text.encode(), FILE)


def refused(content: str | bytes) -> LzError:
    with pytest.raises(LzError) as caught:
        parse(content if isinstance(content, bytes) else content.encode(), FILE)
    return caught.value


# Each of these is another value to at least one YAML parser.
TRAPS = [
    "00000001002220647000",  # octal to YAML 1.1
    "00000099123456789000",  # a decimal to YAML 1.2
    "01234567",
    "12:30",
    "no",
    "NO",
    "yes",
    "on",
    "null",
    "~",
    "1e3",
    "0x1F",
    "1_000",
    "2026-11-24",
    "2026-11-24T10:00:00Z",
    ".inf",
    "+31641234567",
    "0641234567",
    "=",
    "<<",
]


@pytest.mark.parametrize("text", TRAPS)
def test_a_plain_scalar_stays_what_was_written(text: str) -> None:
    value = read(f"key: {text}\n").value["key"]
    assert value == text
    assert isinstance(value, Plain)


@pytest.mark.parametrize("text", TRAPS)
def test_quotes_are_seen(text: str) -> None:
    for line in (f'key: "{text}"\n', f"key: '{text}'\n", f"key: |-\n  {text}\n"):
        value = read(line).value["key"]
        assert value == text
        assert not isinstance(value, Plain)


@given(st.text())
def test_no_text_that_goes_in_comes_out_as_another(text: str) -> None:
    """Written by JSON or by PyYAML, in any style: the same text comes back, or it is refused."""
    for written in (json.dumps({"k": text}), *(yaml.dump({"k": text}, default_style=s) for s in ("'", '"'))):
        try:
            content = written.encode()
        except UnicodeEncodeError:  # half of a pair, no text at all
            continue
        try:
            value = parse(content, FILE).value
        except LzError:
            continue
        assert value == {"k": text}


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), min_size=1))
def test_plain_text_is_read_as_it_stands_or_refused(text: str) -> None:
    try:
        value = read(f"k: {text}\n").value
    except LzError:
        return
    if isinstance(value["k"], Plain) and " #" not in text:
        assert value == {"k": text} or text.startswith("#")


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_a_place(content: bytes) -> None:
    error = None
    try:
        parse(content, FILE)
    except LzError as caught:
        error = caught
    assert error is None or (str(error).startswith("dossier.yml") and error.exit_code == 2)


@given(st.dictionaries(st.text("ab", min_size=1), st.lists(st.text("xyz01: -", min_size=1)), min_size=1))
def test_every_value_knows_its_place(data: dict[str, list[str]]) -> None:
    text = yaml.dump(data, default_style='"')
    document = read(text)
    lines = text.split("\n")
    for key, items in data.items():
        for index, item in enumerate(items):
            line, column = document.position((key, index))
            assert lines[line - 1][column - 1] == '"'
            assert item == document.value[key][index]


def test_places_count_characters_not_bytes() -> None:
    document = read("ëé€😀: {x: één, y: twee}\n")
    assert document.where(("ëé€😀", "y")) == "dossier.yml:1:19"
    assert document.where(("ëé€😀", "y"), key=True) == "dossier.yml:1:16"
    assert document.where(("ëé€😀", "gone")) == "dossier.yml:1:7"


def test_crlf_counts_as_one_line() -> None:
    assert read("a: 1\r\nb: 2\r\n").where(("b",)) == "dossier.yml:2:4"


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1", "a stands here twice"),
        ("o: {x: 1, x: 2}\n", "1:11", "o.x stands here twice"),
        ("a: &x 1\n", "1:4", "anchors and aliases are not allowed: found &x"),
        ("a: *x\n", "1:4", "anchors and aliases are not allowed: found *x"),
        ("a: !!int '1'\n", "1:4", "tags are not allowed"),
        ("a: !vault x\n", "1:4", "tags are not allowed"),
        ("a: 1\n\tb: 2\n", "2:1", "found a tab"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document"),
        ("# nothing\n", "2:1", "holds nothing"),
        ("? [a]\n: 1\n", "1:3", "a key must be plain text"),
        ("a: x\u2028y\n", "1:5", "unusual line break"),
        ("a: b\x01\n", "1:5", "a character that YAML does not allow: found U+0001"),
    ],
)
def test_what_a_dossier_must_not_have(text: str, where: str, words: str) -> None:
    message = str(refused(text))
    assert message.startswith(f"dossier.yml:{where}: ")
    assert words in message


@pytest.mark.parametrize(
    ("text", "where", "found", "remedy"),
    [
        ("a: b: c\n", "1:5", "'a: b: c'", "between quotes"),
        ("a: [1, 2\nb: 3\n", "2:2", "'b: 3'", "opened with [ on line 1"),
        ('a: "x\n', "2:1", "the end of the file", "opened with a quote on line 1"),
        ("a: 'x' y\n", "1:8", "'a: 'x' y'", "nothing follows a closing quote"),
        ("- a\nb: 1\n", "2:1", "'b: 1'", "same indentation"),
        ("a: @x\n", "1:4", "'a: @x'", "starts with @"),
        ("  a: 1\n b: 2\n", "2:2", "'b: 2'", "in column 1"),
    ],
)
def test_malformed_yaml_says_where_and_how_to_mend(text: str, where: str, found: str, remedy: str) -> None:
    message = str(refused(text))
    assert message.startswith(f"dossier.yml:{where}: malformed YAML")
    assert f"found {found}" in message
    assert remedy in message


def test_byte_order_mark_and_other_encodings() -> None:
    assert "byte order mark" in str(refused("\ufeffa: 1\n"))
    assert "byte order mark" in str(refused("a: 1\n".encode("utf-16")))
    assert str(refused("é: 1\nb: é\n".encode()[:-1] + b"\xff")).startswith("dossier.yml:2:5: not UTF-8")


def test_deep_nesting_and_size_are_bounded(tmp_path: Path) -> None:
    assert "nested too deeply" in str(refused("[" * 10_000 + "]" * 10_000))
    big = tmp_path / "dossier.yml"
    big.write_bytes(b"a: 1\n" + b"#" * MAX_BYTES)
    with pytest.raises(LzError, match="too big"):
        load(big)


def test_a_missing_file_is_told() -> None:
    with pytest.raises(LzError, match="cannot read the file: No such file"):
        load(Path("/nowhere/dossier.yml"))
