"""Nothing that was accepted is lost and nothing comes twice, while engines are killed and connections are cut.

The size of a run is set by LZ_RELIABILITY_MESSAGES and LZ_RELIABILITY_KILLS; a development run takes 2000 and 5.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from lopendezaken.lab.authority import Leaf
from tests.integration.engines import A_OIN, B_OIN, Party, agreement, certificates, programs, wait_for

MESSAGES = int(os.environ.get("LZ_RELIABILITY_MESSAGES", "300"))
KILLS = int(os.environ.get("LZ_RELIABILITY_KILLS", "2"))
CUT = 0.05  # of the connections
SIZE = 10_000  # bytes of a payload
SEED = 20261124


class CuttingRelay:
    """Passes connections on to a port, and cuts some of them at a random byte of either direction."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        self.connections = self.cut = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"https://localhost:{self._socket.getsockname()[1]}/ebms"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                cut = self._chance.random() < CUT
                self.cut += cut
                # A message takes some 20 kB there and 4 kB back, handshakes included.
                budget = self._chance.randrange(24_000) if cut else None
                threading.Thread(target=self._one, args=(connection, budget), daemon=True).start()

    def _one(self, connection: socket.socket, budget: int | None) -> None:
        left = [budget]
        with connection, suppress(OSError), socket.create_connection(("127.0.0.1", self._port)) as other:
            back = threading.Thread(target=_pass_on, args=(other, connection, left), daemon=True)
            back.start()
            _pass_on(connection, other, left)
            back.join(30)

    def close(self) -> None:
        self._socket.close()


def _pass_on(source: socket.socket, target: socket.socket, left: list[int | None]) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            if left[0] is not None:
                left[0] -= len(data)
                if left[0] < 0:
                    break
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR if left[0] is not None and left[0] < 0 else socket.SHUT_WR)


@pytest.fixture
def parties(tmp_path: Path) -> Iterator[tuple[Party, Party, str, list[CuttingRelay]]]:
    """Two engines whose messages and acknowledgements pass through relays that cut."""
    authority, *leaves = certificates(tmp_path / "pki")
    package, zipped = programs(tmp_path)
    a, b = Party("A", A_OIN, tmp_path / "a", package), Party("B", B_OIN, tmp_path / "b", zipped)
    own: tuple[Leaf, Leaf] = (leaves[0], leaves[1])
    for party, leaf in zip((a, b), own, strict=True):
        party.write(leaf, authority)
        party.start()
    chance = random.Random(SEED)
    relays = [CuttingRelay(b.port, chance), CuttingRelay(a.port, chance)]
    xml = agreement(
        *(a, b, own, authority.anchors_pem()),
        retries=300,
        retry_interval=timedelta(seconds=2),
        persist_duration=timedelta(minutes=30),
    )
    cpa_id = a.insert(xml).text
    assert b.insert(xml).text == cpa_id
    a.map(b.endpoint, relays[0].url)
    b.map(a.endpoint, relays[1].url)
    yield a, b, cpa_id, relays
    for relay in relays:
        relay.close()
    for party in (a, b):
        party.stop()
        assert "Traceback" not in party.log


def payload(number: int) -> bytes:
    return f"<zaak nummer='{number}'>".encode().ljust(SIZE - 7, b".") + b"</zaak>"


def send_all(sender: Party, cpa_id: str) -> dict[str, int]:
    """Send every message, again when the call itself broke off before it was answered."""

    def one(number: int) -> tuple[str, int]:
        while True:
            # The same MessageId: a call that was taken but not answered is refused the second time.
            message_id = f"nummer-{number}@reliability.example"
            try:
                answer = sender.send(cpa_id, "SR", "EchoRequest", payload(number), messageId=message_id)
            except OSError:
                time.sleep(0.2)
                continue
            assert answer.status == 200 or "was used before" in answer.text, answer
            return message_id, number

    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(one, range(MESSAGES)))


def kill_now_and_then(party: Party, stop: threading.Event) -> int:
    """Kill and start again, at moments spread over the run; how often it was."""
    chance = random.Random(SEED)
    for number in range(KILLS):
        if stop.wait(1 + chance.random() * MESSAGES / 100):
            return number
        party.stop(signal.SIGKILL)
        stop.wait(0.5)
        party.start()
    return KILLS


