from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lopendezaken.dossier import load, load_network
from lopendezaken.dossier.network import inbound_address, outbound_address, rules
from lopendezaken.lab import fleet, world
from lopendezaken.lab.layout import Layout

MEMBER = world.FLEET[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    return fleet.make(Layout(Path("/lab"), 4), folder, MEMBER)


def test_nothing_of_the_example_is_left(made: Path) -> None:
    texts = {path: path.read_text() for path in made.rglob("*") if path.is_file()}
    assert len(texts) > 10
    for word in (
        fleet.NAME,
        fleet.SLUG,
        fleet.OIN,
        "198.51.100.10,",
        "198.51.100.11,",
        "192.0.2.128/25",
        "/../",
    ):
        assert [path for path, text in texts.items() if word in text] == [], word


def test_the_dossier_is_sound_and_about_the_member(made: Path) -> None:
    dossier = load(made)
    assert (dossier.organisation.slug, dossier.organisation.oin) == (MEMBER.slug, MEMBER.oin)
    assert MEMBER.oin in dossier.environments["preprod"].partners["compliance"].cpa.id  # type: ignore[index]
    plan = load_network(made)
    assert (inbound_address(plan, "preprod"), outbound_address(plan, "preprod")) == MEMBER.outside
    ssh = [rule for rule in rules(plan, "adapter-preprod")["input"] if rule["service"] == "ssh"]
    assert [rule["source"] for rule in ssh] == [str(world.FLEET_MANAGEMENT)]


def test_hosts_are_those_of_the_lab_and_production_is_nobodys(made: Path) -> None:
    hosts = yaml.safe_load((made / "hosts.yml").read_text())["all"]["hosts"]
    found = {name: settings["ansible_host"] for name, settings in hosts.items()}
    assert [found["adapter-preprod"], found["dmz-preprod"]] == [host.name for host in MEMBER.hosts]
    known = {host.name for host in world.EVERY_HOST}
    assert not {found["adapter-prod"], found["dmz-prod"]} & known


def test_a_folder_that_is_there_stays(made: Path) -> None:
    (made / "dossier/own.txt").write_text("mine")
    assert fleet.make(Layout(Path("/lab"), 4), made.parent, MEMBER) == made
    assert (made / "dossier/own.txt").read_text() == "mine"


def test_the_inventory_names_every_organisation() -> None:
    found = yaml.safe_load(fleet.inventory(world.FLEET[:3]))
    assert list(found["organisations"]["hosts"]) == ["oefenstad-1", "oefenstad-2", "oefenstad-3"]
