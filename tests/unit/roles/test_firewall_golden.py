"""The rules of every host as they leave the template, beside what they were: a change of one is read before it is loaded.

``LZ_WRITE_GOLDEN=1`` writes them anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.dossier import load_network, network
from tests.unit.roles.test_firewall_template import render

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden"
PLANS = {
    "example": ROOT / "inventories/voorbeeldstad/dossier/network.yml",
    # Messages over Diginetwerk, CRLs over the internet, IPv4 and IPv6.
    "diginetwerk": ROOT / "tests/unit/dossier/diginetwerk.yml",
}
HOSTS = [
    ("example", "adapter-preprod"),
    ("example", "dmz-preprod"),
    ("example", "adapter-prod"),
    ("example", "dmz-prod"),
    ("diginetwerk", "adapter-preprod"),
    ("diginetwerk", "dmz-preprod"),
]


def paces(rules: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The bounds towards MijnOverheid, as the inventory sets them."""
    flows = [each["flow"] for each in rules["output"] if each["flow"].endswith("to-mijnoverheid")]
    return [{"flow": flow, "new_per_minute": 60, "kbytes_per_second": 1024} for flow in dict.fromkeys(flows)]


@pytest.mark.parametrize(("plan", "host"), HOSTS)
def test_rules_are_what_they_were_and_nft_takes_them(plan: str, host: str) -> None:
    rules = network.rules(load_network(PLANS[plan]), host)
    text = render(rules["input"], rules["output"], paces(rules))
    golden = GOLDEN / f"{plan}-{host}.nft"
    if os.environ.get("LZ_WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text(), "read the difference; LZ_WRITE_GOLDEN=1 keeps it"
    if os.geteuid() == 0 and shutil.which("nft"):
        checked = subprocess.run(
            ["unshare", "--net", "nft", "--check", "--file", str(golden)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stderr) == (0, "")


def test_no_host_of_one_environment_knows_an_address_of_the_other() -> None:
    texts = {host: (GOLDEN / f"example-{host}.nft").read_text() for plan, host in HOSTS if plan == "example"}
    assert not [line for line in texts["dmz-preprod"].splitlines() if "203.0.113.30" in line]
    assert not [line for line in texts["dmz-prod"].splitlines() if "203.0.113.20" in line]
    assert "192.0.2.42" not in texts["adapter-preprod"]
    assert "192.0.2.10" not in texts["adapter-prod"].replace("192.0.2.128", "")
