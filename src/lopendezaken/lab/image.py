"""The base image: what a fresh Debian 12 server has, made once, and either whole or not there."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab import apt_sources
from lopendezaken.lab.command import follow, run
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.locks import exclusive

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "python3",
    "python3-apt",
    "iproute2",
    "ca-certificates",
    "sudo",
    "openssh-server",
    "tzdata",
    "iputils-ping",
)

# Units that would fetch or discard things behind our back while a test runs.
MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "apt-daily.service",
    "apt-daily-upgrade.service",
    "fstrim.timer",
)


def ensure(layout: Layout, tell: Callable[[str], None]) -> Path:
    """Return the base image, made when it is not there yet (about 20 s)."""
    base = _path(layout)
    if base.is_dir():
        return base
    layout.cache.mkdir(parents=True, exist_ok=True)
    with exclusive(f"image/{_digest(str(layout.cache))}", tell):
        if not base.is_dir():
            _remove_leftovers(layout)
            _build(base, tell)
    return base


def _path(layout: Layout) -> Path:
    return layout.cache / f"base-{_digest(repr((PACKAGES, MASKED, _sources())))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _sources() -> list[apt_sources.Source]:
    sources = apt_sources.of_machine()
    if not sources:
        raise LzError(
            f"this machine's apt has no source for Debian {apt_sources.RELEASE}",
            where="/etc/apt",
            remedy="The lab makes its hosts from the machine's own sources; run it on Debian 12",
            exit_code=3,
        )
    return sources


def _remove_leftovers(layout: Layout) -> None:
    """Remove what cut-off builds left, and images of an older recipe that no host uses."""
    mounts = Path("/proc/self/mountinfo").read_text()
    for folder in layout.cache.glob("base-*"):
        if f"lowerdir={folder}," not in mounts:
            shutil.rmtree(folder, ignore_errors=True)


def _build(base: Path, tell: Callable[[str], None]) -> None:
    new = base.with_name(f"{base.name}.new")
    # In namespaces of their own: whatever ends us also ends all of it, and its mounts are no one else's.
    follow(
        [
            *("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("--mount-proc", "mmdebstrap", "--mode=root", "--variant=minbase", "--skip=cleanup/apt/lists"),
            *_proxy_options(),
            f"--include={','.join(PACKAGES)}",
            apt_sources.RELEASE,
            new,
            *(source.line() for source in _sources()),
        ],
        lambda line: tell(line.removeprefix("I: ")) if line.startswith(("I:", "E:")) else None,
    )
    _finish(new)
    new.rename(base)


def _proxy_options() -> list[str]:
    """The machine's own proxy for apt, if it has one."""
    proxy = run("apt-config", "dump", "--format=%v%n", "Acquire::http::Proxy").strip()
    return [f'--aptopt=Acquire::http::Proxy "{proxy}"'] if proxy else []


def _finish(root: Path) -> None:
    """Make it a machine that boots as an installed one, with no identity and no name server yet."""
    (root / "etc/machine-id").write_text("")  # empty; `uninitialized` would turn units on by itself
    (root / "etc/hostname").unlink(missing_ok=True)
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    for file in (root / "etc/apt/apt.conf.d").glob("99mmdebstrap"):
        file.unlink()
    sources = "".join(f"{source.through_cache().line()}\n" for source in _sources())
    (root / "etc/apt/sources.list").write_text(sources)
    for unit in MASKED:
        link = root / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
