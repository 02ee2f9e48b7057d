#!/usr/bin/python
"""Ansible module: one nftables table, loaded with a way back."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ruleset import Outcome, Result, Ruleset, RulesetError, Table

DOCUMENTATION = r"""
module: nftables_ruleset
short_description: Load one nftables table in one transaction, with a way back
description:
  - With O(state=applied) loads the ruleset and starts a timer on the host that restores the previous table.
  - With O(state=confirmed) stops that timer, writes the ruleset to O(path) and enables nftables.service.
  - Compares what is wanted with the loaded table and with what boot would load. Only O(table) is touched.
options:
  content:
    description: The whole ruleset file. Must replace O(table) and nothing else.
    type: str
    required: true
  table:
    description: Family and name of the table.
    type: str
    default: inet lopendezaken
  path:
    description: File that is loaded at boot.
    type: path
    default: /etc/nftables.conf
  rollback_seconds:
    description: Time after which the host restores the previous table unless the new one is confirmed.
    type: int
    default: 60
  state:
    description: Load the ruleset for a while, or keep what was loaded.
    type: str
    choices: [applied, confirmed]
    default: applied
attributes:
  check_mode:
    description: Predicts, also on a host where nft is not installed yet.
    support: full
  diff_mode:
    description: Shows the table as nft lists it, without counters.
    support: full
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Load the rules with a way back
  nftables_ruleset:
    content: "{{ lookup('ansible.builtin.template', 'nftables.conf.j2') }}"
  register: ruleset

- name: Come back over a new connection
  ansible.builtin.wait_for_connection:
    timeout: 20
  when: ruleset is changed

- name: Keep the rules
  nftables_ruleset:
    content: "{{ lookup('ansible.builtin.template', 'nftables.conf.j2') }}"
    state: confirmed
  when: ruleset is changed
"""

RETURN = r"""
message:
  description: What was done, or would be.
  type: str
  returned: success
"""

STATE_FOLDER = Path("/run/lopendezaken-firewall")


class ModuleHost:
    """The host this module runs on."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module

    def run(self, *command: str, data: str = "") -> Result:
        """Run a command; one that does not exist gives code 127."""
        if self.module.get_bin_path(command[0], opt_dirs=["/usr/sbin", "/sbin"]) is None:
            return Result(127, err=f"{command[0]}: not found")
        code, out, err = self.module.run_command(list(command), data=data or None)
        return Result(code, out, err)

    def read(self, path: Path) -> str:
        """Give the text of a file, empty if it does not exist."""
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def write(self, path: Path, text: str) -> None:
        """Write beside the file, then rename, so that no half file is ever there."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.touch(mode=0o600)
        new.write_text(text, encoding="utf-8")
        self.module.atomic_move(str(new), str(path))

    def remove(self, path: Path) -> None:
        """Remove a file if it exists."""
        path.unlink(missing_ok=True)


def perform(module: AnsibleModule) -> Outcome:
    """Do what the parameters ask."""
    wanted = module.params
    table = Table.parse(wanted["table"])
    ruleset = Ruleset(ModuleHost(module), table, wanted["content"], Path(wanted["path"]), STATE_FOLDER)
    if wanted["state"] == "applied":
        return ruleset.apply(wanted["rollback_seconds"], dry=module.check_mode)
    return ruleset.confirm(dry=module.check_mode)


def main() -> None:
    """Read parameters, act, answer."""
    module = AnsibleModule(
        argument_spec={
            "content": {"type": "str", "required": True},
            "table": {"type": "str", "default": "inet lopendezaken"},
            "path": {"type": "path", "default": "/etc/nftables.conf"},
            "rollback_seconds": {"type": "int", "default": 60},
            "state": {"type": "str", "choices": ["applied", "confirmed"], "default": "applied"},
        },
        supports_check_mode=True,
    )
    try:
        outcome = perform(module)
    except RulesetError as error:
        module.fail_json(msg=str(error))
    header = f"table {module.params['table']}"
    module.exit_json(
        changed=outcome.changed,
        message=outcome.message,
        diff={
            "before": outcome.before,
            "after": outcome.after,
            "before_header": f"{header} (loaded)",
            "after_header": f"{header} (wanted)",
        },
    )


if __name__ == "__main__":
    main()
