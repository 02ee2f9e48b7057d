"""The program that measures: each part by itself, in words that Prometheus reads, and no content."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.unit.pki import made

# A host has Debian's Python, and no package of ours.
PROGRAM = [
    "/usr/bin/python3",
    "-I",
    str(Path(__file__).parents[3] / "roles/monitoring/files/lopendezaken-metrics"),
]
OWN, CPA = "urn:osb:oin:00000099100000001000", "Echo-1"


@dataclass
class Adapter:
    """Plays REST: what it answers by path, and what it was asked."""

    answers: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    adapter = Adapter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            adapter.asked.append(f"{self.command} {self.path} {self.headers['Authorization']}")
            answer = adapter.answers.get(self.path, adapter.answers.get(urlsplit(self.path).path))
            self.send_response(200 if answer is not None else 500)
            self.end_headers()
            self.wfile.write(answer.encode() if isinstance(answer, str) else json.dumps(answer).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *words: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    adapter.url = f"http://127.0.0.1:{server.server_port}"
    rest, unprocessed = "/service/rest/v19", "/service/rest/v19/ebms/messages/unprocessed"
    adapter.answers = {
        f"{unprocessed}?maxNr=10000": ["1@a.example", "2@a.example", "3@a.example"],
        f"{unprocessed}?action=Foutbericht&maxNr=10000": ["2@a.example"],
        f"{rest}/ebms/events/unprocessed?eventTypes=FAILED&maxNr=10000": [{"messageId": "x@a.example", "type": "FAILED"}],
        f"{rest}/ebms/events/unprocessed?eventTypes=EXPIRED&maxNr=10000": [],
        f"{rest}/cpas": [CPA, "Silent-1"],
        "/lopendezaken/v1/signals": [
            {"cpaId": CPA, "direction": "in", "action": "Pong", "timestamp": "2026-11-24T10:00:00.5Z"},
            {"cpaId": CPA, "direction": "in", "action": "Ping", "timestamp": "2026-11-24T09:00:00Z"},
            {"cpaId": CPA, "direction": "out", "action": "Ping", "timestamp": "2026-11-24T11:00:00Z"},
            {"cpaId": "Removed-1", "direction": "in", "action": "Pong", "timestamp": "2026-11-24T10:00:00Z"},
        ],
    }  # fmt: skip
    yield adapter
    server.shutdown()


@dataclass(frozen=True)
class Machine:
    """A host with all parts, in a folder."""

    folder: Path
    adapter: Adapter

    def run(self, command: str = "collect", path: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, "--settings", str(self.folder / "metrics.toml"), command],
            env={**os.environ, "CREDENTIALS_DIRECTORY": str(self.folder), "PATH": f"{path}{os.environ['PATH']}"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def measured(self, path: str = "") -> dict[str, float]:
        self.run(path=path)
        lines = (self.folder / "out/lopendezaken.prom").read_text().splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
        }

    def set(self, before: str, after: str) -> None:
        settings = self.folder / "metrics.toml"
        assert before in settings.read_text()
        settings.write_text(settings.read_text().replace(before, after))


@pytest.fixture
def machine(tmp_path: Path, adapter: Adapter) -> Machine:
    (tmp_path / "out").mkdir()
    (tmp_path / "rest").write_text("user:word\n")
    (tmp_path / "certificate.pem").write_text(made.pem(made.authority("tsp"), made.authority("root")))
    crl = {
        "url": "http://crl.example/tsp.crl",
        "error": None,
        "file": "f",
        "this_update": "2026-11-24T08:00:00Z",
    }
    crl |= {"fetched": "2026-11-24T10:00:00Z", "next_update": "2026-11-25T08:00:00Z"}
    (tmp_path / "crls.json").write_text(
        json.dumps(
            {"written": "2026-11-24T10:00:00Z", "crls": [crl, {**crl, "url": "never", "fetched": None}]}
        )
    )
    (tmp_path / "last.json").write_text('{"finished": 1795516200.5, "bytes": 1000, "sets": 3}')
    (tmp_path / "metrics.toml").write_text(f"""
