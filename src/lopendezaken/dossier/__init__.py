"""The dossier: what people decide, send, receive and approve, and the network plan beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lopendezaken.dossier.network import NetworkPlan
    from lopendezaken.dossier.schema import Dossier


def load(path: Path) -> Dossier:
    """Read a dossier: ``dossier.yml`` itself, its folder, or the folder of an organisation.

    Raises :class:`lopendezaken.errors.LzError` (exit code 2) that names every mistake with file:line:column.
    """
    from lopendezaken.dossier import read

    return read.load(path)


def load_network(path: Path) -> NetworkPlan:
    """Read a network plan: ``network.yml`` itself, or one of the folders that :func:`load` takes."""
    from lopendezaken.dossier import read

    return read.load_network(path)
