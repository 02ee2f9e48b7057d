"""The dossier: what people decide, send, receive and approve, and the network plan beside it."""

from __future__ import annotations

from lopendezaken.dossier.read import load, load_network

__all__ = ["load", "load_network"]
