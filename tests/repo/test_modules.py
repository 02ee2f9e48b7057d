"""Every module of ours has documentation that Ansible can read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from tests.repo.tree import ROOT

MODULES = sorted((ROOT / "plugins/modules").glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_documentation_is_sound(path: Path) -> None:
    texts = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if isinstance(node.value, ast.Constant)
    }
    documentation = yaml.safe_load(texts["DOCUMENTATION"])
    assert documentation["module"] == path.stem
    assert all(option["description"] for option in documentation.get("options", {}).values())
    for name in ("EXAMPLES", "RETURN"):
        yaml.safe_load(texts[name])
