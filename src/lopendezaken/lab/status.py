"""What the lab is doing now."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from lopendezaken.lab import host, network, world
from lopendezaken.lab.layout import Layout


def collect(layout: Layout) -> list[dict[str, Any]]:
    """Return for each host: name, management address, other addresses, running, uptime (s), pss_bytes.

    Hosts of a fleet only where they were made.
    """
    return [
        {
            "name": one.name,
            "management": str(network.management_address(layout, one)),
            "addresses": [address for leg in one.legs for address in leg.addresses],
            **asdict(host.state(layout, one)),
        }
        for one in world.EVERY_HOST
        if one in world.HOSTS or layout.host_dir(one.name).exists()
    ]


def show(layout: Layout, as_json: bool) -> None:
    """Print the state of all hosts."""
    rows = collect(layout)
    folder = network.owner(layout) or str(layout.state)
    if as_json:
        print(json.dumps({"instance": layout.instance, "folder": folder, "hosts": rows}, indent=2))
        return
    table = Table(title=f"lab {layout.instance} ({folder})", title_justify="left")
    for column in ("host", "state", "management", "addresses", "up", "memory"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            row["name"],
            "running" if row["running"] else "stopped",
            row["management"],
            " ".join(row["addresses"]),
            "" if row["uptime"] is None else str(timedelta(seconds=int(row["uptime"]))),
            "" if row["pss_bytes"] is None else f"{row['pss_bytes'] / 2**20:.0f} MiB",
        )
    Console().print(table)
