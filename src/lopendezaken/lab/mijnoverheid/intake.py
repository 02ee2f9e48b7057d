"""Takes messages from the engine: judged, stored, answered where refused, and only then processed.

A kill at any moment repeats a step that does nothing the second time: storing is by MessageId, and the Foutbericht has
an id that follows from the message that it answers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from lopendezaken.casemessage import check
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.cpa.model import Cpa, parse
from lopendezaken.errors import LzError
from lopendezaken.lab.mijnoverheid.cases import Cases
from lopendezaken.lab.mijnoverheid.rest import Engine, EngineError, Received

AGAIN_AFTER = 30.0  # seconds, for a message that could not be dealt with

_log = logging.getLogger(__name__)


class Intake:
    """One played MijnOverheid, apart from its page."""

    def __init__(
        self,
        engine: Engine,
        cases: Cases,
        schemas: Schemas,
        bsns: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._cases = cases
        self._schemas = schemas
        self._bsns = bsns
        self._clock = clock
        self._later: dict[str, float] = {}

    def run_once(self) -> int:
        """Deal with all that waits; how many. Raises :class:`EngineError` when the engine does not answer."""
        done = 0
        waiting = self._engine.unprocessed()
        self._later = {one: at for one, at in self._later.items() if one in waiting}
        for message_id in waiting:
            if self._later.get(message_id, 0.0) > self._clock():
                continue
            try:
                self._take(self._engine.get(message_id))
                done += 1
            except (EngineError, LzError, KeyError, TypeError, ValueError) as error:
                # The others must not wait for this one. Only our own errors have words fit for a log.
                words = str(error) if isinstance(error, EngineError | LzError) else type(error).__name__
                _log.error("%s waits: %s", message_id, words)
                self._later[message_id] = self._clock() + AGAIN_AFTER
        return done

    def _take(self, received: Received) -> None:
        key = (received.cpa_id, received.message_id)
        if not self._cases.has(*key):
            self._judge(received)
        self._answer(received)
        self._engine.process(received.message_id)

    def _judge(self, received: Received) -> None:
        sender = received.sender.rpartition(":")[2][:20]
        try:
            message = check.accept(_payload(received), self._schemas, self._bsns, sender)
        except RefusedError as refused:
            self._refuse(received, sender, refused)
            return
        self._cases.accept(received.cpa_id, received.message_id, received.action, message)
        _log.info("accepted %s", received.message_id)

    def _refuse(self, received: Received, sender: str, refused: RefusedError) -> None:
        identity = uuid5(NAMESPACE_URL, f"{received.cpa_id} {received.message_id}")
        own = received.receiver.rpartition(":")[2][:20]
        xml = received.payloads[0] if received.payloads else b""
        error = check.answer(xml, refused, own, sender, datetime.now(), str(identity))
        self._cases.refuse(
            *(received.cpa_id, received.message_id, received.action, sender),
            code=refused.reason.code,
            detail=refused.detail,
            answer=f"{identity}@mijnoverheid.example",
            error=error,
        )
        _log.info("refused %s: %s", received.message_id, refused.reason.code)

    def _answer(self, received: Received) -> None:
        answer = self._cases.open_error(received.cpa_id, received.message_id)
        if answer is None or self._engine.knows(answer[0]):
            return
        cpa = parse(self._engine.cpa(received.cpa_id), received.cpa_id)
        role, service, action = answer_action(cpa, received)
        self._engine.send(
            {
                "cpaId": received.cpa_id,
                "fromPartyId": received.receiver,
                "fromRole": role,
                "toPartyId": received.sender,
                "service": service,
                "action": action,
                "conversationId": received.conversation_id,
                "messageId": answer[0],
                "refToMessageId": received.message_id,
            },
            answer[1],
        )
        _log.info("answered %s with %s", received.message_id, answer[0])


def _payload(received: Received) -> bytes:
    if len(received.payloads) != 1:
        raise RefusedError(Reason.UNKNOWN_KIND, f"{len(received.payloads)} bijlagen, niet een")
    return received.payloads[0]


def answer_action(cpa: Cpa, received: Received) -> tuple[str, str, str]:
    """Role, service (``type:value``) and action for a Foutbericht: the one named so, else the only one there is.

    Raises :class:`LzError` when the CPA has none.
    """
    actions = cpa.party(received.receiver).can_send
    named = [action for action in actions if "fout" in action.name.lower()] or list(actions)
    if len(named) != 1:
        raise LzError(
            "the CPA does not say which action a Foutbericht has",
            where=received.cpa_id,
            found=", ".join(action.name for action in actions) or "no action to the sender",
            expected="one action Foutbericht",
        )
    action = named[0]
    service = f"{action.service_type}:{action.service}" if action.service_type else action.service
    return action.role, service, action.name
