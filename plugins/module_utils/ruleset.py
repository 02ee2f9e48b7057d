"""Change one nftables table without locking anybody out.

`apply` loads a ruleset in one transaction and starts a timer on the host that restores the table as it was.
`confirm`, called over a new connection, stops that timer and keeps the ruleset for the next boot. Nobody
comes back: the host heals itself. Only the table named is ever touched.

Equality is decided by nft itself: the wanted ruleset is loaded into an empty network namespace and both
tables are listed, so spelling and counters do not matter, and a rule changed by hand is noticed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

UNIT = "lopendezaken-firewall-rollback"
# Debian's own; loads /etc/nftables.conf before the network comes up.
BOOT_UNIT = "nftables.service"


class RulesetError(Exception):
    """The ruleset cannot be used or loaded; the text says what to do."""


@dataclass(frozen=True)
class Result:
    """What a command gave back."""

    code: int
    out: str = ""
    err: str = ""


class Host(Protocol):
    """What the logic needs of the host it works on."""

    def run(self, *command: str, data: str = "") -> Result:
        """Run a command with `data` on its standard input."""

    def read(self, path: Path) -> str:
        """Give the text of a file, empty if it does not exist."""

    def write(self, path: Path, text: str) -> None:
        """Write a file as a whole, readable by its owner alone."""

    def remove(self, path: Path) -> None:
        """Remove a file if it exists."""


@dataclass(frozen=True)
class Table:
    """An nftables table, such as `inet lopendezaken`."""

    family: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Table:
        """Read `family name`; raises RulesetError on anything else."""
        match = re.fullmatch(r"(inet|ip|ip6) ([a-zA-Z][a-zA-Z0-9_]*)", text)
        if not match:
            raise RulesetError(f"table must look like 'inet name', found {text!r}")
        return cls(*match.groups())

    def __str__(self) -> str:
        """Give the form nft uses."""
        return f"{self.family} {self.name}"

    @property
    def emptied(self) -> str:
        """Lines that remove the table whether it is there or not."""
        return f"table {self}\ndelete table {self}\n"


@dataclass(frozen=True)
class Outcome:
    """What an operation did, or would do."""

    changed: bool
    message: str
    before: str = ""
    after: str = ""


def check_scope(content: str, table: Table) -> None:
    """Refuse a ruleset that replaces anything but its own table, or does not replace that."""
    code = "\n".join(line.split("#", 1)[0] for line in content.splitlines())
    if "flush ruleset" in code:
        raise RulesetError("the ruleset flushes everything on the host; it may replace its own table only")
    others = {" ".join(found) for found in re.findall(r"^\s*(?:delete )?table (\w+) (\w+)", code, re.M)}
    if others != {str(table)}:
        found = ", ".join(sorted(others)) or "none"
        raise RulesetError(f"the ruleset must be about table {table} alone, found {found}")
    if f"delete table {table}" not in code:
        raise RulesetError(f"the ruleset must begin with 'delete table {table}', else rules pile up")


class Ruleset:
    """One wanted ruleset for one table on one host."""

    def __init__(
        self,
        host: Host,
        table: Table,
        content: str,
        path: Path,
        state_folder: Path,
    ) -> None:
        """Raises RulesetError if the content reaches outside its table."""
        check_scope(content, table)
        self.host, self.table, self.content, self.path = host, table, content, path
        self.rollback_file = state_folder / "rollback.nft"
        self.candidate_file = state_folder / "candidate.nft"

    def installed(self) -> bool:
        """Say whether nft is on this host."""
        return self.host.run("nft", "--version").code == 0

    def loaded(self) -> str:
        """Give the table as the kernel has it now, without counters; empty if it is not there."""
        return self.host.run("nft", "--stateless", "list", "table", *str(self.table).split()).out

    def wanted(self) -> str:
        """Give the table as nft would list it once loaded; raises RulesetError with nft's own message."""
        script = f"nft --file - && nft --stateless list table {self.table}"
        result = self.host.run("unshare", "--net", "sh", "-c", script, data=self.content)
        if result.code != 0:
            raise RulesetError(f"nft refuses the ruleset, nothing was loaded: {result.err.strip()}")
        return result.out

    def apply(self, rollback_seconds: int, *, dry: bool) -> Outcome:
        """Load the ruleset, unless loaded and kept already, for `rollback_seconds` until it is confirmed."""
        if not self.installed():
            if dry:
                return Outcome(True, "nft is not installed yet; would be loaded", after=self.content)
            raise RulesetError("nft is not installed; install the package nftables first")
        before, after = self.loaded(), self.wanted()
        pending = self.pending()
        if before == after and self._kept() and not pending:
            return Outcome(False, "loaded and kept already", before, after)
        if not dry:
            self._load(before, rollback_seconds, keep_way_back=pending)
        return Outcome(True, f"loaded for {rollback_seconds} seconds unless confirmed", before, after)

    def confirm(self, *, dry: bool) -> Outcome:
        """Keep what `apply` loaded; raises RulesetError if the host has gone back by itself."""
        kept = self._kept() and not self.pending()
        if dry:
            return Outcome(not kept, "kept already" if kept else "would be kept")
        # First what may fail: as long as the timer runs, the host still heals itself.
        self._must("systemctl", "enable", "--quiet", BOOT_UNIT)
        self._stop_timer()
        if self.loaded() != self.wanted():
            raise RulesetError("the host has put back its previous rules before this confirmation")
        if kept:
            return Outcome(False, "kept already")
        self.host.write(self.path, self.content)
        self.host.remove(self.rollback_file)
        return Outcome(True, f"kept in {self.path}")

    def pending(self) -> bool:
        """Say whether a way back is still ticking."""
        return self.host.run("systemctl", "is-active", "--quiet", f"{UNIT}.timer").code == 0

    def _load(self, before: str, seconds: int, *, keep_way_back: bool) -> None:
        if not keep_way_back:
            # A second attempt within the time of a first one must still lead back to the confirmed rules.
            self.host.write(self.rollback_file, self.table.emptied + before)
        self._stop_timer()
        self._must(
            "systemd-run", "--quiet", "--collect", f"--unit={UNIT}", f"--on-active={seconds}s",
            "--timer-property=AccuracySec=1s", "--description=Put back the previous firewall rules",
            "nft", "--file", str(self.rollback_file),
        )  # fmt: skip
        self.host.write(self.candidate_file, self.content)
        try:
            self._must("nft", "--check", "--file", str(self.candidate_file))
            self._must("nft", "--file", str(self.candidate_file))
        except RulesetError:
            if not keep_way_back:
                self._stop_timer()
            raise
        finally:
            self.host.remove(self.candidate_file)

    def _kept(self) -> bool:
        """Say whether the next boot loads this ruleset."""
        enabled = self.host.run("systemctl", "is-enabled", "--quiet", BOOT_UNIT).code == 0
        return enabled and self.host.read(self.path) == self.content

    def _stop_timer(self) -> None:
        self.host.run("systemctl", "stop", f"{UNIT}.timer")
        self.host.run("systemctl", "reset-failed", f"{UNIT}.service", f"{UNIT}.timer")

    def _must(self, *command: str) -> None:
        result = self.host.run(*command)
        if result.code != 0:
            raise RulesetError(f"{' '.join(command[:3])} failed: {result.err.strip() or result.out.strip()}")
