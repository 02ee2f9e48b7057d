"""What was accepted is there after any end of the process; what waits for somebody is never forgotten."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.cpa.model import PartyId
from lopendezaken.ebms import store as store_module
from lopendezaken.ebms.envelope import Envelope, to_xml
from lopendezaken.ebms.mime import Attachment, Message
from lopendezaken.ebms.store import Filter, Schedule, Store
from lopendezaken.errors import LzError
from tests.unit.ebms.samples import NOW, PAYLOAD, business

SIGNAL = Schedule(awaits_ack=False, max_attempts=3, interval=5, expires_at=None)
PARTNER = PartyId("urn:osb:oin", "00000099300000001000")


def reliable(retries: int = 2, interval: float = 10) -> Schedule:
    return Schedule(
        True, retries + 1, interval, (NOW + (retries + 1) * timedelta(seconds=interval)).timestamp()
    )


def received(store: Store, message_id: str, ack: Envelope | None = None, now: datetime = NOW) -> bool:
    message = Message(business(message_id), (PAYLOAD,), xml=b"<envelope/>")
    until = now + timedelta(hours=1)
    receipt = (ack, to_xml(ack)) if ack else None
    new, _ = store.receive(
        message, remember_until=until, acknowledgment=receipt, ack_schedule=SIGNAL, now=now
    )
    return new


def sent(store: Store, message_id: str, schedule: Schedule | None = None) -> None:
    store.send(Message(business(message_id), (PAYLOAD,)), b"<envelope/>", schedule or reliable(), NOW)


@pytest.fixture
def store() -> Store:
    return Store(":memory:")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_message_is_kept_once_and_acknowledged_each_time(store: Store) -> None:
    assert received(store, "1", business("ack-1"))
    assert not received(store, "1", business("ack-2"))
    assert store.unprocessed(Filter()) == ["1"]
    tasks = store.claim(NOW, (), 10)
    assert [task.message_id for task in tasks] == ["ack-1", "ack-1"]
    assert tasks[0].signal == tasks[1].signal == to_xml(business("ack-1"))
    assert not received(store, "1"), "and none where none is asked"
    assert len(store.claim(NOW + timedelta(seconds=6), (), 10)) == 2
    found = store.find("1")
    assert found is not None
    assert (found.status, found.sender, found.action) == ("RECEIVED", business().sender, "Zaakbericht")
    assert store.attachments(found.number) == (PAYLOAD,)
    assert store.envelope(found.number) == b"<envelope/>"


def test_processing(store: Store) -> None:
    received(store, "1")
    store.process("1", NOW)
    store.process("unknown", NOW)
    found = store.find("1")
    assert found is not None
    assert found.status == "PROCESSED"
    assert store.unprocessed(Filter()) == []
    assert not received(store, "1"), "a processed message is still a duplicate"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(cpa_id="cpa"), 2),
        (Filter(cpa_id="other"), 0),
        (Filter(from_party="urn:osb:oin:00000099100000001000", to_role="SP"), 2),
        (Filter(service="urn:osb:services:voorbeeld:LopendeZaken:1.0", action="Zaakbericht"), 2),
        (Filter(message_id="2"), 1),
        (Filter(limit=1), 1),
        (Filter(cpa_id="' OR 1=1 --"), 0),
    ],
)
def test_filters(store: Store, wanted: Filter, count: int) -> None:
    received(store, "1")
    received(store, "2")
    assert len(store.unprocessed(wanted)) == count
    assert len(store.events(wanted)) == count


def test_a_reliable_message_is_tried_as_agreed_then_over(store: Store) -> None:
    sent(store, "1", reliable(retries=2, interval=10))
    tried = []
    for second in range(0, 40, 5):
        for task in store.claim(at(second), (), 10):
            if task.schedule.over(task.attempts, at(second).timestamp()):
                tried.append((second, "over"))
                store.finish(task, "EXPIRED", at(second))
            else:
                tried.append((second, "sent"))
    assert tried == [(0, "sent"), (10, "sent"), (20, "sent"), (30, "over")]
    assert store.events(Filter()) == [("1", "EXPIRED")]
    assert store.next_task_at(()) is None


@given(st.integers(0, 5), st.integers(1, 100), st.integers(0, 10_000))
def test_a_schedule_never_passes_its_end(retries: int, interval: int, late: int) -> None:
    schedule = reliable(retries, interval)
    end = schedule.expires_at or 0
    now = NOW.timestamp()
    for attempt in range(1, retries + 2):
        following = schedule.next_at(attempt, now + late)
        assert following <= max(end, now + late) or late > interval * (retries + 1)
    assert schedule.next_at(retries + 1, now) == end
    assert schedule.over(retries + 1, now)
    assert schedule.over(0, end)


def test_busy_tasks_are_left_alone(store: Store) -> None:
    sent(store, "1")
    sent(store, "2")
    first = store.claim(NOW, (), 1)
    assert [task.message_id for task in first] == ["1"]
    assert [task.message_id for task in store.claim(at(5), [first[0].number], 10)] == ["2"]
    assert store.next_task_at([first[0].number]) == at(15).timestamp()


def test_only_the_receiver_can_settle(store: Store) -> None:
    sent(store, "1")
    stranger = PartyId("urn:osb:oin", "00000099900000009000")
    assert not store.settle("1", "cpa", stranger, "DELIVERED", NOW)
    assert not store.settle("1", "other", PARTNER, "DELIVERED", NOW)
    assert not store.settle("2", "cpa", PARTNER, "DELIVERED", NOW)
    assert store.settle("1", "cpa", PARTNER, "DELIVERED", NOW)
    assert not store.settle("1", "cpa", PARTNER, "DELIVERY_FAILED", NOW), "it is over"
    assert store.events(Filter()) == [("1", "DELIVERED")]
    assert store.claim(at(100), (), 10) == []


def test_events_by_kind_and_processing(store: Store) -> None:
    received(store, "1")
    sent(store, "2")
    store.settle("2", "cpa", PARTNER, "DELIVERY_FAILED", NOW)
    assert store.events(Filter(), ["FAILED", "EXPIRED"]) == [("2", "FAILED")]
    store.process_event("2")
    store.process_event("unknown")
    assert store.events(Filter()) == [("1", "RECEIVED")]


def test_an_id_is_sent_once(store: Store) -> None:
    sent(store, "1")
    with pytest.raises(sqlite3.IntegrityError):
        sent(store, "1")
    assert len(store.claim(NOW, (), 10)) == 1


def test_signals_are_sent_and_gone(store: Store) -> None:
    store.send_signal(business("s"), b"<s/>", SIGNAL, NOW)
    (task,) = store.claim(NOW, (), 10)
    assert (task.message, task.signal, task.receiver) == (None, b"<s/>", PARTNER)
    store.finish(task, "DELIVERED", NOW)
    assert store.claim(at(1000), (), 10) == []


def test_the_trace_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_SIGNALS", 3)
    for number in range(5):
        store.trace("in", business(str(number)), b"<e/>", at(number))
    assert [signal.message_id for signal in store.signals(None, None)] == ["2", "3", "4"]
    assert [signal.message_id for signal in store.signals("cpa", at(3))] == ["3", "4"]
    assert store.signals("other", None) == []


def test_tidying_forgets_what_is_over_only(store: Store) -> None:
    received(store, "unprocessed")
    received(store, "processed")
    store.process("processed", NOW)
    sent(store, "waiting")
    sent(store, "delivered")
    store.settle("delivered", "cpa", PARTNER, "DELIVERED", NOW)
    later = NOW + timedelta(days=31)
    assert store.tidy(NOW, timedelta(days=30)) == 0
    assert store.tidy(later, timedelta(days=30)) == 2
    left = [name for name in ("unprocessed", "processed", "waiting", "delivered") if store.find(name)]
    assert left == ["unprocessed", "waiting"]
    assert received(store, "processed", now=later), "the time of duplicates is over too"


def test_a_full_disk_takes_nothing_and_does_no_harm(store: Store) -> None:
    assert received(store, "1", business("ack-1"))
    store._db.execute(f"PRAGMA max_page_count = {store._db.execute('PRAGMA page_count').fetchone()[0]}")
    big = Message(business("2"), (Attachment("a", "text/plain", b"x" * 100_000),), xml=b"<e/>")
    for number in range(3):
        with pytest.raises(sqlite3.OperationalError, match="full"):
            store.send(big, b"<e/>", reliable(), at(number))
    store._db.execute("PRAGMA max_page_count = 1000000")
    assert [task.message_id for task in store.claim(at(60), (), 10)] == ["ack-1"]
    assert store.find("2", "out") is None
    assert received(store, "2", business("ack-2"))


def test_cpas_and_mappings(store: Store) -> None:
    store.put_cpa("b", b"1")
    store.put_cpa("a", b"2")
    store.put_cpa("b", b"3")
    assert store.cpas() == {"a": b"2", "b": b"3"}
    store.delete_cpa("b")
    store.put_url_mapping("https://a", "https://b")
    assert store.url_mappings() == {"https://a": "https://b"}
    assert store.delete_url_mapping("https://a")
    assert not store.delete_url_mapping("https://a")


def test_all_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    received(store, "in", business("ack"))
    sent(store, "out")
    store.put_cpa("a", b"x")
    store.close()
    again = Store(path)
    assert again.unprocessed(Filter()) == ["in"]
    assert {task.message_id for task in again.claim(NOW, (), 10)} == {"ack", "out"}
    assert again.cpas() == {"a": b"x"}
    assert not received(again, "in")


@pytest.mark.parametrize("version", range(1, store_module.SCHEMA_VERSION))
def test_an_older_store_is_taken_over(tmp_path: Path, version: int) -> None:
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as old:
        script = "".join(store_module._SCRIPTS[:version])
        old.executescript(f"{script} PRAGMA user_version = {version};")
        old.execute("INSERT INTO seen VALUES ('cpa', '1', ?)", (at(60).timestamp(),))
    old.close()
    store = Store(path)
    assert not received(store, "1", business("ack-1"))
    assert [task.message_id for task in store.claim(NOW, (), 10)] == ["ack-1"]
    store.tidy(at(61), timedelta(days=1))
    assert received(store, "1", business("ack-2"))
    assert next(task.message_id for task in store.claim(at(61), (), 10)) == "ack-2"


def test_a_foreign_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"not a database, but a text of some length" * 100)
    with pytest.raises(LzError, match=r"store cannot be opened"):
        Store(path)
    damaged = tmp_path / "d.sqlite"
    store = Store(damaged)
    for number in range(50):
        received(store, str(number))
    store.close()
    data = bytearray(damaged.read_bytes())
    data[4096 * 5 :: 4096 * 2] = bytes(len(data[4096 * 5 :: 4096 * 2]))
    damaged.write_bytes(data)
    with pytest.raises(LzError, match="put back a backup"):
        Store(damaged)
    newer = tmp_path / "n.sqlite"
    sqlite3.connect(newer).execute("PRAGMA user_version = 99")
    with pytest.raises(LzError, match="schema version 99"):
        Store(newer)


_WRITER = """
import sys
from tests.unit.ebms.test_store import received, sent
from lopendezaken.ebms.store import Store
store = Store(sys.argv[1])
number = 0
while True:
    number += 1
    received(store, f"in-{number}")
    sent(store, f"out-{number}")
    print(number, flush=True)
"""


def test_nothing_accepted_is_lost_by_kill(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    accepted = 0
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            accepted = int(line)
            if accepted >= 30:
                process.send_signal(signal.SIGKILL)
    store = Store(path)
    assert set(store.unprocessed(Filter())) >= {f"in-{number}" for number in range(1, accepted + 1)}
    waiting = {task.message_id for task in store.claim(NOW, (), 10_000)}
    assert waiting >= {f"out-{number}" for number in range(1, accepted + 1)}


def test_an_envelope_of_our_own_is_kept_as_sent(store: Store) -> None:
    xml = to_xml(business("1"))
    store.send(Message(business("1"), ()), xml, reliable(), NOW)
    found = store.find("1", "out")
    assert found is not None
    assert store.envelope(found.number) == xml
    assert store.find("1", "in") is None
