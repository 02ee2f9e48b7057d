"""The way in for case systems: from their address, with the password, to messages and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host

from lopendezaken.lab.case_system import PATH, Answer, Call, ask
from lopendezaken.lab.layout import Layout
from tests.testinfra.conftest import ENVIRONMENT, ROOT
from tests.testinfra.world import ADAPTER, journal, listening

Ask = Callable[[Call], Answer]
REST = "/service/rest/v19"


@pytest.fixture(scope="session")
def call(adapter: Host) -> Ask:
    organisation = Path(os.environ.get("LZ_ORGANISATION", ROOT / "inventories/voorbeeldstad"))
    anchors = adapter.file("/etc/pkioverheid/anchors.pem").content_string
    return lambda wanted: ask(Layout.from_environment(), organisation, ENVIRONMENT, wanted, anchors)


def test_the_case_system_reaches_messages_over_tls(call: Ask) -> None:
    answer = call(Call())
    assert (answer.status, answer.words) == (200, "TLSv1.3")


def test_it_needs_the_password_too(call: Ask) -> None:
    assert call(Call(login=False)).status == 401


def test_a_neighbour_in_its_network_is_not_heard(call: Ask) -> None:
    answer = call(Call(source="192.0.2.21"))
    assert answer.status == 0, answer.words


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (f"{REST}/cpas", "GET", 404),
        (f"{REST}/ebms/ping/a/from/b/to/c", "POST", 404),
        (f"{REST}/ebms/messages/../../cpas", "GET", 400),
        (f"{REST}/ebms/messages/%2E%2e/%2e./cpas", "GET", 400),
        (f"{REST}/ebms/messages;x=/../cpas", "GET", 400),
        (f"{REST}//cpas", "GET", 400),
        ("/lopendezaken/v1/traffic?after=0", "GET", 404),
        ("/", "GET", 404),
        (PATH, "DELETE", 405),
        (PATH, "TRACE", 405),
    ],
)
def test_nothing_else_of_rest_is_reached(call: Ask, path: str, method: str, status: int) -> None:
    assert call(Call(path, method)).status == status


def test_rest_itself_stays_on_loopback(adapter: Host) -> None:
    ports = {each for each in listening(adapter) if each.endswith((":8080", ":8444"))}
    assert ports == {"127.0.0.1:8080", f"{ADAPTER}:8444"}


def test_it_runs_without_any_right_of_root(adapter: Host) -> None:
    pid = adapter.check_output("systemctl show --property=MainPID --value haproxy")
    status = adapter.file(f"/proc/{pid}/status").content_string
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert adapter.check_output(f"ps -o user= -p {pid}") == "haproxy"


def test_the_journal_tells_who_came_and_not_for_which_message(adapter: Host, call: Ask) -> None:
    call(Call())
    lines = journal(adapter, "haproxy")
    assert "192.0.2.20:" in lines
    assert "unprocessed" not in lines


def test_another_certificate_is_taken_up_at_once(adapter: Host) -> None:
    def running_since() -> str:
        asked = "systemctl show --property=ActiveState,ActiveEnterTimestampMonotonic --value haproxy"
        stamp, state = sorted(adapter.check_output(asked).split())
        return str(stamp) if state == "active" else ""

    before = running_since()
    adapter.check_output("touch /etc/pkioverheid/certificate.pem")
    end = time.monotonic() + 20
    while running_since() in {before, ""} and time.monotonic() < end:
        time.sleep(0.3)
    assert running_since() not in {before, ""}


def test_runs_after_a_reboot(adapter: Host) -> None:
    assert adapter.service("haproxy").is_enabled
    assert adapter.service("lopendezaken-case-access.path").is_enabled
