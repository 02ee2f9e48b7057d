"""What this machine's own network uses, so that the lab keeps off it."""

from __future__ import annotations

import json
from pathlib import Path

from lopendezaken.lab.command import run

INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
# What systemd and its services on one host take of it, with room.
INOTIFY_OF_HOST = 16


def make_room(hosts: int) -> None:
    """Let the machine's root have as many inotify instances as so many hosts need; until the next boot.

    Linux gives 128, of which a host takes about seven: the sixteenth does not start.
    """
    needed = 128 + INOTIFY_OF_HOST * hosts
    if int(INOTIFY.read_text()) < needed:
        INOTIFY.write_text(str(needed))


def own_addresses() -> set[str]:
    """Return the IPv4 addresses of this machine (without the lab's links), its gateways and name servers."""
    links = json.loads(run("ip", "-j", "-4", "address"))
    own = {
        info["local"]
        for link in links
        if not link["ifname"].startswith("lz-lab")
        for info in link["addr_info"]
    }
    gateways = {
        route["gateway"] for route in json.loads(run("ip", "-j", "-4", "route")) if "gateway" in route
    }
    return own | gateways | set(nameservers(Path("/etc/resolv.conf")))


def nameservers(file: Path) -> list[str]:
    """Return the IPv4 name servers of a resolv.conf."""
    if not file.exists():
        return []
    lines = (line.split() for line in file.read_text().splitlines())
    return [words[1] for words in lines if len(words) == 2 and words[0] == "nameserver" and "." in words[1]]
