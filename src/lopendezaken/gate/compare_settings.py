"""The settings of the hosts, by Ansible's own precedence, as they are written: nothing is looked up or decrypted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from lopendezaken.errors import LzError

# Groups whose hosts do the same in both environments.
PARTS = ("adapter", "dmz")
ENVIRONMENTS = ("preprod", "prod")
_OWN = {"inventory_hostname", "inventory_hostname_short", "group_names", "ansible_playbook_python"}
_SECRET = re.compile(r"pass(word|phrase)?|secret|token|private|credential", re.IGNORECASE)


def settings(organisation: Path) -> dict[str, dict[str, str]]:
    """Give every setting of the hosts of each environment, by part, number of the host, and name.

    A secret is a fingerprint. Raises :class:`LzError` for an inventory that Ansible cannot read.
    """
    inventory, variables = _read(organisation)
    return {
        environment: {
            f"{part}[{number}].{name}": _shown(name, value)
            for part in PARTS
            for number, host in enumerate(_hosts(inventory, environment, part), 1)
            for name, value in variables[host.name].items()
            if name not in _OWN
        }
        for environment in ENVIRONMENTS
    }


def pairs(organisation: Path) -> Iterator[tuple[str | None, str | None]]:
    """Give the hosts that are each other's counterpart, of preproduction and production; ``None``: it has none."""
    inventory, _ = _read(organisation)
    for part in PARTS:
        both = (_hosts(inventory, environment, part) for environment in ENVIRONMENTS)
        for one, other in zip_longest(*both):
            yield one and one.name, other and other.name


def _read(organisation: Path) -> tuple[Any, dict[str, dict[str, Any]]]:
    """Give the inventory, and the variables of each of its hosts."""
    from ansible.errors import AnsibleError
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.vars.manager import VariableManager

    file = organisation / "hosts.yml"
    try:
        loader = DataLoader()
        inventory = InventoryManager(loader, sources=[str(file)])
        manager = VariableManager(loader, inventory)
        variables = {
            host.name: manager.get_vars(host=host, include_hostvars=False) for host in inventory.get_hosts()
        }
    except AnsibleError as error:
        raise LzError("Ansible cannot read the inventory", where=str(file), found=str(error)) from None
    return inventory, variables


def _hosts(inventory: Any, environment: str, part: str) -> list[Any]:
    return sorted(inventory.get_hosts(f"{environment}:&{part}"), key=lambda each: each.name)


def _shown(name: str, value: Any) -> str:
    """Give what may be shown: of a secret, and of what is in a vault, no more than a fingerprint."""
    text = repr(value)
    if _SECRET.search(name) or "$ANSIBLE_VAULT" in text:
        return f"secret {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return text
