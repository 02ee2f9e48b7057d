"""The program of role adapter that goes back from an upgrade, with stand-ins for PostgreSQL's own programs.

With real ones, and two jars: tests/integration/test_upgrade.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / "roles/adapter/files/ebms-admin"
STAND_INS = {
    # What the database has now.
    "pg_dump": 'for word; do case $word in --file=*) cp "$NOW" "${word#--file=}";; esac; done',
    # A dump is its own text; one that is damaged ends in the middle.
    "pg_restore": 'for word; do file=$word; done; cat "$file"; ! grep -q DAMAGED "$file"',
    "psql": 'cat > "$TOLD"; grep -q COMMIT "$TOLD"',
}
BEFORE, SINCE = "1\t2.18.0\tInitial\n", "1\t2.18.0\tInitial\n2\t2.19.0\tUpdate\n"


@dataclass(frozen=True)
class Host:
    """State of an adapter whose upgrade to 2.20.2 was done."""

    folder: Path

    @property
    def dumps(self) -> Path:
        return self.folder / "state/dumps"

    @property
    def told(self) -> str:
        """What the database was told."""
        return (self.folder / "told").read_text()

    def run(self, verb: str) -> int:
        folders = {name: str(self.folder / name) for name in ("runtime", "state", "credentials")}
        environment = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            **{f"{name.upper()}_DIRECTORY": path for name, path in folders.items()},
            "ADAPTER_SETTINGS": "/",
            "ADAPTER_VERSION": "2.20.2",
            "ADAPTER_DATABASE": "postgresql://127.0.0.1/ebms",
            "ADAPTER_DATABASE_OWNER": "ebms_owner",
            "NOW": str(self.folder / "now"),
            "TOLD": str(self.folder / "told"),
        }
        return subprocess.run([sys.executable, PROGRAM, verb], env=environment, check=False).returncode


@pytest.fixture
def host(tmp_path: Path) -> Host:
    for name in ("runtime", "state/dumps", "credentials", "bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "credentials/owner").write_text("secret")
    for name, script in STAND_INS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "state/migrated-2.20.2").touch()
    (tmp_path / "state/dumps/before-2.20.2.dump").write_text(BEFORE)
    (tmp_path / "now").write_text(SINCE)
    return Host(tmp_path)


def test_it_tells_whether_the_upgrade_changed_the_tables(host: Host) -> None:
    assert host.run("same-tables") == 3
    (host.folder / "now").write_text(BEFORE)
    assert host.run("same-tables") == 0


def test_without_its_dump_it_cannot_tell(host: Host) -> None:
    (host.dumps / "before-2.20.2.dump").unlink()
    assert host.run("same-tables") == 1
    # No mark either: it was cut off before there was anything to change.
    (host.folder / "state/migrated-2.20.2").unlink()
    assert host.run("same-tables") == 0


def test_back_replaces_all_tables_in_one_transaction_and_keeps_what_was_there(host: Host) -> None:
    assert host.run("back") == 0
    begin, _, rest = host.told.partition(";")
    assert begin == "BEGIN"
    assert rest.index("DROP TABLE") < rest.index(BEFORE) < rest.index("COMMIT;")
    assert (host.dumps / "after-2.20.2.dump").read_text() == SINCE


def test_a_damaged_dump_changes_nothing(host: Host) -> None:
    (host.dumps / "before-2.20.2.dump").write_text(BEFORE + "DAMAGED")
    assert host.run("back") != 0
    assert "COMMIT" not in host.told
