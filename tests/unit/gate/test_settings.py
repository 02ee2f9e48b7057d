"""Every file of the inventory counts; what is not a file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.gate.settings import digests


@pytest.fixture
def organisation(tmp_path: Path) -> Path:
    for name in ("hosts.yml", "group_vars/prod/engine.yml", "dossier/dossier.yml", "documents/index.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_each_file_beside_the_dossier_has_its_digest(organisation: Path) -> None:
    before = digests(organisation)
    assert list(before) == ["group_vars/prod/engine.yml", "hosts.yml"]
    (organisation / "group_vars/prod/engine.yml").write_text("other")
    (organisation / "host_vars").mkdir()
    (organisation / "host_vars/adapter-prod.yml").write_text("ansible_connection: ssh")
    after = digests(organisation)
    assert set(after) - set(before) == {"host_vars/adapter-prod.yml"}
    assert [name for name in before if before[name] != after[name]] == ["group_vars/prod/engine.yml"]


def test_a_link_is_refused(organisation: Path) -> None:
    (organisation / "group_vars/all.yml").symlink_to("/tmp/elsewhere.yml")
    with pytest.raises(LzError, match=r"a link in the inventory.*|all.yml"):
        digests(organisation)
