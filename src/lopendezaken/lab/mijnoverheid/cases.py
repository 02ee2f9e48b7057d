"""What was taken in: each message once, the cases and their statuses, in SQLite.

Every method is one transaction. BSNs are kept (the page is by citizen) and never leave but masked.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from lopendezaken.casemessage.bsn import mask
from lopendezaken.casemessage.model import Case, CaseMessage, Status

ACCEPTED, REFUSED = "accepted", "refused"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  number INTEGER PRIMARY KEY, cpa_id TEXT NOT NULL, message_id TEXT NOT NULL, at TEXT NOT NULL, action TEXT NOT NULL,
  sender TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT, detail TEXT, bsn TEXT, case_id TEXT, answer TEXT, error BLOB,
  UNIQUE (cpa_id, message_id)
);
CREATE TABLE IF NOT EXISTS cases (
  bsn TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL,
  explanation TEXT NOT NULL, start TEXT NOT NULL, end TEXT, sent TEXT NOT NULL, PRIMARY KEY (bsn, sender, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS statuses (
  bsn TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, on_day TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (bsn, sender, id, on_day, code, text)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that came in; ``bsn`` is masked."""

    number: int
    at: datetime
    message_id: str
    cpa_id: str
    sender: str
    action: str
    outcome: str
    code: str | None
    detail: str | None
    bsn: str | None
    case_id: str | None
    answer: str | None


class Cases:
    """The store. For one thread."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def has(self, cpa_id: str, message_id: str) -> bool:
        """Whether this message was taken in before."""
        return self._row(cpa_id, message_id) is not None

    def open_error(self, cpa_id: str, message_id: str) -> tuple[str, bytes] | None:
        """MessageId and content of the Foutbericht that a refused message is answered with."""
        row = self._row(cpa_id, message_id)
        return (row[0], row[1]) if row and row[0] else None

    def _row(self, cpa_id: str, message_id: str) -> tuple[str | None, bytes] | None:
        found: tuple[str | None, bytes] | None = self._db.execute(
            "SELECT answer, error FROM messages WHERE cpa_id = ? AND message_id = ?", (cpa_id, message_id)
        ).fetchone()
        return found

    def accept(self, cpa_id: str, message_id: str, action: str, message: CaseMessage) -> None:
        """Keep a message and what it says of its case. A later message counts over an earlier one."""
        case, citizen = message.case, (message.bsn, message.sender_oin, message.case.id)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            new = self._add(
                cpa_id, message_id, action, message.sender_oin, ACCEPTED, bsn=message.bsn, case_id=case.id
            )
            if not new:
                return
            self._db.execute(
                "INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title,"
                " kind = excluded.kind, explanation = excluded.explanation, start = excluded.start, end = excluded.end,"
                " sent = excluded.sent WHERE excluded.sent >= sent",
                (
                    *citizen,
                    case.title,
                    case.kind,
                    case.explanation,
                    case.start.isoformat(),
                    case.end.isoformat() if case.end else None,
                    message.sent.isoformat(timespec="milliseconds"),
                ),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO statuses VALUES (?, ?, ?, ?, ?, ?)",
                [(*citizen, status.on.isoformat(), status.code, status.text) for status in case.statuses],
            )

    def refuse(
        self,
        cpa_id: str,
        message_id: str,
        action: str,
        sender: str,
        *,
        code: str,
        detail: str,
        answer: str,
        error: bytes,
    ) -> None:
        """Keep that a message was refused, and the Foutbericht that it is answered with."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._add(
                *(cpa_id, message_id, action, sender, REFUSED),
                code=code,
                detail=detail,
                answer=answer,
                error=error,
            )

    def _add(
        self,
        cpa_id: str,
        message_id: str,
        action: str,
        sender: str,
        outcome: str,
        *,
        code: str | None = None,
        detail: str | None = None,
        bsn: str | None = None,
        case_id: str | None = None,
        answer: str | None = None,
        error: bytes | None = None,
    ) -> bool:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        done = self._db.execute(
            "INSERT OR IGNORE INTO messages VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (cpa_id, message_id, now, action, sender, outcome, code, detail, bsn, case_id, answer, error),
        )
        return done.rowcount == 1

    # For the page

    def citizens(self) -> dict[str, int]:
        """How many cases there are by BSN."""
        return dict(self._db.execute("SELECT bsn, count(*) FROM cases GROUP BY bsn"))

    def of(self, bsn: str) -> list[tuple[str, Case]]:
        """The cases of a citizen with the OIN of who sent them, the newest first."""
        rows = self._db.execute(
            "SELECT sender, id, title, kind, explanation, start, end FROM cases WHERE bsn = ?"
            " ORDER BY start DESC, id",
            (bsn,),
        ).fetchall()
        return [(row[0], self._case(bsn, row)) for row in rows]

    def _case(self, bsn: str, row: tuple[str, ...]) -> Case:
        sender, case_id, title, kind, explanation, start, end = row
        statuses = self._db.execute(
            "SELECT code, text, on_day FROM statuses WHERE bsn = ? AND sender = ? AND id = ? ORDER BY on_day, code",
            (bsn, sender, case_id),
        )
        return Case(
            case_id,
            title,
            date.fromisoformat(start),
            tuple(Status(code, text, date.fromisoformat(day)) for code, text, day in statuses),
            kind,
            explanation,
            date.fromisoformat(end) if end else None,
        )

    def taken(self, after: int = 0, limit: int = 200) -> list[Taken]:
        """The newest messages after number ``after``, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM (SELECT number, at, message_id, cpa_id, sender, action, outcome, code, detail, bsn, case_id,"
            " answer FROM messages WHERE number > ? ORDER BY number DESC LIMIT ?) ORDER BY number",
            (after, limit),
        )
        return [_taken(row) for row in rows]


def _taken(row: tuple[Any, ...]) -> Taken:
    number, at, message_id, cpa_id, sender, action, outcome, code, detail, bsn, case_id, answer = row
    return Taken(
        *(number, datetime.fromisoformat(at), message_id, cpa_id, sender, action, outcome, code, detail),
        mask(bsn) if bsn else None,
        case_id.replace(bsn, mask(bsn)) if bsn else case_id,
        answer,
    )
