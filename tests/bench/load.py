"""What the embedded engine can carry: messages a second, memory, processor time and disk: ``make bench``.

Two engines as processes of their own, osb-rm, 10 kB, two-way TLS on loopback, every message acknowledged. For
each number of messages both start anew. Memory must not grow with that number: the highest for the most messages
is at most 1.3 times the highest for the fewest.

A busy machine changes messages a second, hardly the processor time of each; the time is also given as a ratio
to two bare exchanges of 10 kB over new two-way TLS connections, before and after the messages: what a message and
its acknowledgement cannot do without. Those come one after another, messages side by side, so it can be below 1.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import socket
import sqlite3
import ssl
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.integration import engines  # noqa: E402
from tests.integration.engines import Party  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COUNTS = (1000, 10_000)
SIZE = 10_000  # bytes of a payload
SENDERS = 4  # connections over which the application hands messages to its engine
GROWTH = 1.3  # the most memory may be, for the most messages over the fewest
BARE = 200  # exchanges to compare with
PEAKS = ("peak_rss_mib", "peak_pss_mib")
MIB = 2**20


@dataclass
class Usage:
    """What a process took: the highest of resident and proportional memory, in bytes, and its CPU seconds."""

    rss: int = 0
    pss: int = 0
    cpu: float = 0.0

    def look(self, pid: int) -> None:
        """Read what it is now."""
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        self.rss = max(self.rss, _kib(Path(f"/proc/{pid}/status").read_text(), "VmHWM"))
        self.pss = max(self.pss, _kib(rollup, "Pss"))
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        self.cpu = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def _kib(text: str, name: str) -> int:
    return int(text.split(f"\n{name}:")[1].split(maxsplit=1)[0]) * 1024


def main() -> None:
    """Measure and print; ``--json FILE`` writes the figures for machines too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--counts",
        type=lambda text: tuple(int(each) for each in text.split(",")),
        default=COUNTS,
        help="numbers of messages, fewest first (default 1000,10000)",
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    figures = measure(options.counts)
    print(report(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    judge(figures)


def measure(counts: Sequence[int]) -> dict[str, Any]:
    """Figures for each number of messages, and the growth of memory from the first to the last."""
    runs = {}
    for count in counts:
        print(f"bench: {count} messages", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder, pair(Path(folder)) as (a, b, cpa_id):
            runs[str(count)] = run(a, b, cpa_id, count)
    first, last = (list(runs.values())[index]["engines"] for index in (0, -1))
    growth = max(last[name][key] / first[name][key] for name in first for key in PEAKS)
    return {"size": SIZE, "runs": runs, "memory_growth": round(growth, 2), "memory_growth_allowed": GROWTH}


def judge(figures: dict[str, Any]) -> None:
    """End with exit code 1 when memory grows with the number of messages."""
    if figures["memory_growth"] > GROWTH:
        sys.exit(f"memory grows with the number of messages: {figures['memory_growth']} > {GROWTH}")


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Party, Party, str]]:
    """Two engines that share a CPA."""
    authority, *leaves = engines.certificates(folder / "pki")
    package, zipped = engines.programs(folder)
    a = Party("A", engines.A_OIN, folder / "a", package)
    b = Party("B", engines.B_OIN, folder / "b", zipped)
    try:
        for party, leaf in zip((a, b), leaves, strict=True):
            party.write(leaf, authority)
            party.start()
        xml = engines.agreement(
            *(a, b, (leaves[0], leaves[1]), authority.anchors_pem()),
            retry_interval=timedelta(minutes=5),  # so that no message is sent twice because it was slow
            persist_duration=timedelta(hours=1),
        )
        cpa_id = a.insert(xml).text
        assert b.insert(xml).text == cpa_id
        yield a, b, cpa_id
    finally:
        for party in (a, b):
            party.stop()


def run(a: Party, b: Party, cpa_id: str, count: int) -> dict[str, Any]:
    """Send ``count`` messages from A to B until all are acknowledged."""
    bare = bare_exchange(b)
    usage = {"sender": (a, Usage()), "receiver": (b, Usage())}
    before = {name: _now(party).cpu for name, (party, _) in usage.items()}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            for party, used in usage.values():
                used.look(_pid(party))

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.monotonic()
    try:
        send(a, cpa_id, count)
        handed = time.monotonic() - begin
        _wait_until_delivered(a, count)
        took = time.monotonic() - begin
    finally:
        done.set()
        watcher.join()
    bare = (bare + bare_exchange(b)) / 2
    for party, used in usage.values():
        used.look(_pid(party))
    return {
        "messages_a_second": round(count / took, 1),
        "seconds": round(took, 1),
        "handed_over_seconds": round(handed, 1),
        "message_over_two_bare_exchanges": round(took / count / (2 * bare), 2),
        "engines": {
            name: {
                "peak_rss_mib": round(used.rss / MIB, 1),
                "peak_pss_mib": round(used.pss / MIB, 1),
                "cpu_ms_a_message": round((used.cpu - before[name]) / count * 1000, 2),
                "disk_bytes_a_message": _on_disk(party) // count,
            }
            for name, (party, used) in usage.items()
        },
    }


def _now(party: Party) -> Usage:
    used = Usage()
    used.look(_pid(party))
    return used


def _pid(party: Party) -> int:
    assert party.process is not None
    return party.process.pid


def _on_disk(party: Party) -> int:
    return sum(path.stat().st_size for path in party.folder.glob("ebms.sqlite*"))


def send(a: Party, cpa_id: str, count: int) -> None:
    """Hand the messages over by the REST call, on a few connections that stay open."""
    payload = base64.b64encode(b"<zaak>".ljust(SIZE - 7, b".") + b"</zaak>").decode()
    properties = {
        **{"cpaId": cpa_id, "fromPartyId": a.party_id, "fromRole": "SR"},
        **{"service": engines.SERVICE, "action": "EchoRequest"},
    }
    source = {"name": "zaak.xml", "contentId": "zaak-1", "contentType": "application/xml", "content": payload}
    body = json.dumps({"properties": properties, "dataSources": [source]}).encode()
    login = base64.b64encode(engines.LOGIN.encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}

    def some(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", a.rest_port, timeout=60)
        for _ in range(number):
            connection.request("POST", f"{engines.BASE}/ebms/messages", body, headers)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
        connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        shares = [count // SENDERS + (index < count % SENDERS) for index in range(SENDERS)]
        list(pool.map(some, shares))


def _wait_until_delivered(a: Party, count: int) -> None:
    with sqlite3.connect(f"file:{a.folder}/ebms.sqlite?mode=ro", uri=True) as store:
        while True:
            query = "SELECT status, count(*) FROM messages WHERE direction = 'out' GROUP BY status"
            found = dict(store.execute(query).fetchall())
            assert found.keys() <= {"CREATED", "DELIVERED"}, found
            if found.get("DELIVERED") == count:
                return
            time.sleep(0.1)


def bare_exchange(party: Party) -> float:
    """Seconds that one exchange of 10 kB takes on a new two-way TLS connection, with nothing else done."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=party.folder / "anchors.pem")
    server.load_cert_chain(party.folder / "certificate.pem", party.folder / "key.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    client = engines.tls_client(party)
    listener = socket.create_server(("127.0.0.1", 0), backlog=BARE)

    def serve() -> None:
        for _ in range(BARE):
            plain, _ = listener.accept()
            with server.wrap_socket(plain, server_side=True) as connection:
                left = SIZE
                while left > 0:
                    left -= len(connection.recv(left))
                connection.sendall(b"ok")

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    begin = time.monotonic()
    for _ in range(BARE):
        with (
            socket.create_connection(listener.getsockname()) as plain,
            client.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(b"." * SIZE)
            connection.recv(2)
    took = time.monotonic() - begin
    serving.join(10)
    listener.close()
    return took / BARE


def report(figures: dict[str, Any]) -> str:
    """The figures as the lines of the README."""
    runs = list(figures["runs"].values())
    rows: list[tuple[str, list[Any]]] = [
        ("engine, osb-rm, 10 kB, two-way TLS", [f"{count} messages" for count in figures["runs"]]),
        ("---", ["---"] * len(runs)),
        ("messages a second", [each["messages_a_second"] for each in runs]),
        (
            "time of a message (many at a time) / of two bare TLS exchanges, one after the other",
            [each["message_over_two_bare_exchanges"] for each in runs],
        ),
    ]
    for label, key in (
        ("CPU of a message, ms", "cpu_ms_a_message"),
        ("peak memory (RSS), MiB", "peak_rss_mib"),
        ("peak memory (PSS), MiB", "peak_pss_mib"),
        ("disk of a message, bytes", "disk_bytes_a_message"),
    ):
        for name in ("sender", "receiver"):
            rows.append((f"{label}, {name}", [each["engines"][name][key] for each in runs]))
    return "\n".join(
        [
            *(f"| {label} | " + " | ".join(map(str, values)) + " |" for label, values in rows),
            "",
            "Peak memory of either engine, RSS or PSS, for the most messages over the fewest:"
            f" {figures['memory_growth']} (at most {figures['memory_growth_allowed']})",
        ]
    )


if __name__ == "__main__":
    main()
