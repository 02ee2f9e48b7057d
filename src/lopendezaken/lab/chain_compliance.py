"""The Compliance Voorziening's list against the adapter of an organisation: six profiles both ways, and what goes wrong.

Every profile has a CPA of its own, made from the dossier's parties, loaded at both sides for the time of the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from lopendezaken import __version__
from lopendezaken.cpa.from_dossier import request_for
from lopendezaken.cpa.render import CpaRequest, render
from lopendezaken.dossier.schema import Dossier
from lopendezaken.errors import LzError
from lopendezaken.lab import chain_direct, remote, world
from lopendezaken.lab.chain_report import FAILED, NOT_RUN, PASSED, Item, Report
from lopendezaken.lab.host_rest import HostRest, adapter_place, partner_place
from lopendezaken.lab.layout import Layout

PARTNER = "compliance"
OUT, IN = "EchoRequest", "EchoResponse"
PROFILES = ("osb-be", "osb-rm", "osb-be-s", "osb-rm-s", "osb-be-e", "osb-rm-e")
PATIENCE = 20.0  # seconds for a message to arrive and be acknowledged
RETRY = timedelta(seconds=5)  # so short that a run need not wait for hours
RETRIES = 6
AWAY = 1.5  # seconds, in which the adapter's first attempt fails


class UnmetError(Exception):
    """An item that was not met; the text says what was found."""


@dataclass
class Run:
    """What an item works with. ``cpas`` are those that both sides loaded, ``missing`` why others are not there."""

    layout: Layout
    ours: HostRest
    theirs: HostRest
    request: CpaRequest
    cpas: dict[str, bytes] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    message_ids: list[str] = field(default_factory=list)

    def side(self, sender: str) -> tuple[HostRest, HostRest]:
        """REST of who sends and who receives."""
        return (self.ours, self.theirs) if sender == "ours" else (self.theirs, self.ours)

    def properties(self, profile: str, sender: str) -> dict[str, str]:
        """What to ask of REST to send a message."""
        first, second = self.request.parties
        this, that = (first, second) if sender == "ours" else (second, first)
        return {
            "cpaId": cpa_id(self.request, profile),
            "fromPartyId": f"urn:osb:oin:{this.oin}",
            "fromRole": this.role,
            "toPartyId": f"urn:osb:oin:{that.oin}",
            "toRole": that.role,
            "service": f"urn:osb:services:{self.request.service}",
            "action": OUT if sender == "ours" else IN,
        }


@dataclass(frozen=True, slots=True)
class Test:
    """An item of the list, before it is run. ``profile`` is the CPA that it needs."""

    id: str
    title: str
    expected: str
    profile: str
    act: Callable[[Run], str]


def cpa_id(request: CpaRequest, profile: str) -> str:
    """The id of the CPA for one profile; ours alone, so that it may be removed."""
    return f"LzLab-{profile}_{request.parties[0].oin}_{request.parties[1].oin}"


# -- what is looked at ----------------------------------------------------------------------------


def tests() -> list[Test]:
    """The list. Ids never change their meaning."""
    pings = [
        Test(
            f"CV-0{number}",
            f"Ping from {who}",
            "A Pong comes back (the profile does not oblige to answer a Ping: no Pong is a question, not proof)",
            "osb-rm",
            lambda run, sender=sender: _ping(run, sender),  # type: ignore[misc]
        )
        for number, sender, who in ((1, "ours", "the adapter"), (2, "theirs", "the partner"))
    ]
    exchanges = [
        Test(
            f"CV-{3 + 2 * number + back:02}",
            f"{profile}: {'from the partner to the adapter' if back else 'from the adapter to the partner'}",
            "The message arrives once with the same content"
            + (" and is acknowledged" if profile.startswith("osb-rm") else ""),
            profile,
            lambda run, profile=profile, back=back: _exchange(run, profile, "theirs" if back else "ours"),  # type: ignore[misc]
        )
        for number, profile in enumerate(PROFILES)
        for back in (0, 1)
    ]
    return [
        *pings,
        *exchanges,
        Test(
            "CV-15",
            "The same message twice",
            "Delivered once, acknowledged twice (duplicate elimination)",
            "osb-rm",
            _duplicate,
        ),
        Test(
            "CV-16",
            "The partner is away and comes back",
            "The adapter sends again and the message arrives once",
            "osb-rm",
            _interrupted,
        ),
        Test(
            "CV-17",
            "A message whose time is over",
            "Not delivered, and its sender is told",
            "osb-rm",
            lambda run: _refused(run, "expired"),
        ),
        Test(
            "CV-18",
            "An action that the CPA does not have",
            "Not delivered, and its sender is told",
            "osb-rm",
            lambda run: _refused(run, "action"),
        ),
        Test(
            "CV-19",
            "A CPA that is not loaded",
            "Not delivered, and its sender is told",
            "osb-rm",
            lambda run: _refused(run, "cpa"),
        ),
    ]


def _ping(run: Run, sender: str) -> str:
    properties = run.properties("osb-rm", sender)
    side, _ = run.side(sender)
    try:
        side.ping(properties["cpaId"], properties["fromPartyId"], properties["toPartyId"])
    except LzError as error:
        raise UnmetError(error.found or str(error)) from error
    return "Pong"


def _exchange(run: Run, profile: str, sender: str) -> str:
    sent = _send(run, profile, sender)
    _arrived(run, sent)
    if not profile.startswith("osb-rm"):
        return _taken(run, sent)
    _acknowledged(run, sent)
    return f"{_taken(run, sent)}, acknowledged"


def _duplicate(run: Run) -> str:
    before = _last(run)
    posted = _post(run, times=2)
    answers = _wait(lambda: _answers(run, before, posted.message_id), 2)
    held = run.ours.unprocessed(messageId=posted.message_id)
    run.ours.process(posted.message_id)
    if len(held) != 1 or len(answers) != 2:
        raise UnmetError(
            f"delivered {len(held)} times, acknowledged {len(answers)} times; HTTP {posted.statuses}"
        )
    return "delivered once, acknowledged twice"


def _interrupted(run: Run) -> str:
    start = time.monotonic()
    with _stopped(run, f"lz-partner@{PARTNER}.service"):
        sent = _send(run, "osb-rm", "ours")
        time.sleep(AWAY)
    _wait(lambda: [1] if _answers_rest(run.theirs) else [])
    _arrived(run, sent, 2 * PATIENCE)
    after = time.monotonic() - start
    _acknowledged(run, sent)
    return f"{_taken(run, sent)} {after:.1f} s after it was sent, acknowledged"


def _refused(run: Run, wrong: str) -> str:
    before = _last(run)
    posted = _post(run, wrong=wrong)
    time.sleep(1.0)
    errors = [row for row in _answers(run, before, posted.message_id) if row["action"] == "MessageError"]
    status = posted.statuses[0]
    if run.ours.unprocessed(messageId=posted.message_id):
        run.ours.process(posted.message_id)
        raise UnmetError("the adapter delivered it")
    # A proxy that finds no adapter says 502 to 504; that refuses nothing.
    if status is None or 502 <= status <= 504:
        raise UnmetError(f"nothing judged it: HTTP {status}")
    # Taken by HTTP it must be refused by a MessageError, so that the sender knows.
    if status < 300 and not errors:
        raise UnmetError(f"not delivered, yet its sender is not told: HTTP {status}, no MessageError")
    return f"not delivered; HTTP {status}{', MessageError' if errors else ''}"


# -- steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its way."""

    message_id: str
    profile: str
    sender: str
    content: bytes


