"""The lab's network: zones are bridges in a namespace of their own (the switch), which plays the internet.

The switch routes between DMZ and outside and nothing else. One link (``lz-lab<N>``) leads from it to the
machine, into the management zone. Before that link exists, the machine is closed: the lab's addresses are
unreachable by any other way, and a packet filter lets hosts reach DNS and the apt cache only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

from lopendezaken.lab import world
from lopendezaken.lab.command import run, try_run
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.machine import own_addresses

METRIC = "9999"
NAMESPACES = Path("/run/netns")
APT_PORT = 3142


def management_address(layout: Layout, host: world.Host) -> IPv4Address:
    """Return where the machine reaches a host."""
    if host in world.FLEET_HOSTS:
        return layout.fleet_network[host.number]
    return layout.network[1 + host.number]


def machine_address(layout: Layout, host: world.Host) -> IPv4Address:
    """Return where a host finds the machine, with DNS and the apt cache."""
    return layout.fleet_network[1] if host in world.FLEET_HOSTS else layout.machine_address


def mac(address: str) -> str:
    """Return the fixed MAC for an address: a host that is made anew keeps its place in every ARP table."""
    return "02:4c:" + ":".join(f"{byte:02x}" for byte in IPv4Address(address).packed)


def owner(layout: Layout) -> str | None:
    """Return the state folder of the lab that holds this instance's link; None when there is no link."""
    links = [link for link in _links() if link["ifname"] == layout.link]
    return links[0].get("ifalias", "") if links else None