target = "{tmp_path}/out/lopendezaken.prom"
certificates = ["{tmp_path}/certificate.pem"]
crl_state = "{tmp_path}/crls.json"
backup_state = "{tmp_path}/last.json"
haproxy = "{adapter.url}/metrics"
[adapter]
rest = "{adapter.url}/service/rest/v19"
own_party = "{OWN}"
journal_unit = ""
error_actions = ["Foutbericht"]
pings = [{{cpa_id = "{CPA}", from = "{OWN}", to = "urn:osb:oin:1"}}, {{cpa_id = "a b", from = "{OWN}", to = "urn:osb:oin:2"}}]
""")
    return Machine(tmp_path, adapter)


def test_everything_that_this_host_has(machine: Machine) -> None:
    machine.adapter.answers["/metrics"] = "haproxy_up 1\n"
    measured = machine.measured()
    assert measured["lz_messages_unprocessed"] == 3
    assert measured['lz_error_messages_unprocessed{action="Foutbericht"}'] == 1
    assert measured['lz_message_events_open{type="FAILED"}'] == 1
    assert measured['lz_message_events_open{type="EXPIRED"}'] == 0
    assert measured['lz_crl_fetched_timestamp_seconds{url="http://crl.example/tsp.crl"}'] == 1795514400
    assert measured['lz_crl_fetched_timestamp_seconds{url="never"}'] == 0
    assert measured['lz_crl_next_update_timestamp_seconds{url="never"}'] == 1795593600
    assert measured["lz_backup_finished_timestamp_seconds"] == 1795516200.5
    assert {name for name in measured if name.startswith("lz_certificate")} == {
        f'lz_certificate_not_after_timestamp_seconds{{file="{machine.folder}/certificate.pem",position="{i}"}}'
        for i in (0, 1)
    }
    assert {name: value for name, value in measured.items() if name.startswith("lz_collector_success")} == {
        f'lz_collector_success{{part="{part}"}}': 1
        for part in ("adapter", "backup", "certificates", "crls", "host")
    }
    assert abs(measured["lz_collected_timestamp_seconds"] - time.time()) < 60
    assert (machine.folder / "out/haproxy.prom").read_text() == "haproxy_up 1\n"


def test_a_signal_counts_when_it_came_in(machine: Machine) -> None:
    """The latest of a CPA that is loaded; what we sent proves nothing, and a CPA without any says 0."""
    measured = machine.measured()
    assert {name: value for name, value in measured.items() if name.startswith("lz_signal")} == {
        f'lz_signal_received_timestamp_seconds{{cpa="{CPA}"}}': 1795514400.5,
        'lz_signal_received_timestamp_seconds{cpa="Silent-1"}': 0,
    }


def test_signals_of_ebms_admin_are_read_from_its_journal(machine: Machine) -> None:
    def envelope(oin: str) -> str:
        party = f'<eb:From><eb:PartyId eb:type="urn:osb:oin">{oin}</eb:PartyId></eb:From>'
        return f"<soap:Envelope>{party}<eb:CPAId>{CPA}</eb:CPAId><eb:Action>Pong</eb:Action></soap:Envelope>"

    entries = [
        (envelope("00000099100000001000"), 9),
        (envelope("00000099200000001000"), 5),
        ("Action>Ping<", 7),
    ]
    lines = [json.dumps({"MESSAGE": text, "__REALTIME_TIMESTAMP": str(at * 10**6)}) for text, at in entries]
    binary = machine.folder / "bin"
    binary.mkdir()
    (binary / "journalctl").write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
    (binary / "journalctl").chmod(0o755)
    machine.set('journal_unit = ""', 'journal_unit = "x.service"')
    measured = machine.measured(path=f"{binary}:")
    assert measured[f'lz_signal_received_timestamp_seconds{{cpa="{CPA}"}}'] == 5


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("adapter", "service/rest/v19/cpas"),
        ("certificates", "certificate.pem"),
        ("crls", "crls.json"),
        ("backup", "last.json"),
    ],
)
def test_what_fails_says_so_and_leaves_the_rest_alone(machine: Machine, part: str, broken: str) -> None:
    if part == "adapter":
        del machine.adapter.answers[f"/{broken}"]
    else:
        (machine.folder / broken).write_text("-----BEGIN CERTIFICATE-----\n{\n-----END CERTIFICATE-----\n")
    done = machine.run()
    assert done.returncode == 1
    assert done.stderr.count(f"{part}: ") == 1
    failed = [
        name
        for name, value in machine.measured().items()
        if name.startswith("lz_collector_success") and value == 0
    ]
    assert failed == [f'lz_collector_success{{part="{part}"}}']


def test_no_backup_yet_is_a_very_old_one(machine: Machine) -> None:
    (machine.folder / "last.json").unlink()
    assert machine.measured()["lz_backup_finished_timestamp_seconds"] == 0


def test_a_host_without_an_adapter_measures_the_rest(machine: Machine) -> None:
    settings = machine.folder / "metrics.toml"
    settings.write_text(settings.read_text().split("[adapter]")[0])
    measured = machine.measured()
    assert "lz_messages_unprocessed" not in measured
    assert 'lz_collector_success{part="adapter"}' not in measured
    assert machine.adapter.asked == ["GET /metrics None"]


def test_haproxy_that_does_not_answer_leaves_no_old_figures(machine: Machine) -> None:
    (machine.folder / "out/haproxy.prom").write_text("old 1\n")
    machine.run()
    assert not (machine.folder / "out/haproxy.prom").exists()


def test_no_id_and_no_login_is_written(machine: Machine) -> None:
    done = machine.run()
    written = (machine.folder / "out/lopendezaken.prom").read_text() + done.stdout + done.stderr
    assert "@" not in written
    assert "word" not in written
    assert "Basic " in machine.adapter.asked[0]


def test_a_ping_goes_to_every_partner_also_when_one_is_silent(machine: Machine) -> None:
    path = "/service/rest/v19/ebms/ping/{}/from/{}/to/urn:osb:oin:{}"
    machine.adapter.answers[path.format("a%20b", OWN, 2)] = ""
    done = machine.run("ping")
    assert done.returncode == 1
    assert done.stdout == "Pong under a b\n"
    assert done.stderr.startswith(f"no Pong under {CPA}: ")
    assert [line.split()[1] for line in machine.adapter.asked] == [
        path.format(CPA, OWN, 1),
        path.format("a%20b", OWN, 2),
    ]


def test_prometheus_can_read_it(machine: Machine) -> None:
    """HELP and TYPE before each family, names and labels of its own grammar."""
    machine.run()
    families = set()
    for line in (machine.folder / "out/lopendezaken.prom").read_text().splitlines():
        if line.startswith("# TYPE "):
            families.add(line.split()[2])
        elif not line.startswith("#"):
            name = line.partition("{")[0].split()[0]
            assert name in families
            assert name.replace("_", "").isalnum()
