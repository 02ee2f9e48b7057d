"""Bring a lab up, stop it, remove it: the order of the steps. Every step may be cut off and repeated."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab import (
    cgroups,
    gate,
    host,
    image,
    mounts,
    network,
    nspawn,
    people,
    post,
    preconditions,
    progress,
    services,
    ssh,
    world,
)
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.locks import exclusive


def up(layout: Layout, hosts: list[world.Host], fresh: bool = False) -> None:
    """Start hosts and all they need; what runs already stays. ``fresh``: with new disks."""
    preconditions.check_root()
    preconditions.check_tools()
    preconditions.check_addresses(layout)
    with _held(layout):
        _claim(layout)
        with progress.step("base image") as tell:
            base = image.ensure(layout, tell)
        layout.state.mkdir(parents=True, exist_ok=True)
        ssh.prepare(layout, base)
        people.appoint(layout)
        gate.prepare(layout)
        _network_and_services(layout)
        with progress.step(f"hosts {', '.join(one.name for one in hosts)}"):
            _start(layout, hosts, base, fresh)
        if any(one.name == world.PARTNER_HOST for one in hosts):
            _play_partner(layout)
        if world.HOSTED in hosts:
            _play_hoster(layout)


def down(layout: Layout, hosts: list[world.Host] | None) -> None:
    """Power hosts off; without a list all of them, and then network and services too. Disks stay."""
    preconditions.check_root()
    with _held(layout):
        _check_owner(layout)
        chosen = [one for one in hosts or world.EVERY_HOST if host.running(layout, one)]
        if chosen:
            with progress.step(f"power off {', '.join(one.name for one in chosen)}"):
                _power_off(layout, chosen)
        if hosts is None:
            _remove_runtime(layout, layout.state)


def destroy(layout: Layout, with_cache: bool = False) -> None:
    """Remove the lab: processes, mounts, namespaces, routes, groups, files; ``with_cache`` the cache too."""
    preconditions.check_root()
    with _held(layout), progress.step(f"remove lab {layout.instance}"):
        _check_owner(layout)
        _remove_runtime(layout, layout.state)
        post.withdraw(layout)
        shutil.rmtree(layout.state, ignore_errors=True)
        if with_cache:
            _remove_cache(layout)
        if layout.base_dir.is_dir() and not any(layout.base_dir.iterdir()):
            layout.base_dir.rmdir()


@contextmanager
def _held(layout: Layout) -> Iterator[None]:
    with exclusive(f"instance/{layout.instance}", progress.say):
        yield


def _claim(layout: Layout) -> None:
    """Clean up after another folder's dead lab of this number, or after our own that lost its network."""
    _check_owner(layout)
    owner = network.owner(layout)
    if owner not in (None, str(layout.state)):
        progress.say(f"lab {layout.instance} was left behind by {owner or 'a cut-off run'}: removing it")
        _remove_runtime(layout, Path(owner) if owner else layout.state)


def _check_owner(layout: Layout) -> None:
    """Raise :class:`LzError` when this instance runs from another folder."""
    owner = network.owner(layout)
    if owner and owner != str(layout.state) and cgroups.processes(layout.cgroup):
        raise LzError(
            f"lab instance {layout.instance} is in use by {owner}",
            remedy=f"Set LZ_LAB_INSTANCE to another number (0 to 7), or run `lz lab destroy` for {owner}",
        )


def _network_and_services(layout: Layout) -> None:
    """Have network and services; with no host running, the network is made anew: cheap, and always whole."""
    if any(host.running(layout, one) for one in world.EVERY_HOST) and network.owner(layout) == str(
        layout.state
    ):
        network.close_machine(layout)
        services.start(layout)
        return
    with progress.step("network, DNS and apt cache") as tell:
        _remove_runtime(layout, layout.state)
        with exclusive("network", tell):
            network.build(layout)
        services.start(layout)


def _start(layout: Layout, hosts: list[world.Host], base: Path, fresh: bool) -> None:
    for one in hosts:
        if fresh:
            host.cut(layout, one)
            mounts.wipe(layout.host_dir(one.name))
        if not host.running(layout, one):
            host.start(layout, one, base)
    for one in hosts:
        host.wait(layout, one)


def _play_partner(layout: Layout) -> None:
    from lopendezaken.lab import partner

    with progress.step("partner: test PKI, engines and CRLs") as tell:
        partner.install(layout, tell)
    post.deliver(layout)


def _play_hoster(layout: Layout) -> None:
    from lopendezaken.lab import hoster

    with progress.step("hoster: its adapter") as tell:
        hoster.install(layout, tell)


def _power_off(layout: Layout, hosts: list[world.Host]) -> None:
    for one in hosts:
        host.press_power(layout, one)
    for one in hosts:
        host.wait_off(layout, one)


def _remove_runtime(layout: Layout, state: Path) -> None:
    """End all processes of this instance, then take mounts and network away. Files stay."""
    cgroups.kill(layout.cgroup)
    for one in world.EVERY_HOST:
        nspawn.forget(layout, one, state / "hosts" / one.name / "root")
    mounts.unmount_below(state)
    with exclusive("network", progress.say):
        network.remove(layout)


def _remove_cache(layout: Layout) -> None:
    others = [entry for entry in layout.base_dir.iterdir() if entry.name.isdecimal()]
    if others:
        raise LzError(
            "the cache is in use by other instances",
            found=", ".join(str(entry) for entry in others),
            remedy="Destroy these first",
        )
    shutil.rmtree(layout.cache, ignore_errors=True)
