from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab.layout import INSTANCES, REPOSITORY, Layout
from lopendezaken.lab.world import MANAGEMENT


def test_default_is_instance_0_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LZ_LAB_DIR", raising=False)
    monkeypatch.delenv("LZ_LAB_INSTANCE", raising=False)
    layout = Layout.from_environment()
    assert layout.state == REPOSITORY / ".lab/0"
    assert (REPOSITORY / "pyproject.toml").exists()


def test_environment_chooses_folder_and_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LZ_LAB_DIR", str(tmp_path))
    monkeypatch.setenv("LZ_LAB_INSTANCE", "3")
    layout = Layout.from_environment()
    assert layout.state == tmp_path / "3"
    assert str(layout.machine_address) == "192.0.2.177"
    assert layout.apt_cache.is_relative_to(layout.cache)


@pytest.mark.parametrize("instance", ["8", "-1", "x", "1.0", "03", "٣"])
def test_another_instance_is_refused(monkeypatch: pytest.MonkeyPatch, instance: str) -> None:
    monkeypatch.setenv("LZ_LAB_INSTANCE", instance)
    with pytest.raises(LzError, match="LZ_LAB_INSTANCE"):
        Layout.from_environment()


@pytest.mark.parametrize("folder", ["/tmp/a:b", "/tmp/a,b", "/tmp/a\\b", "/" + "x" * 250])
def test_a_folder_that_cannot_be_mounted_is_refused(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("LZ_LAB_DIR", folder)
    with pytest.raises(LzError, match="LZ_LAB_DIR"):
        Layout.from_environment()


def test_instances_share_no_address_and_no_name() -> None:
    layouts = [Layout(Path("/lab"), number) for number in range(INSTANCES)]
    for layout in layouts:
        assert layout.network.subnet_of(MANAGEMENT)
        assert len(layout.link) <= 15
    assert len({layout.network for layout in layouts}) == INSTANCES
    assert len({layout.fleet_network for layout in layouts}) == INSTANCES
    assert len({layout.link for layout in layouts}) == INSTANCES
    assert len({layout.switch for layout in layouts}) == INSTANCES
