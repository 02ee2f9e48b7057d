from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from plugins.callback.organisation_outcome import CallbackModule, message


def result(host: str, task: str, **said: Any) -> SimpleNamespace:
    """What Ansible hands to a callback, as far as this one reads it."""
    return SimpleNamespace(
        host=SimpleNamespace(get_name=lambda: host),
        task=SimpleNamespace(get_name=lambda: task),
        result=said,
    )


def told(callback: CallbackModule, capsys: pytest.CaptureFixture[str], **changed: int) -> dict[str, Any]:
    """What it writes at the end: one line on stderr and nothing on stdout."""
    callback.v2_playbook_on_stats(SimpleNamespace(changed=changed))
    written = capsys.readouterr()
    assert written.out == ""
    (line,) = written.err.splitlines()
    word, _, outcome = line.partition(" ")
    assert word == "organisation_outcome"
    found: dict[str, Any] = json.loads(outcome)
    return found


def test_failures_are_told_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    callback = CallbackModule()
    callback.v2_runner_on_unreachable(
        result("dmz", "base : Install", msg="No route\n to host", unreachable=True)
    )
    callback.v2_runner_on_failed(result("adapter", "firewall : Load", msg="refused", stderr="line 3"))
    callback.v2_runner_on_failed(result("adapter", "Try", msg="does not count"), ignore_errors=True)
    assert told(callback, capsys, adapter=2, dmz=0) == {
        "failures": [
            {"host": "dmz", "task": "base : Install", "message": "No route to host"},
            {"host": "adapter", "task": "firewall : Load", "message": "refused line 3"},
        ],
        "changed": ["adapter"],
    }


def test_a_run_without_failure_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(CallbackModule(), capsys) == {"failures": [], "changed": []}


def test_of_a_loop_the_items_that_failed_are_told() -> None:
    items = [{"msg": "fine"}, {"msg": "no CPA", "failed": True}, {"msg": "no partner", "failed": True}]
    assert message({"msg": "One or more items failed", "results": items}) == "no CPA no partner"


def test_of_a_secret_task_nothing_is_told() -> None:
    said = {"censored": "the output has been hidden", "msg": "s3cret"}
    assert message(said) == "not shown: the task has no_log"
