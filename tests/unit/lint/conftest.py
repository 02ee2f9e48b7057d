"""What the tests of linters share: certificates in the likeness of G4 and G1, and a way to run ``lz lint``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lopendezaken.lint.certificate import Wish
from lopendezaken.lint.cli import lint_app
from lopendezaken.lint.source import Source
from tests.unit.pki import made
from tests.unit.policies.example import ROOT, ExampleData

OIN = "00000099100000001000"
HOST = "ebms.voorbeeldstad.example"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SINCE, UNTIL = date(2026, 1, 1), date(2028, 1, 1)
DATA = ExampleData(ROOT / "policies/data")


def wish(**changes: object) -> Wish:
    """What is asked of a certificate on the day of the examples."""
    return Wish(DATA, **{"moment": NOW, **changes})  # type: ignore[arg-type]


def leaf(
    fault: str = "",
    oin: str | None = OIN,
    *,
    since: date = SINCE,
    until: date = UNTIL,
    pki: str = "TRIAL Voorbeeld",
    bits: int = 3072,
    name: str = "",
) -> str:
    """A leaf in the likeness of G4, in PEM."""
    return made.pem(made.leaf(oin, since, until, (HOST,), name, fault, pki, bits))


def source(data: bytes | str, path: Path | None = None) -> Source:
    """A file that is judged."""
    return Source("it", data.encode() if isinstance(data, str) else data, path)


Lint = Callable[..., Result]


@pytest.fixture
def lint() -> Lint:
    """Run ``lz lint`` with these arguments."""

    def run(*arguments: object, stdin: bytes | str | None = None) -> Result:
        return CliRunner().invoke(lint_app, [str(each) for each in arguments], input=stdin)

    return run
