"""What the engine remembers, in SQLite: CPAs, messages, what is still to be sent, what was seen.

One owner: every call comes from one thread (see :class:`lopendezaken.ebms.engine.Engine`). What a method
returned is on disk (WAL, synchronous=FULL), so nothing that was accepted is lost by ``kill -9``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lopendezaken.cpa.model import PartyId
from lopendezaken.ebms.envelope import Address, Envelope, Service, from_xml
from lopendezaken.ebms.mime import Attachment, Message
from lopendezaken.errors import LzError

# messageStatus as the REST calls show it
CREATED, DELIVERED, DELIVERY_FAILED, EXPIRED = "CREATED", "DELIVERED", "DELIVERY_FAILED", "EXPIRED"
RECEIVED, PROCESSED = "RECEIVED", "PROCESSED"
_EVENTS = {DELIVERED: "DELIVERED", DELIVERY_FAILED: "FAILED", EXPIRED: "EXPIRED"}

MAX_SIGNALS = 10_000  # Pings and Pongs kept
MAX_TRAFFIC = 10_000  # messages of which it is known that they passed

# What version 2 added.
_SINCE_1 = """
CREATE TABLE certificate_mappings (
  source TEXT NOT NULL, cpa_id TEXT NOT NULL, destination TEXT NOT NULL, PRIMARY KEY (source, cpa_id)
) WITHOUT ROWID;
CREATE TABLE traffic (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, direction TEXT NOT NULL, action TEXT NOT NULL, service TEXT NOT NULL,
  message_id TEXT NOT NULL, ref_to_message_id TEXT, conversation_id TEXT NOT NULL, sender TEXT NOT NULL,
  receiver TEXT NOT NULL, cpa_id TEXT NOT NULL, result TEXT NOT NULL, size INTEGER NOT NULL, payloads TEXT NOT NULL
);
"""

# What version 3 added.
_SINCE_2 = """
CREATE TABLE acknowledgments (
  cpa_id TEXT NOT NULL, message_id TEXT NOT NULL, xml BLOB NOT NULL, PRIMARY KEY (cpa_id, message_id),
  FOREIGN KEY (cpa_id, message_id) REFERENCES seen ON DELETE CASCADE
);
"""

_SCHEMA = """
CREATE TABLE cpas (id TEXT PRIMARY KEY, xml BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE url_mappings (source TEXT PRIMARY KEY, destination TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  message_id TEXT NOT NULL,
  cpa_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  ref_to_message_id TEXT,
  from_type TEXT, from_id TEXT NOT NULL, from_role TEXT,
  to_type TEXT, to_id TEXT NOT NULL, to_role TEXT,
  service_type TEXT, service TEXT NOT NULL,
  action TEXT NOT NULL,
  timestamp REAL NOT NULL,
  status TEXT NOT NULL,
  status_at REAL NOT NULL,
  envelope BLOB NOT NULL,
  UNIQUE (direction, cpa_id, message_id)
);
CREATE INDEX messages_id ON messages (message_id);
CREATE INDEX messages_status ON messages (direction, status, number);
CREATE TABLE attachments (
  message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
  number INTEGER NOT NULL,
  content_id TEXT NOT NULL, content_type TEXT NOT NULL, name TEXT, content BLOB NOT NULL,
  PRIMARY KEY (message, number)
) WITHOUT ROWID;
CREATE TABLE seen (
  cpa_id TEXT NOT NULL, message_id TEXT NOT NULL, until REAL NOT NULL,
  PRIMARY KEY (cpa_id, message_id)
) WITHOUT ROWID;
CREATE INDEX seen_until ON seen (until);
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY,
  message INTEGER REFERENCES messages ON DELETE CASCADE,
  message_id TEXT NOT NULL,
  cpa_id TEXT NOT NULL,
  from_type TEXT, from_id TEXT NOT NULL, to_type TEXT, to_id TEXT NOT NULL,
  service_type TEXT, service TEXT NOT NULL, action TEXT NOT NULL,
  signal BLOB,
  awaits_ack INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, max_attempts INTEGER NOT NULL, interval REAL NOT NULL,
  next_at REAL NOT NULL,
  expires_at REAL
);
CREATE INDEX outbox_next ON outbox (next_at);
CREATE INDEX outbox_message ON outbox (message);
CREATE TABLE events (
  number INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
  type TEXT NOT NULL, processed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX events_open ON events (processed, number);
CREATE INDEX events_message ON events (message);
CREATE TABLE signals (
  number INTEGER PRIMARY KEY, direction TEXT NOT NULL, action TEXT NOT NULL, message_id TEXT NOT NULL,
  ref_to_message_id TEXT, conversation_id TEXT NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL,
  cpa_id TEXT NOT NULL, timestamp REAL NOT NULL, envelope BLOB NOT NULL
);
"""

_SCRIPTS = (_SCHEMA, _SINCE_1, _SINCE_2)
SCHEMA_VERSION = len(_SCRIPTS)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a message in the outbox is tried: first at once, then every ``interval`` seconds.

    ``expires_at`` (epoch seconds) ends it whatever happens; without ``awaits_ack`` one HTTP success ends it.
    """

    awaits_ack: bool
    max_attempts: int
    interval: float
    expires_at: float | None

    def over(self, attempts: int, now: float) -> bool:
        """Whether nothing is left to try or to wait for."""
        return attempts >= self.max_attempts or (self.expires_at is not None and now >= self.expires_at)

    def next_at(self, attempts: int, now: float) -> float:
        """When to look again after attempt number ``attempts``: the last one waits until the end."""
        if self.expires_at is None:
            return now + self.interval
        last = attempts >= self.max_attempts
        return self.expires_at if last else min(now + self.interval, self.expires_at)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to send. ``message`` is None for a signal, whose envelope is ``signal``."""

    number: int
    message: int | None
    message_id: str
    cpa_id: str
    sender: PartyId
    receiver: PartyId
    service: Service
    action: str
    signal: bytes | None = field(repr=False)
    schedule: Schedule
    attempts: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as the REST calls want it."""

    number: int
    direction: str
    message_id: str
    cpa_id: str
    conversation_id: str
    ref_to_message_id: str | None
    sender: Address
    receiver: Address
    service: Service
    action: str
    timestamp: datetime
    status: str
    status_at: datetime


@dataclass(frozen=True, slots=True)
class Signal:
    """A Ping or Pong that passed: the trace that becomes evidence."""

    direction: str
    action: str
    message_id: str
    ref_to_message_id: str | None
    conversation_id: str
    sender: str
    receiver: str
    cpa_id: str
    timestamp: datetime
    envelope: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that passed here, in or out. ``payloads``: name, type, size in bytes and SHA-256 of each."""

    at: datetime
    direction: str
    action: str
    service: str
    message_id: str
    ref_to_message_id: str | None
    conversation_id: str
    sender: str
    receiver: str
    cpa_id: str
    result: str
    size: int
    payloads: Sequence[Mapping[str, object]] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages; None means any. Party and service are ``type:value``."""

    cpa_id: str | None = None
    from_party: str | None = None
    from_role: str | None = None
    to_party: str | None = None
    to_role: str | None = None
    service: str | None = None
    action: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None
    ref_to_message_id: str | None = None
    limit: int = 10_000

    def where(self) -> tuple[str, list[object]]:
        """SQL conditions over ``messages`` and their values."""
        columns = {
            "cpa_id": self.cpa_id,
            "coalesce(from_type || ':', '') || from_id": self.from_party,
            "from_role": self.from_role,
            "coalesce(to_type || ':', '') || to_id": self.to_party,
            "to_role": self.to_role,
            "coalesce(service_type || ':', '') || service": self.service,
            "action": self.action,
            "conversation_id": self.conversation_id,
            "message_id": self.message_id,
            "ref_to_message_id": self.ref_to_message_id,
        }
        asked = {column: value for column, value in columns.items() if value is not None}
        return "".join(f" AND {column} = ?" for column in asked), list(asked.values())


class Store:
    """One SQLite file. Times go in and out as aware datetimes; ``now`` is always the caller's."""

    def __init__(self, path: Path | str) -> None:
        """Open or create. Raises :class:`LzError` on a file that is not ours, or that is damaged."""
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")
            self._check()
            self._prepare()
        except sqlite3.Error as error:
            raise LzError(
                "store cannot be opened",
                where=str(path),
                found=str(error),
                remedy="put back a backup; with the file moved away the engine starts without its messages",
                exit_code=3,
            ) from error

    def _check(self) -> None:
        """Better no engine than one that finds damage on its way (some 1.5 s a GB)."""
        found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == SCHEMA_VERSION:
            return
        if not 0 <= version < SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"schema version {version}, this engine knows {SCHEMA_VERSION}")
        script = "".join(_SCRIPTS[version:])
        self._db.executescript(f"BEGIN; {script} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")

    def close(self) -> None:
        """Write the journal back and close."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk ends it by itself
                self._db.execute("ROLLBACK")
            raise

    # CPAs and URL mappings

    def cpas(self) -> dict[str, bytes]:
        """Every CPA, sorted by id."""
        return dict(self._db.execute("SELECT id, xml FROM cpas ORDER BY id"))

    def put_cpa(self, cpa_id: str, xml: bytes) -> None:
        """Insert or replace."""
        self._db.execute("INSERT OR REPLACE INTO cpas VALUES (?, ?)", (cpa_id, xml))

    def delete_cpa(self, cpa_id: str) -> None:
        """Remove; its messages stay."""
        self._db.execute("DELETE FROM cpas WHERE id = ?", (cpa_id,))

    def url_mappings(self) -> dict[str, str]:
        """Destination per source."""
        return dict(self._db.execute("SELECT source, destination FROM url_mappings ORDER BY source"))

    def put_url_mapping(self, source: str, destination: str) -> None:
        """Insert or replace."""
        self._db.execute("INSERT OR REPLACE INTO url_mappings VALUES (?, ?)", (source, destination))

    def delete_url_mapping(self, source: str) -> bool:
        """Remove; whether there was one."""
        return self._db.execute("DELETE FROM url_mappings WHERE source = ?", (source,)).rowcount > 0

    def certificate_mappings(self) -> list[tuple[str, str, str]]:
        """Source and destination (base64 of DER) and the CPA's id, empty for every CPA."""
        rows = self._db.execute(
            "SELECT source, destination, cpa_id FROM certificate_mappings ORDER BY source, cpa_id"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def put_certificate_mapping(self, source: str, destination: str, cpa_id: str) -> None:
        """Insert or replace."""
        self._db.execute(
            "INSERT OR REPLACE INTO certificate_mappings VALUES (?, ?, ?)", (source, cpa_id, destination)
        )

    def delete_certificate_mapping(self, source: str, cpa_id: str) -> bool:
        """Remove; whether there was one."""
        done = self._db.execute(
            "DELETE FROM certificate_mappings WHERE source = ? AND cpa_id = ?", (source, cpa_id)
        )
        return done.rowcount > 0

    # Incoming

    def receive(
        self,
        message: Message,
        *,
        remember_until: datetime,
        acknowledgment: tuple[Envelope, bytes] | None,
        ack_schedule: Schedule | None,
        now: datetime,
    ) -> tuple[bool, tuple[Envelope, bytes] | None]:
        """Keep a message, its id and the acknowledgement (and its XML), all or nothing.

        A message seen before is not kept again; its first acknowledgement is given again, so that none is for
        what was not kept. Returns whether the message is new, and the acknowledgement that counts; without
        ``ack_schedule`` it is the caller's to send.
        """
        envelope = message.envelope
        with self._transaction():
            known = self._db.execute(
                "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)",
                (envelope.cpa_id, envelope.message_id, remember_until.timestamp()),
            )
            if known.rowcount:
                number = self._add_message("in", message, message.xml, RECEIVED, now)
                self._add_event(number, RECEIVED)
            if acknowledgment:
                acknowledgment = self._first_acknowledgment(envelope, acknowledgment)
            if acknowledgment and ack_schedule:
                self._add_task(acknowledgment[0], None, acknowledgment[1], ack_schedule, now)
        return bool(known.rowcount), acknowledgment

    def _first_acknowledgment(
        self, message: Envelope, acknowledgment: tuple[Envelope, bytes]
    ) -> tuple[Envelope, bytes]:
        key = message.cpa_id, message.message_id
        done = self._db.execute(
            "INSERT OR IGNORE INTO acknowledgments VALUES (?, ?, ?)", (*key, acknowledgment[1])
        )
        if done.rowcount:
            return acknowledgment
        query = "SELECT xml FROM acknowledgments WHERE cpa_id = ? AND message_id = ?"
        first = bytes(self._db.execute(query, key).fetchone()[0])
        return from_xml(first), first

    def unprocessed(self, wanted: Filter) -> list[str]:
        """Ids of received messages that nobody has processed, oldest first."""
        where, values = wanted.where()
        rows = self._db.execute(
            # The conditions hold column names of Filter only.
            f"SELECT message_id FROM messages WHERE direction = 'in' AND status = ?{where}"  # noqa: S608
            " ORDER BY number LIMIT ?",
            [RECEIVED, *values, wanted.limit],
        )
        return [row[0] for row in rows]

    def process(self, message_id: str, now: datetime) -> None:
        """Mark as processed; unknown ids are no error."""
        self._db.execute(
            "UPDATE messages SET status = ?, status_at = ?"
            " WHERE direction = 'in' AND message_id = ? AND status = ?",
            (PROCESSED, now.timestamp(), message_id, RECEIVED),
        )

    # Both ways

    def find(self, message_id: str, direction: str | None = None) -> Stored | None:
        """The newest message with this id, sent or received."""
        row = self._db.execute(
            "SELECT number, direction, message_id, cpa_id, conversation_id, ref_to_message_id,"
            " from_type, from_id, from_role, to_type, to_id, to_role, service_type, service, action,"
            " timestamp, status, status_at FROM messages"
            " WHERE message_id = ? AND (? IS NULL OR direction = ?) ORDER BY number DESC LIMIT 1",
            (message_id, direction, direction),
        ).fetchone()
        return None if row is None else _stored(row)

    def attachments(self, number: int) -> tuple[Attachment, ...]:
        """The payloads of a message."""
        rows = self._db.execute(
            "SELECT content_id, content_type, content, name FROM attachments"
            " WHERE message = ? ORDER BY number",
            (number,),
        )
        return tuple(Attachment(*row) for row in rows)

    def envelope(self, number: int) -> bytes:
        """The envelope as sent or received."""
        row = self._db.execute("SELECT envelope FROM messages WHERE number = ?", (number,)).fetchone()
        return bytes(row[0])

    def _add_message(self, direction: str, message: Message, xml: bytes, status: str, now: datetime) -> int:
        envelope = message.envelope
        sender, receiver = envelope.sender, envelope.receiver
        cursor = self._db.execute(
            "INSERT INTO messages VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(direction, envelope.message_id, envelope.cpa_id),
                *(envelope.conversation_id, envelope.ref_to_message_id),
                *(sender.id.type, sender.id.value, sender.role),
                *(receiver.id.type, receiver.id.value, receiver.role),
                *(envelope.service.type, envelope.service.value, envelope.action),
                *(envelope.timestamp.timestamp(), status, now.timestamp(), xml),
            ),
        )
        number = int(cursor.lastrowid or 0)
        self._db.executemany(
            "INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?)",
            [
                (number, index, item.content_id, item.content_type, item.name, item.content)
                for index, item in enumerate(message.attachments)
            ],
        )
        return number

    def _add_event(self, number: int, kind: str) -> None:
        self._db.execute("INSERT INTO events (message, type) VALUES (?, ?)", (number, kind))

    def events(self, wanted: Filter, kinds: Sequence[str] = ()) -> list[tuple[str, str]]:
        """(message id, type) of what happened and nobody has processed, oldest first."""
        where, values = wanted.where()
        if kinds:
            where += f" AND type IN ({', '.join('?' * len(kinds))})"
        rows = self._db.execute(
            "SELECT message_id, type FROM events JOIN messages ON messages.number = events.message"  # noqa: S608
            f" WHERE processed = 0{where} ORDER BY events.number LIMIT ?",
            [*values, *kinds, wanted.limit],
        )
        return list(rows)

    def process_event(self, message_id: str) -> None:
        """Mark the events of a message as processed; unknown ids are no error."""
        self._db.execute(
            "UPDATE events SET processed = 1"
            " WHERE message IN (SELECT number FROM messages WHERE message_id = ?)",
            (message_id,),
        )

    # Outgoing

    def send(self, message: Message, xml: bytes, schedule: Schedule, now: datetime) -> None:
        """Keep a message and the task to send it. ``sqlite3.IntegrityError`` on an id used before."""
        with self._transaction():
            number = self._add_message("out", message, xml, CREATED, now)
            self._add_task(message.envelope, number, None, schedule, now)

    def send_signal(self, envelope: Envelope, xml: bytes, schedule: Schedule, now: datetime) -> None:
        """Keep a signal until it is sent."""
        with self._transaction():
            self._add_task(envelope, None, xml, schedule, now)

    def _add_task(
        self, envelope: Envelope, number: int | None, signal: bytes | None, schedule: Schedule, now: datetime
    ) -> None:
        self._db.execute(
            "INSERT INTO outbox VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            (
                *(number, envelope.message_id, envelope.cpa_id),
                *(envelope.sender.id.type, envelope.sender.id.value),
                *(envelope.receiver.id.type, envelope.receiver.id.value),
                *(envelope.service.type, envelope.service.value, envelope.action),
                *(signal, schedule.awaits_ack, schedule.max_attempts, schedule.interval),
                *(now.timestamp(), schedule.expires_at),
            ),
        )

    def claim(self, now: datetime, busy: Iterable[int], limit: int) -> list[Task]:
        """Tasks whose time has come. What is to be sent counts as an attempt before it is sent.

        So a crash repeats nothing beyond what was agreed. ``Task.attempts`` is the number before this one.
        """
        moment, skip = now.timestamp(), set(busy)
        rows = self._db.execute(
            "SELECT * FROM outbox WHERE next_at <= ? ORDER BY next_at, number LIMIT ?",
            (moment, limit + len(skip)),
        ).fetchall()
        tasks = [_task(row) for row in rows if row[0] not in skip][:limit]
        with self._transaction():
            for task in tasks:
                if not task.schedule.over(task.attempts, moment):
                    self._db.execute(
                        "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE number = ?",
                        (task.schedule.next_at(task.attempts + 1, moment), task.number),
                    )
        return tasks

    def clock_set_back(self, now: datetime) -> int:
        """Let nothing wait longer than agreed: a first try is for now, another one within the interval. How many."""
        latest = "?1 + iif(attempts, interval, 0)"
        moved = self._db.execute(
            f"UPDATE outbox SET next_at = {latest} WHERE next_at > {latest} AND attempts < max_attempts",  # noqa: S608
            (now.timestamp(),),
        )
        return moved.rowcount

    def next_task_at(self, busy: Iterable[int]) -> float | None:
        """Epoch seconds of the first task that is not busy."""
        skip = list(busy)
        row = self._db.execute(
            f"SELECT min(next_at) FROM outbox WHERE number NOT IN ({', '.join('?' * len(skip))})",  # noqa: S608
            skip,
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def finish(self, task: Task, status: str, now: datetime) -> None:
        """The task is over; for a message ``status`` says how."""
        with self._transaction():
            if task.message is None:
                self._db.execute("DELETE FROM outbox WHERE number = ?", (task.number,))
            else:
                self._settle(task.message, status, now)

    def settle(self, message_id: str, cpa_id: str, receiver: PartyId, status: str, now: datetime) -> bool:
        """An answer came on a sent message that waits for one; whether there was such a message.

        Only the party to whom it was sent, under its CPA, can settle it.
        """
        row = self._db.execute(
            "SELECT messages.number FROM messages JOIN outbox ON outbox.message = messages.number"
            " WHERE direction = 'out' AND messages.message_id = ? AND messages.cpa_id = ?"
            " AND messages.to_id = ? AND messages.to_type IS ?",
            (message_id, cpa_id, receiver.value, receiver.type),
        ).fetchone()
        if row is None:
            return False
        with self._transaction():
            self._settle(row[0], status, now)
        return True

    def _settle(self, number: int, status: str, now: datetime) -> None:
        changed = self._db.execute(
            "UPDATE messages SET status = ?, status_at = ? WHERE number = ? AND status = ?",
            (status, now.timestamp(), number, CREATED),
        )
        self._db.execute("DELETE FROM outbox WHERE message = ?", (number,))
        if changed.rowcount:
            self._add_event(number, _EVENTS[status])

    # Trace and housekeeping

    def trace(self, direction: str, envelope: Envelope, xml: bytes, now: datetime) -> None:
        """Keep a Ping or Pong, the newest :data:`MAX_SIGNALS` of them."""
        with self._transaction():
            number = self._db.execute(
                "INSERT INTO signals VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(direction, envelope.action, envelope.message_id, envelope.ref_to_message_id),
                    *(envelope.conversation_id, str(envelope.sender.id), str(envelope.receiver.id)),
                    *(envelope.cpa_id, now.timestamp(), xml),
                ),
            ).lastrowid
            self._db.execute("DELETE FROM signals WHERE number <= ?", ((number or 0) - MAX_SIGNALS,))

    def signals(self, cpa_id: str | None, since: datetime | None) -> list[Signal]:
        """The trace, oldest first; ``since`` is included. The time is that of passing here."""
        rows = self._db.execute(
            "SELECT direction, action, message_id, ref_to_message_id, conversation_id, sender, receiver,"
            " cpa_id, timestamp, envelope FROM signals"
            " WHERE (? IS NULL OR cpa_id = ?) AND timestamp >= ? ORDER BY number",
            (cpa_id, cpa_id, since.timestamp() if since else 0.0),
        )
        return [
            Signal(
                direction=row[0],
                action=row[1],
                message_id=row[2],
                ref_to_message_id=row[3],
                conversation_id=row[4],
                sender=row[5],
                receiver=row[6],
                cpa_id=row[7],
                timestamp=_time(row[8]),
                envelope=bytes(row[9]).decode("utf-8", "replace"),
            )
            for row in rows
        ]

    def see(self, passed: Sequence[Passed]) -> None:
        """Keep which messages passed, the newest :data:`MAX_TRAFFIC` of them; what they say is not kept."""
        with self._transaction():
            for one in passed:
                number = self._db.execute(
                    "INSERT INTO traffic VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(one.at.timestamp(), one.direction, one.action, one.service, one.message_id),
                        *(one.ref_to_message_id, one.conversation_id, one.sender, one.receiver, one.cpa_id),
                        *(one.result, one.size, json.dumps(one.payloads)),
                    ),
                ).lastrowid
            if passed:
                self._db.execute("DELETE FROM traffic WHERE number <= ?", ((number or 0) - MAX_TRAFFIC,))

    def traffic(self, after: int, limit: int) -> list[tuple[int, Passed]]:
        """What passed since number ``after``, oldest first; of more than ``limit`` the newest."""
        rows = self._db.execute(
            "SELECT * FROM (SELECT * FROM traffic WHERE number > ? ORDER BY number DESC LIMIT ?) ORDER BY number",
            (after, limit),
        )
        return [(row[0], _passed(row)) for row in rows]

    def tidy(self, now: datetime, retention: timedelta) -> int:
        """Forget what is over and older than ``retention``; never what waits for somebody. How many."""
        before = (now - retention).timestamp()
        with self._transaction():
            self._db.execute("DELETE FROM seen WHERE until < ?", (now.timestamp(),))
            gone = self._db.execute(
                "DELETE FROM messages WHERE status NOT IN (?, ?) AND status_at < ?"
                " AND number NOT IN (SELECT message FROM outbox WHERE message IS NOT NULL)",
                (CREATED, RECEIVED, before),
            )
        return gone.rowcount


