from __future__ import annotations

import io
import tarfile

from lopendezaken.lab.remote import File, archive

FILES = {"/etc/b": File(b"two", 0o640, "engine"), "/etc/a": File(b"one")}


def test_an_archive_keeps_content_mode_and_owner() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(FILES))) as tar:
        entries = {entry.name: entry for entry in tar.getmembers()}
        content = tar.extractfile("etc/b")
        assert content is not None
        assert content.read() == b"two"
    assert (entries["etc/b"].mode, entries["etc/b"].uname, entries["etc/b"].gname) == (
        0o640,
        "root",
        "engine",
    )
    assert (entries["etc/a"].mode, entries["etc/a"].gname) == (0o644, "root")


def test_the_same_files_give_the_same_bytes_in_whatever_order() -> None:
    assert archive(FILES) == archive(dict(reversed(FILES.items())))
