"""The gate's key of the lab, and how a production host is delivered: only that key's certificates open it."""

from __future__ import annotations

import shutil
from pathlib import Path

from lopendezaken.evidence.chosen import FILE, own_keys
from lopendezaken.evidence.sshsig import make_key
from lopendezaken.gate.delivery import files
from lopendezaken.lab import post, world
from lopendezaken.lab.layout import Layout

ORGANISATION = "voorbeeldstad"
# The way to the adapter opens later than that to the hosts in front of it.
FIRST_STAGE = {"dmz-prod": "network", "adapter-prod": "connect"}


def key(layout: Layout) -> Path:
    """Give the gate's private key: that of the organisation that lives in this lab, else one of the lab's own."""
    received = post.received_folder(layout)
    if received and (received.parent.parent / FILE).exists():
        return own_keys(received.parent.parent, "lz-gate")
    return layout.state / "gate/key"


def prepare(layout: Layout) -> None:
    """Make the key, once."""
    if not key(layout).exists():
        make_key(key(layout), f"gate of lab {layout.instance}")


def deliver(layout: Layout, host: world.Host, root: Path) -> bool:
    """Give a new disk of a production host what its maker would put there; no key opens it. Tell whether it is one."""
    if host.name not in FIRST_STAGE:
        return False
    secret = key(layout)
    public = secret.with_name(f"{secret.name}.pub").read_text()
    for name, content in files(public, ORGANISATION, FIRST_STAGE[host.name]).items():
        path = root / name.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    shutil.rmtree(root / "root/.ssh", ignore_errors=True)
    return True
