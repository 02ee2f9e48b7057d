"""Which result of a POST ends a message, and that the worker follows the schedule."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from lopendezaken.cpa.model import PartyId
from lopendezaken.ebms.client import Sent
from lopendezaken.ebms.delivery import PARALLEL, Worker, status_after, status_when_over
from lopendezaken.ebms.envelope import Service
from lopendezaken.ebms.mime import Message
from lopendezaken.ebms.store import Filter, Schedule, Store, Task
from tests.unit.ebms.samples import PAYLOAD, business

OUT = PartyId("urn:osb:oin", "1")


def task(*, awaits_ack: bool = True, attempts: int = 3) -> Task:
    schedule = Schedule(awaits_ack, attempts, 1.0, None)
    return Task(1, 1, "m", "cpa", OUT, OUT, Service("s"), "a", None, schedule, 0)


@pytest.mark.parametrize(
    ("status", "final"),
    [
        *[(status, False) for status in (None, 200, 204, 408, 429, 500, 503)],
        *[(status, True) for status in (301, 400, 404, 413, 501, 505, 510)],
    ],
)
def test_which_answers_are_final(status: int | None, final: bool) -> None:
    assert Sent(status).final is final


def test_the_end_of_a_message() -> None:
    assert status_after(task(), 1, Sent(204)) is None, "waits for its acknowledgement"
    assert status_after(task(awaits_ack=False), 1, Sent(204)) == "DELIVERED"
    assert status_after(task(), 1, Sent(503)) is None
    assert status_after(task(), 3, Sent(503)) is None, "until its time to live is over"
    assert status_after(task(), 1, Sent(404)) == "DELIVERY_FAILED"
    assert status_after(task(awaits_ack=False), 2, Sent(None, "down")) is None
    assert status_after(task(awaits_ack=False), 3, Sent(None, "down")) == "DELIVERY_FAILED"
    assert status_when_over(task()) == "EXPIRED"
    assert status_when_over(task(awaits_ack=False)) == "DELIVERY_FAILED"


class Bench:
    """A worker on a store in memory, with a partner that answers from a list."""

    def __init__(self, *answers: Sent) -> None:
        self.store = Store(":memory:")
        self.answers = list(answers)
        self.sent: list[str] = []
        self.at_once = self.most_at_once = 0
        self.shift = timedelta(0)
        self.worker = Worker(
            claim=self.claim,
            next_at=self.next_at,
            finish=self.finish,
            set_back=self.set_back,
            send=self.send,
            clock=self.now,
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    async def claim(self, busy: frozenset[int], limit: int) -> list[Task]:
        return self.store.claim(self.now(), busy, limit)

    async def next_at(self, busy: frozenset[int]) -> float | None:
        return self.store.next_task_at(busy)

    async def finish(self, done: Task, status: str) -> None:
        self.store.finish(done, status, self.now())

    async def set_back(self) -> int:
        return self.store.clock_set_back(self.now())

    async def send(self, wanted: Task) -> Sent:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        self.sent.append(wanted.message_id)
        return self.answers.pop(0) if self.answers else Sent(204)

    def put(self, message_id: str, schedule: Schedule) -> None:
        self.store.send(Message(business(message_id), (PAYLOAD,)), b"<e/>", schedule, self.now())
        self.worker.wake()

    def ends(self) -> list[tuple[str, str]]:
        return self.store.events(Filter())

    async def run(self, seconds: float) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.worker.run(), seconds)


def reliable(bench: Bench, retries: int, interval: float) -> Schedule:
    end = bench.now() + timedelta(seconds=(retries + 1) * interval)
    return Schedule(True, retries + 1, interval, end.timestamp())


async def test_tried_again_until_its_time_is_over() -> None:
    bench = Bench(Sent(None, "down"), Sent(503))
    bench.put("1", reliable(bench, 2, 0.1))
    await bench.run(0.6)
    assert bench.sent == ["1", "1", "1"]
    assert bench.ends() == [("1", "EXPIRED")]


async def test_an_acknowledgement_stops_it() -> None:
    bench = Bench()
    bench.put("1", reliable(bench, 5, 0.2))
    asyncio.get_running_loop().call_later(
        0.1,
        bench.store.settle,
        "1",
        "cpa",
        PartyId("urn:osb:oin", "00000099300000001000"),
        "DELIVERED",
        bench.now(),
    )
    await bench.run(0.5)
    assert bench.sent == ["1"]
    assert bench.ends() == [("1", "DELIVERED")]


@pytest.mark.parametrize("running", [True, False])
async def test_a_clock_that_is_set_back_delays_nothing(running: bool) -> None:
    bench = Bench(Sent(503))
    bench.put("1", reliable(bench, 5, 0.2))
    if running:
        await bench.run(0.1)
    bench.shift = timedelta(hours=-1)
    bench.put("2", reliable(bench, 5, 0.2))  # what wakes the worker; it looks each minute anyhow
    await bench.run(0.35)
    assert sorted(set(bench.sent)) == ["1", "2"]
    assert bench.sent.count("1") == 2, "and none comes before its time"


async def test_best_effort_is_tried_once() -> None:
    bench = Bench(Sent(503), Sent(204))
    schedule = Schedule(False, 1, 60, None)
    bench.put("1", schedule)
    await bench.run(0.1)
    bench.put("2", schedule)
    await bench.run(0.1)
    assert bench.sent == ["1", "2"]
    assert bench.ends() == [("1", "FAILED"), ("2", "DELIVERED")]


async def test_a_full_outbox_is_sent_bounded() -> None:
    bench = Bench()
    for number in range(60):
        bench.put(str(number), Schedule(False, 1, 60, None))
    await bench.run(1)
    assert sorted(bench.sent, key=int) == [str(number) for number in range(60)]
    assert bench.most_at_once == PARALLEL
