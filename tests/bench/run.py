"""The figures of the README: ``make bench``.

Absolute times say little on a busy machine, so every time is given as a ratio to something plain that ran in
the same minutes; module calls and memory are counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import calls, load  # noqa: E402
from tests.integration.world import World  # noqa: E402

HOSTS = ("adapter-preprod", "dmz-preprod")
INSTANCE = os.environ.get("LZ_BENCH_INSTANCE", "4")


def main() -> None:
    """Measure and print; ``--json FILE`` writes the figures for machines too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=3, help="no-change runs to take the median of (default 3)"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
        figures = measure(Path(folder), options.runs)
    engine = load.measure(load.COUNTS)
    print(report(figures), load.report(engine), sep="\n\n")
    if options.json:
        options.json.write_text(json.dumps({**figures, "engine": engine}, indent=1) + "\n")
    load.judge(engine)


def measure(folder: Path, runs: int) -> dict[str, object]:
    """Make a lab from nothing and again from its base, converge preprod, and repeat it without a change."""
    world = World.create(folder, INSTANCE, lab_dir=folder / "lab")
    try:
        say("lab from nothing")
        nothing = seconds(lambda: world.lz("lab", "up", "preprod"))
        world.lz("lab", "destroy")
        say("lab from its cached base")
        cached = seconds(lambda: world.lz("lab", "up", "preprod"))
        say("preprod on fresh hosts")
        with peak_memory(world) as memory:
            first = seconds(lambda: converge(world))
            say("preprod again, without a change")
            timed = [timed_run(world) for _ in range(runs)]
        return {
            "lab_from_nothing_over_cached": round(nothing / cached, 1),
            "peak_mib": {host: round(size / 2**20) for host, size in memory.items()},
            **no_change(world, [run for run, _ in timed], median(spent for _, spent in timed), first),
        }
    finally:
        world.run("lz", "lab", "destroy", "--all")


def no_change(world: World, runs: list[calls.Run], spent: float, first: float) -> dict[str, object]:
    """Count the calls of a run that changes nothing, and hold its time against plain ones."""
    run = runs[-1]
    assert run.returncode == 0, "the no-change run failed"
    assert not +run.changed, f"the no-change run changed something: {+run.changed}"
    say("plain rounds to compare with")
    round_trip = median(seconds(lambda: ping_round(world)) for _ in range(len(runs)))
    noops = median(seconds(lambda: noop_play(world, run.by_host)) for _ in range(len(runs)))
    return {
        "calls": dict(sorted(run.by_host.items())),
        "calls_adapter_and_dmz": sum(run.by_host[host] for host in HOSTS),
        "calls_by_role": dict(run.by_role.most_common()),
        "no_change_over_first": round(spent / first, 2),
        "no_change_over_ping_round": round(spent / round_trip, 1),
        "no_change_over_noop_calls": round(spent / noops, 2),
    }


def converge(world: World) -> None:
    """Run preprod, which must succeed."""
    done = world.play("preprod")
    assert done.returncode == 0, done.stdout[-3000:]


def timed_run(world: World) -> tuple[calls.Run, float]:
    """One run with its seconds."""
    start = time.monotonic()
    return calls.play("playbooks/preprod.yml", env=world.env), time.monotonic() - start


def ping_round(world: World) -> None:
    """What it costs to reach both hosts once."""
    assert world.run("ansible", ",".join(HOSTS), "-m", "ansible.builtin.ping").returncode == 0


def noop_play(world: World, by_host: Counter[str]) -> None:
    """As many calls of ``ping`` as the no-change run makes on each host."""
    plays = [
        {
            "hosts": host,
            "gather_facts": False,
            "tasks": [
                {"name": f"No-op {index}", "ansible.builtin.ping": {}} for index in range(by_host[host])
            ],
        }
        for host in by_host
        if by_host[host] and host != "localhost"
    ]
    file = world.organisation / "noop.yml"
    file.write_text(yaml.safe_dump(plays))
    assert world.run("ansible-playbook", str(file)).returncode == 0


@contextmanager
def peak_memory(world: World) -> Iterator[dict[str, int]]:
    """Highest sum of the proportional set sizes of each host's processes, in bytes, sampled twice a second."""
    peak: dict[str, int] = {}
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.5):
            out = subprocess.run(
                ["lz", "lab", "status", "--json"], env=world.env, capture_output=True, text=True, check=False
            ).stdout
            for host in json.loads(out)["hosts"] if out else []:
                if host["pss_bytes"]:
                    peak[host["name"]] = max(peak.get(host["name"], 0), host["pss_bytes"])

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield peak
    finally:
        done.set()
        sampler.join()


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def say(step: str) -> None:
    """Tell what is going on; the figures go to stdout."""
    print(f"bench: {step}", file=sys.stderr, flush=True)


def report(figures: dict[str, object]) -> str:
    """The figures as the lines of the README."""
    memory = ", ".join(f"{host} {size} MiB" for host, size in sorted(figures["peak_mib"].items()))  # type: ignore[attr-defined]
    by_host = ", ".join(f"{host} {count}" for host, count in figures["calls"].items())  # type: ignore[attr-defined]
    return "\n".join(
        [
            "| figure | value |",
            "| --- | --- |",
            f"| module calls of a no-change run, adapter and DMZ host together (loop items counted) | {figures['calls_adapter_and_dmz']} |",
            f"| the same, every host | {by_host} |",
            f"| time of a no-change run / of a plain `ansible -m ping` round | {figures['no_change_over_ping_round']} |",
            f"| time of a no-change run / of as many no-op module calls | {figures['no_change_over_noop_calls']} |",
            f"| time of a no-change run / of the first run on fresh hosts | {figures['no_change_over_first']} |",
            f"| time of the lab from nothing / from its cached base | {figures['lab_from_nothing_over_cached']} |",
            f"| peak memory a host (PSS) | {memory} |",
        ]
    )


if __name__ == "__main__":
    main()
