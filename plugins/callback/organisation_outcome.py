"""Tells the program that started a run where and why it failed: what playbooks/fleet.yml says of each organisation.

One line on stderr, so that it stands in nobody's way on stdout. Of what modules returned it holds no more than the message of a
failure; where a task has ``no_log``, not even that.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: organisation_outcome
type: notification
short_description: Tell on stderr where and why a run failed
description:
  - Ends a run with one line on stderr, C(organisation_outcome) and an object of JSON with C(failures) (host, task and message of each,
    in order) and C(changed) (the hosts that something changed on).
author: LopendeZaken
requirements:
  - C(ANSIBLE_CALLBACKS_ENABLED=organisation_outcome)
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Remembers what stopped a host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "organisation_outcome"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[dict[str, str]] = []

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._remember(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._remember(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        changed = sorted(host for host, count in stats.changed.items() if count)
        outcome = {"failures": self.failures, "changed": changed}
        print(f"organisation_outcome {json.dumps(outcome)}", file=sys.stderr, flush=True)

    def _remember(self, result: Any) -> None:
        where = {"host": result.host.get_name(), "task": result.task.get_name()}
        self.failures.append({**where, "message": message(result.result)})


def message(said: dict[str, Any]) -> str:
    """Give what a person needs: the message, or that of each item of a loop that failed."""
    if "censored" in said:
        return "not shown: the task has no_log"
    items = [item for item in said.get("results", []) if isinstance(item, dict) and item.get("failed")]
    texts = [item.get("msg", "") for item in items] or [said.get("msg", ""), said.get("stderr", "")]
    return " ".join(" ".join(map(str, texts)).split())
