"""The people of the lab: throw-away keys with which the organisation that lives in it signs.

They count only for names below .example (lopendezaken.evidence.chosen). Keys outlive the lab, as evidence does.
"""

from __future__ import annotations

from pathlib import Path

from lopendezaken.evidence.chosen import FILE, own_keys
from lopendezaken.evidence.sshsig import Namespace, make_key
from lopendezaken.evidence.trust import NAMESPACES, SIGNERS
from lopendezaken.lab import post
from lopendezaken.lab.layout import Layout

# Who they are in the lab: one for each role, so that nobody does two.
NAMES = {
    "lz-evidence": "controller",
    "lz-record": "administratie",
    "lz-dossier": "projectleider",
    "lz-waiver": "ciso",
    "lz-results": "toetser",
    "lz-gate": "poortwachter",
    "lz-hoster": "hoster",
}


def appoint(layout: Layout) -> None:
    """Give the organisation that lives in this lab a key for each role, if its trust.yml asks for its own."""
    received = post.received_folder(layout)
    if received is not None and (received.parent.parent / FILE).exists():
        appoint_in(received.parent.parent)


def appoint_in(organisation: Path) -> None:
    """Give the organisation in this folder a key for each role; keys that are there stay.

    That of the gate is also what production hosts of the lab trust (lopendezaken.lab.gate).
    """
    for role in NAMESPACES:
        key = own_keys(organisation, role)
        name = f"{NAMES[role]}@{organisation.name}.example"
        if not key.exists():
            make_key(key, name)
        _trust(key.parent.parent / SIGNERS, name, role, key)


def _trust(signers: Path, name: str, role: Namespace, key: Path) -> None:
    kind, number, *_ = key.with_name(f"{key.name}.pub").read_text(encoding="utf-8").split()
    known = signers.read_text(encoding="utf-8") if signers.exists() else ""
    if number not in known:
        signers.parent.mkdir(exist_ok=True)
        signers.write_text(f'{known}{name} namespaces="{role}" {kind} {number}\n', encoding="utf-8")
