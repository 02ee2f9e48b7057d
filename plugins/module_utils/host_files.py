"""Files of a service in place and its units running, all in one go.

A run that changes nothing costs one module call instead of one for each file and unit. What systemd reads by
folder (users, temporary files, kernel settings, units) it takes up at once, in the order of the list; so a file
may belong to a user that an earlier file of the list makes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

UNIT_FOLDER = "/etc/systemd/system/"
TAKEN_UP_BY = {
    "/etc/sysusers.d/": ("systemd-sysusers",),
    "/etc/tmpfiles.d/": ("systemd-tmpfiles", "--create"),
    "/etc/sysctl.d/": ("/lib/systemd/systemd-sysctl",),
}
# systemctl's words for a unit that starts at boot by itself, or that others start.
ENABLED = {"enabled", "enabled-runtime", "static", "alias", "indirect", "generated"}
RUNNING = {"active", "activating", "reloading"}
_ASKED = (
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "ConditionResult",
    "ConditionTimestampMonotonic",
    "NeedDaemonReload",
    "StateChangeTimestampMonotonic",
)


class PlaceError(Exception):
    """A file or unit that cannot be as it was asked; the text says why."""


@dataclass(frozen=True)
class File:
    """A file as it should be. ``validate`` is a command with ``%s`` for the file before it gets in place."""

    path: str
    content: str
    owner: str = "root"
    group: str = "root"
    mode: str = "0644"
    validate: tuple[str, ...] = ()


class Host(Protocol):
    """What the logic needs of the host it works on."""

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command; its exit code (127 when there is none) and all it said."""

    def place(self, path: Path, content: str) -> None:
        """Write a file as a whole; it keeps the owner and mode that it had."""

    def attributes(self, path: str, owner: str, group: str, mode: str) -> bool:
        """Give a file or folder its owner and mode; whether they were others. Only looks in check mode."""


@dataclass
class Placed:
    """What was done, or would be."""

    files: list[str]
    units: list[str]
    unmet: list[str]
    diff: list[dict[str, str]]

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.files or self.units)


class Placing:
    """One call: folders, files, what must not be there, and units."""

    def __init__(self, host: Host, *, dry: bool) -> None:
        """With ``dry`` nothing is touched."""
        self._host, self._dry = host, dry
        self.placed = Placed([], [], [], [])

    def folder(self, path: str, owner: str, group: str, mode: str) -> None:
        """Have a folder."""
        there = Path(path).is_dir()
        if not there and not self._dry:
            Path(path).mkdir(parents=True, mode=0o700)
        if not there or self._host.attributes(path, owner, group, mode):
            self.placed.files.append(path)
        if not there and not self._dry:
            self._host.attributes(path, owner, group, mode)

    def file(self, wanted: File) -> None:
        """Have a file. Raises :class:`PlaceError` with what the validator said; then the old one stays."""
        path = Path(wanted.path)
        before = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
        if before != wanted.content:
            if not self._dry:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._validate(wanted)
                self._host.place(path, wanted.content)
            self._differs(wanted.path, before or "", wanted.content)
        there = before is not None or not self._dry
        owned = there and self._host.attributes(wanted.path, wanted.owner, wanted.group, wanted.mode)
        if before != wanted.content or owned:
            self.placed.files.append(wanted.path)
            self._take_up(wanted.path)

    def absent(self, path: str) -> None:
        """Have no such file."""
        file = Path(path)
        if file.is_file():
            self._differs(path, file.read_text(encoding="utf-8", errors="replace"), "")
            self.placed.files.append(path)
            if not self._dry:
                file.unlink()

    def units(self, names: Sequence[str]) -> None:
        """Have units enabled and started. Raises :class:`PlaceError` for one that is not there or does not start."""
        if any(path.startswith(UNIT_FOLDER) for path in self.placed.files) and not self._dry:
            self._must("systemctl", "daemon-reload")
        for name, state in self._states(names).items():
            if state["NeedDaemonReload"] == "yes" and not self._dry:
                self._must("systemctl", "daemon-reload")
            if state["LoadState"] != "loaded" and self._dry:
                self.placed.units.append(name)
            elif state["LoadState"] != "loaded":
                raise PlaceError(f"unit {name} cannot be run: it is {state['LoadState']}")
            else:
                self._unit(name, state)

    def _unit(self, name: str, state: Mapping[str, str]) -> None:
        enabled, running = state["UnitFileState"] in ENABLED, state["ActiveState"] in RUNNING
        # Tried since boot, and its own conditions keep it off this host: trying again would change nothing.
        unmet = (
            not running and state["ConditionResult"] == "no" and state["ConditionTimestampMonotonic"] != "0"
        )
        if unmet:
            self.placed.unmet.append(name)
        if enabled and (running or unmet):
            return
        self.placed.units.append(name)
        if not self._dry:
            if not enabled:
                self._must("systemctl", "enable", "--quiet", name)
            if not unmet:
                self._must("systemctl", "start", name)

    def current(self, verb: str, readers: Mapping[str, Sequence[str]]) -> None:
        """Have running units read what they read again where it changed since. ``readers``: paths by unit.

        Whatever changed a file, a run that was cut off too, and with it what it would have had restarted.
        """
        for name, state in self._states(list(readers)).items():
            taken_up = time.time() - time.monotonic() + int(state["StateChangeTimestampMonotonic"] or 0) / 1e6
            changed = (Path(path).stat().st_ctime for path in readers[name] if Path(path).exists())
            # A clock that was set back may have left files of a time to come.
            if state["ActiveState"] in RUNNING and any(taken_up < when <= time.time() for when in changed):
                self.placed.units.append(name)
                if not self._dry:
                    self._must("systemctl", verb, name)

    def _states(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        said = self._must("systemctl", "show", f"--property={','.join(_ASKED)}", *names)
        blocks = [
            dict(line.split("=", 1) for line in block.splitlines()) for block in said.strip().split("\n\n")
        ]
        return {name: dict.fromkeys(_ASKED, "") | block for name, block in zip(names, blocks, strict=True)}

    def _validate(self, wanted: File) -> None:
        if not wanted.validate:
            return
        # Beside the file, under a name that no program reads.
        new = Path(f"{wanted.path}.new")
        new.touch(mode=0o600)
        try:
            new.write_text(wanted.content, encoding="utf-8")
            code, said = self._host.run(*(word.replace("%s", str(new)) for word in wanted.validate))
        finally:
            new.unlink()
        if code:
            raise PlaceError(
                f"{wanted.path} stays as it was, {wanted.validate[0]} refuses the new one: {said.strip()}"
            )

    def _take_up(self, path: str) -> None:
        for folder, command in TAKEN_UP_BY.items():
            if path.startswith(folder) and not self._dry:
                self._must(*command, path)

    def _must(self, *command: str) -> str:
        code, said = self._host.run(*command)
        if code:
            raise PlaceError(f"{' '.join(command)} failed: {said.strip()}")
        return said

    def _differs(self, path: str, before: str, after: str) -> None:
        self.placed.diff.append(
            {"before": before, "after": after, "before_header": path, "after_header": path}
        )
