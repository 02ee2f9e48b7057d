"""What a case message says, whatever its form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Status:
    """A status that the case got on a day."""

    code: str
    text: str
    on: date


@dataclass(frozen=True, slots=True)
class Case:
    """A case, with its statuses in the order of the message."""

    id: str
    title: str
    start: date
    statuses: tuple[Status, ...]
    kind: str = ""
    explanation: str = ""
    end: date | None = None


@dataclass(frozen=True, slots=True)
class CaseMessage:
    """A case of one citizen. ``form`` is ``stuf`` or ``mo``; ``sent`` is local time, to the millisecond."""

    form: str
    reference: str
    sent: datetime
    sender_oin: str
    receiver_oin: str
    case: Case
    bsn: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """A Foutbericht: what is wrong with the message that bore ``about`` (empty where that could not be read)."""

    form: str
    reference: str
    sent: datetime
    sender_oin: str
    receiver_oin: str
    about: str
    code: str
    text: str
    detail: str = ""
