"""lz status: readable, within 25 lines of 100 columns, and honest about what is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.policy.test_cli import lz
from tests.unit.policy.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "org")


def status(world: World, *arguments: str) -> str:
    done = lz(world, "status", *arguments)
    assert done.exit_code == 0
    lines = done.stdout.rstrip("\n").split("\n")
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 100
    return done.stdout


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_it_fits_at_every_point_of_the_journey(world: World, lang: str) -> None:
    status(world, "--lang", lang)
    world.build()
    status(world, "--lang", lang)
    world.ping("preprod", "compliance", "mijnoverheid")
    status(world, "--lang", lang)
    world.ping()
    status(world, "--lang", lang)
    status(world, "--lang", lang, "--environment", "prod", "--stage", "live")


def test_before_anything_was_built_it_says_so(world: World) -> None:
    text = status(world)
    assert "not seen yet" in text
    assert "not recorded yet" in text
    assert "no Ping sent yet" in text
    assert "nothing recorded yet; make preprod collects it" in text
    assert "14 of 22 criteria not met" in text
    assert "more reasons" in text


def test_after_preprod_it_shows_ping_and_pong(world: World) -> None:
    world.build()
    world.ping()
    text = status(world)
    assert "adapter-preprod 192.0.2.10; Debian 12, engine embedded, 2 services up" in text
    assert "198.51.100.10 in, 198.51.100.11 out" in text
    assert "OIN/HRN 00000099100000001000, valid until 2028-01-01" in text
    assert "00000099300000001000_1 loaded at both sides" in text
    assert "MijnOverheid preproductie (00000099300000001000): Pong after 132 ms" in text
    assert "Ping 3f1c2f6e-6a52-4d3c-9d9a-0e7f6b0a1c01@ebms.preprod.voorbeeldstad.example" in text
    assert "Pong 3f1c2f6e-6a52-4d3c-9d9a-0e7f6b0a1c01@ebms.preprod.mijnoverheid.example" in text
    count = len(list(world.evidence.rglob("*.json")))
    assert f"{count} files, newest 2026-11-24 10:00:{count} UTC" in " ".join(text.split())
    assert re.search(r"Checks +\d+ met, 2 not applicable, \d+ unknown", text)
    assert re.search(r"Phases +1: met, 6 of 6; 2: unknown, \d+ of 13", text)
    assert "Next       P2-30 The CPA was sent to Logius, with contacts and OIN: lz explain LZ-2.08" in text
    assert "more reasons" in text


def test_a_failed_ping_and_a_service_that_is_down_show(world: World) -> None:
    world.build()
    facts = json.loads(next(world.evidence.rglob("host-facts/*.json")).read_text())["raw"]
    down = {**facts, "services": {"nftables.service": "failed"}}
    world.record("host-facts", facts["hostname"], down)
    world.ping("preprod", "mijnoverheid")
    text = status(world)
    assert "not active: nftables.service" in text
    assert "no Pong [port]" in text
    assert "look first at the firewall" in text


def test_as_data(world: World) -> None:
    world.build()
    world.ping()
    found = json.loads(lz(world, "status", "--json").stdout)
    assert found["partners"][1]["ping"]["pong"].endswith("@ebms.preprod.mijnoverheid.example")
    assert found["gate"]["open"] is False
    assert found["hosts"][1]["name"] == "dmz-preprod"
