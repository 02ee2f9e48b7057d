"""The tap: the ebMS messages that passed at the engines of the lab, with their payloads masked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lopendezaken import __version__
from lopendezaken.errors import LzError
from lopendezaken.evidence import envelope
from lopendezaken.evidence.vouch import vouch
from lopendezaken.lab import world
from lopendezaken.lab.host_rest import HostRest, Place, adapter_place, partner_place
from lopendezaken.lab.layout import Layout

EVERY = 1.0  # seconds between two looks

ENGINES = {
    "adapter-preprod": adapter_place("preprod"),
    "adapter-prod": adapter_place("prod"),
    **{partner.name: partner_place(partner) for partner in world.PARTNERS},
}


def engines(names: list[str]) -> dict[str, Place]:
    """Those of these names or hosts, all when there are none. Raises :class:`LzError`."""
    known = {*ENGINES, *(place.host for place in ENGINES.values())}
    for name in names:
        if name not in known:
            raise LzError("no engine of that name", found=name, expected=" or ".join(sorted(known)))
    return {name: place for name, place in ENGINES.items() if not names or {name, place.host} & set(names)}


class Wire:
    """The engines that can be asked; use it as a context manager."""

    def __init__(self, layout: Layout, chosen: dict[str, Place]) -> None:
        self._engines = {name: HostRest(layout, place) for name, place in chosen.items()}
        self._seen = dict.fromkeys(self._engines, 0)
        self.answered: set[str] = set()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self._engines.values():
            engine.__exit__(None, None, None)

    def passed(self) -> list[dict[str, Any]]:
        """What passed since the last time, oldest first; each with its ``engine``.

        A host that is not up, or an adapter of another make, has nothing to tell.
        """
        rows: list[dict[str, Any]] = []
        for name, engine in self._engines.items():
            with suppress(LzError):
                found = engine.traffic(self._seen[name])
                self.answered.add(name)
                rows += [{"engine": name, **row} for row in found]
                self._seen[name] = max([self._seen[name], *(row["number"] for row in found)])
        return sorted(rows, key=lambda row: (str(row["at"]), str(row["engine"])))


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
    sender, receiver = (names.get(row[end], row[end].rpartition(":")[2] or "?") for end in ("from", "to"))
    carried = ", ".join(
        f"{one['contentType']} {one['size']} B {one['sha256'][:12]}" for one in row["payloads"]
    )
    action = row["action"] or "(no message)"
    return (
        f"{row['at'][11:23]} {row['engine']:<21}{way} {sender + ' > ' + receiver:<43} {action:<15}"
        f" {row['messageId'][:8]:<8} {row['size']:>7} B  {row['result']}{f'  [{carried}]' if carried else ''}"
    )


def moment(text: str, now: datetime) -> datetime:
    """``10m``, ``2h``, ``1d`` ago, or a time of ISO 8601. Raises :class:`LzError`."""
    ago = re.fullmatch(r"([0-9]{1,5})([smhd])", text)
    if ago:
        unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[ago.group(2)]
        return now - timedelta(**{unit: int(ago.group(1))})
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        expected = "10m, 2h, 1d or a time such as 2026-11-24T10:30"
        raise LzError("no moment", found=text, expected=expected, exit_code=2) from error
    return found.astimezone(UTC)


def later(rows: list[dict[str, Any]], since: datetime) -> list[dict[str, Any]]:
    """Those that passed at that moment or after it."""
    return [row for row in rows if datetime.fromisoformat(row["at"]) >= since]


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
    vouch(place / "dossier", written)
    return written
