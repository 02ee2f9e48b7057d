"""What must be there before anything is touched."""

from __future__ import annotations

import ipaddress
import os
import shutil

from lopendezaken.errors import LzError
from lopendezaken.lab.command import PATH
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.machine import own_addresses

# Tool -> Debian package that brings it.
TOOLS = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nft": "nftables",
    "setpriv": "util-linux",
    "ss": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sysctl": "procps",
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
    networks = (layout.network, layout.fleet_network)
    taken = sorted(
        address
        for address in own_addresses()
        if any(ipaddress.ip_address(address) in network for network in networks)
    )
    if taken:
        raise LzError(
            f"this machine's own network has {', '.join(taken)}, inside the lab's management zone",
            expected=f"no own address in {' or '.join(map(str, networks))}",
            remedy="Choose another instance: LZ_LAB_INSTANCE=0 to 7",
        )
