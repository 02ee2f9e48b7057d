"""How long all controls and all machine outputs take, over many organisations: ``make bench``.

Each organisation is the example one in production, healthy, with a number, certificates, CPAs and evidence of its
own, so that nothing of it can be read once for all; what issued its certificates is the same, as it is for
everybody. For each number of organisations a fresh Python process does what ``lz report --each`` does:
results.json, JUnit, SARIF and OSCAL of each, written to disk. One organisation: tests/bench/commands.py.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

DAY = date(2026, 11, 24)
NUMBER = "00000099100000001000"


def main() -> None:
    """Measure and print; with ``--run`` be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="100,1000", help="numbers of organisations (default 100,1000)")
    parser.add_argument("--bare", action="store_true", help="dossiers without evidence")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: one a core)")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        folders = sorted(options.run.iterdir())
        with tempfile.TemporaryDirectory(prefix="lz-bench-") as output:
            print(json.dumps(run(folders, Path(output), options.workers)))
    else:
        counts = [int(each) for each in options.counts.split(",")]
        print(json.dumps(measure(counts, options.bare, options.workers), indent=1))


def measure(counts: list[int], bare: bool, workers: int) -> dict[str, Any]:
    """Give the figures for each number of organisations."""
    figures: dict[str, Any] = {"evidence": not bare}
    with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
        many = Path(folder) / "organisations"
        for count in sorted(counts):
            for index in range(count):
                if not (many / f"{index:06}").exists():
                    organisation(many / f"{index:06}", index, bare)
            command = [sys.executable, __file__, "--run", str(many), "--workers", str(workers)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            figures[str(count)] = json.loads(done.stdout)
    return figures


def run(folders: list[Path], output: Path, workers: int) -> dict[str, Any]:
    """Check each organisation and write what machines read of it; give time, memory and volume."""
    start = time.perf_counter()
    from lopendezaken.policy.policies import load
    from lopendezaken.report import bulk

    policies = load(ROOT / "policies")
    outcomes = Counter(done.outcome for done in bulk.report(folders, DAY, policies, "nl", output, workers))
    spent = time.perf_counter() - start
    usage = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "seconds": round(spent, 2),
        "cpu seconds": round(sum(each.ru_utime + each.ru_stime for each in usage), 2),
        "peak MB of a process": round(max(each.ru_maxrss for each in usage) / 1024),
        "processes": workers,
        "outcomes": dict(outcomes),
        "output MB": round(sum(each.stat().st_size for each in output.rglob("*.*")) / 1e6, 1),
    }


def organisation(folder: Path, index: int, bare: bool = False) -> Path:
    """Make the example organisation in production, healthy and signed, with a number of its own."""
    from tests.unit.policy.test_journey import live
    from tests.unit.policy.world import World

    world = World(folder)
    path = folder / "dossier/dossier.yml"
    path.write_text(path.read_text().replace(NUMBER, f"000000991{index + 10_000_000:08}000"))
    if not bare:
        live(world)
    world.sign()
    return folder


if __name__ == "__main__":
    main()
