"""What production hosts ask of who enters them, and who did without being asked.

``slug | lz_principals(stage)``
    The lines of sshd's list of principals: who may work from a stage of the gate on, and who may only look.
``output | lz_ways_in(host)``
    Record ways-in, from the moment of the host's first start (a line) and its journal of logins (lines of JSON).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lopendezaken.gate.delivery import principals

# Of login(1) only who came in; what it says of sessions is the same once more. Of the others every line.
_CAME_IN = re.compile(r"(ROOT )?LOGIN ")


def lz_ways_in(output: str, host: str) -> dict[str, Any]:
    """Give the record; a line that is no JSON is no line of the journal."""
    started, *lines = output.splitlines()
    ways = [{"at": _instant(int(started)), "how": "first start"}]
    for entry in map(json.loads, lines):
        told = str(entry.get("MESSAGE", ""))
        if entry.get("SYSLOG_IDENTIFIER") != "login" or _CAME_IN.match(told):
            ways.append({"at": _instant(int(entry["__REALTIME_TIMESTAMP"]) // 1_000_000), "how": told[:200]})
    return {"kind": "ways-in", "host": host, "raw": {"ways": ways}}


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"lz_principals": principals, "lz_ways_in": lz_ways_in}