def _send(run: Run, profile: str, sender: str) -> Sent:
    content = f"{profile} {uuid4()}".encode()
    side, _ = run.side(sender)
    try:
        message_id = side.send(run.properties(profile, sender), content, "text/plain")
    except LzError as error:
        raise UnmetError(error.found or str(error)) from error
    run.message_ids.append(message_id)
    return Sent(message_id, profile, sender, content)


def _arrived(run: Run, sent: Sent, patience: float | None = None) -> None:
    patience = PATIENCE if patience is None else patience
    _, receiver = run.side(sent.sender)
    if not _wait(lambda: receiver.unprocessed(messageId=sent.message_id), patience=patience):
        raise UnmetError(f"it did not arrive within {patience:.0f} s")


def _taken(run: Run, sent: Sent) -> str:
    """Take the message at the receiver, which must hold it once and as it was."""
    _, receiver = run.side(sent.sender)
    held = receiver.unprocessed(messageId=sent.message_id)
    message = receiver.get(sent.message_id)
    receiver.process(sent.message_id)
    if len(held) != 1:
        raise UnmetError(f"it arrived {len(held)} times")
    if message is None or message.payloads != (sent.content,):
        raise UnmetError("it arrived with another content")
    if message.properties["cpaId"] != cpa_id(run.request, sent.profile):
        raise UnmetError("it arrived under another CPA")
    return "arrived once"


