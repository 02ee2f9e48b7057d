"""What one run for several organisations costs: module calls and seconds of a run that changes nothing (docs/fleet.md)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import calls
from tests.integration.world import World

SIZES = (1, 2, 4, 8)


def measure(folder: Path, instance: str, say: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """Make eight organisations, connect them, and repeat that for 1, 2, 4 and 8 of them; figures by number."""
    world = World(folder / "oefenstad-1", instance, folder / "lab")
    try:
        say("lab of eight organisations")
        world.lz("lab", "fleet", str(folder), "--organisations", str(SIZES[-1]))
        say("preprod of eight organisations on fresh hosts")
        ran, _ = run(world, folder, SIZES[-1])
        assert all(not each.returncode for each in ran.values()), failed(ran)
        found: dict[str, dict[str, float]] = {}
        for size in SIZES:
            say(f"without a change, {size} in one run")
            ran, spent = run(world, folder, size)
            assert all(not each.returncode and not +each.changed for each in ran.values()), failed(ran)
            found[str(size)] = {
                "calls": sum(each.calls for each in ran.values()),
                "seconds": round(spent, 1),
            }
        return found
    finally:
        world.run("lz", "lab", "destroy", "--all")


def run(world: World, folder: Path, size: int) -> tuple[dict[str, calls.Run], float]:
    """Run preprod for the first so many organisations, all side by side; what became of each, and the seconds."""
    start = time.monotonic()
    ran = calls.fleet(
        *("--inventory", str(folder / "fleet.yml"), "--limit", f"organisations[0:{size - 1}]"),
        *("--forks", str(size), "-e", "fleet_playbook=preprod", "-e", "fleet_callback=ansible.posix.json"),
        *("-e", f"fleet_log_dir={folder / 'logs'}"),
        env=world.env,
    )
    return ran, time.monotonic() - start


def failed(ran: dict[str, calls.Run]) -> str:
    """What those that went wrong said last."""
    return "\n".join(f"{name}: {each.output[-1500:]}" for name, each in ran.items() if each.returncode)


def report(figures: dict[str, dict[str, float]]) -> str:
    """The figures as lines of a table."""
    one = figures["1"]["seconds"]
    return "\n".join(
        [
            "| organisations in one run without a change | module calls | seconds | over those of one |",
            "| --- | --- | --- | --- |",
            *(
                f"| {size} | {each['calls']} | {each['seconds']} | {each['seconds'] / one:.1f} |"
                for size, each in figures.items()
            ),
        ]
    )
