"""Where things are: the repository, and the folder of an organisation."""

from __future__ import annotations

import os
from pathlib import Path

from lopendezaken.errors import LzError

EXAMPLE = "inventories/voorbeeldstad"


def repository() -> Path:
    """Give the root of the repository: the nearest folder upward with policies/ and ansible.cfg.

    Raises :class:`LzError`.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if (folder / "ansible.cfg").is_file() and (folder / "policies").is_dir():
            return folder
    raise LzError("not inside the repository", found=str(here), remedy="Go to the folder of ansible.cfg")


def organisation(folder: Path | None) -> Path:
    """Give the organisation's folder: as asked, else LZ_ORGANISATION, else the example organisation.

    A name that is no folder here is one below inventories/.
    Raises :class:`LzError` when it holds no dossier.
    """
    if folder is None and os.environ.get("LZ_ORGANISATION"):
        folder = Path(os.environ["LZ_ORGANISATION"])
    folder = folder or repository() / EXAMPLE
    if not folder.exists() and len(folder.parts) == 1:
        folder = repository() / "inventories" / folder
    if not (folder / "dossier" / "dossier.yml").is_file():
        raise LzError(
            "no dossier here",
            where=str(folder),
            expected="dossier/dossier.yml in the folder of an organisation",
            remedy="Give --organisation DIR or set LZ_ORGANISATION",
        )
    return folder
