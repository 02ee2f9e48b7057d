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
# Who connects: the name in the dossier, and the number.
GOVERNMENT, SUPPLIER = "government", "supplier"
_NAMES = {GOVERNMENT: "Gemeente Voorbeeldstad", SUPPLIER: "Voorbeeldsoft"}
_NUMBERS = {GOVERNMENT: "00000099100000001000", SUPPLIER: "00000099800000001000"}
# How long ago, in days, a journey began that reaches today at its end.
DAYS = 90


@dataclass(frozen=True)
class Stage:
    """A clone, the lab that it plays in, and the first day of the story."""

    clone: Path
    layout: Layout
    first: date
    kind: str = GOVERNMENT

    @classmethod
    def build(cls, folder: Path, layout: Layout, kind: str) -> Stage:
        """Make it anew; what an earlier journey left in ``folder`` goes. Raises :class:`LzError`."""
        shutil.rmtree(folder, ignore_errors=True)
        clone = folder / "clone"
        run("git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, clone)
        stage = cls(clone, layout, cls.first_day(), kind)
        for name in ("dossier.yml", "network.yml"):
            path = stage.dossier / name
            path.write_text(stage.as_kind(_RECORDED.sub("\n", path.read_text())))
        people.appoint_in(stage.organisation)
        stage.vault_password.touch(mode=0o600)
        stage.vault_password.write_text(secrets.token_hex(16))
        return stage

    @staticmethod
    def first_day() -> date:
        """Give the day on which a journey begins that reaches today at its end."""
        return datetime.now(UTC).date() - timedelta(days=DAYS)

    def as_kind(self, text: str) -> str:
        """Give a file of the example's dossier as this kind of organisation has it: a supplier has an HRN (L-04)."""
        if self.kind == GOVERNMENT:
            return text
        text = text.replace(_NAMES[GOVERNMENT], self.name).replace("kind: government", f"kind: {self.kind}")
        return text.replace(f'oin: "{_NUMBERS[GOVERNMENT]}"', f'hrn: "{self.number}"')

    @property
    def name(self) -> str:
        """The name of the organisation."""
        return _NAMES[self.kind]

    @property
    def number(self) -> str:
        """Its OIN or HRN."""
        return _NUMBERS[self.kind]

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
