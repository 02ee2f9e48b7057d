"""Sets that only their recipients can read, and a host that has back what it lost."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from testinfra.host import Host

from tests.testinfra.conftest import LAB
from tests.testinfra.world import journal

FOLDER = "/var/backups/lopendezaken"
UNIT = "lopendezaken-backup.service"


@pytest.fixture(scope="module")
def newest(adapter: Host) -> str:
    """The newest set; made now where there is none yet."""
    if not _sets(adapter):
        adapter.check_output(f"systemctl start {UNIT}")
    return f"{FOLDER}/{_sets(adapter)[-1]}"


def _sets(host: Host) -> list[str]:
    return sorted(name for name in host.check_output(f"ls {FOLDER}").split() if name[0].isdigit())


def _tar(host: Host, folder: str) -> bytes:
    """Decrypt here, where the identity is."""
    sealed = subprocess.run(
        ["ssh", "-F", f"{LAB}/ssh_config", "adapter-preprod", "cat", f"{folder}/backup.tar.age"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    return subprocess.run(
        ["age", "--decrypt", "--identity", f"{LAB}/backup-identity"],
        input=sealed,
        check=True,
        capture_output=True,
    ).stdout


def test_comes_every_night(adapter: Host) -> None:
    timer = adapter.service("lopendezaken-backup.timer")
    assert timer.is_enabled
    assert timer.is_running


def test_set_is_whole(adapter: Host, newest: str) -> None:
    assert adapter.run(f"cd {newest} && sha256sum --check --strict SHA256SUMS").rc == 0
    names = {name for name in adapter.check_output(f"ls -A {FOLDER}").split() if name.startswith(".partial")}
    assert names == set()


def test_set_is_for_root_and_the_recipients(adapter: Host, newest: str) -> None:
    assert adapter.run(f"runuser -u lopendezaken -- ls {FOLDER}").rc != 0
    assert adapter.run("grep -rl AGE-SECRET-KEY /etc /var/lib /var/backups /root /usr/local").stdout == ""
    assert adapter.check_output(f"head -c 21 {newest}/backup.tar.age") == "age-encryption.org/v1"


def test_set_holds_what_cannot_be_made_again(adapter: Host, newest: str) -> None:
    listed = subprocess.run(
        ["tar", "-t"], input=_tar(adapter, newest), check=True, capture_output=True
    ).stdout.decode()
    for name in (
        "etc/pkioverheid/key.pem",
        "etc/pkioverheid/certificate.pem",
        "etc/lopendezaken/rest.credentials",
    ):
        assert f"files/{name}\n" in listed
    assert re.search(r"^store/ebms\.(sqlite|dump)$", listed, re.MULTILINE)


def test_manifest_has_no_content(adapter: Host, newest: str) -> None:
    manifest = json.loads(adapter.check_output(f"cat {newest}/manifest.json"))
    assert set(manifest["store"]["holds"]) == {
        "messages",
        "messages_digest",
        "cpas",
        "remembered",
        "remembered_digest",
    }
    assert "kanarie" not in json.dumps(manifest)


def test_monitoring_can_read_when(adapter: Host, newest: str) -> None:
    last = json.loads(adapter.check_output("runuser -u nobody -- cat /var/lib/lopendezaken-backup/last.json"))
    assert last["sets"] >= 1
    assert abs(last["finished"] - float(adapter.check_output("date +%s"))) < 3600


def test_sandbox_is_closed(adapter: Host) -> None:
    told = adapter.run(f"systemd-analyze security --no-pager {UNIT}").stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposure
    assert float(exposure.group(1)) <= 2.0


def test_a_full_disk_leaves_no_half_set(adapter: Host, newest: str) -> None:
    before = _sets(adapter)
    adapter.check_output("mkdir -p /run/small && mount -t tmpfs -o size=40k tmpfs /run/small")
    adapter.check_output(
        "sed 's#^directory = .*#directory = \"/run/small\"#' /etc/lopendezaken-backup.toml > /run/small.toml"
    )
    done = adapter.run("lopendezaken-backup --settings /run/small.toml make")
    left = adapter.check_output("ls -A /run/small")
    adapter.check_output("umount /run/small")
    assert done.rc != 0
    assert left.split() == [".lock"]
    assert _sets(adapter) == before


def test_what_was_lost_is_back(adapter: Host) -> None:
    """Only after the restoration of this role's scenario: there the key, the login and the store had been lost."""
    aside = adapter.run("ls /var/lib/lopendezaken/ebms.sqlite.before-*")
    if aside.rc:
        pytest.skip("nothing was restored here")
    holds = json.loads(adapter.check_output("lopendezaken-backup look"))
    assert (holds["messages"], len(holds["cpas"]), holds["remembered"]) == (1, 2, 1)
    assert adapter.service("lopendezaken-adapter").is_running, journal(adapter, "lopendezaken-adapter")
    key = adapter.file("/etc/pkioverheid/key.pem")
    assert (key.user, key.group, key.mode) == ("root", "lopendezaken", 0o640)
    assert adapter.file("/run/lopendezaken-restore.tar").exists is False
