"""Run our Ansible modules and their utilities without Ansible's way to a host."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import ansible.module_utils
import pytest
from ansible.module_utils.testing import patch_module_args

PLUGINS = Path(__file__).parents[3] / "plugins"
# As on a host: ours stand among Ansible's own.
ansible.module_utils.__path__.append(str(PLUGINS / "module_utils"))


class Ended(Exception):  # noqa: N818 - not an error: every module ends this way
    """A module ended; ``result`` is what Ansible would get."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(json.dumps(result, default=str))
        self.result = result


def load(path: str) -> ModuleType:
    """Load a plugin file as a Python module."""
    file = PLUGINS / path
    name = f"lz_{file.parent.name}_{file.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("ebms_cpa", check=False, **options)`` gives the result; ``failed`` tells how it ended."""
    from ansible.module_utils.basic import AnsibleModule

    def end(failed: bool) -> Callable[..., None]:
        def stop(_self: AnsibleModule, msg: str | None = None, **result: Any) -> None:
            raise Ended({"failed": failed, **({"msg": msg} if msg is not None else {}), **result})

        return stop

    monkeypatch.setattr(AnsibleModule, "exit_json", end(False))
    monkeypatch.setattr(AnsibleModule, "fail_json", end(True))

    def call(name: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
        module = load(f"modules/{name}.py")
        arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(Ended) as ended:
            module.main()
        return ended.value.result

    return call
