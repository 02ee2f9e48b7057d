"""Channels: acknowledgements, retries, how long messages are kept, and where they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lopendezaken.cpa.endpoint import EXPECTED, host_of
from lopendezaken.cpa.model import TO_PARTY_MSH, Binding, Channel, ReliableMessaging
from lopendezaken.cpa.profile import profile_of
from lopendezaken.cpa.rules.document import Document, attribute, line_of
from lopendezaken.cpa.xml import duration_text
from lopendezaken.lint.finding import Finding, must, should

# What holds when parties agree on nothing (DK-EBMS2: five days).
FALLBACK_PERSISTENCE = timedelta(days=5)
# What the best practices start from (CPA-029): eight times, three hours apart.
USUAL = ReliableMessaging(8, timedelta(hours=3))


def messaging(document: Document) -> Iterator[Finding]:
    """CPA-023, CPA-024, CPA-026 and CPA-027: the characteristics of each channel."""
    for channel in document.channels:
        yield from _acknowledgements(channel, document.line(channel.id))
        yield from _synchronous(channel, document.line(channel.id))


def _acknowledgements(channel: Channel, line: int) -> Iterator[Finding]:
    profile = profile_of(channel)
    rule = "CPA-024" if profile.reliable else "CPA-023"
    for name, value, expected, which in (
        ("ackRequested", channel.ack_requested, profile.acknowledgement, rule),
        ("duplicateElimination", channel.duplicate_elimination, profile.acknowledgement, rule),
        ("ackSignatureRequested", channel.ack_signature_requested, profile.signed_acknowledgement, "CPA-027"),
    ):
        if value not in {expected, "perMessage"}:  # the grammar tells that one (CPA-025)
            yield must(
                line,
                which,
                f"{name} of channel {channel.id}, profile {profile.name}",
                found=value,
                expected=expected,
            )
    if profile.reliable and channel.actor is None:
        yield must(line, rule, f"actor of channel {channel.id}", found="absent", expected=TO_PARTY_MSH)


def _synchronous(channel: Channel, line: int) -> Iterator[Finding]:
    """Other values than these two do not fit the grammar."""
    if channel.sync_reply_mode != "mshSignalsOnly":
        return
    what, profile = f"syncReplyMode of channel {channel.id}", profile_of(channel)
    if profile.reliable:
        remedy = "mshSignalsOnly is for high volumes and needs the consent of both parties."
        yield should(line, "CPA-026", what, found=channel.sync_reply_mode, expected="none", remedy=remedy)
    else:
        what += f", profile {profile.name}"
        yield must(line, "CPA-026", what, found=channel.sync_reply_mode, expected="none")


def reliability(document: Document) -> Iterator[Finding]:
    """CPA-023, CPA-024 and CPA-028 to CPA-031: sending again, and remembering for long enough."""
    for channel in document.channels:
        line, wanted = document.line(channel.id), profile_of(channel).reliable
        bindings = {"sender": channel.sender, "receiver": channel.receiver}
        for name, binding in bindings.items():
            if wanted == (binding.reliable is not None):
                yield from _window(line, f"{name} binding of channel {channel.id}", binding)
                continue
            yield must(
                line,
                "CPA-024" if wanted else "CPA-023",
                f"ReliableMessaging in the {name} binding of channel {channel.id},"
                f" profile {profile_of(channel).name}",
                found="absent" if binding.reliable is None else "present",
                expected="present" if wanted else "absent",
            )
        yield from _equal(line, f"both bindings of channel {channel.id}", channel.sender, channel.receiver)
        yield from _retries(line, channel)
    yield from _across(document)


def _window(line: int, where: str, binding: Binding) -> Iterator[Finding]:
    reliable = binding.reliable
    if reliable is None:
        return
    persist = binding.persist_duration or FALLBACK_PERSISTENCE
    if persist < reliable.window:
        yield must(
            line,
            "CPA-030",
            f"PersistDuration in the {where}: messages are forgotten while they are still sent again",
            found=duration_text(persist),
            expected=f"at least (Retries + 1) x RetryInterval = {duration_text(reliable.window)}",
        )
    if reliable.ordered:
        yield should(
            line,
            "DK-EBMS2-008",
            f"MessageOrderSemantics in the {where}",
            found="Guaranteed",
            expected="NotGuaranteed",
        )


def _retries(line: int, channel: Channel) -> Iterator[Finding]:
    reliable = channel.sender.reliable
    if reliable is None:
        return
    what, found = f"retries of channel {channel.id}", _words(channel.sender)
    if not reliable.retries or not reliable.retry_interval:
        yield should(
            line,
            "CPA-028",
            what,
            found=found,
            expected="enough retries, far enough apart, to outlast an outage of the other side",
        )
    elif (reliable.retries, reliable.retry_interval) != (USUAL.retries, USUAL.retry_interval):
        yield should(
            line,
            "CPA-029",
            what,
            found=f"{found}, so given up after {duration_text(reliable.window)}",
            expected=f"{USUAL.retries} retries {duration_text(USUAL.retry_interval)} apart, unless you agree"
            " on other values",
        )


def _across(document: Document) -> Iterator[Finding]:
    """CPA-031 between the parties: what one sends with and what the other receives with."""
    first, second = document.cpa.parties
    told = set()
    for this, that in ((first, second), (second, first)):
        across = {each.id: each for each in that.can_receive}
        for action in this.can_send:
            other = across.get(action.other_id or "")
            if other is None or (action.channel.id, other.channel.id) in told:
                continue
            told.add((action.channel.id, other.channel.id))
            line = document.line(other.channel.id)
            where = f"channels {action.channel.id} and {other.channel.id}"
            yield from _equal(line, where, action.channel.sender, other.channel.receiver)


def _equal(line: int, where: str, sender: Binding, receiver: Binding) -> Iterator[Finding]:
    if sender.reliable != receiver.reliable:
        yield should(
            line,
            "CPA-031",
            f"ReliableMessaging in {where}",
            found=f"sender {_words(sender)}, receiver {_words(receiver)}",
            expected="the same in both",
        )


def _words(binding: Binding) -> str:
    reliable = binding.reliable
    if reliable is None:
        return "none"
    return f"{reliable.retries} retries {duration_text(reliable.retry_interval)} apart"


def endpoints(document: Document) -> Iterator[Finding]:
    """CPA-034: where messages arrive."""
    for element in document.elements("Endpoint"):
        uri = attribute(element, "uri") or ""
        if host_of(uri) is None:
            yield must(line_of(element), "CPA-034", "uri of Endpoint", found=uri, expected=EXPECTED)


RULES = (messaging, reliability, endpoints)
