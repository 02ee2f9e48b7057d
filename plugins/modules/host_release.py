#!/usr/bin/python
"""Ansible module: keep a service as it is now that it works, or put back how it was before."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_release
short_description: Keep the files of a service that works, and go back to the release before
description:
  - A release is a copy of the files, and of texts that came with them, in a folder of its own on the host. Nothing secret belongs in one.
  - With O(state=kept) what is there now becomes a release, unless it is the last one already.
  - With O(state=restored) the files of the release before are put in place. Of a state that was never kept, the last release is the one
    before. Releases after it are forgotten. Services are restarted by who asks for it.
options:
  folder:
    description: Where releases are kept.
    type: path
    required: true
  label:
    description: Engine and version, or what else tells that data of one release may not fit another.
    type: str
    required: true
  files:
    description: The files.
    type: list
    elements: path
    required: true
  with_it:
    description: Texts that go with the files, by name; RV(with_it) gives those of the release that was put back.
    type: dict
    default: {}
  other_label:
    description: Whether a release with another label may be put back.
    type: bool
    default: false
  limit:
    description: How many releases are kept.
    type: int
    default: 3
  state:
    description: Keep, or go back.
    type: str
    choices: [kept, restored]
    default: kept
attributes:
  check_mode:
    description: Predicts.
    support: full
  diff_mode:
    description: Shows which files change.
    support: full
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Go back
  host_release:
    folder: /var/lib/lopendezaken-releases
    label: embedded
    files: [/etc/lopendezaken/engine.toml]
    state: restored
"""

RETURN = r"""
release:
  description: Name of the release that was kept or put back.
  type: str
  returned: success
label:
  description: Its label.
  type: str
  returned: success
files:
  description: Paths that were put back.
  type: list
  elements: str
  returned: success
with_it:
  description: Texts of the release.
  type: dict
  returned: success
"""

from datetime import datetime, timezone
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.releases import Release, ReleaseError, keep, kept, present, restore, way_back


def keeping(module: AnsibleModule, now: Release, folder: Path) -> dict[str, object]:
    """Keep what is there."""
    releases = kept(folder)
    if releases and releases[-1].digest == now.digest:
        return {"changed": False, "release": releases[-1].name}
    if not module.check_mode:
        now = keep(now, folder, module.params["limit"], datetime.now(timezone.utc))  # noqa: UP017
    return {"changed": True, "release": now.name}


def restoring(module: AnsibleModule, now: Release, folder: Path) -> dict[str, object]:
    """Go back."""
    target = way_back(now, kept(folder))
    if target.label != now.label and not module.params["other_label"]:
        raise ReleaseError(
            f"the release before is of {target.label}, this is {now.label}: its data may not fit. Restore a backup of before as well"
            " (docs/roll-back.md)"
        )
    differing = [path for path in target.files if dict(target.files[path]) != dict(now.files.get(path, {}))]
    files = differing if module.check_mode else restore(target, folder)
    return {
        "changed": True,
        "release": target.name,
        "label": target.label,
        "files": files,
        "with_it": dict(target.with_it),
        "diff": {"prepared": f"back to {target.name}\n" + "".join(f"~ {path}\n" for path in files)},
    }


def main() -> None:
    """Read parameters, act, answer."""
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True},
            "label": {"type": "str", "required": True},
            "files": {"type": "list", "elements": "path", "required": True},
            "with_it": {"type": "dict", "default": {}},
            "other_label": {"type": "bool", "default": False},
            "limit": {"type": "int", "default": 3},
            "state": {"type": "str", "choices": ["kept", "restored"], "default": "kept"},
        },
        supports_check_mode=True,
    )
    folder = Path(module.params["folder"])
    act = keeping if module.params["state"] == "kept" else restoring
    try:
        now = present(module.params["label"], module.params["files"], module.params["with_it"])
        result = act(module, now, folder)
    except ReleaseError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    module.exit_json(**{"label": now.label, "files": [], "with_it": {}, **result})


if __name__ == "__main__":
    main()