def build(layout: Layout) -> None:
    """Make the switch with its bridges and the link to the machine. Nothing of it may exist yet."""
    _close_routes(layout)
    run("nft", "-f", "-", stdin=machine_filter(layout))
    run("ip", "netns", "add", layout.switch)
    in_switch = ("ip", "netns", "exec", layout.switch)
    run(*in_switch, "sh", "-c", _SWITCH_SETTINGS)
    run(*in_switch, "nft", "-f", "-", stdin=switch_filter())
    run("ip", "-n", layout.switch, "-batch", "-", stdin=_lines(_bridges()))
    run(*in_switch, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    address = layout.machine_address
    run(
        *("ip", "link", "add", layout.link, "address", mac(str(address))),
        *("type", "veth", "peer", "name", "machine", "netns", layout.switch),
    )
    run("ip", "link", "set", layout.link, "alias", layout.state)
    run("sysctl", "-q", "-w", f"net.ipv6.conf.{layout.link}.disable_ipv6=1")
    run("ip", "-n", layout.switch, "link", "set", "machine", "master", "management", "up")
    for own, network in zip(layout.machine_addresses, (layout.network, layout.fleet_network), strict=True):
        run("ip", "address", "add", f"{own}/{network.prefixlen}", "dev", layout.link)
    run("ip", "link", "set", layout.link, "up")


def close_machine(layout: Layout) -> None:
    """Put the machine's filter in place again, should someone have flushed it meanwhile."""
    run("nft", "-f", "-", stdin=machine_filter(layout))


def connect(layout: Layout, host: world.Host) -> None:
    """Make a host's namespace with its legs; one that a cut-off run left is made anew."""
    disconnect(layout, host)
    namespace = layout.namespace(host.name)
    run("ip", "netns", "add", namespace)
    run("ip", "netns", "exec", namespace, "sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
    legs = _legs(layout, host)
    run("ip", "-n", layout.switch, "-batch", "-", stdin=_lines(_ports(namespace, host, legs)))
    run("bridge", "-n", layout.switch, "-batch", "-", stdin=_lines(_isolation(host, legs)))
    run("ip", "-n", namespace, "-batch", "-", stdin=_lines(_addresses(host, legs)))


def disconnect(layout: Layout, host: world.Host) -> None:
    """Remove a host's namespace and its ports on the switch."""
    for leg, _ in _legs(layout, host):
        # The kernel would do it too, but later, and then the name is still taken.
        try_run("ip", "-n", layout.switch, "link", "delete", _port(host, leg.interface))
    _remove_namespace(layout.namespace(host.name))


def remove(layout: Layout) -> None:
    """Remove all network parts of this instance; with the last instance also the closed routes."""
    try_run("ip", "link", "delete", layout.link)
    for name in _namespaces():
        if name.startswith(layout.namespace("")):
            _remove_namespace(name)
    try_run("nft", "delete", "table", "inet", layout.nft_table)
    for network in (layout.network, layout.fleet_network):
        try_run(*_unreachable("delete", str(network)))
    if any(link["ifname"].startswith("lz-lab") for link in _links()):
        return
    for address in world.addresses():
        try_run(*_unreachable("delete", address))
    if not _namespaces() and try_run("umount", NAMESPACES):
        NAMESPACES.rmdir()


def forget_connections(layout: Layout, host: world.Host) -> None:
    """End the machine's connections to a host that is gone, so that a kept-open ssh notices."""
    try_run("ss", "-K", "dst", str(management_address(layout, host)))


def machine_filter(layout: Layout) -> str:
    """Render the filter on the machine's end: hosts reach DNS and the apt cache, and nothing beyond."""
    table, link = layout.nft_table, layout.link
    addresses = ", ".join(map(str, layout.machine_addresses))
    return f"""table inet {table}
delete table inet {table}
table inet {table} {{
  chain machine_in {{
    type filter hook input priority -10; policy accept;
    iifname != "{link}" accept
    ct state established,related accept
    ip daddr {{ {addresses} }} udp dport 53 accept
    ip daddr {{ {addresses} }} tcp dport {{ 53, {APT_PORT} }} accept
    counter drop
  }}
  chain through_machine {{
    type filter hook forward priority -10; policy accept;
    iifname "{link}" counter drop
    oifname "{link}" counter drop
  }}
}}
"""


def switch_filter() -> str:
    """Render the filter of the switch: between DMZ and outside only."""
    return """table inet switch {
  chain switch_in {
    type filter hook input priority 0; policy drop;
    meta l4proto icmp accept
  }
  chain through_switch {
    type filter hook forward priority 0; policy drop;
    iifname "dmz" oifname "outside" accept
    iifname "outside" oifname "dmz" accept
  }
}
"""


def _close_routes(layout: Layout) -> None:
    """Let nothing that is meant for the lab leave by the machine's own network.

    Address by address, not by whole networks: a machine's own network may be of the same RFC 5737 ranges
    (seen: gateway and package mirror), and it must keep working.
    """
    for network in (layout.network, layout.fleet_network):
        run(*_unreachable("replace", str(network)))
    for address in sorted(set(world.addresses()) - own_addresses()):
        run(*_unreachable("replace", address))


def _unreachable(verb: str, destination: str) -> tuple[str, ...]:
    return ("ip", "route", verb, "unreachable", destination, "metric", METRIC)


# Bridged packets must not pass the machine's netfilter hooks. No IPv6: the plan has none, and a link-local
# address would be a way past it.
_SWITCH_SETTINGS = """
sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward=0
for file in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e "$file" ] || echo 0 > "$file"; done
"""


def _bridges() -> Iterable[str]:
    yield "link set lo up"
    yield "link add management type bridge"
    yield "link set management up"
    for zone in world.EVERY_ZONE:
        # A bridge takes the lowest address of its ports, so without one of its own it gets another when a host goes.
        own = f" address {mac(zone.gateway)}" if zone.gateway else ""
        yield f"link add {zone.name}{own} type bridge"
        yield f"link set {zone.name} up"
        if zone.gateway:
            yield f"address add {zone.gateway}/{zone.network.prefixlen} dev {zone.name}"


def _legs(layout: Layout, host: world.Host) -> list[tuple[world.Leg, int]]:
    """The host's legs with the length of their prefix, the management leg first."""
    management = world.Leg("management", "mgmt0", (str(management_address(layout, host)),))
    prefix = (layout.fleet_network if host in world.FLEET_HOSTS else layout.network).prefixlen
    zones = [(leg, world.zone(leg.zone).network.prefixlen) for leg in host.legs]
    return [(management, prefix), *zones]


def _port(host: world.Host, interface: str) -> str:
    return f"h{host.number}-{interface}"


def _ports(namespace: str, host: world.Host, legs: list[tuple[world.Leg, int]]) -> Iterable[str]:
    for leg, _ in legs:
        port = _port(host, leg.interface)
        peer = f"peer name {leg.interface} address {mac(leg.addresses[0])} netns {namespace}"
        yield f"link add {port} type veth {peer}"
        yield f"link set {port} master {leg.zone} up"


def _isolation(host: world.Host, legs: list[tuple[world.Leg, int]]) -> Iterable[str]:
    for leg, _ in legs:
        if leg.zone == "management" or world.zone(leg.zone).isolated:
            yield f"link set dev {_port(host, leg.interface)} isolated on"


def _addresses(host: world.Host, legs: list[tuple[world.Leg, int]]) -> Iterable[str]:
    yield "link set lo up"
    for leg, prefix in legs:
        for address in leg.addresses:
            yield f"address add {address}/{prefix} dev {leg.interface}"
        yield f"link set {leg.interface} up"
    if host.gateway:
        yield f"route add default via {host.gateway}"


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _links() -> list[dict[str, str]]:
    links: list[dict[str, str]] = json.loads(run("ip", "-j", "link"))
    return links


def _namespaces() -> list[str]:
    return sorted(file.name for file in NAMESPACES.glob("*"))


def _remove_namespace(name: str) -> None:
    file = NAMESPACES / name
    if file.exists() and not try_run("ip", "netns", "delete", name):
        file.unlink(missing_ok=True)  # made, but cut off before it became a namespace
