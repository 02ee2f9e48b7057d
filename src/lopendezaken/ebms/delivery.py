"""Sends what is in the outbox: at once, again as the CPA says, and gives up in time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime

from lopendezaken.ebms.client import Sent
from lopendezaken.ebms.store import DELIVERED, DELIVERY_FAILED, EXPIRED, Task

PARALLEL = 16
_AFTER_FAILURE = 5.0  # seconds
_LONGEST_WAIT = 60.0  # seconds between two looks at the outbox, in case the clock was changed

_log = logging.getLogger(__name__)


def status_after(task: Task, attempts: int, sent: Sent) -> str | None:
    """The end of a message after attempt ``attempts``; None when there is more to try or to wait for."""
    if sent.ok:
        return None if task.schedule.awaits_ack else DELIVERED
    if sent.final:
        return DELIVERY_FAILED
    if task.schedule.awaits_ack or attempts < task.schedule.max_attempts:
        return None
    return DELIVERY_FAILED


def status_when_over(task: Task) -> str:
    """The end of a message that nobody answered."""
    return EXPIRED if task.schedule.awaits_ack else DELIVERY_FAILED


class Worker:
    """Runs until cancelled. ``send`` sends, the other calls are those of the store.

    Times are those of the wall clock, since they outlive the process; when it is set back, what waits must not
    wait all the longer.
    """

    def __init__(
        self,
        *,
        claim: Callable[[frozenset[int], int], Awaitable[list[Task]]],
        next_at: Callable[[frozenset[int]], Awaitable[float | None]],
        finish: Callable[[Task, str], Awaitable[None]],
        set_back: Callable[[], Awaitable[int]],
        send: Callable[[Task], Awaitable[Sent]],
        clock: Callable[[], datetime],
    ) -> None:
        self._claim, self._next_at, self._finish, self._send = claim, next_at, finish, send
        self._set_back, self._clock = set_back, clock
        self._seen = float("inf")  # the clock at the last look; it may have been set back before we started
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something was put into the outbox."""
        self._wake.set()

    async def run(self) -> None:
        """Look, send, sleep until the next time or until woken."""
        try:
            while True:
                self._wake.clear()
                wait = await self._round()
                try:
                    await asyncio.wait_for(self._wake.wait(), wait)
                except TimeoutError:
                    pass
        finally:
            for running in list(self._busy.values()):
                running.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _round(self) -> float:
        now = self._clock().timestamp()
        free = PARALLEL - len(self._busy)
        if free <= 0:
            return _LONGEST_WAIT  # whoever ends wakes us
        try:
            if now < self._seen and (moved := await self._set_back()):
                _log.warning("the clock was set back: %d messages would have waited too long", moved)
            self._seen = now
            for task in await self._claim(frozenset(self._busy), free):
                self._busy[task.number] = asyncio.create_task(self._one(task))
            following = await self._next_at(frozenset(self._busy))
        except sqlite3.Error as error:
            _log.error("outbox cannot be read; next look in %.0f seconds: %s", _AFTER_FAILURE, error)
            return _AFTER_FAILURE
        if following is None or len(self._busy) >= PARALLEL:
            return _LONGEST_WAIT
        return min(_LONGEST_WAIT, max(0.0, following - self._clock().timestamp()))

    async def _one(self, task: Task) -> None:
        try:
            await self._attempt(task)
        except sqlite3.Error as error:  # it comes again when its time comes
            _log.error("%s %s: the store fails: %s", task.action, task.message_id, error)
        except Exception:
            _log.exception("%s %s: sending failed by an error of our own", task.action, task.message_id)
        finally:
            del self._busy[task.number]
            self.wake()

    async def _attempt(self, task: Task) -> None:
        if task.schedule.over(task.attempts, self._clock().timestamp()):
            status = status_when_over(task)
            _log.warning("%s %s to %s: %s", task.action, task.message_id, task.receiver, status)
            await self._finish(task, status)
            return
        sent = await self._send(task)
        attempt = task.attempts + 1
        if not sent.ok:
            reason = (sent.failure or "").partition("\n")[0]
            of = f"attempt {attempt} of {task.schedule.max_attempts}"
            _log.warning("%s %s to %s: %s: %s", task.action, task.message_id, task.receiver, of, reason)
        status_now = status_after(task, attempt, sent)
        if status_now is not None:
            await self._finish(task, status_now)
