"""What must be there before anything is touched."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab.command import PATH, run
from lopendezaken.lab.layout import Layout

# Tool -> Debian package that brings it.
TOOLS = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nft": "nftables",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
    "dnsmasq": "dnsmasq-base",
    "apt-cacher-ng": "apt-cacher-ng",
}


def check_root() -> None:
    """Raise :class:`LzError` unless we are root."""
    if os.geteuid() != 0:
        raise LzError(
            "the lab needs root, to make network namespaces and to start hosts",
            remedy="Run the command as root (sudo)",
        )


def check_tools() -> None:
    """Raise :class:`LzError` that names all missing Debian packages."""
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool, path=PATH)})
    if missing:
        raise LzError(
            f"the lab misses tools of the packages {', '.join(missing)}",
            remedy=f"Run: apt-get install --no-install-recommends {' '.join(missing)}",
        )


def check_addresses(layout: Layout) -> None:
    """Raise :class:`LzError` if the machine's own network uses addresses of this lab's management zone."""
    own = {
        info["local"]
        for link in json.loads(run("ip", "-j", "-4", "address"))
        if not link["ifname"].startswith("lz-lab")
        for info in link["addr_info"]
    }
    own |= {route["gateway"] for route in json.loads(run("ip", "-j", "-4", "route")) if "gateway" in route}
    own |= set(_nameservers(Path("/etc/resolv.conf")))
    taken = sorted(address for address in own if ipaddress.ip_address(address) in layout.network)
    if taken:
        raise LzError(
            f"this machine's own network uses {', '.join(taken)} of the lab's management zone {layout.network}",
            remedy="Choose another instance: LZ_LAB_INSTANCE=0 to 7",
        )


def _nameservers(file: Path) -> list[str]:
    if not file.exists():
        return []
    lines = (line.split() for line in file.read_text().splitlines())
    return [words[1] for words in lines if len(words) == 2 and words[0] == "nameserver" and "." in words[1]]
