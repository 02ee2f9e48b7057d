"""Whether a CPA that others made (the CPA Register, Logius) says what the dossier says.

Form and rules of any CPA are for :mod:`lopendezaken.cpa.check`; this compares what was agreed: the id, both
parties, endpoints, certificates, service, actions, and how messages are repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lopendezaken.cpa.from_dossier import sides
from lopendezaken.cpa.model import Channel, Cpa, Party, parse, root_of_cpa
from lopendezaken.cpa.profile import profile_of
from lopendezaken.cpa.rules.document import Document, bare
from lopendezaken.cpa.xml import duration, duration_text, instant_text
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.pki.certificate import read_file

if TYPE_CHECKING:
    from lopendezaken.dossier.schema import Cpa as Agreed
    from lopendezaken.dossier.schema import Dossier


@dataclass(frozen=True)
class _Side:
    """A party as the dossier has it. ``client`` and ``server`` are SHA-256; ``None`` for what is not here yet."""

    what: str
    number: str
    role: str
    endpoint: str
    client: str | None
    server: str | None
    sends: frozenset[str]


def check_against(
    xml: bytes, dossier: Dossier, environment: str, partner: str, source: str = "CPA"
) -> list[Finding]:
    """All that the CPA says otherwise than the dossier, by line; empty when they agree.

    Raises :class:`LzError` for a CPA that cannot be read, and for a name that is not in the dossier.
    """
    ours, theirs = sides(dossier, environment, partner)
    cpa, agreed = parse(xml, source), theirs.cpa
    document = Document.of(cpa, root_of_cpa(xml, source), datetime.now(UTC), None)
    files = {
        "client": dossier.resolve(ours.certificate.file),
        "server": dossier.resolve(ours.server_certificate or ours.certificate.file),
        "partner": dossier.resolve(theirs.certificate),
    }
    seen = {name: _digest(path) for name, path in files.items()}
    expected = (
        _Side(
            "we",
            dossier.organisation.number,
            agreed.roles.own,
            ours.endpoint,
            seen["client"],
            seen["server"],
            frozenset(each.name for each in agreed.actions if each.direction == "out"),
        ),
        _Side(
            theirs.name,
            theirs.oin,
            agreed.roles.partner,
            theirs.endpoint,
            seen["partner"],
            seen["partner"],
            frozenset(each.name for each in agreed.actions if each.direction == "in"),
        ),
    )
    found = [*_agreement(document, agreed), *_numbers(document, expected)]
    parties = {bare(party.oin): party for party in cpa.parties}
    for side, other in (expected, expected[::-1]):
        party = parties.get(side.number)
        if party is not None:
            found += _party(document, party, side, other)
            found += _services(document, party, agreed)
            found += [
                each for channel in party.channels.values() for each in _rhythm(document, channel, agreed)
            ]
    return sorted(dict.fromkeys(found), key=lambda each: each.order)


def _digest(path: Path) -> str | None:
    return read_file(path)[0].sha256 if path.is_file() else None


def _agreement(document: Document, agreed: Agreed) -> Iterator[Finding]:
    cpa: Cpa = document.cpa
    if cpa.id != agreed.id:
        yield must(
            document.line("<CollaborationProtocolAgreement>"),
            "CPA-047",
            "the CPAId is not that of the dossier",
            found=cpa.id,
            expected=agreed.id,
            remedy="Adapters and Logius know the CPA by this id: put the one received in the dossier.",
        )
    for name, day, moment in (("Start", agreed.start, cpa.start), ("End", agreed.end, cpa.end)):
        if day is not None and moment.date() != day:
            yield should(
                document.line(f"<{name}>"),
                "CPA-005",
                f"{name} is another day than in the dossier",
                found=instant_text(moment),
                expected=day.isoformat(),
            )


def _numbers(document: Document, expected: tuple[_Side, _Side]) -> Iterator[Finding]:
    found = sorted(bare(party.oin) for party in document.cpa.parties)
    wanted = sorted(side.number for side in expected)
    if found != wanted:
        yield must(
            document.line("<PartyId>"),
            "CPA-012",
            "the parties are not those of the dossier",
            found=" and ".join(found),
            expected=" and ".join(wanted),
        )


def _party(document: Document, party: Party, side: _Side, other: _Side) -> Iterator[Finding]:
    line = document.line(party.name)
    if party.roles != (side.role,):
        yield must(
            line,
            "CPA-015",
            f"the role of {party.name} is not that of the dossier",
            found=", ".join(party.roles) or "none",
            expected=side.role,
        )
    for name, names, wanted in (
        ("sends", {each.name for each in party.can_send}, side.sends),
        ("receives", {each.name for each in party.can_receive}, other.sends),
    ):
        if names != wanted:
            yield must(
                line,
                "CPA-047",
                f"what {party.name} {name} is not what the dossier has",
                found=", ".join(sorted(names)) or "nothing",
                expected=", ".join(sorted(wanted)) or "nothing",
            )
    for channel in party.channels.values():
        yield from _channel(document, party, channel, side)


def _channel(document: Document, party: Party, channel: Channel, side: _Side) -> Iterator[Finding]:
    if channel.endpoint != side.endpoint:
        yield must(
            document.line(channel.id),
            "CPA-034",
            f"the endpoint of {party.name} is not that of the dossier",
            found=channel.endpoint,
            expected=side.endpoint,
        )
    for use, name, der, wanted in (
        ("client", channel.client_certificate_id, channel.client_certificate, side.client),
        ("server", channel.server_certificate_id, channel.server_certificate, side.server),
    ):
        digest = _sha256(der)
        if wanted is not None and digest is not None and digest != wanted:
            yield must(
                document.line(name or channel.id),
                "CPA-036",
                f"the {use} certificate of {party.name} is not the one in the dossier",
                found=f"sha256 {digest}",
                expected=f"sha256 {wanted}",
                remedy="One of the two was renewed: a new certificate means a new CPA at both sides (CPA-037).",
            )


def _sha256(der: bytes | None) -> str | None:
    return None if der is None else sha256(der).hexdigest()


def _services(document: Document, party: Party, agreed: Agreed) -> Iterator[Finding]:
    for action in (*party.can_send, *party.can_receive):
        if action.service != agreed.service:
            yield must(
                document.line(action.id),
                "CPA-047",
                f"the service of {action.name} is not that of the dossier",
                found=action.service,
                expected=agreed.service,
            )


def _rhythm(document: Document, channel: Channel, agreed: Agreed) -> Iterator[Finding]:
    """Profile and repetition, which differ without a fault on either side: nobody can send as agreed."""
    line = document.line(channel.id)
    profile = profile_of(channel).name
    if profile != agreed.profile:
        yield must(
            line,
            "CPA-021",
            f"the profile of {channel.id} is not that of the dossier",
            found=profile,
            expected=agreed.profile,
        )
        return
    if channel.sync_reply_mode != agreed.sync_reply_mode:
        yield must(
            line,
            "CPA-026",
            f"syncReplyMode of {channel.id} is not that of the dossier",
            found=channel.sync_reply_mode,
            expected=agreed.sync_reply_mode,
        )
    for binding in (channel.sender, channel.receiver):
        if binding.reliable is None:
            continue
        for name, found, wanted in (
            ("Retries", binding.reliable.retries, agreed.retries),
            ("RetryInterval", binding.reliable.retry_interval, duration(agreed.retry_interval)),
            ("PersistDuration", binding.persist_duration, duration(agreed.persist_duration)),
        ):
            if found != wanted:
                yield must(
                    line,
                    "CPA-029",
                    f"{name} of {channel.id} is not that of the dossier",
                    found=_shown(found),
                    expected=_shown(wanted),
                )


def _shown(value: int | timedelta | None) -> str:
    try:
        return duration_text(value) if isinstance(value, timedelta) else str(value or "absent")
    except ValueError:
        return str(value)
