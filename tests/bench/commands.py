"""What one command costs for one organisation: ``make bench``.

Each runs as a process of its own, as a person or a timer starts it, with a signed dossier and all evidence, and
with bytecode as an installed program has it; the fastest of a few runs counts. ``gate`` and ``check`` look at an
organisation whose chain test was approved.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.unit.documents import world as papers  # noqa: E402
from tests.unit.gate.world import Gate  # noqa: E402

RUNS = 3


def main() -> None:
    """Measure and print: seconds by the clock and of the processor, with starting up."""
    with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        gate = Gate(Path(folder) / "gate")
        organisation = papers.create(Path(folder) / "papers")
        found = {
            "lz documents build, without PDF": measure(
                ROOT, organisation, "documents", "build", "--date", "2026-11-24"
            ),
            "lz check": measure(gate.repository, gate.organisation, "check", "--date", "2026-11-24"),
            "lz gate --stage connect": measure(
                gate.repository, gate.organisation, "gate", "--date", "2026-11-24"
            ),
        }
    print(json.dumps(found, indent=1))


def measure(here: Path, organisation: Path, *words: str) -> dict[str, float]:
    """Run ``lz`` a few times and give the least of each."""
    runs = [
        _run(here, [str(Path(sys.executable).with_name("lz")), *words, "--organisation", str(organisation)])
        for _ in range(RUNS)
    ]
    return {"seconds": min(wall for wall, _ in runs), "cpu seconds": min(cpu for _, cpu in runs)}


def _run(here: Path, words: list[str]) -> tuple[float, float]:
    before, start = _used(), time.perf_counter()
    done = subprocess.run(
        words, cwd=here, env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return round(time.perf_counter() - start, 2), round(_used() - before, 2)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
