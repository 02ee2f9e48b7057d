"""The program that backs up a host: what a set holds, when there is none, and what comes back."""

from __future__ import annotations

import getpass
import grp
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lopendezaken.ebms.store import Store

# A host has Debian's Python, and no package of ours.
PROGRAM = [
    "/usr/bin/python3",
    "-I",
    str(Path(__file__).parents[3] / "roles/backup/files/lopendezaken-backup"),
]
pytestmark = pytest.mark.skipif(
    not (shutil.which("age") and os.geteuid() == 0),
    reason="needs root and the Debian package age (make setup)",
)


@dataclass(frozen=True)
class Machine:
    """A host with a store, settings and a key, in a folder."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "state/ebms.sqlite"

    @property
    def sets(self) -> list[Path]:
        return sorted(path for path in (self.folder / "sets").iterdir() if path.name[0].isdigit())

    def write(self, keep_sets: int = 5, keep_days: int = 30, directory: str = "") -> None:
        (self.folder / "backup.toml").write_text(f"""
host = "adapter"
directory = "{directory or self.folder / "sets"}"
state = "{self.folder}/last.json"
paths = ["{self.folder}/etc"]
recipients = ["{self.recipient}"]
keep_sets = {keep_sets}
keep_days = {keep_days}
store_user = "{getpass.getuser()}"
[store]
kind = "sqlite"
path = "{self.store}"
""")

    @property
    def recipient(self) -> str:
        return subprocess.check_output(["age-keygen", "-y", self.folder / "identity"], text=True).strip()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        settings = ["--settings", str(self.folder / "backup.toml")]
        return subprocess.run([*PROGRAM, *settings, *words], capture_output=True, text=True, check=False)

    def make(self) -> Path:
        done = self.run("make")
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())

    def opened(self, made: Path) -> Path:
        """Decrypt, as a person with the identity does."""
        tar = self.folder / "set.tar"
        tar.unlink(missing_ok=True)
        words = [
            "age",
            "--decrypt",
            "--identity",
            self.folder / "identity",
            "--output",
            tar,
            made / "backup.tar.age",
        ]
        subprocess.run(words, check=True)
        return tar


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    tmp_path.chmod(0o755)
    subprocess.run(["age-keygen", "-o", tmp_path / "identity"], check=True, capture_output=True)
    for name in ("sets", "state", "etc"):
        (tmp_path / name).mkdir()
    (tmp_path / "etc/key.pem").write_text("a key\n")
    (tmp_path / "etc/key.pem").chmod(0o640)
    (tmp_path / "etc/current").symlink_to("key.pem")
    (tmp_path / "etc").chmod(0o751)
    with closing(sqlite3.connect(machine.store)):
        Store(machine.store).close()
    with closing(sqlite3.connect(machine.store)) as db, db:
        db.execute("INSERT INTO cpas VALUES ('cpa', x'3c612f3e')")
        db.execute("INSERT INTO seen VALUES ('cpa', 'seen@partner.example', 4102444800)")
    machine.write()
    return machine


def test_what_a_set_holds(machine: Machine) -> None:
    made = machine.make()
    assert (
        subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=made, check=False).returncode
        == 0
    )
    manifest = json.loads((made / "manifest.json").read_text())
    holds = manifest["store"]["holds"]
    assert (holds["messages"], list(holds["cpas"]), holds["remembered"]) == (0, ["cpa"], 1)
    with tarfile.open(machine.opened(made)) as tar:
        names = tar.getnames()
    etc = str(machine.folder / "etc")
    assert names == [
        "manifest.json",
        "store/ebms.sqlite",
        f"files{etc}",
        f"files{etc}/current",
        f"files{etc}/key.pem",
    ]


def test_others_can_read_neither_the_set_nor_what_it_is_made_of(machine: Machine) -> None:
    made = machine.make()
    assert (made.stat().st_mode & 0o077, (made / "backup.tar.age").stat().st_mode & 0o077) == (0, 0)
    assert b"a key" not in (made / "backup.tar.age").read_bytes()
    assert list(machine.folder.glob("sets/.partial*")) == []


def test_all_that_was_lost_comes_back(machine: Machine) -> None:
    tar = machine.opened(machine.make())
    before = json.loads(machine.run("look").stdout)
    machine.store.write_bytes(b"\0" * 4096)
    (machine.folder / "etc/key.pem").unlink()
    (machine.folder / "etc/current").unlink()
    (machine.folder / "etc").rmdir()
    assert machine.run("look").returncode == 1
    for command in ("put-files", "put-store"):
        done = machine.run(command, str(tar))
        assert done.returncode == 0, done.stderr
    assert json.loads(machine.run("look").stdout) == before
    key = machine.folder / "etc/key.pem"
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("a key\n", 0o640)
    assert (machine.folder / "etc").stat().st_mode & 0o777 == 0o751
    assert (machine.folder / "etc/current").readlink() == Path("key.pem")
    assert len(list(machine.store.parent.glob("ebms.sqlite.before-*"))) == 1


def test_a_store_in_use_is_copied_as_it_is_at_one_moment(machine: Machine) -> None:
    """What was committed is in, also when it is only in the journal beside the file."""
    with closing(sqlite3.connect(machine.store)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        with db:
            db.execute("INSERT INTO seen VALUES ('cpa', 'second@partner.example', 4102444800)")
        db.execute("BEGIN")
        db.execute("INSERT INTO seen VALUES ('cpa', 'not yet@partner.example', 4102444800)")
        made = machine.make()
        db.rollback()
    assert json.loads((made / "manifest.json").read_text())["store"]["holds"]["remembered"] == 2


def test_a_damaged_store_gives_no_set(machine: Machine) -> None:
    data = bytearray(machine.store.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    machine.store.write_bytes(data)
    done = machine.run("make")
    assert done.returncode == 1
    assert "lopendezaken-backup: " in done.stderr
    assert machine.sets == []


def test_a_recipient_that_is_none_gives_no_set(machine: Machine) -> None:
    settings = machine.folder / "backup.toml"
    settings.write_text(settings.read_text().replace(machine.recipient, "age1nobody"))
    assert machine.run("make").returncode == 1
    assert list((machine.folder / "sets").iterdir()) == [machine.folder / "sets/.lock"]


def test_what_a_power_cut_left_is_removed(machine: Machine) -> None:
    (machine.folder / "sets/.partial-x").mkdir()
    machine.make()
    assert not (machine.folder / "sets/.partial-x").exists()


def _old(machine: Machine, days: int) -> Path:
    name = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")
    path = machine.folder / "sets" / name
    path.mkdir()
    (path / "manifest.json").write_text("{}")
    return path


def test_sets_go_by_count_and_by_age(machine: Machine) -> None:
    ages = {days: _old(machine, days) for days in (1, 4, 5, 31)}
    machine.write(keep_sets=3, keep_days=30)
    made = machine.make()
    assert machine.sets == [ages[4], ages[1], made]
    machine.write(keep_sets=9, keep_days=2)
    shutil.rmtree(made)
    assert machine.sets == [ages[4], ages[1]]
    again = machine.make()
    assert machine.sets == [ages[1], again]


def test_the_last_set_stays_however_old(machine: Machine) -> None:
    _old(machine, 400)
    machine.store.unlink()
    assert machine.run("make").returncode == 1
    assert len(machine.sets) == 1


def test_monitoring_learns_when(machine: Machine) -> None:
    machine.make()
    last = json.loads((machine.folder / "last.json").read_text())
    assert last["sets"] == 1
    assert abs(last["finished"] - datetime.now(UTC).timestamp()) < 60
    assert (machine.folder / "last.json").stat().st_mode & 0o777 == 0o644


def _forged(machine: Machine, **changes: str) -> Path:
    """A set whose manifest was changed by whoever could encrypt to us, which is everybody."""
    tar, forged = machine.opened(machine.make()), machine.folder / "forged.tar"
    with tarfile.open(tar) as old, tarfile.open(forged, "w") as new:
        for member in old:
            file = old.extractfile(member) if member.isfile() else None
            data = file.read() if file else b""
            if member.name == "manifest.json":
                for before, after in changes.items():
                    data = data.replace(before.encode(), after.encode())
                member.size = len(data)
            new.addfile(member, io.BytesIO(data) if member.isfile() else None)
    return forged


def test_nothing_is_put_outside_its_folders(machine: Machine) -> None:
    etc = f"files{machine.folder}/etc/key.pem"
    done = machine.run("put-files", str(_forged(machine, **{etc: "files/root/.ssh/authorized_keys"})))
    assert done.returncode == 1
    assert "/root/.ssh/authorized_keys, which is not below" in done.stderr
    done = machine.run("put-files", str(_forged(machine, **{etc: f"files{machine.folder}/etc/../x"})))
    assert done.returncode == 1


def test_one_bad_file_and_none_is_put(machine: Machine) -> None:
    (machine.folder / "etc/later.pem").write_text("x")
    digest = subprocess.check_output(["sha256sum", machine.folder / "etc/later.pem"], text=True).split()[0]
    forged = _forged(machine, **{digest: "0" * 64})
    (machine.folder / "etc/key.pem").unlink()
    done = machine.run("put-files", str(forged))
    assert done.returncode == 1
    assert "later.pem: not what the manifest says" in done.stderr
    assert not (machine.folder / "etc/key.pem").exists()


def test_owners_that_are_not_here_are_named(machine: Machine) -> None:
    group = grp.getgrgid(os.getgid()).gr_name
    forged = _forged(machine, **{f'"group": "{group}"': '"group": "lopendezaken-elsewhere"'})
    done = machine.run("put-files", str(forged))
    assert done.returncode == 1
    assert "not on this host: lopendezaken-elsewhere" in done.stderr


def test_a_file_that_is_no_set_is_refused(machine: Machine, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(tmp_path / "identity", "identity")
    assert "not a set of this program" in machine.run("put-store", str(tmp_path / "other.tar")).stderr
