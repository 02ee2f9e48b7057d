"""The gate's key of the lab, and how a production host is delivered: only that key's certificates open it."""

from __future__ import annotations

import shutil
from pathlib import Path

from lopendezaken.evidence.sshsig import make_key
from lopendezaken.gate.delivery import files
from lopendezaken.lab import world
from lopendezaken.lab.layout import Layout

ORGANISATION = "voorbeeldstad"
# The way to the adapter opens later than that to the hosts in front of it.
FIRST_STAGE = {"dmz-prod": "network", "adapter-prod": "connect"}


def key(layout: Layout) -> Path:
    """Give the gate's private key of this instance."""
    return layout.state / "gate" / "key"


def prepare(layout: Layout) -> None:
    """Make the key, once."""
    if not key(layout).exists():
        make_key(key(layout), f"gate of lab {layout.instance}")


def deliver(layout: Layout, host: world.Host, root: Path) -> bool:
    """Give a new disk of a production host what its maker would put there; no key opens it. Tell whether it is one."""
    if host.name not in FIRST_STAGE:
        return False
    public = key(layout).with_suffix(".pub").read_text()
    for name, content in files(public, ORGANISATION, FIRST_STAGE[host.name]).items():
        path = root / name.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    shutil.rmtree(root / "root/.ssh", ignore_errors=True)
    return True
