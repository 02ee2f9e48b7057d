"""The daily look: what it is given, what it cannot touch, and how it tells that something is wrong."""

from __future__ import annotations

import pytest
from testinfra.host import Host

DOSSIER = "/srv/lz/inventories/stad/dossier"
UNIT = "lopendezaken-verification"
METRICS = "/var/lib/textfile/lz_verification.prom"


@pytest.fixture(scope="module")
def controller(adapter: Host) -> Host:
    if not adapter.file(f"/etc/systemd/system/{UNIT}.service").exists:
        pytest.skip("this host is no controller")
    return adapter


def test_the_timer_waits_for_the_morning(controller: Host) -> None:
    assert controller.check_output(f"systemctl is-enabled {UNIT}.timer") == "enabled"
    assert "06:30" in controller.check_output(f"systemctl show -p TimersCalendar {UNIT}.timer")


def test_systemd_understands_it_and_it_is_closed_in(controller: Host) -> None:
    done = controller.run(f"systemd-analyze verify {UNIT}.service {UNIT}.timer")
    assert (done.rc, done.stderr) == (0, "")


def test_it_looks_with_the_keys_of_root_and_tells_that_all_is_well(controller: Host) -> None:
    controller.check_output(f"systemctl start {UNIT}")
    assert controller.file(f"{DOSSIER}/given").content_string.split() == ["key", "certificate", "secret"]
    told = controller.file(f"{DOSSIER}/arguments").content_string
    assert "playbooks/verify-connection.yml" in told
    assert "target_environment=prod" in told
    assert controller.run("su looker -c 'cat /etc/lopendezaken/look'").rc != 0
    metrics = controller.file(METRICS)
    assert "lz_verification_success 1\n" in metrics.content_string
    moment = float(metrics.content_string.split()[-1])
    assert abs(moment - float(controller.check_output("date +%s"))) < 300


def test_what_is_not_met_fails_loudly(controller: Host) -> None:
    controller.check_output(f"touch {DOSSIER}/not-met")
    assert controller.run(f"systemctl start {UNIT}").rc != 0
    assert "lz_verification_success 0\n" in controller.file(METRICS).content_string
    assert "LZ-2.04 not met" in controller.check_output(f"journalctl -u {UNIT} --output=cat")


def test_nothing_of_it_is_in_its_journal(controller: Host) -> None:
    words = controller.check_output(f"journalctl -u {UNIT} --output=cat").split()
    assert "secret" not in words
