"""Who the parties are: roles, numbers, and the channels for their signals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lopendezaken.cpa.model import OIN_TYPE, Party
from lopendezaken.cpa.profile import profile_of
from lopendezaken.cpa.rules.document import Document, bare
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.pki.oin import TEST_PREFIX, oin_problem

_SUFFIX = re.compile(r"_[OTA]{1,3}")


def roles(document: Document) -> Iterator[Finding]:
    """CPA-015: one role a party."""
    for party in document.cpa.parties:
        if len(party.roles) != 1:
            found = ", ".join(party.roles) or "none"
            yield must(document.line(party.name), "CPA-015", f"{party.name} must have one role", found=found)


def numbers(document: Document) -> Iterator[Finding]:
    """CPA-010, CPA-011, CPA-014 and the rules on OINs: what stands in the PartyIds."""
    for party in document.cpa.parties:
        line = document.line(party.name)
        if party.id.type != OIN_TYPE:
            yield should(
                line,
                "CPA-010",
                f"type of the PartyId of {party.name}",
                found=str(party.id.type),
                expected=OIN_TYPE,
                remedy="A party with another number than an OIN or HRN is not known to MijnOverheid.",
            )
        else:
            yield from _number(document, party, line)


def _number(document: Document, party: Party, line: int) -> Iterator[Finding]:
    number = bare(party.oin)
    suffix = party.oin.removeprefix(number)
    if not re.fullmatch(r"[0-9A-Z]+", number):
        yield must(
            line,
            "CPA-011",
            f"PartyId of {party.name} is no OIN, and its type says that it is one",
            found=party.oin,
            expected=f"an OIN, or another type than {OIN_TYPE}",
        )
        return
    if suffix and not _SUFFIX.fullmatch(suffix):
        yield must(
            line,
            "CPA-014",
            f"suffix of the PartyId of {party.name}",
            found=suffix,
            expected="_O, _T, _A or letters of these together, such as _OTA; in production none",
        )
    elif suffix and document.environment == "prod":
        yield must(
            line,
            "CPA-014",
            f"PartyId of {party.name} has the suffix of a test environment",
            found=suffix,
            expected="the bare OIN in production",
        )
    if (problem := oin_problem(number)) is not None:
        yield must(
            line,
            problem.rule,
            f"{party.name}: not a valid OIN: {problem.what}",
            found=number,
            expected=problem.expected,
        )
    elif number.startswith(TEST_PREFIX) and document.environment == "prod":
        yield must(
            line,
            "OIN-009",
            f"{party.name} has a test number, which has no place in production",
            found=number,
            expected="the OIN of the organisation",
        )


def default_channels(document: Document) -> Iterator[Finding]:
    """CPA-021: acknowledgements and errors of all actions go over one channel, of the strongest profile."""
    for party in document.cpa.parties:
        line = document.line(party.name)
        used = [channel for action in (*party.can_send, *party.can_receive) for channel in action.channels]
        profiles = {profile_of(channel) for channel in used}
        acknowledged = sorted(each.name for each in profiles if each.reliable)
        if len({each.signed_acknowledgement for each in profiles if each.reliable}) > 1:
            yield must(
                line,
                "CPA-021",
                f"actions of {party.name} need different acknowledgements",
                found=", ".join(acknowledged),
                expected="one profile for all acknowledgements of a CPA",
                remedy="Put actions with signed acknowledgements in a CPA of their own.",
            )
        strongest = max(profiles, key=lambda profile: profile.strength, default=None)
        default = profile_of(party.default_channel)
        if strongest is not None and default.strength != strongest.strength:
            yield must(
                line,
                "CPA-021",
                f"default channel of {party.name} carries the acknowledgements of all actions",
                found=f"{party.default_channel.id}, profile {default.name}",
                expected=f"the strongest profile of its actions, {strongest.name}",
            )


RULES = (roles, numbers, default_channels)
