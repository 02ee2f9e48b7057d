"""Sealing what a command just wrote, as playbooks do: exactly that, so that what others laid beside it stays a finding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lopendezaken.dossier.place import repository
from lopendezaken.evidence import seal
from lopendezaken.evidence.chosen import choose, key_of
from lopendezaken.evidence.sealing import file_digest
from lopendezaken.evidence.sshsig import Namespace

LATER = "It counts when somebody seals it: lz evidence seal --as {role} --key FILE"


def vouch(
    dossier: Path, written: Sequence[Path], role: Namespace = "lz-evidence", key: Path | None = None
) -> Path | None:
    """Seal evidence that was just written below the folder of a dossier.

    ``None`` when nobody signs here yet: without ``key`` and without the key of this role (:func:`key_of`). Then it
    waits for ``lz evidence seal``. Raises :class:`lopendezaken.errors.LzError`.
    """
    own = key or key_of(dossier.parent, role)
    if not written or (key is None and not own.is_file()):
        return None
    folder = dossier / "evidence"
    files = {path.relative_to(folder).as_posix(): file_digest(path) for path in written}
    return seal.make(folder, files, own, role, trust=choose(dossier.parent, repository() / "policies"))
