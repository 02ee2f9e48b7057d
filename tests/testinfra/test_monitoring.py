"""What Prometheus gets to see, from where, and that it says the truth."""

from __future__ import annotations

import re
import subprocess
import time
import urllib.request

import pytest
import yaml
from testinfra.host import Host

from tests.testinfra.conftest import LAB, ROOT
from tests.testinfra.world import ADAPTER, knock, listening

COLLECT = "lopendezaken-metrics@collect.service"
FOLDER = "/var/lib/lopendezaken-metrics"


def _management(name: str) -> str:
    told = subprocess.check_output(["ssh", "-G", "-F", f"{LAB}/ssh_config", name], text=True)
    return next(line.split()[1] for line in told.splitlines() if line.startswith("hostname "))


@pytest.fixture(scope="module")
def metrics(adapter: Host) -> dict[str, float]:
    """What Prometheus would read now, over the network."""
    adapter.check_output(f"systemctl start {COLLECT}")
    with urllib.request.urlopen(f"http://{_management('adapter-preprod')}:9100/metrics", timeout=10) as reply:
        lines = reply.read().decode().splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))
    }


def test_every_part_is_measured(metrics: dict[str, float]) -> None:
    success = {name: value for name, value in metrics.items() if name.startswith("lz_collector_success")}
    assert {re.search(r'part="(\w+)"', name).group(1) for name in success} >= {
        "adapter",
        "certificates",
        "crls",
        "host",
    }  # type: ignore[union-attr]
    assert set(success.values()) == {1.0}
    assert abs(metrics["lz_collected_timestamp_seconds"] - time.time()) < 60


def test_certificates_end_when_openssl_says(adapter: Host, metrics: dict[str, float]) -> None:
    own = metrics[
        'lz_certificate_not_after_timestamp_seconds{file="/etc/pkioverheid/certificate.pem",position="0"}'
    ]
    told = adapter.check_output(
        'date -d "$(openssl x509 -noout -enddate -in /etc/pkioverheid/certificate.pem | cut -d= -f2)" +%s'
    )
    assert own == float(told)


def test_crls_of_every_layer_are_followed(metrics: dict[str, float]) -> None:
    for field in ("fetched", "this_update", "next_update"):
        found = [
            value for name, value in metrics.items() if name.startswith(f"lz_crl_{field}_timestamp_seconds")
        ]
        assert len(found) == 3
        assert min(found) > 0


def test_messages_and_signals_are_counted(metrics: dict[str, float]) -> None:
    assert metrics["lz_messages_unprocessed"] >= 0
    assert metrics['lz_error_messages_unprocessed{action="Foutbericht"}'] >= 0
    assert {name for name in metrics if name.startswith("lz_message_events_open")} == {
        'lz_message_events_open{type="FAILED"}',
        'lz_message_events_open{type="EXPIRED"}',
    }
    assert len([name for name in metrics if name.startswith("lz_signal_received_timestamp_seconds")]) == 2


def test_disk_and_units_are_there(metrics: dict[str, float]) -> None:
    assert any(name.startswith("node_filesystem_avail_bytes") for name in metrics)
    assert any(
        name.startswith('node_systemd_unit_state{name="lopendezaken-adapter.service"') for name in metrics
    )


@pytest.fixture(scope="module")
def clock(adapter: Host) -> set[str]:
    """What node-exporter says of the clock. A container may not even ask the kernel: there nobody tells."""
    container = adapter.run("systemd-detect-virt --container").rc == 0
    return {"node_timex_sync_status", "node_timex_offset_seconds"} if container else set()


# Written by the first backup, and on the controller by the daily look; test_backup and test_verification see them.
ELSEWHERE = {
    "lz_backup_finished_timestamp_seconds",
    "lz_verification_success",
    "lz_verification_timestamp_seconds",
}


def test_every_alert_asks_for_what_is_measured(metrics: dict[str, float], clock: set[str]) -> None:
    names = {name.partition("{")[0] for name in metrics} | ELSEWHERE | clock
    rules = yaml.safe_load((ROOT / "roles/monitoring/files/alerts.yml").read_text())["groups"][0]["rules"]
    for rule in rules:
        asked = set(re.findall(r"\b((?:lz|node)_[a-z_]+)", rule["expr"]))
        assert asked <= names, rule["alert"]


def test_listens_on_the_management_address_only(adapter: Host) -> None:
    assert {each for each in listening(adapter) if each.endswith(":9100")} == {
        f"{_management('adapter-preprod')}:9100"
    }
    assert knock(adapter, (ADAPTER, 9100), ("127.0.0.1", 9100)) == {
        (ADAPTER, 9100): "refused",
        ("127.0.0.1", 9100): "refused",
    }


def test_no_content_and_no_id_of_a_message(adapter: Host, metrics: dict[str, float]) -> None:
    text = adapter.check_output(f"cat {FOLDER}/*.prom")
    assert "@" not in text.replace("lopendezaken-metrics@", "")
    assert not re.search(r"\b\d{9}\b", re.sub(r"(?m) \S+$", "", text))


def test_collector_sees_no_key_and_no_login_of_its_own(adapter: Host) -> None:
    assert adapter.run("runuser -u lopendezaken-metrics -- cat /etc/pkioverheid/key.pem").rc != 0
    assert adapter.run("runuser -u lopendezaken-metrics -- cat /etc/lopendezaken/rest.credentials").rc != 0
    assert adapter.file(f"{FOLDER}/lopendezaken.prom").user == "lopendezaken-metrics"


def test_sandbox_is_closed(adapter: Host) -> None:
    told = adapter.run(f"systemd-analyze security --no-pager {COLLECT}").stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposure
    assert float(exposure.group(1)) <= 2.0


def test_runs_also_after_a_reboot(adapter: Host) -> None:
    for unit in ("prometheus-node-exporter", "lopendezaken-metrics.timer", "lopendezaken-ping.timer"):
        assert adapter.service(unit).is_enabled
        assert adapter.service(unit).is_running


def test_an_adapter_that_is_down_is_told_and_the_rest_is_still_measured(adapter: Host) -> None:
    adapter.check_output("systemctl stop lopendezaken-adapter")
    try:
        adapter.run(f"systemctl start {COLLECT}")
        text = adapter.check_output(f"cat {FOLDER}/lopendezaken.prom")
    finally:
        adapter.check_output("systemctl start lopendezaken-adapter")
        adapter.check_output(
            f"for i in 1 2 3 4 5 6 7 8 9; do systemctl start {COLLECT} && break; sleep 2; done"
        )
    assert 'lz_collector_success{part="adapter"} 0\n' in text
    assert 'lz_collector_success{part="crls"} 1\n' in text
    assert "lz_messages_unprocessed" not in text
