"""The figures of the README: ``make bench``.

Absolute times say little on a busy machine, so every time is given as a ratio to something plain that ran in
the same minutes; module calls and memory are counts. About half an hour on two idle cores; it says what it is doing, and
parts of it run alone: ``--only lab``, ``--only fleet``, ``--only engine``.
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

from tests.bench import calls, fleet, load  # noqa: E402
from tests.integration import test_rotation  # noqa: E402
from tests.integration.world import ENGINE, World  # noqa: E402

HOSTS = ("adapter-preprod", "dmz-preprod")
BEGUN = time.monotonic()
PARTS = ("lab", "fleet", "engine")
INSTANCE = os.environ.get("LZ_BENCH_INSTANCE", "4")


def main() -> None:
    """Measure and print; ``--json FILE`` writes the figures for machines too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=3, help="no-change runs to take the median of (default 3)"
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be repeated")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    parts = options.only or PARTS
    figures: dict[str, object] = {}
    if "lab" in parts:
        with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
            figures |= measure(Path(folder), options.runs)
        print(report(figures), flush=True)
    if "fleet" in parts:
        with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
            figures["fleet"] = fleet.measure(Path(folder), INSTANCE, say)
        print(fleet.report(figures["fleet"]), flush=True)
    if "engine" in parts:
        say("the embedded engine under load")
        figures["engine"] = load.measure(load.COUNTS)
        print(load.report(figures["engine"]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    if "engine" in parts:
        load.judge(figures["engine"])


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
            first = seconds(lambda: succeed(world, "preprod"))
            say("preprod again, without a change")
            timed = [timed_run(world) for _ in range(runs)]
        spent = median(each for _, each in timed)
        return {
            "lab_from_nothing_over_cached": round(nothing / cached, 1),
            "peak_mib": {host: round(size / 2**20) for host, size in memory.items()},
            **no_change(world, [run for run, _ in timed], spent, first),
            **connection(world, spent),
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
        "seconds_by_role": {
            role: round(median(each.seconds[role] for each in runs), 1) for role in run.by_role
        },
        "no_change_seconds": round(spent, 1),
        "no_change_over_first": round(spent / first, 2),
        "no_change_over_ping_round": round(spent / round_trip, 1),
        "no_change_over_noop_calls": round(spent / noops, 2),
    }


def connection(world: World, no_change: float) -> dict[str, object]:
    """Verify the connection, and renew the certificate while a partner keeps coming in."""
    say("verify the connection")
    verify = seconds(lambda: succeed(world, "verify-connection"))
    say("renew the certificate under live traffic")
    program = (ROOT / "tests/integration/handshakes.py").read_text()
    world.on("partner", "sh", "-c", f"cat > /run/handshakes.py <<'END'\n{program}\nEND")
    world.on("partner", "sh", "-c", test_rotation.COME_IN)
    rotate = seconds(lambda: succeed(world, "rotate-certificates"))
    seen = test_rotation.told(world)
    return {
        "verify_over_no_change": round(verify / no_change, 2),
        "rotation_over_no_change": round(rotate / no_change, 2),
        "rotation": {key: seen[key] for key in ("handshakes", "failed", "median", "slowest")},
    }


def succeed(world: World, playbook: str) -> None:
    """Run a playbook, which must succeed."""
    done = world.play(playbook, "-e", "target_environment=preprod")
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
    """Tell what is going on, and how far we are in minutes and seconds; the figures go to stdout."""
    minutes, rest = divmod(round(time.monotonic() - BEGUN), 60)
    print(f"bench {minutes:02}:{rest:02}: {step}", file=sys.stderr, flush=True)


def report(figures: dict[str, object]) -> str:
    """The figures as the lines of the README."""
    memory = ", ".join(f"{host} {size} MiB" for host, size in sorted(figures["peak_mib"].items()))  # type: ignore[attr-defined]
    by_host = ", ".join(f"{host} {count}" for host, count in figures["calls"].items())  # type: ignore[attr-defined]
    seen = figures["rotation"]
    rotation = f"{len(seen['failed'])} failed of {seen['handshakes']} handshakes, the slowest took {seen['slowest']:.2f} s"  # type: ignore[index]
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
            f"| time of `verify-connection.yml` / of a no-change run | {figures['verify_over_no_change']} |",
            f"| time of `rotate-certificates.yml` / of a no-change run | {figures['rotation_over_no_change']} |",
            f"| rotation under live traffic, passthrough, engine {ENGINE} | {rotation} |",
            f"| peak memory a host (PSS) | {memory} |",
            "",
            f"A no-change run of preprod took {figures['no_change_seconds']} s here. By role, all hosts together:",
            "",
            "| role | module calls | seconds |",
            "| --- | --- | --- |",
            *(
                f"| {role} | {count} | {figures['seconds_by_role'][role]} |"  # type: ignore[index]
                for role, count in figures["calls_by_role"].items()  # type: ignore[attr-defined]
            ),
        ]
    )


if __name__ == "__main__":
    main()
