"""The list of participants: encrypted, closed to others, and never quoted, whatever is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from lopendezaken.documents.limited_run_list import FILE, read
from lopendezaken.errors import LzError

BSN, OTHER_BSN, NO_BSN = "999990019", "999990020", "999990011"
SALT = "5a" * 32
LIST = f"""salt: {SALT}
participants:
  - {{bsn: "{BSN}", agreed_on: 2026-11-18}}
  - {{bsn: "{OTHER_BSN}", agreed_on: 2026-11-20}}
"""
FAKE_AGE = '#!/bin/sh\n[ "$1 $2 $3" = "--decrypt --identity $LZ_AGE_IDENTITY" ] || exit 1\ntail -n +2 "$4"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dossier, with the word that opens its vault."""
    (tmp_path / "dossier/received").mkdir(parents=True)
    (tmp_path / "word").write_text("open-sesam\n")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "word"))
    return tmp_path / "dossier"


def put(folder: Path, text: str) -> Path:
    """The list below age, of which a stand-in only takes the first line away."""
    path = folder / FILE
    path.write_text(f"age-encryption.org/v1\n{text}")
    path.chmod(0o600)
    return path


@pytest.fixture
def age(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder.parent / "bin/age"
    program.parent.mkdir()
    program.write_text(FAKE_AGE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("LZ_AGE_IDENTITY", str(folder.parent / "key"))


def test_a_list_of_ansible_vault_is_opened(folder: Path) -> None:
    path = folder / FILE
    path.write_text(LIST)
    path.chmod(0o600)
    program = Path(sys.executable).with_name("ansible-vault")
    subprocess.run([program, "encrypt", path], check=True, capture_output=True)
    assert BSN not in path.read_text()
    found = read(folder)
    assert set(found.agreed(date(2026, 11, 19))) == {BSN}
    assert set(found.agreed(date(2026, 11, 20))) == {BSN, OTHER_BSN}
    (folder.parent / "word").write_text("an other word\n")
    with pytest.raises(LzError, match="cannot be opened"):
        read(folder)


@pytest.mark.usefixtures("age")
def test_digests_need_the_salt_and_evidence_tells_nothing_else(folder: Path) -> None:
    put(folder, LIST)
    found = read(folder)
    evidence = found.as_evidence()
    assert sorted(each["agreed_on"] for each in evidence) == ["2026-11-18", "2026-11-20"]
    assert found.agreed(date(2026, 11, 20))[BSN] in {each["digest"] for each in evidence}
    put(folder, LIST.replace(SALT, "5b" * 32))
    assert {each["digest"] for each in read(folder).as_evidence()}.isdisjoint(
        each["digest"] for each in evidence
    )
    for text in (str(evidence), repr(found), repr(found.entries[0])):
        assert not any(secret in text for secret in (BSN, OTHER_BSN, SALT, "ZZ"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_list_that_others_reach_is_not_read(folder: Path, mode: int) -> None:
    put(folder, LIST).chmod(mode)
    with pytest.raises(LzError, match="others can reach the list of participants"):
        read(folder)


def test_no_list_and_a_bare_list_are_refused(folder: Path) -> None:
    with pytest.raises(LzError, match="the list of participants cannot be read"):
        read(folder)
    path = folder / FILE
    path.write_text(LIST)
    path.chmod(0o600)
    with pytest.raises(LzError, match="is not encrypted") as told:
        read(folder)
    assert BSN not in str(told.value)


def test_without_age_the_list_stays_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, LIST)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(LzError, match="LZ_AGE_IDENTITY"):
        read(folder)


@pytest.mark.usefixtures("age")
@pytest.mark.parametrize(
    "text",
    [
        LIST.replace(BSN, NO_BSN),
        LIST.replace(OTHER_BSN, BSN),
        LIST.replace(f'"{BSN}"', f"[{BSN}]"),
        LIST.replace(f'{{bsn: "{BSN}", agreed_on: 2026-11-18}}', BSN),
        LIST.replace("2026-11-18", BSN),
        LIST.replace(SALT, BSN),
        LIST.replace("bsn", BSN),
        LIST.replace("{bsn", f"{{{BSN}"),
        f"{LIST}\n{BSN}",
        f"salt: {SALT}\nparticipants: []\n",
        f"salt: {SALT}\n",
        BSN,
        "",
    ],
)
def test_whatever_is_wrong_is_told_without_a_bsn_or_the_salt(folder: Path, text: str) -> None:
    put(folder, text)
    with pytest.raises(LzError, match="list") as told:
        read(folder)
    words = f"{told.value} {told.value.__cause__}"
    assert not any(secret in words for secret in (BSN, OTHER_BSN, NO_BSN, SALT))
