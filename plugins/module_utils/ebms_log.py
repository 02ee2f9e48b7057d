"""Pings and Pongs in what ebms-admin writes to the journal: it has no call that shows them."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime

EB = "{http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd}"
MOST = 2_000_000  # characters of the journal that are looked at, the newest
# It marks what goes out and what comes in, and writes the whole envelope behind that.
_WRITTEN = re.compile(r"(>>>>|<<<<)\s*(<(\w+):Envelope\b.*?</\3:Envelope>)", re.DOTALL)


def journal(unit: str, since: datetime) -> str:
    """What a unit wrote since a moment; empty when there is no journal to read."""
    words = [
        "journalctl",
        "--no-pager",
        "--output=cat",
        f"--unit={unit}",
        f"--since=@{int(since.timestamp())}",
    ]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout[-MOST:]


def signals_in(text: str, cpa_id: str) -> list[dict[str, object]]:
    """The Pings and Pongs under a CPA, as ``GET /lopendezaken/v1/signals`` of the embedded engine gives them."""
    return [signal for signal in _signals(text) if signal["cpaId"] == cpa_id]


def _signals(text: str) -> Iterator[dict[str, object]]:
    for arrow, envelope, _ in _WRITTEN.findall(text):
        if "<!DOCTYPE" in envelope or "<!ENTITY" in envelope:
            continue
        try:
            # The adapter has read it before; without DOCTYPE nothing can grow.
            header = ET.fromstring(envelope).find(f".//{EB}MessageHeader")  # noqa: S314
        except ET.ParseError:
            continue
        if header is not None and header.findtext(f"{EB}Action") in {"Ping", "Pong"}:
            yield _signal("out" if arrow == ">>>>" else "in", header, envelope)


def _signal(direction: str, header: ET.Element, envelope: str) -> dict[str, object]:
    data = f"{EB}MessageData/{EB}"
    return {
        "direction": direction,
        "action": header.findtext(f"{EB}Action"),
        "messageId": header.findtext(f"{data}MessageId"),
        "refToMessageId": header.findtext(f"{data}RefToMessageId"),
        "conversationId": header.findtext(f"{EB}ConversationId"),
        "from": _party(header, "From"),
        "to": _party(header, "To"),
        "cpaId": header.findtext(f"{EB}CPAId"),
        "timestamp": header.findtext(f"{data}Timestamp"),
        "envelope": envelope,
    }


def _party(header: ET.Element, end: str) -> str:
    party = header.find(f"{EB}{end}/{EB}PartyId")
    return "" if party is None else f"{party.get(f'{EB}type')}:{party.text}"