def _acknowledged(run: Run, sent: Sent) -> None:
    side, _ = run.side(sent.sender)
    if not _wait(lambda: [1] if side.delivered(sent.message_id) else []):
        raise UnmetError("it arrived, yet its sender has no acknowledgement that it accepts")


def _post(run: Run, *, times: int = 1, wrong: str = "") -> chain_direct.Posted:
    cpa = run.cpas["osb-rm"]
    posted = chain_direct.post(run.layout, _partner(), cpa, IN, str(uuid4()), times=times, wrong=wrong)
    run.message_ids.append(posted.message_id)
    return posted


def _wait(
    look: Callable[[], Sequence[object]], number: int = 1, patience: float | None = None
) -> Sequence[object]:
    """What ``look`` gives once that is at least ``number``, or at the end."""
    end = time.monotonic() + (PATIENCE if patience is None else patience)
    found = look()
    while len(found) < number and time.monotonic() < end:
        time.sleep(0.1)
        found = look()
    return found


def _answers(run: Run, after: int, message_id: str) -> list[dict[str, Any]]:
    return [
        row
        for row in run.theirs.traffic(after)
        if row["direction"] == "in" and row["refToMessageId"] == message_id
    ]


def _last(run: Run) -> int:
    return max((int(row["number"]) for row in run.theirs.traffic()), default=0)


@contextmanager
def _stopped(run: Run, unit: str) -> Iterator[None]:
    remote.run(run.layout, world.PARTNER_HOST, f"systemctl stop {unit}")
    try:
        yield
    finally:
        remote.run(run.layout, world.PARTNER_HOST, f"systemctl start {unit}")


def _answers_rest(side: HostRest) -> bool:
    try:
        side.cpa_ids()
    except LzError:
        return False
    return True


def _partner() -> world.Partner:
    return next(partner for partner in world.PARTNERS if partner.name == PARTNER)


# -- the run --------------------------------------------------------------------------------------


def run(layout: Layout, dossier: Dossier, environment: str, tell: Callable[[Item], None]) -> Report:
    """Run the list; ``tell`` hears each item when it is done. Raises :class:`LzError` when a side is not there."""
    request = request_for(dossier, environment, PARTNER)
    started = datetime.now(UTC)
    items: list[Item] = []
    with ExitStack() as stack:
        ours = stack.enter_context(HostRest(layout, adapter_place(environment)))
        theirs = stack.enter_context(HostRest(layout, partner_place(_partner())))
        both = Run(layout, ours, theirs, request)
        for side in (ours, theirs):
            side.cpa_ids()
        for profile in PROFILES:
            stack.callback(_unload, both, profile)
            _load(both, profile)
        for test in tests():
            items.append(_one(both, test))
            tell(items[-1])
    return Report(
        dossier.organisation.name,
        dossier.organisation.number,
        request.parties[1].name,
        environment,
        started,
        f"lz {__version__}",
        items,
    )


def _load(run: Run, profile: str) -> None:
    wanted = replace(
        run.request,
        cpa_id=cpa_id(run.request, profile),
        profile=profile,
        sync_reply_mode="none",
        retries=RETRIES,
        retry_interval=RETRY,
        persist_duration=timedelta(minutes=10),
    )
    try:
        xml = render(wanted)
        for side in (run.ours, run.theirs):
            side.put_cpa(xml)
    except LzError as error:
        run.missing[profile] = str(error)
    else:
        run.cpas[profile] = xml


def _unload(run: Run, profile: str) -> None:
    """At both sides, whatever happens at the one; what nobody took there is taken."""
    try:
        _remove(run.ours, cpa_id(run.request, profile))
    finally:
        _remove(run.theirs, cpa_id(run.request, profile))


def _remove(side: HostRest, cpa: str) -> None:
    for message_id in side.unprocessed(cpaId=cpa):
        side.process(message_id)
    side.delete_cpa(cpa)


def _one(run: Run, test: Test) -> Item:
    start = time.monotonic()
    run.message_ids = []
    if test.profile not in run.cpas:
        return Item(test.id, test.title, test.expected, NOT_RUN, run.missing[test.profile])
    try:
        outcome, found = PASSED, test.act(run)
    except (UnmetError, LzError) as error:
        outcome, found = FAILED, str(error)
    seconds = round(time.monotonic() - start, 2)
    return Item(test.id, test.title, test.expected, outcome, found, seconds, tuple(run.message_ids))
