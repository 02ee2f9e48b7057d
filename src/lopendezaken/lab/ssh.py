"""How people and Ansible reach the hosts: one key, known host keys, one configuration file."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import NoReturn

from lopendezaken.errors import LzError
from lopendezaken.lab import world
from lopendezaken.lab.command import run
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.network import management_address


def prepare(layout: Layout, base: Path) -> None:
    """Make the keys of this instance (once) and write known_hosts and ssh_config."""
    # The operator's, and that of whoever looks at production every day.
    for name in ("id_ed25519", "look"):
        key = layout.state / name
        if not key.with_suffix(".pub").exists():
            key.unlink(missing_ok=True)
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab {layout.instance}", "-f", key)
    # All hosts bear the host keys of their image, so these are known before a host first starts.
    keys = [file.read_text().split()[:2] for file in sorted(base.glob("etc/ssh/ssh_host_*_key.pub"))]
    (layout.state / "known_hosts").write_text(known_hosts(layout, keys))
    layout.ssh_config.write_text(config(layout))


def known_hosts(layout: Layout, keys: list[list[str]]) -> str:
    """Render known_hosts: each host's address with each key (type and key)."""
    addresses = [management_address(layout, host) for host in world.EVERY_HOST]
    return "".join(f"{address} {' '.join(key)}\n" for address in addresses for key in keys)


def config(layout: Layout) -> str:
    """Render ssh_config. Only known host keys are accepted."""
    ours = [host for host in world.EVERY_HOST if host != world.HOSTED]
    hosts = "".join(f"Host {host.name}\n  HostName {management_address(layout, host)}\n" for host in ours)
    return f"""{hosts}
Host {" ".join(host.name for host in ours)}
  User root
  IdentityFile "{layout.state / "id_ed25519"}"
  IdentitiesOnly yes
  UserKnownHostsFile "{layout.state / "known_hosts"}"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  ConnectTimeout 10
  ServerAliveInterval 10
  ServerAliveCountMax 3
"""


def become(layout: Layout, host: world.Host, command: list[str]) -> NoReturn:
    """Turn this process into an ssh to the host. Raises :class:`LzError` when the lab is not up."""
    if not layout.ssh_config.exists():
        raise LzError("this lab is not up", where=str(layout.state), remedy=f"Run: lz lab up {host.name}")
    words = [
        "ssh",
        "-F",
        str(layout.ssh_config),
        host.name,
        *(["--", shlex.join(command)] if command else []),
    ]
    os.execvp(words[0], words)  # noqa: S606 - a list of words, and no shell between us and ssh
