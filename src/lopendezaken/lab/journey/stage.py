"""Where a journey is played: a clone of the last commit, with an organisation that has recorded nothing yet."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lopendezaken.lab import people
from lopendezaken.lab.command import run
from lopendezaken.lab.layout import REPOSITORY, Layout

# The dossier of the example starts further on: what people record on the way goes.
_RECORDED = re.compile(r"\n# Preproduction is connected first;.*", re.DOTALL)
# How long ago, in days, a journey began that reaches today at its end.
DAYS = 90


@dataclass(frozen=True)
class Stage:
    """A clone, the lab that it plays in, and the first day of the story."""

    clone: Path
    layout: Layout
    first: date

    @classmethod
    def build(cls, folder: Path, layout: Layout) -> Stage:
        """Make it anew; what an earlier journey left in ``folder`` goes. Raises :class:`LzError`."""
        shutil.rmtree(folder, ignore_errors=True)
        clone = folder / "clone"
        run("git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, clone)
        stage = cls(clone, layout, datetime.now(UTC).date() - timedelta(days=DAYS))
        path = stage.dossier / "dossier.yml"
        path.write_text(_RECORDED.sub("\n", path.read_text()))
        people.appoint_in(stage.organisation)
        stage.vault_password.touch(mode=0o600)
        stage.vault_password.write_text(secrets.token_hex(16))
        return stage

    @property
    def organisation(self) -> Path:
        """The folder of the organisation."""
        return self.clone / "inventories/voorbeeldstad"

    @property
    def vault_password(self) -> Path:
        """What opens vaults in this journey; nobody else may read it."""
        return self.clone.parent / "vault-password"

    @property
    def dossier(self) -> Path:
        """The folder of its dossier."""
        return self.organisation / "dossier"

    def day(self, number: int) -> date:
        """Give the date of a day of the story."""
        return self.first + timedelta(days=number)

    def play(self, words: tuple[str, ...], log: Path) -> subprocess.CompletedProcess[str]:
        """Run a command as the organisation's operator would, and append all that it says to ``log``."""
        done = subprocess.run(
            words,
            cwd=self.clone,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        with log.open("a") as stream:
            stream.write(f"$ {' '.join(words)}\n{done.stdout}[exit code {done.returncode}]\n\n")
        return done

    def _environment(self) -> dict[str, str]:
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "LZ_"))
        }
        return {
            **inherited,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            # The commit that is played, not the tree beside it.
            "PYTHONPATH": str(self.clone / "src"),
            "LZ_ORGANISATION": str(self.organisation),
            "LZ_LAB_DIR": str(self.layout.base_dir),
            "LZ_LAB_INSTANCE": str(self.layout.instance),
            "ANSIBLE_CONFIG": str(self.clone / "ansible.cfg"),
            "ANSIBLE_INVENTORY": str(self.organisation / "hosts.yml"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.vault_password),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
        }
