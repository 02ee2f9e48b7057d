"""Count what a playbook run asks of the hosts: module calls, loop items counted."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from dataclasses import dataclass, field, replace
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
    """One playbook run: exit code, module calls by role and by host, changed tasks by host, all that Ansible said."""

    returncode: int
    by_role: Counter[str]
    by_host: Counter[str]
    changed: Counter[str]
    output: str = field(default="", repr=False)

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
    start = process.stdout.find("{\n")
    if start < 0:
        raise ValueError(f"no result from ansible-playbook: {process.stdout[-2000:]}{process.stderr[-2000:]}")
    run = count(json.loads(process.stdout[start:]), process.returncode)
    return replace(run, output=process.stdout + process.stderr)


def count(result: dict[str, object], returncode: int = 0) -> Run:
    """Count the calls in the result of the callback ``ansible.posix.json``."""
    by_role: Counter[str] = Counter()
    by_host: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for play_result in result["plays"]:  # type: ignore[attr-defined]
        for task in play_result["tasks"]:
            role = task["task"].get("role") or _role_of(task["task"]["name"])
            for host, outcome in task["hosts"].items():
                changed[host] += bool(outcome.get("changed"))
                calls = _calls(outcome)
                by_role[role] += calls
                by_host[host] += calls
    return Run(returncode, by_role, by_host, changed)


def _role_of(task_name: str) -> str:
    return task_name.split(" : ", maxsplit=1)[0] if " : " in task_name else "playbook"


def _calls(outcome: dict[str, object]) -> int:
    if outcome.get("skipped") or outcome.get("action") in ON_THE_CONTROLLER:
        return 0
    items = outcome.get("results")
    if isinstance(items, list):
        return sum(0 if item.get("skipped") else 1 for item in items if isinstance(item, dict))
    return 1
