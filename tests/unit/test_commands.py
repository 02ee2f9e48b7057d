"""The command lz: a command that loads its own module only is the same as among all others."""

from __future__ import annotations

from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from lopendezaken.cli import COMMAND_MODULES, OFTEN


def told(word: str, modules: tuple[str, ...]) -> str:
    app = typer.Typer()
    app.callback()(lambda: None)
    for name in modules:
        import_module(name).register(app)
    done = CliRunner().invoke(app, [word, "--help"], prog_name="lz")
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("word", OFTEN)
def test_a_command_that_is_asked_often_is_the_same_alone(word: str) -> None:
    assert told(word, (OFTEN[word],)) == told(word, COMMAND_MODULES)
