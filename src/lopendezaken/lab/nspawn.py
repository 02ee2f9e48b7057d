"""systemd-nspawn: how a host is started, and what it leaves in /run when it is killed."""

from __future__ import annotations

import shutil
from pathlib import Path

from lopendezaken.lab import world
from lopendezaken.lab.layout import Layout

RUN = Path("/run/systemd/nspawn")

# The host may set its own network sysctls; all others are those of the machine and stay read-only.
ENVIRONMENT = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}

# systemd-nspawn ends with 133 when the host reboots; then the same host starts again on the same network.
SUPERVISOR = 'while :; do "$@"; [ $? -eq 133 ] || break; done'


def command(layout: Layout, host: world.Host) -> tuple[str, ...]:
    """Return the words that start a host, and start it again when it reboots."""
    namespace = layout.namespace(host.name)
    return (
        *("/bin/sh", "-c", SUPERVISOR, "supervisor"),
        "systemd-nspawn",
        "--quiet",
        "--boot",
        f"--directory={layout.host_root(host.name)}",
        f"--machine={namespace}",
        f"--hostname={host.name}",
        "--keep-unit",
        "--register=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--console=passive",
        f"--network-namespace-path=/run/netns/{namespace}",
        "--capability=CAP_NET_ADMIN",
    )


def forget(layout: Layout, host: world.Host, root: Path) -> None:
    """Remove the traces in /run of a host that was killed; ``root`` is its disk, still mounted."""
    shutil.rmtree(RUN / "propagate" / layout.namespace(host.name), ignore_errors=True)
    if root.exists():
        place = root.stat()
        (RUN / "locks" / f"inode-{place.st_dev}:{place.st_ino}").unlink(missing_ok=True)
    for folder in (RUN / "propagate", RUN / "locks", RUN):
        _remove_if_empty(folder)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass
