"""Acts on what :mod:`lopendezaken.ebms.msh` decides: keeps, sends, waits for answers."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ParamSpec, TypeVar

from lopendezaken.cpa.model import OIN_TYPE, Cpa, parse
from lopendezaken.ebms import cpas, msh
from lopendezaken.ebms.calls import CallError, Wanted, party
from lopendezaken.ebms.client import Client, Sent
from lopendezaken.ebms.config import Config
from lopendezaken.ebms.delivery import Worker
from lopendezaken.ebms.envelope import Envelope, EnvelopeError, StatusResponse, from_xml, to_xml
from lopendezaken.ebms.failure import SecurityFailureError
from lopendezaken.ebms.identity import oin_of
from lopendezaken.ebms.mime import Attachment, Encoded, Message, decode, encode_parts
from lopendezaken.ebms.names import PING, PONG, STATUS_REQUEST, STATUS_RESPONSE
from lopendezaken.ebms.security import Security
from lopendezaken.ebms.store import DELIVERED, PROCESSED, RECEIVED, Store, Task
from lopendezaken.ebms.tap import Tap
from lopendezaken.ebms.tls import Contexts
from lopendezaken.errors import LzError

_P = ParamSpec("_P")
_T = TypeVar("_T")

TIDY_EVERY = 3600.0  # seconds
MAX_ANSWERING = 64  # Pongs and the like that are under way at a time

_log = logging.getLogger(__name__)


class Engine:
    """One message service handler. Create it in a running event loop; :meth:`close` it."""

    def __init__(self, config: Config, store: Store, contexts: Contexts, security: Security) -> None:
        self.config = config
        self.contexts = contexts
        self.security = security
        self._store = store
        self._rules = msh.Rules(config.oin, config.mandates, config.strict_ping)
        # SQLite has one owner: this thread.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._client = Client(config.proxy, config.connect_timeout, config.read_timeout, config.source)
        self._waiting: dict[str, tuple[Envelope, asyncio.Future[Envelope]]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._cpas = {cpa_id: parse(xml, cpa_id) for cpa_id, xml in store.cpas().items()}
        self._mappings = store.url_mappings()
        self.tap = Tap(lambda passed: self.stored(store.see, passed))
        self._worker = Worker(
            claim=lambda busy, limit: self.stored(store.claim, msh.utc_now(), busy, limit),
            next_at=lambda busy: self.stored(store.next_task_at, busy),
            finish=lambda task, status: self.stored(store.finish, task, status, msh.utc_now()),
            set_back=lambda: self.stored(store.clock_set_back, msh.utc_now()),
            send=self._send_task,
            clock=msh.utc_now,
        )

    def start(self) -> None:
        """Take up what was left to send, and tidy now and then."""
        self._spawn(self._worker.run())
        self._spawn(self.tap.run())
        self._spawn(self._tidy())

    async def close(self) -> None:
        """Stop sending, then close the store; what is not sent is on disk."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.tap.flush()
        await self.stored(self._store.close)
        self._thread.shutdown(wait=False)

    async def stored(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a call of the store in the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: call(*args, **kwargs))

    @property
    def store(self) -> Store:
        """For use through :meth:`stored` only."""
        return self._store

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _tidy(self) -> None:
        while True:
            try:
                gone = await self.stored(
                    self._store.tidy, msh.utc_now(), timedelta(days=self.config.retention_days)
                )
                if gone:
                    _log.info(
                        "removed %d messages that were over for %d days", gone, self.config.retention_days
                    )
            except sqlite3.Error:
                _log.exception("tidying failed")
            await asyncio.sleep(TIDY_EVERY)

    # CPAs

    @property
    def cpa_ids(self) -> list[str]:
        """Ids of the CPAs that are loaded, sorted."""
        return sorted(self._cpas)

    async def insert_cpa(self, xml: bytes, *, overwrite: bool) -> str:
        """Load a CPA; it counts from the next message on. Raises :class:`cpas.RefusedError`."""
        cpa = cpas.read(xml, msh.utc_now())
        if cpa.id in self._cpas and not overwrite:
            text = f"Did not insert CPA {cpa.id}! CPA already exists."
            raise cpas.RefusedError(400, f"java.lang.IllegalArgumentException: {text}")
        await self.stored(self._store.put_cpa, cpa.id, xml)
        self._cpas[cpa.id] = cpa
        _log.info("CPA %s loaded: %s", cpa.id, " and ".join(str(party.id) for party in cpa.parties))
        return cpa.id

    async def cpa_xml(self, cpa_id: str) -> bytes | None:
        """The CPA in other bytes, see :func:`cpas.rewritten`."""
        xml = (await self.stored(self._store.cpas)).get(cpa_id)
        return None if xml is None else cpas.rewritten(xml)

    async def delete_cpa(self, cpa_id: str) -> bool:
        """Unload; whether it was there."""
        if self._cpas.pop(cpa_id, None) is None:
            return False
        await self.stored(self._store.delete_cpa, cpa_id)
        _log.info("CPA %s removed", cpa_id)
        return True

    # URL mappings

    @property
    def url_mappings(self) -> dict[str, str]:
        """Where to send instead of the endpoint that a CPA names."""
        return dict(self._mappings)

    async def put_url_mapping(self, source: str, destination: str) -> None:
        """Insert or replace; counts from the next attempt on."""
        await self.stored(self._store.put_url_mapping, source, destination)
        self._mappings[source] = destination

    async def delete_url_mapping(self, source: str) -> bool:
        """Remove; whether there was one."""
        self._mappings.pop(source, None)
        return await self.stored(self._store.delete_url_mapping, source)

    # Incoming

    async def incoming(self, message: Message, peer: bytes | None) -> msh.Refuse | Encoded | None:
        """Take a message in. Unless refused it is safe on disk: answer with nothing, or with this signal."""
        envelope = message.envelope
        cpa = self._cpas.get(envelope.cpa_id)
        decision = msh.decide(message, cpa, peer, self._rules, msh.utc_now(), self.security.open)
        result = (
            f"500 {decision.fault or ''}".strip() if isinstance(decision, msh.Refuse) else _outcome(decision)
        )
        size = len(message.xml) + sum(len(each.content) for each in message.attachments)
        self.tap.see("in", envelope, message.attachments, result, size)
        if isinstance(decision, msh.Refuse):
            _log.warning("refused %s: %s", _label(envelope), decision.fault or "no such service and action")
            return decision
        _log.info("received %s", _label(envelope))
        if envelope.action in {PING, PONG} and envelope.is_signal:
            await self.stored(self._store.trace, "in", envelope, message.xml, msh.utc_now())
        reply = None
        for effect in decision.effects:
            reply = await self._act(effect, message, peer or b"") or reply
        return reply

    def unreadable(self, peer: bytes | None, result: str, size: int) -> None:
        """Something came in that is no message; ``peer`` as with :meth:`incoming`."""
        oin = oin_of(peer) if peer else None
        self.tap.unreadable(f"{OIN_TYPE}:{oin}" if oin else "", result, size)

    async def _act(self, effect: msh.Effect, message: Message, peer: bytes) -> Encoded | None:
        """Do it; what is to go in the HTTP response, where the CPA says so. ``peer`` as with :meth:`incoming`."""
        if isinstance(effect, msh.Receive):
            return await self._receive(effect)
        if isinstance(effect, msh.Settle):
            await self._settle(effect, message, peer)
        elif isinstance(effect, msh.Resolve):
            self._resolve(effect)
        elif isinstance(effect, msh.Report):
            return await self._give(await self._report(effect.request), effect.at_once)
        elif effect.durable and not effect.at_once:
            await self._queue_signal(effect.envelope)
        else:
            return await self._give(effect.envelope, effect.at_once)
        return None

    async def _give(self, envelope: Envelope, at_once: bool) -> Encoded | None:
        """Answer with a signal: in the HTTP response, or on a connection of our own."""
        if not at_once:
            if len(self._background) < MAX_ANSWERING:
                self._spawn(self._answer(envelope))
            else:
                _log.warning("too many answers are under way: none to %s", envelope.ref_to_message_id)
            return None
        xml = to_xml(envelope)
        if envelope.action == PONG:
            await self.stored(self._store.trace, "out", envelope, xml, msh.utc_now())
        return self._in_response(envelope, xml)

    def _in_response(self, envelope: Envelope, xml: bytes) -> Encoded:
        self.tap.see("out", envelope, (), "200", len(xml))
        return encode_parts(xml, envelope.message_id, ())

    async def _receive(self, effect: msh.Receive) -> Encoded | None:
        new, receipt = await self.stored(
            self._store.receive,
            effect.message,
            remember_until=effect.remember_until,
            acknowledgment=self._receipt(effect),
            ack_schedule=None if effect.at_once else msh.signal_schedule(),
            now=msh.utc_now(),
        )
        if not new:
            _log.info("duplicate message %s", effect.message.envelope.message_id)
        if receipt and effect.at_once:
            return self._in_response(*receipt)
        if receipt:
            self._worker.wake()
        return None

    def _receipt(self, effect: msh.Receive) -> tuple[Envelope, bytes] | None:
        envelope = effect.acknowledgment
        if envelope is None:
            return None
        xml = to_xml(envelope)
        return envelope, self.security.sign(xml, (), effect.signing) if effect.signing else xml

    async def _settle(self, effect: msh.Settle, message: Message, peer: bytes) -> None:
        envelope = message.envelope
        if effect.status == DELIVERED and not await self._receipt_holds(effect.message_id, message, peer):
            return
        known = await self.stored(
            self._store.settle,
            *(effect.message_id, envelope.cpa_id, envelope.sender.id, effect.status),
            msh.utc_now(),
        )
        if known:
            _log.info("%s is %s%s", effect.message_id, effect.status, _errors(envelope))
        else:
            _log.warning(
                "%s answers a message that waits for no answer%s", _label(envelope), _errors(envelope)
            )

    async def _take_reply(self, cpa: Cpa, sent: Envelope, answer: Sent) -> None:
        """Act on the signal in an HTTP response. What is no such signal leaves the message unanswered."""
        try:
            reply = decode(answer.content_type, answer.body)
        except EnvelopeError as error:
            _log.warning("the response to %s is no signal: %s", _label(sent), error)
            return
        decision = msh.decide_reply(reply.envelope, cpa, sent)
        if isinstance(decision, msh.Refuse):
            _log.warning("the response to %s is refused: %s", _label(sent), decision.fault)
            return
        _log.info("received %s", _label(reply.envelope))
        self.tap.see("in", reply.envelope, (), str(answer.status), len(answer.body))
        if reply.envelope.action == PONG:
            await self.stored(self._store.trace, "in", reply.envelope, reply.xml, msh.utc_now())
        for effect in decision.effects:
            await self._act(effect, reply, b"")

    async def _receipt_holds(self, message_id: str, answer: Message, peer: bytes) -> bool:
        """Whether an acknowledgement is signed where that was asked; one that is not settles nothing."""
        stored = await self.stored(self._store.find, message_id, "out")
        cpa = self._cpas.get(answer.envelope.cpa_id)
        if stored is None or cpa is None:
            return True  # settles nothing either
        sent = await self.stored(self._store.envelope, stored.number)
        asked = from_xml(sent).ack_requested
        if asked is None or not asked.signed:
            return True
        channel = cpa.party(answer.envelope.sender.id).default_channel
        try:
            self.security.verify_receipt(answer.xml, sent, channel.sender.signing, peer)
        except (SecurityFailureError, EnvelopeError) as error:
            _log.warning("%s is not accepted: %s", _label(answer.envelope), error)
            return False
        return True

    def _resolve(self, effect: msh.Resolve) -> None:
        asked, future = self._waiting.get(effect.message_id, (None, None))
        answer = effect.envelope
        if asked is None or future is None or future.done():
            return
        if (answer.cpa_id, answer.sender.ids) == (asked.cpa_id, asked.receiver.ids):
            future.set_result(answer)

    async def _report(self, request: Envelope) -> Envelope:
        cpa = self._cpas[request.cpa_id]
        sender, receiver = cpa.party(request.sender.id), cpa.party(request.receiver.id)
        asked = request.status_request or ""
        found = await self.stored(self._store.find, asked, "in")
        response = StatusResponse("NotRecognized", asked)
        if found is not None and found.cpa_id == cpa.id:
            status = {RECEIVED: "Received", PROCESSED: "Processed"}[found.status]
            response = StatusResponse(status, asked, found.status_at)
        return msh.signal(
            receiver, sender, cpa.id, STATUS_RESPONSE, refers_to=request, status_response=response
        )

    # Outgoing

    async def _answer(self, envelope: Envelope) -> None:
        sent = await self._post_signal(envelope)
        if not sent.ok:
            _log.warning("%s was not taken: %s%s", _label(envelope), _reason(sent), _fault(sent))

    async def _queue_signal(self, envelope: Envelope) -> None:
        await self.stored(
            self._store.send_signal, envelope, to_xml(envelope), msh.signal_schedule(), msh.utc_now()
        )
        self._worker.wake()

    async def _post_signal(self, envelope: Envelope) -> Sent:
        xml = to_xml(envelope)
        cpa = self._cpas.get(envelope.cpa_id)
        if cpa is None:  # removed in the meantime
            return Sent(404, f"No CPA found for cpaId={envelope.cpa_id}")
        if envelope.action in {PING, PONG}:
            await self.stored(self._store.trace, "out", envelope, xml, msh.utc_now())
        endpoint = cpa.party(envelope.receiver.id).endpoint
        return await self._post(endpoint, envelope.message_id, xml)

    async def _post(
        self, endpoint: str, message_id: str, xml: bytes, attachments: tuple[Attachment, ...] = ()
    ) -> Sent:
        url = self._mappings.get(endpoint, endpoint)
        encoded = encode_parts(xml, message_id, attachments)
        sent = await self._client.post(url, encoded, self.contexts.client)
        result = str(sent.status) if sent.status is not None else _reason(sent)
        envelope = from_xml(xml)
        self.tap.see("out", envelope, attachments, result, len(encoded.body))
        cpa = self._cpas.get(envelope.cpa_id)
        if envelope.sync_reply and cpa and sent.ok and sent.body:
            await self._take_reply(cpa, envelope, sent)
        return sent

    async def _send_task(self, task: Task) -> Sent:
        cpa = self._cpas.get(task.cpa_id)
        if cpa is None:
            return Sent(404, f"No CPA found for cpaId={task.cpa_id}")
        try:
            endpoint = self._endpoint(cpa, task)
        except LzError as error:
            return Sent(404, str(error))
        if task.message is None:
            return await self._post(endpoint, task.message_id, task.signal or b"")
        xml = await self.stored(self._store.envelope, task.message)
        attachments = await self.stored(self._store.attachments, task.message)
        try:
            attachments = self._sealed(cpa, task, attachments)
        except ValueError as error:
            return Sent(404, f"java.lang.IllegalArgumentException: {error}")
        sent = await self._post(endpoint, task.message_id, xml, attachments)
        if sent.ok:
            _log.info("sent %s %s to %s", task.action, task.message_id, task.receiver)
        return sent

    def _sealed(self, cpa: Cpa, task: Task, attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
        service = task.service
        agreed = cpa.route(task.sender, task.receiver, service.value, task.action, service.type).encryption
        return self.security.encrypt(attachments, agreed) if agreed else attachments

    def _endpoint(self, cpa: Cpa, task: Task) -> str:
        if task.message is None:
            return cpa.party(task.receiver).endpoint
        service = task.service
        return cpa.route(task.sender, task.receiver, service.value, task.action, service.type).endpoint

    async def send(self, wanted: Wanted) -> str:
        """Queue a business message; returns its MessageId. Raises :class:`CallError`."""
        cpa = self._cpa(wanted.cpa_id)
        route = wanted.route(cpa)
        message, schedule = msh.business(cpa, route, wanted.wish, msh.utc_now())
        try:
            xml = to_xml(message.envelope)
            if route.signing:
                xml = self.security.sign(xml, message.attachments, route.signing)
            sealed = message.attachments
            if route.encryption:  # done again at each attempt; here, whoever asks is told what hinders
                sealed = self.security.encrypt(sealed, route.encryption)
            self._check_readable(encode_parts(xml, message.envelope.message_id, sealed))
        except ValueError as error:
            raise CallError(f"java.lang.IllegalArgumentException: {error}", 400) from error
        try:
            await self.stored(self._store.send, message, xml, schedule, msh.utc_now())
        except sqlite3.IntegrityError as error:
            text = f"messageId {message.envelope.message_id} was used before"
            raise CallError(f"java.lang.IllegalArgumentException: {text}", 400) from error
        self._worker.wake()
        return message.envelope.message_id

    def _check_readable(self, encoded: Encoded) -> None:
        """Read a message as its receiver will. ValueError for one that no adapter like this one would take."""
        if len(encoded.body) > self.config.body_limit:
            raise ValueError(
                f"the message has {len(encoded.body)} bytes, and {self.config.body_limit} is the most (DK-EBMS2-026)"
            )
        decode(encoded.content_type, encoded.body)

    async def resend(self, message_id: str) -> str | None:
        """Send a message once more as a new one; None when it is not known."""
        stored = await self.stored(self._store.find, message_id, "out")
        if stored is None:
            return None
        attachments = await self.stored(self._store.attachments, stored.number)
        return await self.send(Wanted.again(stored, attachments))

    async def ping(self, cpa_id: str, sender: str, receiver: str) -> None:
        """Send a Ping and wait for its Pong. Raises :class:`CallError` with the text of ebms-admin."""
        cpa = self._cpa(cpa_id)
        this, that = party(cpa, sender, "fromParty"), party(cpa, receiver, "toParty")
        if self._rules.strict_ping and not cpa.valid_at(msh.utc_now()):
            raise CallError(f"CPA {cpa.id} is not valid now")
        await self._ask(msh.signal(this, that, cpa.id, PING))

    async def status(self, message_id: str) -> StatusResponse:
        """Ask the partner what became of a sent message. Raises :class:`CallError`."""
        stored = await self.stored(self._store.find, message_id, "out")
        if stored is None:
            raise CallError(f"No message found with messageId={message_id}")
        cpa = self._cpa(stored.cpa_id)
        request = msh.signal(
            *(cpa.party(stored.sender.id), cpa.party(stored.receiver.id), cpa.id, STATUS_REQUEST),
            status_request=message_id,
        )
        answer = await self._ask(request)
        if answer.status_response is None:
            raise CallError("No response received!")
        return answer.status_response

    async def _ask(self, envelope: Envelope) -> Envelope:
        """Send a signal and wait for the signal that answers it."""
        future: asyncio.Future[Envelope] = asyncio.get_running_loop().create_future()
        self._waiting[envelope.message_id] = envelope, future  # before sending: the answer may come first
        try:
            sent = await self._post_signal(envelope)
            if not sent.ok:
                _log.warning("%s was not taken: %s%s", _label(envelope), _reason(sent), _fault(sent))
                raise CallError(sent.failure or "")
            return await asyncio.wait_for(future, self.config.ping_timeout)
        except TimeoutError as error:
            raise CallError("No response received!") from error
        finally:
            del self._waiting[envelope.message_id]

    def _cpa(self, cpa_id: str) -> Cpa:
        cpa = self._cpas.get(cpa_id)
        if cpa is None:
            raise CallError(f"No CPA found for cpaId={cpa_id}")
        return cpa


def _label(envelope: Envelope) -> str:
    return (
        f"{envelope.action} {envelope.message_id} from {envelope.sender.id} to {envelope.receiver.id}"
        f" under CPA {envelope.cpa_id}"
    )


def _outcome(accepted: msh.Accept) -> str:
    """What is told of a message that was taken: 204, and the error that the partner will be sent."""
    errors = [
        fault
        for effect in accepted.effects
        if isinstance(effect, msh.Answer)
        for fault in effect.envelope.errors
    ]
    return "; ".join(["204", *(f"{fault.code}: {fault.description}" for fault in errors)])


def _errors(envelope: Envelope) -> str:
    return "".join(f"; {fault.code} at {fault.location}: {fault.description}" for fault in envelope.errors)


def _reason(sent: Sent) -> str:
    return (sent.failure or "").partition("\n")[0]


def _fault(sent: Sent) -> str:
    """What the partner's SOAP Fault says, fit for a log."""
    match = re.search(rb"<faultstring[^>]*>([^<]{1,200})", sent.body)
    text = match.group(1).decode("utf-8", errors="replace") if match else ""
    return f"; the partner says: {text}" if text and text.isprintable() else ""
