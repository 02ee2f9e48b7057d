"""A lab and an organisation of its own for one test run, so that a running lab of yours is left alone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "inventories/voorbeeldstad"
LEFT_BY_OTHER_RUNS = ("evidence", "received", "requests", "cpa", "seals", "trust")
# A jar of the adapter that production uses is no part of this project. Who has one rehearses with it.
JAR = "LZ_EBMS_ADMIN_JAR"
ENGINE = "ebms_admin" if os.environ.get(JAR) else "embedded"


@dataclass(frozen=True)
class World:
    """A copy of the example organisation in ``organisation``, living in lab instance ``instance``."""

    organisation: Path
    instance: str
    lab_dir: Path

    @classmethod
    def create(cls, folder: Path, instance: str, lab_dir: Path = ROOT / ".lab") -> World:
        """Copy the example organisation, without what another lab left in its dossier."""
        organisation = folder / "inventories/voorbeeldstad"
        shutil.copytree(EXAMPLE, organisation, ignore=shutil.ignore_patterns(*LEFT_BY_OTHER_RUNS))
        if ENGINE == "ebms_admin":
            use_ebms_admin(organisation, Path(os.environ[JAR]))
        return cls(organisation, instance, lab_dir)

    @property
    def dossier(self) -> Path:
        """The dossier folder of this organisation."""
        return self.organisation / "dossier"

    @property
    def env(self) -> dict[str, str]:
        """The environment in which ``lz`` and Ansible see this world and no other."""
        return {
            **os.environ,
            "LZ_LAB_INSTANCE": self.instance,
            "LZ_LAB_DIR": str(self.lab_dir),
            "LZ_ORGANISATION": str(self.organisation),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_INVENTORY": str(self.organisation / "hosts.yml"),
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
        }

    def run(self, *command: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        """Run a command in this world; stdout and stderr come together, as a person sees them."""
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )

    def lz(self, *arguments: str) -> str:
        """Run ``lz``, which must succeed; its output."""
        done = self.run("lz", *arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def play(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook of this project."""
        return self.run("ansible-playbook", f"playbooks/{name}.yml", *arguments)

    def on(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on a host of the lab."""
        return self.run("lz", "lab", "shell", host, "--", *command)


def version_of(jar: Path) -> str:
    """Version of an ebms-admin jar, by its file name."""
    return jar.stem.removeprefix("ebms-admin-")


def use_ebms_admin(organisation: Path, jar: Path) -> None:
    """Have the organisation's adapter be this jar."""
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    (organisation / "group_vars/all/engine.yml").write_text(
        f"adapter_engine: ebms_admin\nadapter_ebms_admin_version: {version_of(jar)}\n"
        f"adapter_ebms_admin_file: {jar}\nadapter_ebms_admin_sha256: {digest}\n"
    )
