"""The agreement as a whole: its id and its period."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from lopendezaken.cpa.rules.document import Document
from lopendezaken.cpa.xml import instant_text
from lopendezaken.lint.finding import Finding, must, should

_LONGEST = timedelta(days=3653)


def identity(document: Document) -> Iterator[Finding]:
    """CPA-008 and CPA-009: an id that names both parties and can be the name of a file."""
    cpa, line = document.cpa, document.line_of_first("CollaborationProtocolAgreement")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", cpa.id):
        yield should(
            line,
            "CPA-009",
            "the CPAId may become a file name",
            found=cpa.id,
            expected="letters, digits, - and _",
        )
    if not all(party.oin in cpa.id for party in cpa.parties):
        yield should(
            line,
            "CPA-008",
            "the CPAId does not name both parties",
            found=cpa.id,
            expected="[ServiceID]_[PartyId-A]_[PartyId-B]_[version]",
        )


def period(document: Document) -> Iterator[Finding]:
    """CPA-005 and CPA-007: it holds now, and not for ever."""
    cpa, now = document.cpa, document.now
    line = document.line_of_first("End")
    if cpa.start >= cpa.end:
        found = f"Start {instant_text(cpa.start)}, End {instant_text(cpa.end)}"
        yield must(line, "CPA-005", "the CPA ends before it starts", found=found)
    if now >= cpa.end:
        yield must(
            line,
            "CPA-005",
            "the CPA has expired",
            found=f"End {instant_text(cpa.end)}",
            remedy="Make a new one with a new CPAId and load it at both sides.",
        )
    elif now < cpa.start:
        yield should(
            document.line_of_first("Start"),
            "CPA-005",
            "the CPA is not valid yet",
            found=f"Start {instant_text(cpa.start)}",
        )
    if cpa.end - cpa.start > _LONGEST:
        yield should(line, "CPA-007", "valid for more than ten years", found=instant_text(cpa.end))


def status(document: Document) -> Iterator[Finding]:
    """CPA-004, as far as the grammar leaves it open: a signature in a CPA is looked at by nobody here."""
    if document.cpa.status == "signed":
        yield should(
            document.line_of_first("Status"),
            "CPA-004",
            "the CPA is signed; its signatures are not checked here, and the built-in adapter does not take it",
            found="signed",
            expected="agreed",
        )


RULES = (identity, period, status)
