from __future__ import annotations

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab.command import follow, run, try_run


def test_run_returns_what_the_tool_said() -> None:
    assert run("cat", stdin="words") == "words"


def test_a_failure_names_the_command_and_its_last_words() -> None:
    with pytest.raises(LzError, match=r"`sh -c .*` failed \(4\): no such thing") as caught:
        run("sh", "-c", "echo no such thing >&2; exit 4")
    assert caught.value.exit_code == 3


def test_follow_tells_each_line_as_it_comes() -> None:
    lines: list[str] = []
    follow(["sh", "-c", "echo one; echo two >&2"], lines.append)
    assert lines == ["one", "two"]


def test_follow_fails_with_the_last_lines() -> None:
    with pytest.raises(LzError, match="broken"):
        follow(["sh", "-c", "echo broken; exit 1"], lambda line: None)


def test_try_run_answers() -> None:
    assert try_run("true")
    assert not try_run("false")
