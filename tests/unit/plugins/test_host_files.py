"""Files and units in one call, against real files and a systemd that remembers what it was told."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible.module_utils import host_files

from tests.unit.plugins.conftest import load

assert load("modules/host_files.py")
ANSWER = {
    "LoadState": "loaded",
    "UnitFileState": "disabled",
    "ActiveState": "inactive",
    "ConditionResult": "no",
    "ConditionTimestampMonotonic": "0",
    "NeedDaemonReload": "no",
    "StateChangeTimestampMonotonic": "0",
}


@dataclass
class FakeHost:
    """Places files for real; knows of units what it is told. ``dry``: attributes only looks."""

    units: dict[str, dict[str, str]] = field(default_factory=dict)
    refuses: str = ""
    log: list[str] = field(default_factory=list)
    modes: dict[str, str] = field(default_factory=dict)
    dry: bool = False

    def run(self, *command: str) -> tuple[int, str]:
        if command[:2] == ("systemctl", "show"):
            blocks = [{**ANSWER, **self.units.get(name, {"LoadState": "not-found"})} for name in command[3:]]
            return 0, "\n\n".join("\n".join(f"{k}={v}" for k, v in block.items()) for block in blocks) + "\n"
        self.log.append(" ".join(command))
        if command[0] == "check":
            return (1, "line 1: no") if self.refuses in Path(command[1]).read_text() else (0, "")
        if command[:2] == ("systemctl", "enable"):
            self.units[command[-1]]["UnitFileState"] = "enabled"
        if command[:2] == ("systemctl", "start"):
            self.units[command[-1]]["ActiveState"] = "active"
        return 0, ""

    def place(self, path: Path, content: str) -> None:
        path.write_text(content)

    def attributes(self, path: str, owner: str, group: str, mode: str) -> bool:
        other = self.modes.get(path) != f"{owner}:{group}:{mode}"
        if not self.dry:
            self.modes[path] = f"{owner}:{group}:{mode}"
        return other


def place(
    host: FakeHost, *files: host_files.File, units: tuple[str, ...] = (), dry: bool = False
) -> host_files.Placed:
    host.dry = dry
    placing = host_files.Placing(host, dry=dry)
    for file in files:
        placing.file(file)
    placing.units(units)
    return placing.placed


def test_the_four_runs(tmp_path: Path) -> None:
    """Check predicts, the run does it, and both find nothing to do after that."""
    host = FakeHost({"x.timer": {}})
    file = host_files.File(str(tmp_path / "new/a"), "text\n")
    predicted = place(host, file, units=("x.timer",), dry=True)
    assert (predicted.files, predicted.units) == ([file.path], ["x.timer"])
    assert not Path(file.path).exists()
    assert host.log == []
    done = place(host, file, units=("x.timer",))
    assert (done.files, done.units) == (predicted.files, predicted.units)
    assert Path(file.path).read_text() == "text\n"
    assert not place(host, file, units=("x.timer",), dry=True).changed
    assert not place(host, file, units=("x.timer",)).changed


def test_another_mode_is_a_change_too(tmp_path: Path) -> None:
    host, path = FakeHost(), str(tmp_path / "a")
    place(host, host_files.File(path, "text"))
    changed = place(host, host_files.File(path, "text", mode="0600"))
    assert changed.files == [path]
    assert changed.diff == []


def test_what_its_program_refuses_does_not_get_in_place(tmp_path: Path) -> None:
    host, path = FakeHost(refuses="bad"), tmp_path / "a"
    place(host, host_files.File(str(path), "good", validate=("check", "%s")))
    with pytest.raises(host_files.PlaceError, match="line 1: no"):
        place(host, host_files.File(str(path), "bad", validate=("check", "%s")))
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]


def test_systemd_takes_up_what_it_reads_before_the_next_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = f"{tmp_path}/sysusers.d/"
    monkeypatch.setattr(host_files, "TAKEN_UP_BY", {users: ("systemd-sysusers",)})
    monkeypatch.setattr(host_files, "UNIT_FOLDER", f"{tmp_path}/system/")
    host = FakeHost({"x.service": {}})
    files = [
        host_files.File(f"{users}x.conf", "u x"),
        host_files.File(f"{tmp_path}/system/x.service", "[Unit]"),
    ]
    place(host, *files, units=("x.service",))
    assert host.log == [
        f"systemd-sysusers {users}x.conf",
        "systemctl daemon-reload",
        "systemctl enable --quiet x.service",
        "systemctl start x.service",
    ]


def test_a_unit_that_its_own_conditions_keep_off_is_said_and_not_tried_again() -> None:
    host = FakeHost({"chrony.service": {"UnitFileState": "enabled", "ConditionTimestampMonotonic": "77"}})
    placed = place(host, units=("chrony.service",))
    assert placed.unmet == ["chrony.service"]
    assert not placed.changed
    assert host.log == []


def test_a_unit_whose_conditions_were_never_looked_at_is_started() -> None:
    host = FakeHost({"chrony.service": {"UnitFileState": "enabled"}})
    assert place(host, units=("chrony.service",)).units == ["chrony.service"]
    assert host.log == ["systemctl start chrony.service"]


def test_a_unit_that_is_not_there_is_predicted_and_refused() -> None:
    assert place(FakeHost(), units=("gone.service",), dry=True).units == ["gone.service"]
    with pytest.raises(host_files.PlaceError, match=r"gone\.service .*not-found"):
        place(FakeHost(), units=("gone.service",))


def test_folders_and_what_must_not_be_there(tmp_path: Path) -> None:
    host = FakeHost()
    (tmp_path / "old").write_text("x")
    for expected in ([str(tmp_path / "d"), str(tmp_path / "old")], []):
        placing = host_files.Placing(host, dry=False)
        placing.folder(str(tmp_path / "d"), "root", "root", "0700")
        placing.absent(str(tmp_path / "old"))
        assert placing.placed.files == expected
    assert (tmp_path / "d").is_dir()
    assert not (tmp_path / "old").exists()


@pytest.mark.parametrize("verb", ["restart", "reload"])
def test_a_unit_that_runs_on_files_of_before_takes_them_up(tmp_path: Path, verb: str) -> None:
    """A run wrote the file and was cut off before its handlers: the next one finds nothing to write."""
    file = tmp_path / "settings"
    file.write_text("new")
    host = FakeHost({"x.service": {"ActiveState": "active", "StateChangeTimestampMonotonic": "1"}})
    readers = {"x.service": [str(file), str(tmp_path / "not-there")]}
    for dry in (True, False):
        placing = host_files.Placing(host, dry=dry)
        placing.current(verb, readers)
        assert placing.placed.units == ["x.service"]
    assert host.log == [f"systemctl {verb} x.service"]


@pytest.mark.parametrize("state", ["active", "inactive"])
def test_a_unit_that_read_its_files_since_or_does_not_run_is_left_alone(tmp_path: Path, state: str) -> None:
    file = tmp_path / "settings"
    file.write_text("new")
    read = int(time.monotonic() * 1e6 + 1e6) if state == "active" else 1
    host = FakeHost({"x.service": {"ActiveState": state, "StateChangeTimestampMonotonic": str(read)}})
    placing = host_files.Placing(host, dry=False)
    placing.current("restart", {"x.service": [str(file)]})
    assert (placing.placed.units, host.log) == ([], [])


def test_a_unit_file_that_systemd_has_not_read_is_read(tmp_path: Path) -> None:
    running = {"UnitFileState": "enabled", "ActiveState": "active", "NeedDaemonReload": "yes"}
    host = FakeHost({"x.service": running})
    assert not place(host, units=("x.service",)).changed
    assert host.log == ["systemctl daemon-reload"]
