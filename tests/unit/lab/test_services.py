from __future__ import annotations

from pathlib import Path

from lopendezaken.lab import services, world
from lopendezaken.lab.apt_sources import Source
from lopendezaken.lab.layout import Layout

LAYOUT = Layout(Path("/lab"), 1)


def test_dns_knows_hosts_and_public_names_and_asks_no_one() -> None:
    lines = services.dnsmasq_conf(LAYOUT).splitlines()
    assert "host-record=adapter-preprod,192.0.2.146" in lines
    assert "host-record=crl.pkioverheid.example,203.0.113.40" in lines
    assert sum(line.startswith("host-record=") for line in lines) == len(world.EVERY_HOST) + len(
        world.PUBLIC_NAMES
    )
    assert {"no-resolv", "bind-interfaces", "listen-address=192.0.2.145,198.18.1.1"} <= set(lines)
    assert not [line for line in lines if line.startswith("server=")]


def test_the_apt_cache_fetches_from_the_machines_sources_only() -> None:
    sources = [
        Source("https://mirror.example/debian", "bookworm", ""),
        Source("https://mirror.example/debian", "bookworm-updates", ""),
        Source("http://security.example/debian-security", "bookworm-security", ""),
    ]
    lines = services.acng_conf(LAYOUT, sources, "").splitlines()
    assert [line for line in lines if line.startswith("Remap-")] == [
        "Remap-lab0: http://security.example/debian-security ; http://security.example/debian-security",
        "Remap-lab1: http://mirror.example/debian ; https://mirror.example/debian",
    ]
    assert "ForceManaged: 1" in lines
    assert "BindAddress: 192.0.2.145 198.18.1.1" in lines
    assert not [line for line in lines if line.startswith("Proxy:")]


def test_the_apt_cache_takes_the_machines_own_proxy() -> None:
    assert "Proxy: http://proxy.example:3128" in services.acng_conf(LAYOUT, [], "http://proxy.example:3128")
