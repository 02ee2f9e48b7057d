"""The adapter as its host sees it: one user, a closed sandbox, REST on loopback with a login."""

from __future__ import annotations

import re

import pytest
from testinfra.host import Host

from tests.testinfra.world import ADAPTER, get, journal, listening

UNIT = "lopendezaken-adapter.service"
REST = "http://127.0.0.1:8080/service/rest/v19"


def test_runs_also_after_a_reboot(adapter: Host) -> None:
    service = adapter.service(UNIT)
    assert service.is_enabled
    assert service.is_running, journal(adapter, UNIT)


def test_runs_as_its_own_user(adapter: Host) -> None:
    pid = adapter.check_output(f"systemctl show --property=MainPID --value {UNIT}")
    assert adapter.check_output(f"ps -o user= -p {pid}") == "lopendezaken"


def test_sandbox_is_closed(adapter: Host) -> None:
    told = adapter.run(f"systemd-analyze security --no-pager {UNIT}").stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposure
    assert float(exposure.group(1)) <= 2.0


def test_listens_where_it_should_and_nowhere_else(adapter: Host, engine: str) -> None:
    database = {"127.0.0.1:5432"} if engine == "ebms_admin" else set()
    # What other roles put on this host, each with tests of its own.
    case_access = adapter.service("lopendezaken-case-access.path")
    others = {f"{ADAPTER}:8444"} if case_access.exists and case_access.is_enabled else set()
    own = {
        each.replace("[::ffff:127.0.0.1]", "127.0.0.1")
        for each in listening(adapter)
        if not each.endswith((":22", ":9100"))
    }
    assert own - others == {f"{ADAPTER}:8443", "127.0.0.1:8080", "127.0.0.1:8008"} | database


def test_health_is_free_and_rest_asks_for_a_login(adapter: Host) -> None:
    assert get(adapter, "http://127.0.0.1:8008/health")[0] == "200"
    assert get(adapter, f"{REST}/cpas")[0] == "401"
    assert get(adapter, f"{REST}/cpas", "/etc/lopendezaken/rest.credentials")[0] == "200"


def test_password_is_for_the_engine_only(adapter: Host) -> None:
    file = adapter.file("/etc/lopendezaken/rest.credentials")
    assert (file.mode, file.user, file.group) == (0o640, "root", "lopendezaken")


def test_no_client_without_a_certificate(adapter: Host) -> None:
    done = adapter.run(f"echo | timeout 5 openssl s_client -quiet -connect {ADAPTER}:8443 2>&1")
    assert re.search(r"alert (certificate required|handshake failure)", done.stdout), done


def test_reload_keeps_the_process(adapter: Host, engine: str) -> None:
    if engine == "ebms_admin":
        pytest.skip("ebms-admin cannot reload, it restarts")
    ask = f"systemctl show --property=MainPID --value {UNIT}"
    before = adapter.check_output(ask)
    adapter.check_output(f"systemctl reload {UNIT}")
    assert adapter.check_output(ask) == before
    assert get(adapter, "http://127.0.0.1:8008/health")[0] == "200"


def test_no_secret_in_the_process_list_or_the_journal(adapter: Host) -> None:
    login = adapter.check_output("cat /etc/lopendezaken/rest.credentials").split(":")[1]
    get(adapter, f"{REST}/cpas", "/etc/lopendezaken/rest.credentials")
    assert login not in adapter.check_output("ps -e -o args=")
    said = journal(adapter, UNIT)
    assert login not in said
    assert "Authorization" not in said
