"""Seals: whatever is done to evidence after it was signed for is found, and the file is named.

What becomes of the controls then: tests/unit/policy/test_integrity.py.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.evidence import integrity, seal
from lopendezaken.evidence.envelope import make, write
from lopendezaken.evidence.flaws import Flaw
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.roles import load as load_roles
from lopendezaken.evidence.sshsig import Namespace, make_key, sign
from lopendezaken.evidence.trust import Trust
from tests.unit.policies.example import ROOT

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
COLLECTOR = {"tool": "test", "version": "1", "commit": ""}
SUBJECT = {"organisation": "voorbeeldstad", "environment": "preprod", "host": "adapter"}
ROLES = load_roles(ROOT / "policies")


class Sealed:
    """Two seals over three files, by the machine; a person who records is trusted too."""

    def __init__(self, root: Path) -> None:
        self.folder, self.keys = root / "dossier/evidence", root / "keys"
        self.trust = Trust(root / "trust")
        self.trust.folder.mkdir()
        for name, role in (("machine", "lz-evidence"), ("piet", "lz-record")):
            self.allow(name, f'namespaces="{role}"')
        self.first, self.second = self.record("one"), self.record("two")
        self.seal(self.first, self.second)
        self.third = self.record("three")
        self.seal(self.third)

    def allow(self, name: str, options: str) -> Path:
        """Make a key that counts."""
        public = make_key(self.keys / name, name)
        with (self.trust.folder / "allowed_signers").open("a") as stream:
            stream.write(f"{name} {options} {public}\n")
        return self.keys / name

    def rewrite(self, old: str, new: str) -> None:
        """Change who may sign."""
        path = self.trust.folder / "allowed_signers"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def revoke(self, name: str) -> None:
        """A key was lost."""
        (self.trust.folder / "revoked").write_text((self.keys / f"{name}.pub").read_text())

    def record(self, word: str, collected: str = "2026-11-24T10:00:00Z", kind: str = "host-facts") -> Path:
        return write(self.folder, make(kind, SUBJECT, COLLECTOR, collected, {"hostname": word}))

    def seal(
        self,
        *paths: Path,
        key: str = "machine",
        role: Namespace = "lz-evidence",
        when: datetime = NOON,
    ) -> Path:
        files = {self.name(path): integrity.file_digest(path) for path in paths}
        return seal.make(self.folder, files, self.keys / key, role, when)

    @property
    def found(self) -> Integrity:
        """What holds and what does not, read anew."""
        return integrity.read(self.folder.parent, "voorbeeldstad", Trust(self.trust.folder), ROLES)

    def flaws(self) -> dict[str, str]:
        return {each.path: each.code for each in self.found.evidence}

    def name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return Sealed(tmp_path)


def test_all_is_as_signed(sealed: Sealed) -> None:
    found = sealed.found
    assert found.evidence == ()
    by = found.signed_by[sealed.name(sealed.first)]
    assert (by.name, by.role, by.when) == ("machine", "lz-evidence", NOON)
    assert len(found.signed_by) == 3


def test_stock_tools_say_the_same(sealed: Sealed) -> None:
    seals = sorted(path.name for path in (sealed.folder / "seals").glob("*.sums"))
    check = ["sha256sum", "--strict", "-c", *(f"seals/{name}" for name in seals)]
    assert subprocess.run(check, cwd=sealed.folder, check=False, capture_output=True).returncode == 0
    who = ["-n", "lz-evidence", "-I", "machine", "-f", str(sealed.trust.folder / "allowed_signers")]
    for name in seals:
        path = sealed.folder / "seals" / name
        ask = ["ssh-keygen", "-Y", "verify", *who, "-s", f"{path}.sig"]
        done = subprocess.run(ask, input=path.read_bytes(), check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
    sealed.first.write_bytes(b"{}")
    assert subprocess.run(check, cwd=sealed.folder, check=False, capture_output=True).returncode == 1


def forge(sealed: Sealed) -> dict[str, str]:
    return {sealed.name(sealed.record("forged")): "unsealed"}


def edit(sealed: Sealed) -> dict[str, str]:
    sealed.first.write_bytes(sealed.first.read_bytes().replace(b"one", b"six"))
    return {sealed.name(sealed.first): "edited"}


def redate(sealed: Sealed) -> dict[str, str]:
    sealed.first.unlink()
    later = sealed.record("one", "2026-11-25T10:00:00Z")
    return {sealed.name(sealed.first): "deleted", sealed.name(later): "unsealed"}


def redate_within(sealed: Sealed) -> dict[str, str]:
    text = sealed.first.read_text()
    sealed.first.write_text(text.replace("2026-11-24T10", "2026-11-25T10"))
    return {sealed.name(sealed.first): "edited"}


def swap(sealed: Sealed) -> dict[str, str]:
    one, two = sealed.first.read_bytes(), sealed.second.read_bytes()
    sealed.first.write_bytes(two)
    sealed.second.write_bytes(one)
    return {sealed.name(sealed.first): "edited", sealed.name(sealed.second): "edited"}


def delete(sealed: Sealed) -> dict[str, str]:
    sealed.third.unlink()
    return {sealed.name(sealed.third): "deleted"}


def spoil(sealed: Sealed) -> dict[str, str]:
    path = sealed.record("new")
    path.write_text("no JSON")
    return {sealed.name(path): "unsound"}


def foreign(sealed: Sealed) -> dict[str, str]:
    subject = {**SUBJECT, "organisation": "anderstad"}
    path = write(sealed.folder, make("host-facts", subject, COLLECTOR, "2026-11-24T10:00:00Z", {}))
    sealed.seal(path)
    return {sealed.name(path): "foreign"}


def by_the_wrong_role(sealed: Sealed) -> dict[str, str]:
    path = sealed.record("approved", kind="chain-test-approval")
    sealed.seal(path)
    return {sealed.name(path): "wrong-role"}


ACTS = [forge, edit, redate, redate_within, swap, delete, spoil, foreign, by_the_wrong_role]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: str(act.__name__))
def test_it_is_found_and_named(sealed: Sealed, act: Callable[[Sealed], dict[str, str]]) -> None:
    expected = act(sealed)
    assert sealed.flaws() == expected
    assert not expected.keys() & sealed.found.signed_by.keys(), "and it does not count"


@pytest.mark.parametrize("act", [edit, redate, swap, delete])
def test_sealing_again_does_not_hide_it(sealed: Sealed, act: Callable[[Sealed], dict[str, str]]) -> None:
    named = [path for path, code in act(sealed).items() if code in {"edited", "deleted"}]
    present = [sealed.folder / path for path in named if (sealed.folder / path).exists()]
    sealed.seal(*present)
    assert set(named) <= sealed.flaws().keys()


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "1", "no JSON", '{"kind": "host-facts"}', "[" * 100_000],
)
def test_a_seal_does_not_make_evidence_of_what_is_none(sealed: Sealed, text: str) -> None:
    path = sealed.record("new")
    path.write_text(text)
    sealed.seal(path)
    assert sealed.flaws() == {sealed.name(path): "unsound"}


def test_what_was_sealed_in_a_place_that_is_not_its_own_does_not_count(sealed: Sealed) -> None:
    path = sealed.folder / "prod/ebms-ping/x.json"
    path.parent.mkdir(parents=True)
    shutil.copy(sealed.first, path)
    sealed.seal(path)
    assert sealed.flaws() == {"prod/ebms-ping/x.json": "unsound"}


def test_it_is_told_who_had_sealed_it_and_when(sealed: Sealed) -> None:
    delete(sealed)
    (flaw,) = sealed.found.evidence
    assert str(flaw).endswith("(seals/000002.sums, machine, 2026-11-24)")
    assert (flaw.kind, flaw.environment) == ("host-facts", "preprod")


# Seals ----------------------------------------------------------------------------------------------------------


def in_seal(sealed: Sealed, *paths: Path) -> dict[str, str]:
    return {sealed.name(path): "in-seal" for path in paths}


def test_a_list_that_was_made_to_fit_has_no_signature(sealed: Sealed) -> None:
    edit(sealed)
    path = sealed.folder / "seals/000001.sums"
    digest = integrity.file_digest(sealed.first)
    lines = [
        f"{digest}  {sealed.name(sealed.first)}" if sealed.name(sealed.first) in line else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines) + "\n")
    found = sealed.flaws()
    assert found["seals/000001.sums"] == "forged"
    assert found["seals/000002.sums"] == "seal-order", "it named the one before as it was"
    assert sealed.found.signed_by == {}


def test_a_seal_that_was_made_anew_does_not_fit_the_next(sealed: Sealed) -> None:
    sums, signature = sealed.folder / "seals/000001.sums", sealed.folder / "seals/000001.sums.sig"
    sums.write_text("".join(sums.read_text().splitlines(keepends=True)[:2]))
    signature.unlink()
    sign(sums, sealed.keys / "machine", "lz-evidence")
    assert sealed.flaws()["seals/000002.sums"] == "seal-order"


def test_a_seal_that_is_gone_is_named_and_may_be_about_anything(sealed: Sealed) -> None:
    (sealed.folder / "seals/000001.sums").unlink()
    gone = Flaw("seals/000001.sums", "seal-gone")
    assert gone in sealed.found.evidence
    assert gone.altered
    assert gone.touches("ebms-ping", "prod")


def test_a_signature_that_is_gone(sealed: Sealed) -> None:
    (sealed.folder / "seals/000001.sums.sig").unlink()
    found = in_seal(sealed, sealed.first, sealed.second)
    assert sealed.flaws() == {"seals/000001.sums": "no-signature", **found}


def test_who_counts_can_seal_again_what_lost_its_signature(sealed: Sealed) -> None:
    (sealed.folder / "seals/000001.sums.sig").unlink()
    sealed.seal(sealed.first, sealed.second)
    assert sealed.flaws() == {}


def test_the_key_of_a_stranger_does_not_count(sealed: Sealed) -> None:
    make_key(sealed.keys / "stranger", "machine")
    path = sealed.record("forged")
    sealed.seal(path, key="stranger")
    assert sealed.flaws() == {"seals/000003.sums": "stranger", **in_seal(sealed, path)}


def test_a_key_for_something_else_does_not_count(sealed: Sealed) -> None:
    sealed.rewrite('"lz-evidence"', '"lz-waiver"')
    assert set(sealed.flaws().values()) == {"not-for-this", "in-seal"}
    assert sealed.found.signed_by == {}


def test_a_person_who_records_does_not_seal_measurements(sealed: Sealed) -> None:
    path = sealed.record("ping", kind="ebms-ping")
    sealed.seal(path, key="piet", role="lz-record")
    assert sealed.flaws() == {sealed.name(path): "wrong-role"}


def test_a_person_seals_what_was_received(sealed: Sealed) -> None:
    path = sealed.record("approved", kind="chain-test-approval")
    sealed.seal(path, key="piet", role="lz-record")
    assert sealed.flaws() == {}
    assert sealed.found.signed_by[sealed.name(path)].name == "piet"


@pytest.mark.parametrize(
    ("option", "counts"),
    [
        ('valid-before="20261124"', False),
        ('valid-before="20261125"', True),
        ('valid-after="20261125"', False),
        ('valid-after="20261124"', True),
        ('valid-after="20261124115959Z",valid-before="20261124120001Z"', True),
    ],
)
def test_a_key_is_judged_on_the_instant_of_sealing(sealed: Sealed, option: str, counts: bool) -> None:
    sealed.rewrite("machine namespaces", f"machine {option},namespaces")
    assert (sealed.flaws() == {}) == counts
    if not counts:
        assert sealed.flaws()["seals/000001.sums"] == "out-of-time"


def test_an_expired_key_cannot_seal_with_an_old_date(sealed: Sealed) -> None:
    sealed.rewrite("machine namespaces", 'machine valid-before="20261201",namespaces')
    new = sealed.allow("new", 'valid-after="20261201",namespaces="lz-evidence"')
    later = sealed.record("later", "2026-12-20T10:00:00Z")
    sealed.seal(later, key=new.name, when=datetime(2026, 12, 20, 11, tzinfo=UTC))
    assert sealed.flaws() == {}
    forged = sealed.record("forged")
    sealed.seal(forged, when=NOON)
    assert sealed.flaws()["seals/000004.sums"] == "seal-early"


def test_evidence_cannot_be_younger_than_its_seal(sealed: Sealed) -> None:
    path = sealed.record("later", "2026-11-26T10:00:00Z")
    sealed.seal(path)
    assert sealed.flaws() == {sealed.name(path): "seal-early"}


def test_clocks_may_differ_by_a_little(sealed: Sealed) -> None:
    path = sealed.record("later", "2026-11-24T12:00:40Z")
    sealed.seal(path, when=NOON - timedelta(minutes=5))
    assert sealed.flaws() == {}


def test_a_revoked_key_never_counts_until_somebody_else_vouches(sealed: Sealed) -> None:
    sealed.revoke("machine")
    assert set(sealed.flaws().values()) == {"revoked", "in-seal"}
    sealed.allow("new", 'namespaces="lz-evidence"')
    sealed.seal(sealed.first, sealed.second, sealed.third, key="new")
    assert sealed.flaws() == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# sealed 2026-11-24T12:00:00Z",
        "# sealed today\n",
        f"# sealed 2026-11-24T12:00:00Z\n{'0' * 64}  ../../etc/passwd\n",
        f"# sealed 2026-11-24T12:00:00Z\n{'0' * 64}  a\r\n",
        "# sealed 2026-02-30T12:00:00Z\n",
    ],
)
def test_what_is_no_seal_is_named(sealed: Sealed, text: str) -> None:
    (sealed.folder / "seals/000002.sums").write_text(text)
    assert sealed.flaws()["seals/000002.sums"] == "seal-unreadable"


def test_without_anyone_trusted_nothing_is_signed(sealed: Sealed) -> None:
    (sealed.trust.folder / "allowed_signers").unlink()
    assert sealed.found.signed_by == {}


def test_a_key_is_private_and_never_replaced(sealed: Sealed) -> None:
    assert (sealed.keys / "machine").stat().st_mode & 0o077 == 0
    with pytest.raises(LzError, match="a key already"):
        make_key(sealed.keys / "machine", "machine")


def test_without_a_key_nothing_stays_behind(sealed: Sealed) -> None:
    path = sealed.record("four")
    with pytest.raises(LzError, match="no seal was made"):
        sealed.seal(path, key="none")
    assert not (sealed.folder / "seals/000003.sums").exists()


def test_a_key_that_would_not_count_makes_no_seal(sealed: Sealed) -> None:
    path = sealed.record("four")
    make_key(sealed.keys / "stranger", "machine")
    files = {sealed.name(path): integrity.file_digest(path)}
    for key, words in (("stranger", "stranger: SHA256:"), ("piet", "not-for-this: piet")):
        with pytest.raises(LzError, match="this key does not count as lz-evidence") as caught:
            seal.make(sealed.folder, files, sealed.keys / key, "lz-evidence", NOON, sealed.trust)
        assert str(caught.value.found).startswith(words)
    assert not (sealed.folder / "seals/000003.sums").exists()


def test_a_copy_elsewhere_verifies_too(sealed: Sealed, tmp_path: Path) -> None:
    sealed.folder = shutil.copytree(sealed.folder, tmp_path / "copy/evidence")
    assert sealed.flaws() == {}


# The dossier ----------------------------------------------------------------------------------------------------


@pytest.fixture
def signed(sealed: Sealed) -> Sealed:
    folder = sealed.folder.parent
    (folder / "dossier.yml").write_text("a")
    (folder / "network.yml").write_text("b")
    sealed.allow("owner", 'namespaces="lz-dossier"')
    seal.make(folder, integrity.to_sign(folder), sealed.keys / "owner", "lz-dossier", NOON)
    return sealed


def dossier_flaws(signed: Sealed) -> dict[str, str]:
    return {each.path: each.code for each in signed.found.dossier}


def test_a_dossier_that_nobody_signed(sealed: Sealed) -> None:
    assert dossier_flaws(sealed) == {"dossier.yml": "unsigned"}


def test_a_dossier_as_it_was_signed(signed: Sealed) -> None:
    assert dossier_flaws(signed) == {}
    by = signed.found.dossier_by
    assert by
    assert by.name == "owner"


def test_every_change_since_it_was_signed_is_named_with_signer_and_day(signed: Sealed) -> None:
    folder = signed.folder.parent
    (folder / "dossier.yml").write_text("edited")
    (folder / "network.yml").unlink()
    (folder / "waivers").mkdir()
    (folder / "waivers/W-1.yml").write_text("new")
    assert dossier_flaws(signed) == {
        "dossier.yml": "changed",
        "network.yml": "removed",
        "waivers/W-1.yml": "added",
    }
    assert signed.found.dossier[0].detail == "seals/000001.sums, owner, 2026-11-24"


def test_only_the_newest_signature_counts(signed: Sealed) -> None:
    folder = signed.folder.parent
    (folder / "dossier.yml").write_text("edited")
    seal.make(folder, integrity.to_sign(folder), signed.keys / "owner", "lz-dossier", NOON)
    assert dossier_flaws(signed) == {}
    signed.allow("next", 'namespaces="lz-dossier"')
    signed.revoke("owner")
    seal.make(folder, integrity.to_sign(folder), signed.keys / "next", "lz-dossier", NOON)
    assert dossier_flaws(signed) == {}, "what a lost key signed before does not matter"


def test_the_newest_seals_cannot_go_away_with_what_they_list(signed: Sealed) -> None:
    signed.third.unlink()
    for name in ("000002.sums", "000002.sums.sig"):
        (signed.folder / "seals" / name).unlink()
    assert signed.flaws() == {}, "what is left fits together"
    assert dossier_flaws(signed) == {"evidence/seals/000002.sums": "removed"}


def test_evidence_goes_on_after_the_dossier_was_signed(signed: Sealed) -> None:
    signed.seal(signed.record("four"))
    assert dossier_flaws(signed) == {}


def test_a_machine_does_not_answer_for_a_dossier(signed: Sealed) -> None:
    folder = signed.folder.parent
    seal.make(folder, integrity.to_sign(folder), signed.keys / "machine", "lz-evidence", NOON)
    assert dossier_flaws(signed) == {"seals/000002.sums": "not-for-this"}
