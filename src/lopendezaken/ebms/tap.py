"""What passed, for people to follow: who to whom, which action, with what result; never what it says."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from lopendezaken.ebms.envelope import Envelope
from lopendezaken.ebms.mime import Attachment
from lopendezaken.ebms.msh import utc_now
from lopendezaken.ebms.store import Passed

WRITE_EVERY = 0.5  # seconds; a trace is worth no wait for the disk, so what a kill takes along is lost
MAX_WAITING = 2000

_LIKE_BSN = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])")  # what a parser or a partner complains of may hold one

_log = logging.getLogger(__name__)


class Tap:
    """Gathers what passed and has it written now and then."""

    def __init__(self, write: Callable[[Sequence[Passed]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[Passed] = []

    def see(
        self, direction: str, envelope: Envelope, attachments: Sequence[Attachment], result: str, size: int
    ) -> None:
        """Note a message; ``size`` is that of its envelope and payloads, in bytes."""
        self._note(
            Passed(
                at=utc_now(),
                direction=direction,
                action=envelope.action,
                service=str(envelope.service),
                message_id=envelope.message_id,
                ref_to_message_id=envelope.ref_to_message_id,
                conversation_id=envelope.conversation_id,
                sender=str(envelope.sender.id),
                receiver=str(envelope.receiver.id),
                cpa_id=envelope.cpa_id,
                result=result,
                size=size,
                payloads=[_masked(attachment) for attachment in attachments],
            )
        )

    def unreadable(self, sender: str, result: str, size: int) -> None:
        """Note what came in and is no message; ``sender`` is the party in the client's certificate."""
        nothing = dict.fromkeys(
            ("action", "service", "message_id", "conversation_id", "receiver", "cpa_id"), ""
        )
        self._note(
            Passed(
                at=utc_now(),
                direction="in",
                ref_to_message_id=None,
                sender=sender,
                result=result,
                size=size,
                payloads=[],
                **nothing,
            )
        )

    def _note(self, passed: Passed) -> None:
        if len(self._waiting) < MAX_WAITING:
            # A header that is no UTF-8 comes as surrogates, which no store takes.
            result = passed.result.encode("utf-8", "replace").decode()
            self._waiting.append(replace(passed, result=_LIKE_BSN.sub("*********", result)))

    async def flush(self) -> None:
        """Write what waits. What the store does not take is lost, and that is told."""
        waiting, self._waiting = self._waiting, []
        try:
            if waiting:
                await self._write(waiting)
        except sqlite3.Error as error:
            _log.error("%d messages that passed cannot be noted: %s", len(waiting), error)

    async def run(self) -> None:
        """Write now and then, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY)
            await self.flush()


def _masked(attachment: Attachment) -> dict[str, object]:
    return {
        "contentId": attachment.content_id,
        "contentType": attachment.content_type,
        "size": len(attachment.content),
        "sha256": hashlib.sha256(attachment.content).hexdigest(),
    }
