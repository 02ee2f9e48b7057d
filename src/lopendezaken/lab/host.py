"""One host: a disk (overlay), a network namespace and systemd-nspawn in control groups of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab import cgroups, gate, mounts, network, nspawn, process, world
from lopendezaken.lab.layout import Layout


@dataclass(frozen=True)
class HostState:
    """What one host is doing. ``uptime`` in seconds, ``pss_bytes`` the memory its processes really take."""

    running: bool
    uptime: float | None = None
    pss_bytes: int | None = None


def group(layout: Layout, host: world.Host) -> str:
    """Return the control group of a host."""
    return f"{layout.cgroup}/hosts/{host.name}"


def running(layout: Layout, host: world.Host) -> bool:
    """Tell whether any process of the host lives."""
    return bool(cgroups.processes(group(layout, host)))


def start(layout: Layout, host: world.Host, base: Path) -> None:
    """Start a host that does not run; what a cut-off run left of it is put in order first."""
    folder = layout.host_dir(host.name)
    nspawn.forget(layout, host, folder / "root")
    mounts.unmount_below(folder)
    mounts.mount_overlay(base, folder)
    if not (folder / "prepared").exists():
        _prepare(layout, host, folder / "root")
        (folder / "prepared").touch()
    network.connect(layout, host)
    words, log = nspawn.command(layout, host), folder / "console.log"
    process.start(group(layout, host), words, log, nspawn.ENVIRONMENT)


def wait(layout: Layout, host: world.Host, patience: float = 60.0) -> None:
    """Wait until the host's ssh answers. Raises :class:`LzError` with the end of its console."""
    end = time.monotonic() + patience
    while not _ssh_answers(str(network.management_address(layout, host))):
        if time.monotonic() > end or not running(layout, host):
            console = layout.host_dir(host.name) / "console.log"
            said = console.read_text(errors="replace").strip().splitlines()[-3:]
            raise LzError(
                f"host {host.name} does not start: {' / '.join(said)}", where=str(console), exit_code=3
            )
        time.sleep(0.05)


def press_power(layout: Layout, host: world.Host) -> None:
    """Ask a host to power off, as its button would."""
    if pid := leader(layout, host):
        os.kill(pid, signal.SIGRTMIN + 4)


def wait_off(layout: Layout, host: world.Host, patience: float = 45.0) -> None:
    """Wait until a host is off; after ``patience`` seconds, pull the plug."""
    end = time.monotonic() + patience
    while running(layout, host) and time.monotonic() < end:
        time.sleep(0.05)
    cut(layout, host)


def cut(layout: Layout, host: world.Host) -> None:
    """Stop a host at once and take its network and mounts away; its disk stays."""
    cgroups.kill(group(layout, host))
    network.disconnect(layout, host)
    network.forget_connections(layout, host)
    nspawn.forget(layout, host, layout.host_root(host.name))
    mounts.unmount_below(layout.host_dir(host.name))


def state(layout: Layout, host: world.Host) -> HostState:
    """Measure a host."""
    pids = cgroups.processes(group(layout, host))
    if not pids:
        return HostState(running=False)
    first = leader(layout, host)
    return HostState(True, _age(first) if first else None, sum(map(_pss, pids)))


def _prepare(layout: Layout, host: world.Host, root: Path) -> None:
    """Give a new disk its name, name server, apt proxy and, but in production, the lab's ssh key."""
    (root / "etc/hostname").write_text(f"{host.name}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {host.name}\n::1 localhost\n")
    machine = network.machine_address(layout, host)
    (root / "etc/resolv.conf").write_text(f"nameserver {machine}\n")
    proxy = f'Acquire::http::Proxy "http://{machine}:{network.APT_PORT}";\n'
    (root / "etc/apt/apt.conf.d/90lab").write_text(proxy)
    if host == world.HOSTED or gate.deliver(layout, host, root):
        return
    ssh = root / "root/.ssh"
    ssh.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(layout.state / "id_ed25519.pub", ssh / "authorized_keys")


def leader(layout: Layout, host: world.Host) -> int | None:
    """Find the host's own PID 1, as this machine numbers it; ``None`` when it does not run."""
    for pid in cgroups.processes(group(layout, host)):
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        namespaced = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
        if len(namespaced) > 1 and namespaced[-1] == "1":
            return pid
    return None


def _age(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _ssh_answers(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=1) as connection:
            connection.settimeout(1)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
