"""What the machine serves to its hosts, on the lab's management address: DNS and a cache for apt.

DNS knows the lab's names and asks no one else. The cache fetches from the machine's own Debian sources only,
so that it is no way out for a host.
"""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab import apt_sources, cgroups, process, world
from lopendezaken.lab.command import run
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.network import APT_PORT, management_address


def start(layout: Layout) -> None:
    """Start both services where they do not run yet and wait until they answer."""
    dns = _write(layout.state / "dnsmasq/dnsmasq.conf", dnsmasq_conf(layout))
    _start(layout, "dnsmasq", 53, ("dnsmasq", "--keep-in-foreground", f"--conf-file={dns}"))
    proxy = run("apt-config", "dump", "--format=%v%n", "Acquire::http::Proxy").strip()
    apt = _write(layout.state / "apt-cacher-ng/acng.conf", acng_conf(layout, apt_sources.of_machine(), proxy))
    layout.apt_cache.mkdir(parents=True, exist_ok=True)
    _start(layout, "apt-cacher-ng", APT_PORT, ("apt-cacher-ng", "-c", apt.parent))


def group(layout: Layout, service: str = "") -> str:
    """Return the control group of one service, or of both."""
    return f"{layout.cgroup}/services/{service}".rstrip("/")


def stop(layout: Layout) -> None:
    """End both services."""
    cgroups.kill(group(layout))


def remove(layout: Layout) -> None:
    """Remove what the services wrote, but for the packages in the cache."""
    for name in ("dnsmasq", "apt-cacher-ng"):
        shutil.rmtree(layout.state / name, ignore_errors=True)


def dnsmasq_conf(layout: Layout) -> str:
    """Render the names of the lab; all others are refused."""
    names = {
        **{host.name: str(management_address(layout, host)) for host in world.EVERY_HOST},
        **world.PUBLIC_NAMES,
    }
    records = "".join(f"host-record={name},{address}\n" for name, address in names.items())
    return f"""# Written by `lz lab up`.
listen-address={",".join(map(str, layout.machine_addresses))}
bind-interfaces
no-resolv
no-hosts
no-poll
local=/example/
pid-file=
{records}"""


def acng_conf(layout: Layout, sources: list[apt_sources.Source], proxy: str) -> str:
    """Render the configuration of the apt cache. ``proxy``: the machine's own proxy for apt, if any."""
    uris = sorted({source.uri for source in sources})
    # A host names an archive by http; the cache fetches it as the machine itself would.
    remaps = "".join(
        f"Remap-lab{number}: {uri.replace('https:', 'http:', 1)} ; {uri}\n" for number, uri in enumerate(uris)
    )
    own = layout.state / "apt-cacher-ng"
    return f"""# Written by `lz lab up`.
CacheDir: {layout.apt_cache}
LogDir: {own}
SocketPath: {own}/socket
PidFile: {own}/pid
BindAddress: {" ".join(map(str, layout.machine_addresses))}
Port: {APT_PORT}
Foreground: 1
ForceManaged: 1
{f"Proxy: {proxy}" if proxy else "# No proxy: the machine's own apt uses none."}
{remaps}"""


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _start(layout: Layout, name: str, port: int, words: tuple[str | Path, ...]) -> None:
    log = layout.state / name / "output.log"
    if not cgroups.processes(group(layout, name)):
        _check_port_free(layout, name, port)
        process.start(group(layout, name), words, log)
    end = time.monotonic() + 15
    while not _answers(str(layout.machine_address), port):
        if time.monotonic() > end or not cgroups.processes(group(layout, name)):
            said = log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
            raise LzError(
                f"{name} of the lab does not start: {' / '.join(said)}", where=str(log), exit_code=3
            )
        time.sleep(0.05)


def _check_port_free(layout: Layout, name: str, port: int) -> None:
    """Raise :class:`LzError` when another program already listens on our address, or on all addresses."""
    if _answers(str(layout.machine_address), port):
        raise LzError(
            f"port {port} of {layout.machine_address}, which {name} of the lab needs, is taken",
            remedy=f"If it is the machine's own service: systemctl disable --now {name}",
            exit_code=3,
        )


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
