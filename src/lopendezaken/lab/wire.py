"""The tap: the ebMS messages that passed at the engines of the lab, with their payloads masked."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lopendezaken import __version__
from lopendezaken.errors import LzError
from lopendezaken.evidence import envelope
from lopendezaken.lab import world
from lopendezaken.lab.command import ENVIRONMENT
from lopendezaken.lab.layout import Layout

EVERY = 1.0  # seconds between two looks

# Runs on the host, which has python3: asks each engine what passed since the number that was seen last.
_ASK = """
import base64, json, sys, urllib.request
found = {}
for name, port, login, after in json.loads(sys.argv[1]):
    try:
        token = base64.b64encode(open(login, "rb").read().strip()).decode()
        url = f"http://127.0.0.1:{port}/lopendezaken/v1/traffic?after={after}"
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {token}"})
        found[name] = json.load(urllib.request.urlopen(request, timeout=5))
    except (OSError, ValueError):
        found[name] = None
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Engine:
    """Where an engine can be asked."""

    host: str
    name: str
    port: int
    login: str


ENGINES = (
    *(
        Engine(host.name, host.name, 8080, "/etc/lopendezaken/rest.credentials")
        for host in world.HOSTS
        if host.name.startswith("adapter-")
    ),
    *(
        Engine(
            world.PARTNER_HOST,
            partner.name,
            partner.rest_port,
            f"/etc/lz-partner/{partner.name}/rest.credentials",
        )
        for partner in world.PARTNERS
    ),
)


def engines(names: list[str]) -> list[Engine]:
    """Those with these names (of engine or host), all when there are none. Raises :class:`LzError`."""
    known = {engine.name for engine in ENGINES} | {engine.host for engine in ENGINES}
    for name in names:
        if name not in known:
            raise LzError("no engine of that name", found=name, expected=" or ".join(sorted(known)))
    return [engine for engine in ENGINES if not names or {engine.name, engine.host} & set(names)]


def passed(layout: Layout, chosen: list[Engine], seen: dict[str, int]) -> list[dict[str, Any]]:
    """What passed since ``seen`` (number by engine, which this moves on), oldest first; each with its ``engine``."""
    rows: list[dict[str, Any]] = []
    for host in dict.fromkeys(engine.host for engine in chosen):
        asked = [
            (engine.name, engine.port, engine.login, seen.get(engine.name, 0))
            for engine in chosen
            if engine.host == host
        ]
        for name, found in _ask(layout, host, asked).items():
            rows += [{"engine": name, **row} for row in found or ()]
            seen[name] = max([seen.get(name, 0), *(row["number"] for row in found or ())])
    return sorted(rows, key=lambda row: (str(row["at"]), str(row["engine"])))


def _ask(layout: Layout, host: str, asked: list[tuple[str, int, str, int]]) -> dict[str, Any]:
    shared = [
        "-o",
        "ControlMaster=auto",
        "-o",
        f"ControlPath={layout.state}/wire-%n",
        "-o",
        "ControlPersist=10",
    ]
    words = [
        "ssh",
        "-F",
        str(layout.ssh_config),
        *shared,
        host,
        "--",
        "python3",
        "-",
        f"'{json.dumps(asked)}'",
    ]
    done = subprocess.run(words, input=_ASK, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    return json.loads(done.stdout) if done.returncode == 0 else {name: None for name, *_ in asked}


def follow(rows: list[dict[str, Any]], look: Callable[[], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """What passed so far and what passes from now on, which is added to ``rows``."""
    yield from list(rows)
    while True:
        new = look()
        rows += new
        yield from new
        time.sleep(EVERY)


def line(row: dict[str, Any], names: dict[str, str]) -> str:
    """One message for people: when, where, who to whom, which action, how it went, what it carried."""
    way = "in " if row["direction"] == "in" else "out"
    sender, receiver = (names.get(row[end], row[end].rpartition(":")[2]) for end in ("from", "to"))
    carried = ", ".join(
        f"{one['contentType']} {one['size']} B {one['sha256'][:12]}" for one in row["payloads"]
    )
    return (
        f"{row['at'][11:23]} {row['engine']:<21}{way} {sender + ' > ' + receiver:<43} {row['action']:<15}"
        f" {row['messageId'][:8]} {row['result']}{f'  [{carried}]' if carried else ''}"
    )


def party_names() -> dict[str, str]:
    """Short names of the lab's partners by their PartyId."""
    return {f"urn:osb:oin:{partner.oin}": partner.name for partner in world.PARTNERS}


def environment_of(engine: str) -> str:
    """The environment that an engine plays in; the Compliance Voorziening is of preproduction."""
    return "prod" if engine.endswith("-prod") else "preprod"


def record(rows: list[dict[str, Any]]) -> list[Path]:
    """Write what passed as evidence of the organisation, one file for each environment. The paths."""
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation

    place = organisation(None)
    slug = load(place).organisation.slug
    written = []
    for environment in ("preprod", "prod"):
        ours = [row for row in rows if environment_of(row["engine"]) == environment]
        if ours:
            made = envelope.make(
                "message-traffic",
                {"organisation": slug, "environment": environment, "host": world.PARTNER_HOST},
                {"tool": "lz lab wire", "version": __version__, "commit": ""},
                envelope.now(),
                {"messages": ours},
            )
            written.append(envelope.write(place / "dossier/evidence", made))
    return written
