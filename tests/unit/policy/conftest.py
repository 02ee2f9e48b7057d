"""A copy of a control to break, and the example organisation on its way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.policies.example import ROOT
from tests.unit.policy.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Give the example organisation before anything was built."""
    return World(tmp_path / "org")


@pytest.fixture
def control_folder(tmp_path: Path) -> Path:
    """Give a copy of the first control."""
    name = "LZ-1.01-oin-in-certificate"
    return shutil.copytree(ROOT / "policies/controls" / name, tmp_path / "controls" / name)
