#!/usr/bin/python
"""Ansible module: the files of a service in place and its units running, in one call."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.host_files import File, Placed, PlaceError, Placing

DOCUMENTATION = r"""
module: host_files
short_description: Put the files of a service in place and keep its units running, in one call
description:
  - A role with ten files and two units costs one module call instead of twelve; most of a call is the start of Python on the host.
  - Files come in the order of the list. What lies in C(/etc/sysusers.d), C(/etc/tmpfiles.d) or C(/etc/sysctl.d) is taken up by systemd at
    once, so that a later file may belong to a user that an earlier one makes; units are read again before they are started.
  - Content is shown in diffs. Secrets belong in a task of their own.
options:
  folders:
    description: Folders to have, before the files.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Where., type: path, required: true}
      owner: {description: User., type: str, default: root}
      group: {description: Group., type: str, default: root}
      mode: {description: Permissions in octal., type: str, default: '0755'}
  files:
    description: Files to have. Folders above them are made where they are missing.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Where., type: path, required: true}
      content: {description: The whole text., type: str, required: true}
      owner: {description: User., type: str, default: root}
      group: {description: Group., type: str, default: root}
      mode: {description: Permissions in octal., type: str, default: '0644'}
      validate:
        description: Command, with C(%s) for the new file, that must succeed before it gets in place.
        type: list
        elements: str
        default: []
  absent:
    description: Files not to have.
    type: list
    elements: path
    default: []
  units:
    description: Units of systemd to have enabled and started. One whose own conditions do not hold on this host is not started.
    type: list
    elements: str
    default: []
  restart:
    description:
      - What running units have read, by unit; one of which a file changed since it last started or reloaded is restarted.
      - This finds what a run that was cut off wrote, and whose handlers never came. Have handlers run before.
    type: dict
    default: {}
  reload:
    description: As O(restart), for units that take up such a file when they reload.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Predicts, also on a host where the service is not installed yet. Validators do not run.
    support: full
  diff_mode:
    description: Shows every file that changes.
    support: full
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Run a collector every minute
  host_files:
    files:
      - {path: /etc/systemd/system/collect.service, content: "{{ lookup('ansible.builtin.template', 'collect.service.j2') }}"}
      - {path: /etc/systemd/system/collect.timer, content: "{{ lookup('ansible.builtin.template', 'collect.timer.j2') }}"}
    units: [collect.timer]
"""

RETURN = r"""
changed_files:
  description: Paths of files and folders that changed, or would.
  type: list
  elements: str
  returned: success
changed_units:
  description: Units that were enabled, started, restarted or reloaded, or would be.
  type: list
  elements: str
  returned: success
unmet_conditions:
  description: Units that do not run here because their own conditions do not hold, as of a clock in a container.
  type: list
  elements: str
  returned: success
"""


class ModuleHost:
    """The host this module runs on."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command; one that does not exist gives code 127."""
        if self.module.get_bin_path(command[0], opt_dirs=["/usr/sbin", "/sbin"]) is None:
            return 127, f"{command[0]}: not found"
        code, out, err = self.module.run_command(list(command))
        return code, out + err

    def place(self, path: Path, content: str) -> None:
        """Write beside the file, then rename, so that no half file is ever there."""
        new = path.with_name(f".{path.name}.new")
        new.touch(mode=0o600)
        new.write_text(content, encoding="utf-8")
        self.module.atomic_move(str(new), str(path))

    def attributes(self, path: str, owner: str, group: str, mode: str) -> bool:
        """Give a file or folder its owner and mode; whether they were others."""
        wanted = {"path": path, "owner": owner, "group": group, "mode": mode, "attributes": None}
        wanted["secontext"] = [None, None, None]
        return bool(self.module.set_fs_attributes_if_different(wanted, False))


def perform(module: AnsibleModule) -> Placed:
    """Do what the parameters ask."""
    wanted = module.params
    placing = Placing(ModuleHost(module), dry=module.check_mode)
    for each in wanted["folders"]:
        placing.folder(**each)
    for each in wanted["files"]:
        placing.file(File(**{**each, "validate": tuple(each["validate"])}))
    for path in wanted["absent"]:
        placing.absent(path)
    placing.units(wanted["units"])
    placing.current("restart", wanted["restart"])
    placing.current("reload", wanted["reload"])
    return placing.placed


def main() -> None:
    """Read parameters, act, answer."""
    owned = {"owner": {"type": "str", "default": "root"}, "group": {"type": "str", "default": "root"}}
    path = {"type": "path", "required": True}
    folder = {"path": path, **owned, "mode": {"type": "str", "default": "0755"}}
    file = {
        **folder,
        "content": {"type": "str", "required": True},
        "mode": {"type": "str", "default": "0644"},
        "validate": {"type": "list", "elements": "str", "default": []},
    }
    module = AnsibleModule(
        argument_spec={
            "folders": {"type": "list", "elements": "dict", "default": [], "options": folder},
            "files": {"type": "list", "elements": "dict", "default": [], "options": file},
            "absent": {"type": "list", "elements": "path", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "restart": {"type": "dict", "default": {}},
            "reload": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    try:
        placed = perform(module)
    except PlaceError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=placed.changed,
        changed_files=placed.files,
        changed_units=placed.units,
        unmet_conditions=placed.unmet,
        diff=placed.diff,
    )


if __name__ == "__main__":
    main()
