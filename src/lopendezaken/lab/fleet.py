"""A fleet: organisations beside each other in one lab, each with hosts, inventory, dossier and keys of its own.

They are made from the example organisation; what tells them apart is in :class:`lopendezaken.lab.world.Member`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from lopendezaken.lab import lifecycle, machine, people, post, preconditions, world
from lopendezaken.lab.layout import Layout

NAME, SLUG, OIN = "Gemeente Voorbeeldstad", "voorbeeldstad", "00000099100000001000"
# What other runs left there is not the example's.
_OF_RUNS = ("evidence", "received", "requests", "cpa", "seals", "gate", "trust", "documents")
INVENTORY = "fleet.yml"


def up(layout: Layout, folder: Path, count: int) -> list[Path]:
    """Have ``count`` organisations in ``folder``, with their hosts running; give their folders.

    An organisation whose folder is there already stays as it is.
    """
    members = world.FLEET[:count]
    made = [make(layout, folder, member) for member in members]
    (folder / INVENTORY).write_text(inventory(members))
    hosts = [world.PARTNER_HOST, *(host.name for member in members for host in member.hosts)]
    preconditions.check_root()
    machine.make_room(len(hosts))
    lifecycle.up(layout, world.select(hosts))
    for organisation in made:
        post.deliver(layout, organisation / "dossier/received")
        people.appoint_in(organisation)
    return made


def make(layout: Layout, folder: Path, member: world.Member) -> Path:
    """Make the folder of one organisation, unless it is there."""
    target = folder / member.slug
    if target.exists():
        return target
    draft = folder / f".{member.slug}"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(post.EXAMPLE, draft, ignore=shutil.ignore_patterns(*_OF_RUNS))
    for path in draft.rglob("*.yml"):
        path.write_text(_own(path.read_text(), layout, member))
    hosts = draft / "hosts.yml"
    hosts.write_text(_hosts(hosts.read_text(), member))
    draft.rename(target)
    return target


def inventory(members: tuple[world.Member, ...]) -> str:
    """Render the inventory that playbooks/fleet.yml takes: organisations, each in the folder of its name."""
    hosts = "".join(f"    {member.slug}:\n" for member in members)
    return f"# Written by `lz lab fleet`.\norganisations:\n  hosts:\n{hosts}"


def _own(text: str, layout: Layout, member: world.Member) -> str:
    """Replace what is the example's by what is the member's; its lab is this one, wherever the folder lies."""
    inbound, outbound = member.outside
    for old, new in (
        (NAME, member.name),
        (SLUG, member.slug),
        (OIN, member.oin),
        (" 198.51.100.10,", f" {inbound},"),
        (" 198.51.100.11,", f" {outbound},"),
        (str(world.MANAGEMENT), str(world.FLEET_MANAGEMENT)),
        ("inventory_dir ~ '/../../.lab'", f"'{layout.base_dir}'"),
        ("'LZ_LAB_INSTANCE') | default('0'", f"'LZ_LAB_INSTANCE') | default('{layout.instance}'"),
        ("{{ inventory_dir }}/../../build", f"{layout.state}/build"),
        ("/backup-identity", f"/{member.slug}-backup-identity"),
        ("/keystore-", f"/{member.slug}-keystore-"),
    ):
        text = text.replace(old, new)
    return text


def _hosts(text: str, member: world.Member) -> str:
    """Name the lab's hosts of this member; it has none of production, and no other's may be taken for one."""
    groups = yaml.safe_load(text)
    adapter, dmz = member.hosts
    groups["all"]["hosts"] = {
        "adapter-preprod": {"ansible_host": adapter.name},
        "dmz-preprod": {"ansible_host": dmz.name},
        **{name: {"ansible_host": f"{name}.{member.domain}"} for name in ("adapter-prod", "dmz-prod")},
    }
    return str(yaml.safe_dump(groups, sort_keys=False))
