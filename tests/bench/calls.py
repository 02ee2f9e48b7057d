"""Count what a playbook run asks of the hosts: module calls, loop items counted, and the time of each role."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# These never reach a host: the controller evaluates them itself.
ON_THE_CONTROLLER = {
    f"ansible.builtin.{name}"
    for name in (
        "assert",
        "debug",
        "fail",
        "group_by",
        "import_role",
        "import_tasks",
        "include_role",
        "include_tasks",
        "meta",
        "set_fact",
        "set_stats",
        "validate_argument_spec",
    )
}


@dataclass(frozen=True)
class Run:
    """One playbook run: exit code, module calls by role and by host, changed tasks by host, all that Ansible said.

    ``seconds``: the time of each role, all its hosts together; what Ansible does between tasks is in none.
    """

    returncode: int
    by_role: Counter[str]
    by_host: Counter[str]
    changed: Counter[str]
    output: str = field(default="", repr=False)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """All module calls together."""
        return sum(self.by_host.values())


def play(*arguments: str, env: dict[str, str] | None = None) -> Run:
    """Run ``ansible-playbook`` with these arguments and count.

    Raises ``ValueError`` with the end of the output when Ansible printed no result.
    """
    process = subprocess.run(
        ["ansible-playbook", *arguments],
        cwd=ROOT,
        env={**os.environ, **(env or {}), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
        check=False,
    )
    run = count(result(process.stdout, process.stderr), process.returncode)
    return replace(run, output=process.stdout + process.stderr)


def fleet(*arguments: str, env: dict[str, str] | None = None) -> dict[str, Run]:
    """Run playbooks/fleet.yml with these arguments and count, for each organisation.

    Raises as :func:`play`.
    """
    outer = play("playbooks/fleet.yml", *arguments, env=env)
    ran = [
        task["hosts"]
        for one in result(outer.output, "")["plays"]  # type: ignore[attr-defined]
        for task in one["tasks"]
        if task["task"]["name"] == "Run it"
    ]
    return {
        organisation: replace(
            count(result(told["stdout"], told["stderr"]), told["rc"]), output=told["stdout"] + told["stderr"]
        )
        for hosts in ran
        for organisation, told in hosts.items()
    }


def result(stdout: str, stderr: str) -> dict[str, object]:
    """Find the result of the callback ``ansible.posix.json`` in what a run said; raises ``ValueError``."""
    start = stdout.find("{\n")
    if start < 0:
        raise ValueError(f"no result from ansible-playbook: {stdout[-2000:]}{stderr[-2000:]}")
    found: dict[str, object] = json.JSONDecoder().raw_decode(stdout, start)[0]
    return found


def count(told: dict[str, object], returncode: int = 0) -> Run:
    """Count the calls in the result of the callback ``ansible.posix.json``."""
    by_role: Counter[str] = Counter()
    by_host: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    seconds: dict[str, float] = defaultdict(float)
    for play_result in told["plays"]:  # type: ignore[attr-defined]
        for task in play_result["tasks"]:
            role = task["task"].get("role") or _role_of(task["task"]["name"])
            seconds[role] += _seconds(task["task"].get("duration", {}))
            for host, outcome in task["hosts"].items():
                changed[host] += bool(outcome.get("changed"))
                calls = _calls(outcome)
                by_role[role] += calls
                by_host[host] += calls
    return Run(returncode, by_role, by_host, changed, seconds=seconds)


def _seconds(duration: dict[str, str]) -> float:
    """How long a task took; nothing where it did not end."""
    if not duration.get("start") or not duration.get("end"):
        return 0.0
    start, end = (datetime.fromisoformat(duration[key]) for key in ("start", "end"))
    return (end - start).total_seconds()


def _role_of(task_name: str) -> str:
    return task_name.split(" : ", maxsplit=1)[0] if " : " in task_name else "playbook"


def _calls(outcome: dict[str, object]) -> int:
    if outcome.get("skipped") or outcome.get("action") in ON_THE_CONTROLLER:
        return 0
    items = outcome.get("results")
    if isinstance(items, list):
        return sum(0 if item.get("skipped") else 1 for item in items if isinstance(item, dict))
    return 1
