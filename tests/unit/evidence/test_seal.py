"""Seals: whatever is done to evidence after it was signed for is found, and the file is named."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.evidence.envelope import make, write
from lopendezaken.evidence.seal import seal, verify
from lopendezaken.evidence.sshsig import Trust, make_key, sign

DAY = date(2026, 11, 24)
COLLECTOR = {"tool": "test", "version": "1", "commit": ""}
SUBJECT = {"organisation": "voorbeeldstad", "environment": "preprod", "host": "adapter"}


class Sealed:
    """Two seals over three files."""

    def __init__(self, root: Path) -> None:
        self.folder, self.key = root / "evidence", root / "keys/machine"
        self.trust = Trust(root / "allowed_signers", DAY)
        public = make_key(self.key, "machine")
        self.trust.allowed_signers.write_text(f'machine namespaces="lz-evidence" {public}\n')
        self.first, self.second = self.record("one"), self.record("two")
        seal(self.folder, self.key)
        self.third = self.record("three")
        seal(self.folder, self.key)

    def record(self, word: str) -> Path:
        envelope = make("host-facts", SUBJECT, COLLECTOR, "2026-11-24T10:00:00Z", {"hostname": word})
        return write(self.folder, envelope)

    def broken(self) -> set[str]:
        return {each.path for each in verify(self.folder, self.trust).breaks}

    def name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return Sealed(tmp_path)


def test_all_is_as_signed(sealed: Sealed) -> None:
    found = verify(sealed.folder, sealed.trust)
    assert found.breaks == ()
    assert found.signed_by[sealed.name(sealed.first)] == ("machine",)
    assert len(found.signed_by) == 4, "three files, and the first seal by the second"
    assert seal(sealed.folder, sealed.key) is None, "nothing new"


def test_stock_tools_say_the_same(sealed: Sealed) -> None:
    seals = sorted(path.name for path in (sealed.folder / "seals").glob("*.sums"))
    check = ["sha256sum", "--strict", "-c", *(f"seals/{name}" for name in seals)]
    assert subprocess.run(check, cwd=sealed.folder, check=False, capture_output=True).returncode == 0
    who = ["-n", "lz-evidence", "-I", "machine", "-f", str(sealed.trust.allowed_signers)]
    for name in seals:
        path = sealed.folder / "seals" / name
        ask = ["ssh-keygen", "-Y", "verify", *who, "-s", f"{path}.sig"]
        done = subprocess.run(ask, input=path.read_bytes(), check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
    sealed.first.write_bytes(b"{}")
    assert subprocess.run(check, cwd=sealed.folder, check=False, capture_output=True).returncode == 1


def forge(sealed: Sealed) -> set[str]:
    return {sealed.name(sealed.record("forged"))}


def edit(sealed: Sealed) -> set[str]:
    sealed.first.write_bytes(sealed.first.read_bytes().replace(b"one", b"six"))
    return {sealed.name(sealed.first)}


def redate(sealed: Sealed) -> set[str]:
    envelope = make("host-facts", SUBJECT, COLLECTOR, "2026-11-25T10:00:00Z", {"hostname": "one"})
    sealed.first.unlink()
    return {sealed.name(sealed.first), sealed.name(write(sealed.folder, envelope))}


def swap(sealed: Sealed) -> set[str]:
    one, two = sealed.first.read_bytes(), sealed.second.read_bytes()
    sealed.first.write_bytes(two)
    sealed.second.write_bytes(one)
    return {sealed.name(sealed.first), sealed.name(sealed.second)}


def delete(sealed: Sealed) -> set[str]:
    sealed.third.unlink()
    return {sealed.name(sealed.third)}


@pytest.mark.parametrize("act", [forge, edit, redate, swap, delete])
def test_it_is_found_and_named(sealed: Sealed, act: Callable[[Sealed], set[str]]) -> None:
    named = act(sealed)
    assert sealed.broken() == named


def test_a_list_that_was_made_to_fit_has_no_signature(sealed: Sealed) -> None:
    path = sealed.folder / "seals/000001.sums"
    path.write_text(path.read_text().replace("a", "b"))
    assert "seals/000001.sums" in sealed.broken()


def test_a_seal_that_was_made_anew_does_not_fit_the_next(sealed: Sealed, tmp_path: Path) -> None:
    sums, signature = sealed.folder / "seals/000001.sums", sealed.folder / "seals/000001.sums.sig"
    sums.write_text("".join(sums.read_text().splitlines(keepends=True)[:1]))
    signature.unlink()
    sign(sums, sealed.key, "lz-evidence")
    assert "seals/000001.sums" in sealed.broken()


@pytest.mark.parametrize("gone", ["000001.sums", "000001.sums.sig"])
def test_a_seal_that_is_gone_is_named(sealed: Sealed, gone: str) -> None:
    (sealed.folder / "seals" / gone).unlink()
    assert "seals/000001.sums" in sealed.broken()


def test_the_key_of_a_stranger_does_not_count(sealed: Sealed, tmp_path: Path) -> None:
    make_key(tmp_path / "keys/stranger", "machine")
    sealed.record("forged")
    seal(sealed.folder, tmp_path / "keys/stranger")
    assert sealed.broken() == {"seals/000003.sums"}


def test_a_key_for_something_else_does_not_count(sealed: Sealed) -> None:
    lines = sealed.trust.allowed_signers.read_text()
    sealed.trust.allowed_signers.write_text(lines.replace("lz-evidence", "lz-waiver"))
    assert sealed.broken() == {"seals/000001.sums", "seals/000002.sums"}
    assert verify(sealed.folder, sealed.trust).signed_by == {}


def test_a_key_counts_between_its_days(sealed: Sealed) -> None:
    lines = sealed.trust.allowed_signers.read_text()
    bounded = lines.replace("namespaces", 'valid-before="20261124",namespaces')
    sealed.trust.allowed_signers.write_text(bounded)
    assert sealed.broken() == {"seals/000001.sums", "seals/000002.sums"}
    before = Trust(sealed.trust.allowed_signers, date(2026, 11, 23))
    assert verify(sealed.folder, before).breaks == ()


def test_a_path_out_of_the_folder_is_refused(sealed: Sealed) -> None:
    path = sealed.folder / "seals/000002.sums"
    path.write_text(f"{'0' * 64}  ../../etc/passwd\n")
    assert "seals/000002.sums" in sealed.broken()


def test_without_anyone_trusted_nothing_is_signed(sealed: Sealed) -> None:
    sealed.trust.allowed_signers.unlink()
    assert verify(sealed.folder, sealed.trust).signed_by == {}


def test_a_key_is_private_and_never_replaced(sealed: Sealed) -> None:
    assert sealed.key.stat().st_mode & 0o077 == 0
    with pytest.raises(LzError, match="a key already"):
        make_key(sealed.key, "machine")


def test_without_a_key_nothing_stays_behind(sealed: Sealed, tmp_path: Path) -> None:
    sealed.record("four")
    with pytest.raises(LzError, match="signing failed"):
        seal(sealed.folder, tmp_path / "none")
    assert not (sealed.folder / "seals/000003.sums").exists()


def test_a_copy_elsewhere_verifies_too(sealed: Sealed, tmp_path: Path) -> None:
    copy = shutil.copytree(sealed.folder, tmp_path / "copy")
    assert verify(copy, sealed.trust).breaks == ()
