"""How long it takes to lint many CPAs: ``make bench``.

Every CPA is of an organisation with a number and certificates of its own, so that nothing can be read once for all
of them. A fresh Python process does what ``lz lint cpa FILE...`` does, from reading the files to the last line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

PARTNER = "00000099300000001000"


def main() -> None:
    """Measure and print; with ``--run`` be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpas", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(lint(sorted(options.run.iterdir()))))
    else:
        print(json.dumps({f"{options.cpas} CPAs": measure(options.cpas)}, indent=1))


def measure(count: int) -> dict[str, float]:
    """Make the CPAs and lint them in a process of their own."""
    with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
        make(Path(folder), count)
        command = [sys.executable, __file__, "--run", folder]
        found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def lint(files: list[Path]) -> dict[str, float]:
    """Judge every file; give seconds, also of the processor alone and with starting up."""
    start = time.perf_counter()
    from lopendezaken.lint import cpa, output, run

    moment = datetime.now(UTC)
    run.judge(map(str, files[:1]), lambda source: cpa.check(source, moment))
    ready, used = time.perf_counter(), time.process_time()
    judged = run.judge(map(str, files), lambda source: cpa.check(source, moment))
    lines = list(output.text(judged))
    end, spent = time.perf_counter(), time.process_time() - used
    assert len(lines) == len(files) + 1, lines[:3]
    assert run.exit_code(judged) == 0
    return {
        "seconds": round(end - ready, 2),
        "cpu seconds": round(spent, 2),
        "seconds with start": round(end - start, 2),
    }


def make(folder: Path, count: int) -> None:
    """Write CPAs between as many organisations and one partner."""
    from lopendezaken.cpa.render import ActionRequest, CpaRequest, PartyRequest, render
    from tests.unit.policies.example import chain

    now = datetime.now(UTC).replace(microsecond=0)

    def party(name: str, number: str, role: str, key: str) -> PartyRequest:
        leaf = chain(number, key=key).encode()
        return PartyRequest(name, number, role, "https://ebms.preprod.voorbeeldstad.example/ebms", leaf, leaf)

    partner = party("MijnOverheid", PARTNER, "SP", "partner")
    for index in range(count):
        number = f"000000991{index + 10_000_000:08}000"
        request = CpaRequest(
            cpa_id=f"LopendeZaken-1-0_{number}_{PARTNER}_1",
            start=now - timedelta(days=1),
            end=now + timedelta(days=60),
            parties=(party(f"Gemeente {index}", number, "SR", str(index % 2)), partner),
            service="voorbeeld:LopendeZaken:1.0",
            actions=(ActionRequest("Zaakbericht", "SR"), ActionRequest("Foutbericht", "SP")),
        )
        (folder / f"{index:06}.xml").write_bytes(render(request))


if __name__ == "__main__":
    main()
