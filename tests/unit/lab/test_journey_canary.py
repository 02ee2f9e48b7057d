"""The search for BSNs finds one wherever it was planted, and nothing where there is none."""

from __future__ import annotations

import base64
import gzip
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest

from lopendezaken.lab.journey.canary import in_files, known_to_git

BSN = "999990019"


def packed(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("word/document.xml", f"<t>{BSN}</t>")


@pytest.mark.parametrize(
    "content",
    [
        f"burger {BSN} belde".encode(),
        f'{{"bsn": "{BSN}"}}'.encode("utf-16"),
        *(base64.b64encode(b"x" * shift + BSN.encode() + b" en meer") for shift in range(3)),
        gzip.compress(BSN.encode()),
        b"%PDF-1.7\nstream\n" + zlib.compress(f"({BSN}) Tj".encode()) + b"\nendstream\n",
        packed,
    ],
    ids=["plain", "utf-16", "base64-0", "base64-1", "base64-2", "gzip", "pdf", "zip"],
)
def test_a_planted_one_is_found(tmp_path: Path, content: object) -> None:
    path = tmp_path / "deep/down/report"
    path.parent.mkdir(parents=True)
    content(path) if callable(content) else path.write_bytes(content)  # type: ignore[arg-type]
    assert list(in_files(tmp_path, [BSN])) == [str(path)]


@pytest.mark.parametrize(
    "text", ["*******19", f"00000099{BSN}000", "9999900190", "$ANSIBLE_VAULT;1.1;AES256\n3939"]
)
def test_a_mask_a_longer_number_and_a_vault_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "report").write_text(text)
    assert list(in_files(tmp_path, [BSN])) == []


def test_what_git_knows_is_left_out_unless_it_changed(tmp_path: Path) -> None:
    for name in ("test.py", "dossier.yml"):
        (tmp_path / name).write_text(BSN)
    identity = ("-c", "user.name=T", "-c", "user.email=t@voorbeeld.example")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "x")):
        subprocess.run(["git", "-C", tmp_path, *words], check=True)
    (tmp_path / "dossier.yml").write_text(f"citizen: {BSN}")
    (tmp_path / "new.md").write_text(BSN)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/test.cpython-311.pyc").write_text(BSN)
    (tmp_path / "__pycache__/gone.cpython-311.pyc").write_text(BSN)
    found = [Path(each).name for each in in_files(tmp_path, [BSN], known_to_git(tmp_path))]
    assert found == ["gone.cpython-311.pyc", "dossier.yml", "new.md"]
