"""Judges a case message (zaakbericht) as the receiving party does, before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lopendezaken.casemessage.bsn import mask, passes_eleven_test
from lopendezaken.casemessage.check import read
from lopendezaken.casemessage.model import CaseMessage
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, mended, must
from lopendezaken.lint.numbers import number_findings
from lopendezaken.lint.rule import Rule, rules
from lopendezaken.lint.source import Source

_TITLES = {
    Reason.DTD: "no DTD and no entities",
    Reason.UNKNOWN_KIND: "a kind of message that is known: StuF-ZKN, or the form of this lab",
    Reason.INVALID: "valid by the XSD of Logius where you have it (--schemas), else by our own grammar",
    Reason.CONTENT: "case, description, reference and status are filled, dates in order",
    Reason.OIN: "the sender is the one of the CPA (--oin)",
    Reason.ELEVEN_TEST: "the BSN passes the eleven test",
    Reason.UNKNOWN_BSN: "the BSN is on the list of test BSNs (--bsns)",
}
RULES = (
    *(Rule(reason.code, "must", title, "HLZ phase 3; codes as the receiver sends them") for reason, title in _TITLES.items()),
    *rules(
        ("OIN-001", "must", "the sender's number has 20 positions in its form", "OIN 6.1"),
        ("OIN-002", "must", "positions 18 to 20 of it are 000", "OIN 6.1"),
        ("OIN-003", "must", "its prefix is one of the table", "OIN 6.2"),
        ("OIN-004", "must", "a KvK number in it has eight digits", "OIN 6.1"),
        ("OIN-006", "should", "an RSIN in it passes the eleven test", "ours"),
    ),
)  # fmt: skip

REMEDIES = {
    Reason.DTD.code: "Leave the DTD out.",
    Reason.UNKNOWN_KIND.code: "Send a zaakbericht of the chosen standard; the root element says what it is.",
    Reason.INVALID.code: "Compare the message with the XSD of Logius at that line.",
    Reason.CONTENT.code: "Fill it in the case system, where the message is made.",
    Reason.OIN.code: "Let the message name the OIN that the CPA names for your organisation.",
    Reason.ELEVEN_TEST.code: "Correct it in the case system.",
}

_LINE = re.compile(r"regel (\d+): ")
_NOT_READ = {Reason.TOO_BIG, Reason.UNREADABLE}


def check(
    source: Source, schemas: Schemas, oin: str | None = None, bsns: Mapping[str, str] | None = None
) -> list[Finding]:
    """Judge one message. Raises :class:`LzError` for what is no XML; no BSN is ever shown."""
    try:
        message = read(source.data, schemas)
    except RefusedError as refused:
        if refused.reason in _NOT_READ:
            raise LzError("not a readable message", where=source.name, found=refused.detail or None) from None
        return mended([_refusal(refused)], REMEDIES)
    found = [*number_findings(None, message.sender_oin), *_sender(message, oin), *_citizen(message, bsns)]
    return mended(found, REMEDIES)


def _refusal(refused: RefusedError) -> Finding:
    place = _LINE.match(refused.detail)
    return must(
        int(place[1]) if place else None,
        refused.reason.code,
        _TITLES.get(refused.reason, refused.reason.text),
        found=refused.detail[place.end() :] if place else refused.detail or refused.reason.text,
    )


def _sender(message: CaseMessage, oin: str | None) -> Iterator[Finding]:
    if oin is not None and message.sender_oin != oin:
        reason = Reason.OIN
        yield must(
            None, reason.code, "another sender than that of the CPA", found=message.sender_oin, expected=oin
        )


def _citizen(message: CaseMessage, bsns: Mapping[str, str] | None) -> Iterator[Finding]:
    shown = mask(message.bsn)
    if not passes_eleven_test(message.bsn):
        expected = "nine digits that pass the eleven test"
        yield must(None, Reason.ELEVEN_TEST.code, "the BSN is none", found=shown, expected=expected)
    elif bsns is not None and message.bsn not in bsns:
        yield must(
            None,
            Reason.UNKNOWN_BSN.code,
            "the BSN is not on the list of test BSNs",
            found=shown,
            remedy="Outside production only test BSNs may be used. Is this a person's? Then do not send it.",
        )
