"""Setting one value: it is there afterwards, and every other byte is as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from lopendezaken.dossier import loader
from lopendezaken.dossier.cli import dossier_app
from lopendezaken.dossier.edit import changed, path_of
from lopendezaken.dossier.loader import Document
from lopendezaken.dossier.read import dossier_of
from lopendezaken.errors import LzError
from tests.unit.dossier.conftest import EXAMPLE

FILE = EXAMPLE / "dossier.yml"
CONTENT = FILE.read_bytes()
TEXTS = st.text(st.characters(codec="utf-8"))


def value_at(content: bytes, path: str) -> Any:
    value = loader.parse(content, FILE).value
    for key in path_of(path):
        value = value[key]
    return value


def lines_changed(old: bytes, new: bytes) -> list[tuple[str, str]]:
    before, after = old.decode().split("\n"), new.decode().split("\n")
    return [each for each in zip(before, after, strict=True) if each[0] != each[1]]


def anything(_: Document) -> None:
    """No schema: any text may stand anywhere."""


# One of each way in which a value can stand in a file; what follows it must survive.
SHAPES = (
    "a: old # why\nb: x\n",
    'a: "old"  # why\nb: x\n',
    "a: 'old'\nb: x\n",
    "k: {z: 1, a: old, b: 'x'} # why\n",
    'k: [old, "b"] # why\n',
    "k:\n  - old # why\n  - b\n",
    "a: old\r\nb: x\r\n",
    "a:\nb: x\n",
    "# first\na: old",
    "a: |\n  old\n  text\n\n# why\nb: x\n",
    "a: old\n  and more\nb: x\n",
)
PLACES = {4: "k[0]", 3: "k.a", 5: "k[0]"}


@pytest.mark.parametrize("shape", range(len(SHAPES)))
@given(text=TEXTS)
def test_what_is_set_is_read_and_the_rest_stays(shape: int, text: str) -> None:
    content, path = SHAPES[shape].encode(), PLACES.get(shape, "a")
    new = changed(content, Path("x.yml"), path_of(path), text, anything, as_text=True)
    assert value_at(new, path) == text
    place = content.index(b"old") if b"old" in content else 2
    assert new.startswith(content[:place].rstrip(b"\"'| \n"))
    rest = content[place:].split(b"\n", 1)
    kept = rest[1] if len(rest) > 1 else b""
    if shape not in {9, 10}:
        assert new.endswith(
            rest[0].removeprefix(b"old").lstrip(b"\"'") + (b"\n" + kept if len(rest) > 1 else b"")
        )
    else:
        assert new.endswith(b"b: x\n")


@given(text=TEXTS)
def test_any_text_in_the_example_is_kept_or_refused(text: str) -> None:
    try:
        new = changed(CONTENT, FILE, path_of("organisation.name"), text, dossier_of, as_text=True)
    except LzError:
        return
    assert dossier_of(loader.parse(new, FILE)).organisation.name == text
    assert len(lines_changed(CONTENT, new)) <= 1


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("chain_test.status", "running", "  status: running"),
        ("organisation.oin", "00000099100000002000", '  oin: "00000099100000002000"'),
        ("organisation.name", "no", '  name: "no"'),
        ("organisation.name", "12:30", '  name: "12:30"'),
        ("organisation.name", "0123", '  name: "0123"'),
        ("organisation.name", "2026-11-24", '  name: "2026-11-24"'),
        ("digikoppeling.registered_on", "2026-10-06", "  registered_on: 2026-10-06"),
        ("contacts[0].phone", "+31 70 000 00 08", '    phone: "+31 70 000 00 08"'),
        ("contacts[0].always_reachable", "false", "    always_reachable: false"),
        (
            "environments.preprod.certificate.names",
            "[ebms.preprod.voorbeeldstad.example, b.voorbeeldstad.example]",
            "      names: [ebms.preprod.voorbeeldstad.example, b.voorbeeldstad.example]",
        ),
    ],
)
def test_one_line_changes(path: str, value: str, line: str) -> None:
    new = changed(CONTENT, FILE, path_of(path), value, dossier_of)
    assert [after for _, after in lines_changed(CONTENT, new)] == [line]


@pytest.mark.parametrize(
    ("path", "value", "added"),
    [
        ("environments.preprod.certificate.requested_on", "2026-10-01", b"      requested_on: 2026-10-01\n"),
        ("helpdesk", "{ready_on: 2026-11-24, instruction: h.pdf}", b"helpdesk: {ready_on: 2026-11-24"),
        ("team[0].knows[3]", "case-system", b", case-system"),
        ("chain_test.logins", "[{name: a-1, citizen: b-1}]", b"  logins: [{name: a-1, citizen: b-1}]\n"),
    ],
)
def test_what_is_not_there_is_added(path: str, value: str, added: bytes) -> None:
    new = changed(CONTENT, FILE, path_of(path), value, dossier_of)
    assert added in new
    assert len(new) > len(CONTENT)
    place = next(n for n, (a, b) in enumerate(zip(CONTENT + b"\0", new, strict=False)) if a != b)
    assert new.endswith(CONTENT[place:])


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("chain_test.stats", "running", "Did you mean 'status'?"),
        ("chain_test.status", "done", "chain_test.status"),
        ("organisation.oin", "123", "20 positions"),
        ("digikoppeling.registered_on", "24-11-2026", "a date like"),
        ("nothing.there", "x", "there is no nothing"),
        ("contacts[9]", "x", "there is no contacts[9]"),
        ("organisation", "x", "one by one"),
        ("service.streams[0", "x", "not a path"),
        ("", "x", "not a path"),
        ("organisation.name", "[a, b", "malformed"),
        ("organisation.name", "{a: b}", "organisation.name"),
    ],
)
def test_what_is_wrong_changes_nothing(tmp_path: Path, path: str, value: str, words: str) -> None:
    target = tmp_path / "dossier" / "dossier.yml"
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    done = CliRunner().invoke(dossier_app, ["set", path, value, "--organisation", str(tmp_path)])
    assert words in str(done.exception)
    assert isinstance(done.exception, LzError)
    assert done.exception.exit_code == 2
    assert target.read_bytes() == CONTENT
    assert [each.name for each in target.parent.iterdir()] == ["dossier.yml"]


def test_the_command_writes_the_file_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "dossier" / "dossier.yml"
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    target.chmod(0o640)
    done = CliRunner().invoke(
        dossier_app, ["set", "chain_test.status", "running", "--organisation", str(tmp_path)]
    )
    assert done.exit_code == 0
    assert len(lines_changed(CONTENT, target.read_bytes())) == 1
    assert target.stat().st_mode & 0o777 == 0o640
