"""lz init: a new organisation's folder is sound at once, and says what is not known yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner, Result

from lopendezaken.dossier import cli, load, load_network
from lopendezaken.errors import LzError
from tests.unit.dossier.conftest import EXAMPLE, ROOT

GIVEN = {
    "--name": "Gemeente Teststad",
    "--kind": "government",
    "--number": "00000099500000001000",
    "--stream": "Melding=Team Wijk; Vergunning=Team Bouw",
    "--host-preprod": "ebms.preprod.teststad.example",
    "--host-prod": "ebms.teststad.example",
    "--connection": "internet",
    "--standard": "stuf",
}
SUPPLIER = {"--kind": "supplier", "--number": "00000003123456780000", "--hrn": ""}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(EXAMPLE.parent / "group_vars", tmp_path / "inventories/voorbeeldstad/group_vars")
    (tmp_path / "inventories/voorbeeldstad/dossier").mkdir()
    for name in ("dossier.yml", "network.yml"):
        shutil.copy(EXAMPLE / name, tmp_path / "inventories/voorbeeldstad/dossier")
    shutil.copy(ROOT / "ansible.cfg", tmp_path)
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*leave_out: str, said: str = "", folder: str = "teststad", **changes: str) -> Result:
    app = Typer()
    cli.register(app)
    given = GIVEN | {f"--{key.replace('_', '-')}": value for key, value in changes.items()}
    words = [word for key, value in given.items() if key not in leave_out for word in (key, value) if word]
    return CliRunner().invoke(app, ["init", folder, *words], input=said)


def test_a_government_organisation_is_sound_at_once(repository: Path) -> None:
    done = init()
    assert done.exit_code == 0, done.output
    folder = repository / "inventories/teststad"
    dossier = load(folder)
    assert (dossier.organisation.name, dossier.organisation.oin) == (GIVEN["--name"], GIVEN["--number"])
    assert [(each.name, each.owner) for each in dossier.service.streams] == [
        ("Melding", "Team Wijk"),
        ("Vergunning", "Team Bouw"),
    ]
    assert dossier.environments["prod"].endpoint == "https://ebms.teststad.example/ebms"
    names = {each.name for each in load_network(folder).names}
    assert {"ebms.teststad.example", "ebms.preprod.teststad.example"} <= names
    hosts = yaml.safe_load((folder / "hosts.yml").read_text())
    assert set(hosts["all"]["children"]) == {"preprod", "prod", "adapter", "dmz", "database"}
    assert [each.name for each in (repository / "inventories").iterdir() if each.name[0] == "."] == []


def test_nothing_of_the_lab_or_of_the_example_is_left(repository: Path) -> None:
    init()
    for path in (repository / "inventories/teststad").rglob("*.yml"):
        text = path.read_text()
        assert "oorbeeldstad" not in text, path
        assert "lab: true" not in text, path
        assert "lab_dir" not in text, path
        assert "lz-partner" not in text, path
        yaml.safe_load(text)


def test_a_supplier_has_no_production(repository: Path) -> None:
    done = init("--host-prod", **{key[2:]: value for key, value in SUPPLIER.items()})
    assert done.exit_code == 0, done.output
    folder = repository / "inventories/teststad"
    dossier = load(folder)
    assert dossier.organisation.hrn == SUPPLIER["--number"]
    assert list(dossier.environments) == ["preprod"]
    assert set(yaml.safe_load((folder / "hosts.yml").read_text())["all"]["children"]) == {
        "preprod",
        "adapter",
        "dmz",
        "database",
    }
    assert not (folder / "group_vars/prod").exists()


def test_it_asks_only_what_was_not_given(repository: Path) -> None:
    done = init("--name", "--host-prod", said="Gemeente Gevraagd\nebms.gevraagd.example\n")
    assert done.exit_code == 0, done.output
    assert "OIN, or HRN" not in done.output
    assert load(repository / "inventories/teststad").organisation.name == "Gemeente Gevraagd"


@pytest.mark.parametrize("name", ['Gemeente "X": y # z', "no", "12345", "Één\nregel", "- a", "{a}"])
def test_any_name_is_kept(repository: Path, name: str) -> None:
    assert init(name=name).exit_code == 0
    assert load(repository / "inventories/teststad").organisation.name == name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "123"}, "20 positions"),
        ({"host_preprod": "localhost"}, "domain name"),
        ({"host_prod": "a.example]\nx: [y"}, "inventories"),
        ({"stream": "Melding"}, "name=owner"),
        ({"folder": "../elders"}, "not a name for a folder"),
        ({"folder": "voorbeeldstad"}, "there already"),
    ],
)
def test_what_is_wrong_makes_nothing(repository: Path, changes: dict[str, str], words: str) -> None:
    before = sorted(repository.rglob("*"))
    done = init(**changes)
    assert isinstance(done.exception, LzError)
    assert words in str(done.exception)
    assert sorted(repository.rglob("*")) == before