def statuses(party: Party) -> Counter[str]:
    """How many sent messages are in which state, from the store itself."""
    with sqlite3.connect(f"file:{party.folder}/ebms.sqlite?mode=ro", uri=True) as store:
        rows = store.execute("SELECT status, count(*) FROM messages WHERE direction = 'out' GROUP BY status")
        return Counter(dict(rows.fetchall()))


def delivered(party: Party) -> Counter[bytes]:
    """The payloads that the application would be given, and how often each."""
    with sqlite3.connect(f"file:{party.folder}/ebms.sqlite?mode=ro", uri=True) as store:
        rows = store.execute(
            "SELECT content FROM attachments JOIN messages ON messages.number = attachments.message"
            " WHERE direction = 'in'"
        )
        return Counter(content for (content,) in rows)


def test_a_full_disk_takes_nothing_half(parties: tuple[Party, Party, str, list[CuttingRelay]]) -> None:
    a, b, cpa_id, _ = parties
    assert b.process is not None
    # No file can grow beyond what the log is; the journal is larger after one message.
    assert a.send(cpa_id, "SR", "EchoRequest", payload(0) * 30).status == 200
    wait_for(lambda: statuses(a) == {"DELIVERED": 1}, "the first", lambda: b.log)
    resource.prlimit(b.process.pid, resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    assert a.send(cpa_id, "SR", "EchoRequest", payload(1)).status == 200
    wait_for(lambda: "cannot be kept" in b.log and "503" in a.log, "a refusal", lambda: b.log)
    assert b.send(cpa_id, "SP", "EchoResponse", payload(2)).status == 500
    assert b.healthy
    assert (sum(delivered(b).values()), statuses(b), statuses(a)["CREATED"]) == (1, {}, 1)
    resource.prlimit(b.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: statuses(a) == {"DELIVERED": 2}, "both", lambda: b.log, 30)
    assert sum(delivered(b).values()) == 2


def test_a_damaged_store_is_told_at_the_start(
    parties: tuple[Party, Party, str, list[CuttingRelay]],
) -> None:
    party = parties[1]
    party.stop()
    store = party.folder / "ebms.sqlite"
    whole = store.read_bytes()
    for damaged in (b"x" * 8192, whole[: len(whole) // 2], whole[:4096] + bytes(len(whole) - 4096)):
        store.write_bytes(damaged)
        command = [*party.program, "serve", "--config", str(party.folder / "engine.toml")]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        assert run.returncode == 3, run.stderr
        assert f"{store}: store cannot be opened" in run.stderr, run.stderr
        assert "put back a backup" in run.stderr
        assert "Traceback" not in run.stderr
    store.write_bytes(whole)
    party.start()


@pytest.mark.parametrize("victim", ["receiver", "sender"])
def test_every_message_arrives_once(
    parties: tuple[Party, Party, str, list[CuttingRelay]], victim: str
) -> None:
    a, b, cpa_id, relays = parties
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_now_and_then, b if victim == "receiver" else a, stop)
        begin = time.monotonic()
        sent = send_all(a, cpa_id)
        kills = killing.result(timeout=600)
        wait_for(
            lambda: statuses(a) == {"DELIVERED": MESSAGES}, "all to be delivered", lambda: statuses(a), 600
        )
    took = time.monotonic() - begin
    assert len(sent) == MESSAGES
    found = delivered(b)
    lost = [number for number in range(MESSAGES) if payload(number) not in found]
    twice = [content[:30] for content, count in found.items() if count > 1]
    print(
        f"\n{victim} killed {kills} times, {sum(relay.cut for relay in relays)} of"
        f" {sum(relay.connections for relay in relays)} connections cut, {took:.0f} s:"
        f" {MESSAGES - len(lost)} delivered, {len(lost)} lost, {len(twice)} twice"
    )
    assert (kills, lost, twice) == (KILLS, [], [])
    assert sum(found.values()) == MESSAGES
