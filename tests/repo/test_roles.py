"""All roles are of one shape, and none can leak a secret or hide an error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repo.tree import ROOT, role_names, task_files, tasks_in

SECRET = re.compile(r"(password|passphrase|secret|credential)", re.IGNORECASE)
NOT_A_SECRET = re.compile(r"(_file|_path|_length|_owner|_group|_mode|_directory)\b")


def _load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


@pytest.mark.parametrize("role", role_names())
def test_defaults_are_the_options_of_the_argument_specs(role: str) -> None:
    """A default that is not an option is never checked; an option without default must be required."""
    defaults_file = ROOT / "roles" / role / "defaults/main.yml"
    defaults = set((yaml.safe_load(defaults_file.read_text()) or {}) if defaults_file.exists() else {})
    options = _load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
    required = {name for name, option in options.items() if option.get("required")}
    assert defaults == set(options) - required


@pytest.mark.parametrize("role", role_names())
def test_defaults_in_the_specs_do_not_drift(role: str) -> None:
    """A default that the specs print must be the one that counts."""
    defaults_file = ROOT / "roles" / role / "defaults/main.yml"
    defaults = (yaml.safe_load(defaults_file.read_text()) or {}) if defaults_file.exists() else {}
    options = _load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
    printed = {name: option["default"] for name, option in options.items() if "default" in option}
    assert printed == {name: defaults[name] for name in printed}


@pytest.mark.parametrize("role", role_names())
def test_public_variables_bear_the_role_name(role: str) -> None:
    """`<role>_x` is public, `__<role>_x` internal; anything else collides with another role some day."""
    options = _load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
    assert [name for name in options if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", role_names())
def test_role_has_its_parts(role: str) -> None:
    for part in ("tasks/main.yml", "meta/main.yml", "meta/argument_specs.yml", "README.md"):
        assert (ROOT / "roles" / role / part).is_file(), part


@pytest.mark.parametrize("path", task_files(), ids=lambda path: str(path.relative_to(ROOT / "roles")))
def test_tasks_with_secrets_are_silent(path: Path) -> None:
    """A task that handles a secret has `no_log: true` and `diff: false`, and never loops (the item is printed)."""
    for task in tasks_in(yaml.safe_load(path.read_text())):
        body = {
            key: value
            for key, value in task.items()
            if key not in ("name", "notify", "when", "no_log", "register")
        }
        words = [
            word
            for word in re.findall(r"\w+", str(body))
            if SECRET.search(word) and not NOT_A_SECRET.search(word)
        ]
        if not words or any(
            module.endswith(("assert", "set_fact", "import_tasks", "include_tasks")) for module in task
        ):
            continue
        assert task.get("no_log") is True, f"{task.get('name')}: handles {words}"
        assert "loop" not in task, f"{task.get('name')}: loops over {words}"


@pytest.mark.parametrize("path", task_files(), ids=lambda path: str(path.relative_to(ROOT / "roles")))
def test_errors_are_not_hidden(path: Path) -> None:
    """`ignore_errors` hides real errors, also when it is meant for check mode only."""
    for task in tasks_in(yaml.safe_load(path.read_text())):
        assert "ignore_errors" not in task, task.get("name")


@pytest.mark.parametrize("path", task_files(), ids=lambda path: str(path.relative_to(ROOT / "roles")))
def test_facts_are_not_injected(path: Path) -> None:
    """`ansible_distribution` and its like go away in ansible-core 2.24; `ansible_facts[...]` stays."""
    gone = re.findall(
        r"\bansible_(?:distribution|os_family|default_ipv4|hostname|fqdn|architecture|service_mgr)\b",
        path.read_text(),
    )
    assert gone == []
