"""The hoster that the lab plays: for whom, and with which settings its adapter runs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lopendezaken.dossier import load, load_network
from lopendezaken.dossier.network import forward_proxy, ingress
from lopendezaken.errors import LzError
from lopendezaken.lab import hoster, world
from lopendezaken.lab.layout import REPOSITORY, Layout

VARIANT = REPOSITORY / "inventories/voorbeeldstad-extern"
LAYOUT = Layout(Path("/lab"), 3)


def test_it_hosts_for_who_has_no_adapter_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LZ_ORGANISATION", str(VARIANT))
    assert hoster.place(LAYOUT) == VARIANT


@pytest.mark.parametrize("organisation", [str(REPOSITORY / "inventories/voorbeeldstad"), ""])
def test_for_nobody_else(monkeypatch: pytest.MonkeyPatch, organisation: str) -> None:
    monkeypatch.setenv("LZ_ORGANISATION", organisation)
    with pytest.raises(LzError, match="no organisation with a hosted adapter"):
        hoster.place(LAYOUT)


def test_its_adapter_is_where_the_network_plan_has_it() -> None:
    found, plan = tomllib.loads(hoster.settings(load(VARIANT))), load_network(VARIANT)
    (backend,) = ingress(plan, "preprod")[0]["backends"]
    way_out = forward_proxy(plan, "preprod")
    assert found["ebms"]["listen"] == f"{backend['address']}:{backend['port']}"
    assert found["proxy"]["url"] == f"http://{way_out['address']}:{way_out['port']}"
    assert backend["address"] in world.HOSTED.legs[0].addresses
