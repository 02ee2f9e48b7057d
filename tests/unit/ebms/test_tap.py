"""The tap: what is noted of what passed, and what never is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lopendezaken.ebms import tap
from lopendezaken.ebms.store import Passed, Store
from lopendezaken.ebms.tap import Tap


class Kept:
    """Where a tap writes to."""

    def __init__(self) -> None:
        self.rows: list[Passed] = []

    async def write(self, passed: Sequence[Passed]) -> None:
        self.rows += passed


async def test_what_is_no_message_is_noted_with_its_sender_and_reason() -> None:
    kept = Kept()
    seen = Tap(kept.write)
    seen.unreadable("urn:osb:oin:00000099100000001000", "500 malformed XML: 999990019 is no 1234567890", 12)
    assert kept.rows == []
    await seen.flush()
    (row,) = kept.rows
    assert (row.direction, row.action, row.sender, row.size) == (
        "in",
        "",
        "urn:osb:oin:00000099100000001000",
        12,
    )
    assert row.result == "500 malformed XML: ********* is no 1234567890"


async def test_no_more_waits_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "MAX_WAITING", 3)
    kept = Kept()
    seen = Tap(kept.write)
    for _ in range(5):
        seen.unreadable("", "500", 0)
    await seen.flush()
    assert len(kept.rows) == 3


async def test_a_reason_that_is_no_unicode_can_be_kept() -> None:
    store = Store(":memory:")

    async def write(passed: Sequence[Passed]) -> None:
        store.see(passed)

    seen = Tap(write)
    seen.unreadable("", "500 SOAPAction=\udcc3", 1)
    await seen.flush()
    assert [row.result for _, row in store.traffic(0, 10)] == ["500 SOAPAction=?"]
