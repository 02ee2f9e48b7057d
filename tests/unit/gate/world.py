"""An organisation whose gate is open, in a clone that is its commit; and everything one may try with them."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lopendezaken.evidence.sshsig import make_key
from lopendezaken.gate import access, settings, statement
from lopendezaken.gate.judge import Judgement, judge
from lopendezaken.policy.assess import assess
from tests.unit.gate.test_code import git
from tests.unit.policies.example import ROOT
from tests.unit.policy import test_journey as journey
from tests.unit.policy import world as policy_world
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
KEPT = ("policies", "ansible.cfg", ".gitignore")


class Gate:
    """What the gate looks at, and its key: a copy of one that was made once, with a statement for ``connect``."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(_made(), folder, dirs_exist_ok=True)
        self.folder = folder
        self.world = World.at(folder / "voorbeeldstad")

    @property
    def repository(self) -> Path:
        return self.folder / "clone"

    @property
    def organisation(self) -> Path:
        return self.folder / "voorbeeldstad"

    @property
    def key(self) -> Path:
        return self.folder / "gate-key"

    @property
    def head(self) -> str:
        return git(self.repository, "rev-parse", "HEAD")

    @property
    def user_key(self) -> Path:
        return self.folder / "user.pub"

    def trust(self, line: str) -> None:
        with (self.organisation / "trust/allowed_signers").open("a") as stream:
            stream.write(f"{line}\n")

    def judge(self, stage: str = "connect") -> Judgement:
        return judge(assess(self.organisation, DAY, self.repository / "policies"), stage, self.repository)

    def give(self, stage: str = "connect", key: Path | None = None, now: datetime = NOW) -> access.Signed:
        found = assess(self.organisation, DAY, self.repository / "policies")
        return access.give(found, judge(found, stage, self.repository), key or self.key, self.user_key, now)

    def ask(self, stage: str = "connect", now: datetime = NOW) -> statement.Given:
        return statement.ask(self.organisation, stage, self.repository, now)


@functools.cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="lz-gate-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    clone(folder / "clone")
    made = World(folder / "voorbeeldstad")
    for name in ("hosts.yml", "group_vars"):
        source = ROOT / "inventories/voorbeeldstad" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, made.folder / name)
    gatekeeper = make_key(folder / "gate-key", "gate")
    make_key(folder / "user", "user")
    with (made.folder / "trust/allowed_signers").open("a") as stream:
        stream.write(f'gatekeeper namespaces="lz-gate" {gatekeeper}\n')
    head = git(folder / "clone", "rev-parse", "HEAD")
    collector = {"commit": head, "settings": settings.digest(settings.digests(made.folder))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy_world, "COLLECTOR", {**policy_world.COLLECTOR, **collector})
        journey.approved(made)
    made.sign()
    found = assess(made.folder, DAY, folder / "clone/policies")
    judgement = judge(found, "connect", folder / "clone")
    access.give(found, judgement, folder / "gate-key", folder / "user.pub", NOW)
    return folder


def clone(folder: Path) -> Path:
    """A repository with the policies and a little of the rest, committed."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    for name in KEPT:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "roles").mkdir()
    (folder / "roles/main.yml").write_text("- name: Do it\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder
