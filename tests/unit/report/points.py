"""The results of the example organisation at points of its journey, each made once for all tests."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

from lopendezaken.policy.assess import assess
from lopendezaken.policy.policies import load
from lopendezaken.policy.results import of_assessment
from tests.unit.policies.example import ROOT
from tests.unit.policy import test_journey as journey
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World

POLICIES = load(ROOT / "policies")
# None, some and all of it there; a supplier; and a check that cannot be carried out.
POINTS = ("half_prepared", "refused", "live", "supplier", "broken")


def broken(world: World) -> None:
    """Evidence that a check cannot read, with what no XML may hold."""
    world.build()
    raw = {"role": "own", "pem": "<script>\x00no certificate]]>", "names": []}
    world.record("certificate-chain", "adapter-preprod", raw)
    world.change("name: Gemeente Voorbeeldstad", "name: \"'Stad' <script>alert(1)</script> & 'Dorp'\"")


@functools.cache
def results_at(point: str) -> dict[str, Any]:
    """Give results.json at a point."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "org")
        (broken if point == "broken" else getattr(journey, point))(world)
        world.sign()
        return of_assessment(assess(world.folder, DAY, POLICIES))


def waived() -> dict[str, Any]:
    """Give the results after a refused chain test, with a waiver for it."""
    results = json.loads(json.dumps(results_at("refused")))
    for result in results["results"]:
        if result["outcome"] == "not met":
            result["outcome"] = "waived"
            for finding in result["findings"]:
                finding |= {"outcome": "waived", "own": "not met", "waiver": "W-2026-003"}
    results["waivers"] = {
        "W-2026-003": {
            "control": "LZ-3.01",
            "reason": "De hertest is over drie dagen <b>klaar</b>.",
            "risk": "laag",
            "compensating": "Dagelijkse controle",
            "requested_by": "J. Jansen",
            "approved_by": "P. Pietersen",
            "approved_on": "2026-11-23",
            "from": "2026-11-24",
            "until": "2026-12-31",
            "state": "in force",
            "ends_soon": True,
            "days_left": 7,
        }
    }
    return results