def _time(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def _passed(row: tuple[Any, ...]) -> Passed:
    names = [each.name for each in fields(Passed)]
    _, at, *rest, payloads = row
    return Passed(**dict(zip(names, (_time(at), *rest, json.loads(payloads)), strict=True)))


def _stored(row: tuple[object, ...]) -> Stored:
    def text(index: int) -> str | None:
        return None if row[index] is None else str(row[index])

    return Stored(
        number=int(str(row[0])),
        direction=str(row[1]),
        message_id=str(row[2]),
        cpa_id=str(row[3]),
        conversation_id=str(row[4]),
        ref_to_message_id=text(5),
        sender=Address((PartyId(text(6), str(row[7])),), text(8)),
        receiver=Address((PartyId(text(9), str(row[10])),), text(11)),
        service=Service(str(row[13]), text(12)),
        action=str(row[14]),
        timestamp=_time(float(str(row[15]))),
        status=str(row[16]),
        status_at=_time(float(str(row[17]))),
    )


def _task(row: tuple[object, ...]) -> Task:
    (number, message, message_id, cpa_id, from_type, from_id, to_type, to_id) = row[:8]
    (service_type, service, action, signal, awaits, attempts, maximum, interval, _, expires) = row[8:]

    def text(value: object) -> str | None:
        return None if value is None else str(value)

    return Task(
        number=int(str(number)),
        message=None if message is None else int(str(message)),
        message_id=str(message_id),
        cpa_id=str(cpa_id),
        sender=PartyId(text(from_type), str(from_id)),
        receiver=PartyId(text(to_type), str(to_id)),
        service=Service(str(service), text(service_type)),
        action=str(action),
        signal=signal if isinstance(signal, bytes) else None,
        schedule=Schedule(
            awaits_ack=bool(awaits),
            max_attempts=int(str(maximum)),
            interval=float(str(interval)),
            expires_at=None if expires is None else float(str(expires)),
        ),
        attempts=int(str(attempts)),
    )
