"""Examples can never reach, or be taken for, a real organisation."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, tracked

EXAMPLE_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "198.18.0.0/15",
        "127.0.0.0/8",
        "0.0.0.0/32",
        "255.255.255.0/24",
    )
]
ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
OIN = re.compile(r"(?<![\d.])0000\d{16}(?!\d)")
TEXT = ["inventories", "playbooks", "roles", "src", "docs", "README.md", "tests/molecule", "tests/testinfra"]


def _text_files() -> list[Path]:
    return [
        path
        for path in tracked(*TEXT)
        if path.suffix in {".yml", ".md", ".py", ".j2", ".toml", ".cfg", ".txt"}
    ]


@pytest.mark.parametrize("path", _text_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_addresses_are_for_documentation(path: Path) -> None:
    """RFC 5737 and RFC 2544 addresses and loopback only."""
    found = {text for text in ADDRESS.findall(path.read_text()) if _is_address(text)}
    assert sorted(text for text in found if not _is_example(text)) == []


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    # Object identifiers and versions look like addresses: PKIoverheid's begin with 2.16 or 0.4.
    return not text.startswith(("2.16.", "0.4.", "1.3.", "1.2.", "2.5."))


def _is_example(text: str) -> bool:
    return any(ipaddress.ip_address(text) in network for network in EXAMPLE_NETWORKS)


@pytest.mark.parametrize("path", tracked("inventories"), ids=lambda path: str(path.relative_to(ROOT)))
def test_inventories_hold_test_oins_only(path: Path) -> None:
    """Prefix 00000099 is the one for tests (OIN-009)."""
    found = OIN.findall(path.read_text())
    assert [oin for oin in found if not oin.startswith("00000099")] == []


def test_nothing_depends_on_the_working_papers() -> None:
    """The project stands alone: no path leads out of it."""
    marker = "../" + "shared"
    assert [
        str(path.relative_to(ROOT)) for path in tracked() if path.suffix != ".http" and marker in _read(path)
    ] == []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""
