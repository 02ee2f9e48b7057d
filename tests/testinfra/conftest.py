"""Hosts as these tests see them: over ssh, as Ansible does, in the lab instance of LZ_LAB_INSTANCE.

One suite for the Molecule scenario of a single role and for the end-to-end run of all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import testinfra
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ.get("LZ_ENVIRONMENT", "preprod")
LAB = Path(os.environ.get("LZ_LAB_DIR", ROOT / ".lab")) / os.environ.get("LZ_LAB_INSTANCE", "0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these need the lab."""
    for item in items:
        item.add_marker(pytest.mark.lab)


def _host(name: str) -> Host:
    # One connection a host for all tests: without a path, ssh opens one for each command.
    shared = f"-o ControlPath={LAB}/tests-%n"
    return testinfra.get_host(f"ssh://{name}", ssh_config=f"{LAB}/ssh_config", ssh_extra_args=shared)


@pytest.fixture(scope="session")
def dmz() -> Host:
    return _host(f"dmz-{ENVIRONMENT}")


@pytest.fixture(scope="session")
def adapter() -> Host:
    return _host(f"adapter-{ENVIRONMENT}")


@pytest.fixture(scope="session")
def partner() -> Host:
    return _host("partner")


@pytest.fixture(scope="session")
def engine(adapter: Host) -> str:
    """Which engine the adapter runs: ``embedded`` or ``ebms_admin``."""
    return "ebms_admin" if adapter.file("/etc/lopendezaken/ebms-admin").exists else "embedded"
