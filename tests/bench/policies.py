"""How long all controls and all machine outputs take, over one and over many organisations: ``make bench``.

Each organisation is a copy of the example one with a number, certificates, CPAs and evidence of its own, in
production, so that nothing can be read once for all of them. For each number of organisations a fresh Python
process does what ``lz report --each`` does: results.json, JUnit, SARIF and OSCAL of each, written to disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median
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
    """Give the figures for each number of organisations, and for a single ``lz check``."""
    figures: dict[str, Any] = {"evidence": not bare}
    with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
        base = Path(folder)
        template = organisation(base / "template", bare)
        for count in counts:
            many = base / str(count)
            for index in range(count):
                copy(template, many / f"{index:06}", index)
            command = [sys.executable, __file__, "--run", str(many), "--workers", str(workers)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            figures[str(count)] = json.loads(done.stdout)
            shutil.rmtree(many)
        figures["lz check"] = median(single(template) for _ in range(5))
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


def single(folder: Path) -> float:
    """How long ``lz check`` takes, from start to end."""
    start = time.perf_counter()
    command = ["lz", "check", "--date", DAY.isoformat(), "--organisation", str(folder)]
    subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
    return round(time.perf_counter() - start, 2)


def organisation(folder: Path, bare: bool) -> Path:
    """Make the example organisation in production, all of it signed."""
    from tests.unit.policy.test_journey import live
    from tests.unit.policy.world import World

    world = World(folder)
    if not bare:
        live(world)
    world.sign()
    return folder


def copy(template: Path, folder: Path, index: int) -> None:
    """Make an organisation with a number, certificates and evidence of its own."""
    from lopendezaken.cpa.meaning import digest
    from lopendezaken.evidence.envelope import make, write
    from tests.unit.policies.example import chain
    from tests.unit.policy.world import World

    number = f"000000991{index + 10_000_000:08}000"
    (folder / "dossier").mkdir(parents=True)
    for name in ("dossier.yml", "network.yml"):
        text = (template / "dossier" / name).read_text()
        (folder / "dossier" / name).write_text(text.replace(NUMBER, number))
    for path in sorted((template / "dossier/evidence").rglob("*.json")):
        envelope = json.loads(path.read_text().replace(NUMBER, number))
        raw = envelope["raw"]
        if "pem" in raw:
            raw["pem"] = chain(number, key=str(index % 2))
        if "xml" in raw:
            raw["digest"] = digest(raw["xml"])
        write(
            folder / "dossier/evidence",
            make(envelope["kind"], envelope["subject"], envelope["collector"], envelope["collected"], raw),
        )
    shutil.copytree(template / "trust", folder / "trust")
    shutil.copy(template / "trust.yml", folder)
    World.at(folder).sign()


if __name__ == "__main__":
    main()
