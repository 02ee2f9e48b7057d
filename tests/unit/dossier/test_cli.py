"""lz dossier, and how the folder of an organisation is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lopendezaken.dossier import place
from lopendezaken.dossier.cli import dossier_app
from lopendezaken.errors import LzError
from tests.unit.dossier.conftest import EXAMPLE, ROOT, Change


def lz(*arguments: str) -> str:
    done = CliRunner().invoke(dossier_app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_sound_dossier_is_told() -> None:
    text = lz("check", "--organisation", str(EXAMPLE.parent))
    assert "Gemeente Voorbeeldstad (00000099100000001000): dossier is sound, preprod, prod" in text
    assert "11 systems, 21 flows" in text


def test_flows_of_a_system_with_the_reason() -> None:
    text = lz("flows", "adapter-preprod", "--organisation", str(EXAMPLE.parent))
    assert "192.0.2.1 -> 192.0.2.10" in text
    assert "TLS van partners eindigt bij de adapter" in text


def test_the_option_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch, changed: Change) -> None:
    other = changed("dossier.yml")
    (other / "dossier").mkdir()
    (other / "dossier.yml").rename(other / "dossier/dossier.yml")
    assert place.organisation(None) == ROOT / place.EXAMPLE
    monkeypatch.setenv("LZ_ORGANISATION", str(other))
    assert place.organisation(None) == other
    assert place.organisation(EXAMPLE.parent) == EXAMPLE.parent


def test_no_dossier_is_told(tmp_path: Path) -> None:
    with pytest.raises(LzError, match=r"no dossier here: expected dossier/dossier\.yml"):
        place.organisation(tmp_path)


def test_the_repository_is_found_from_below(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT / "policies/data")
    assert place.repository() == ROOT
    monkeypatch.chdir(tmp_path)
    assert place.repository() == ROOT  # the checkout that this package was installed from


@pytest.mark.parametrize("name", ["dossier", "network"])
def test_the_schema_for_editors_takes_the_example_and_refuses_an_unknown_key(name: str) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(json.loads(lz("schema", name)))
    value = yaml.load((EXAMPLE / f"{name}.yml").read_text(), TextDates)
    assert [error.message for error in validator.iter_errors(value)] == []
    assert not validator.is_valid({**value, "unknown": "x"})


class TextDates(yaml.SafeLoader):
    """As editors read YAML: a date is text."""


TextDates.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
