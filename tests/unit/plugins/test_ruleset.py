"""The firewall module's logic, against a host that remembers what was done to it."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest


def _module_under_test() -> ModuleType:
    path = Path(__file__).parents[3] / "plugins/module_utils/ruleset.py"
    spec = importlib.util.spec_from_file_location("lz_ruleset", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["lz_ruleset"] = module
    spec.loader.exec_module(module)
    return module


ruleset = _module_under_test()
TABLE = ruleset.Table("inet", "lopendezaken")
KEPT = Path("/etc/nftables.conf")


def content(body: str) -> str:
    return f"table inet lopendezaken\ndelete table inet lopendezaken\ntable inet lopendezaken {{ {body} }}\n"


@dataclass
class FakeHost:
    """Knows nft only as far as: loading a file makes its last line the table."""

    table: str = ""
    timer: bool = False
    enabled: bool = False
    nft: bool = True
    refuses: str = ""
    files: dict[Path, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def run(self, *command: str, data: str = "") -> object:
        line = " ".join(command)
        self.log.append(line)
        if command[0] in {"nft", "unshare"} and not self.nft:
            return ruleset.Result(127)
        match command:
            case ("nft", "--stateless", "list", *_):
                return ruleset.Result(0 if self.table else 1, self.table)
            case ("unshare", *_):
                if self.refuses and self.refuses in data:
                    return ruleset.Result(1, err="syntax error")
                return ruleset.Result(0, self._last(data))
            case ("nft", "--file", name):
                self.table = self._last(self.files[Path(name)])
            case ("systemctl", verb, *_):
                return self._systemctl(verb)
            case ("systemd-run", *_):
                self.timer = True
        return ruleset.Result(0)

    def _systemctl(self, verb: str) -> object:
        if verb == "enable":
            self.enabled = True
        if verb == "stop":
            self.timer = False
        on = {"is-active": self.timer, "is-enabled": self.enabled}.get(verb, True)
        return ruleset.Result(0 if on else 1)

    @staticmethod
    def _last(text: str) -> str:
        return "".join(line + "\n" for line in text.splitlines() if line.endswith("}"))

    def read(self, path: Path) -> str:
        return self.files.get(path, "")

    def write(self, path: Path, text: str) -> None:
        self.files[path] = text

    def remove(self, path: Path) -> None:
        self.files.pop(path, None)

    def time_passes(self) -> None:
        """The timer fires."""
        assert self.timer
        self.run("nft", "--file", "/run/x/rollback.nft")
        self.timer = False


def make(host: FakeHost, body: str) -> object:
    return ruleset.Ruleset(host, TABLE, content(body), KEPT, Path("/run/x"))


def test_four_runs_of_a_new_ruleset() -> None:
    host = FakeHost()
    wanted = make(host, "a")
    assert wanted.apply(60, dry=True).changed
    assert host.table == ""
    assert wanted.apply(60, dry=False).changed
    assert wanted.confirm(dry=False).changed
    assert not wanted.apply(60, dry=True).changed
    assert not wanted.apply(60, dry=False).changed


def test_unconfirmed_goes_back_and_is_not_kept() -> None:
    host = FakeHost()
    make(host, "old").apply(60, dry=False)
    make(host, "old").confirm(dry=False)
    new = make(host, "new")
    new.apply(60, dry=False)
    assert "new" in host.table
    host.time_passes()
    assert "old" in host.table
    assert "old" in host.files[KEPT]
    with pytest.raises(ruleset.RulesetError, match="put back its previous rules"):
        new.confirm(dry=False)
    assert "old" in host.files[KEPT]


def test_second_attempt_while_timer_runs_leads_back_to_last_confirmed() -> None:
    host = FakeHost()
    make(host, "old").apply(60, dry=False)
    make(host, "old").confirm(dry=False)
    make(host, "bad").apply(60, dry=False)
    make(host, "worse").apply(60, dry=False)
    host.time_passes()
    assert "old" in host.table


def test_loaded_but_unconfirmed_is_not_called_unchanged() -> None:
    host = FakeHost()
    make(host, "a").apply(60, dry=False)
    assert make(host, "a").apply(60, dry=True).changed


def test_rule_changed_by_hand_is_noticed() -> None:
    host = FakeHost()
    wanted = make(host, "a")
    wanted.apply(60, dry=False)
    wanted.confirm(dry=False)
    host.table = "table inet lopendezaken { a; and a hole }\n"
    outcome = wanted.apply(60, dry=True)
    assert outcome.changed
    assert "hole" in outcome.before


def test_rules_that_boot_would_not_load_are_noticed() -> None:
    host = FakeHost()
    wanted = make(host, "a")
    wanted.apply(60, dry=False)
    wanted.confirm(dry=False)
    host.enabled = False
    assert wanted.apply(60, dry=False).changed
    assert wanted.confirm(dry=False).changed
    assert host.enabled


def test_confirmation_after_roll_back_of_repaired_drift_fails() -> None:
    host = FakeHost()
    wanted = make(host, "a")
    wanted.apply(60, dry=False)
    wanted.confirm(dry=False)
    host.table = "table inet lopendezaken { hole }\n"
    wanted.apply(60, dry=False)
    host.time_passes()
    with pytest.raises(ruleset.RulesetError):
        wanted.confirm(dry=False)


def test_timer_runs_before_the_rules_are_loaded() -> None:
    host = FakeHost()
    make(host, "a").apply(60, dry=False)
    started = next(i for i, line in enumerate(host.log) if line.startswith("systemd-run"))
    loaded = next(i for i, line in enumerate(host.log) if line.startswith("nft --file"))
    assert started < loaded


def test_refused_ruleset_changes_nothing() -> None:
    host = FakeHost(refuses="nonsense")
    with pytest.raises(ruleset.RulesetError, match="syntax error"):
        make(host, "nonsense").apply(60, dry=False)
    assert not host.files
    assert not host.timer


def test_check_mode_without_nft_predicts_a_change() -> None:
    assert make(FakeHost(nft=False), "a").apply(60, dry=True).changed
    with pytest.raises(ruleset.RulesetError, match="install the package nftables"):
        make(FakeHost(nft=False), "a").apply(60, dry=False)


def test_check_mode_touches_nothing() -> None:
    host = FakeHost()
    make(host, "a").apply(60, dry=True)
    make(host, "a").confirm(dry=True)
    assert not host.files
    assert not [line for line in host.log if line.startswith(("systemd-run", "nft --file", "systemctl stop"))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flush ruleset\n" + content("a"), "flushes everything"),
        (content("a") + "table inet other { }\n", "alone, found inet lopendezaken, inet other"),
        ("table inet lopendezaken { }\n", "must begin with"),
        ("", "found none"),
    ],
)
def test_ruleset_outside_its_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(ruleset.RulesetError, match=message):
        ruleset.check_scope(text, TABLE)


def test_comments_are_not_rules() -> None:
    ruleset.check_scope("# never flush ruleset here\n" + content("a"), TABLE)


@pytest.mark.parametrize("text", ["lopendezaken", "inet x; flush ruleset", "bridge x", ""])
def test_table_name_is_checked(text: str) -> None:
    with pytest.raises(ruleset.RulesetError):
        ruleset.Table.parse(text)
