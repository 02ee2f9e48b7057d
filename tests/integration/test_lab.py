"""The lab for real: its zones hold, it can be cut off and repeated, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lopendezaken.lab import cgroups
from lopendezaken.lab.world import PARTNERS
from tests.integration.world import ROOT

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
]

INSTANCE = os.environ.get("LZ_TEST_LAB_INSTANCE", "6")
LAB = ROOT / ".lab"
ENVIRONMENT = {
    **os.environ,
    "LZ_LAB_INSTANCE": INSTANCE,
    "LZ_LAB_DIR": str(LAB),
    "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
}
MACHINE = f"192.0.2.{129 + 16 * int(INSTANCE)}"


def lz(*words: str, code: int = 0, **environment: str) -> str:
    """Run ``lz lab``, which must end with ``code``; its stdout and stderr."""
    done = subprocess.run(
        ["lz", "lab", *words],
        env=ENVIRONMENT | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def on(host: str, script: str) -> int:
    """Run a shell script on a host; its exit code."""
    words = ["ssh", "-F", str(LAB / INSTANCE / "ssh_config"), host, "--", script]
    return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode


def reaches(host: str, address: str, port: int) -> bool:
    """Whether a TCP connection from a host comes to stand within 2 seconds."""
    return on(host, f"timeout 2 bash -c ': < /dev/tcp/{address}/{port}'") == 0


def status() -> dict[str, dict[str, object]]:
    """``lz lab status --json`` by host."""
    return {host["name"]: host for host in json.loads(lz("status", "--json"))["hosts"]}


def traces() -> list[str]:
    """All that this machine shows of our instance, and of no other."""
    marks = [f"lz{INSTANCE}-", f"lz-lab{INSTANCE}", f"lz_lab{INSTANCE}", f"/.lab/{INSTANCE}/"]
    marks.append(f"192.0.2.{128 + 16 * int(INSTANCE)}/28")
    shown = [
        *subprocess.check_output(["ip", "netns"], text=True).splitlines(),
        *subprocess.check_output(["ip", "link"], text=True).splitlines(),
        *subprocess.check_output(["ip", "route"], text=True).splitlines(),
        *subprocess.check_output(["nft", "list", "tables"], text=True).splitlines(),
        *Path("/proc/self/mountinfo").read_text().splitlines(),
        *(str(path) for root in cgroups.hierarchies() for path in root.glob("lz-lab*")),
        *(str(path) for path in Path("/run/systemd/nspawn").glob("*/*")),
        *(file.read_bytes().decode(errors="replace") for file in Path("/proc").glob("[0-9]*/cmdline")),
        *(f"{path}/" for path in LAB.glob("[0-9]")),
    ]
    return [line for line in shown if any(mark in line for mark in marks)]


@pytest.fixture(scope="module", autouse=True)
def lab() -> Iterator[None]:
    lz("destroy")
    assert traces() == []
    lz("up", "preprod")
    yield
    lz("destroy")


def test_up_again_is_quick_and_harmless() -> None:
    before = status()
    start = time.monotonic()
    lz("up", "preprod")
    assert time.monotonic() - start < 15
    for name in ("adapter-preprod", "dmz-preprod", "partner"):
        assert status()[name]["running"] is True
        assert float(str(status()[name]["uptime"])) > float(str(before[name]["uptime"]))


def test_status_measures_memory_and_shows_what_does_not_run() -> None:
    hosts = status()
    assert int(str(hosts["adapter-preprod"]["pss_bytes"])) > 2**20
    assert hosts["adapter-prod"] == {
        "name": "adapter-prod",
        "management": f"192.0.2.{132 + 16 * int(INSTANCE)}",
        "addresses": ["192.0.2.42"],
        "running": False,
        "uptime": None,
        "pss_bytes": None,
    }
    assert "adapter-preprod" in lz("status")


def test_shell_passes_words_and_exit_code() -> None:
    assert lz("shell", "dmz-preprod", "--", "echo", "a  b").rstrip("\n") == "a  b"
    lz("shell", "dmz-preprod", "--", "sh", "-c", "exit 7", code=7)


def test_hosts_bear_their_own_name_and_are_bare() -> None:
    assert on("adapter-preprod", '[ "$(hostname)" = adapter-preprod ]') == 0
    assert on("adapter-preprod", "! command -v nft && ! command -v haproxy && ! command -v squid") == 0


def test_the_dmz_reaches_inside_and_outside() -> None:
    assert reaches("dmz-preprod", "192.0.2.10", 22)
    assert reaches("dmz-preprod", "203.0.113.10", 443)
    assert reaches("partner", "198.51.100.10", 22)


def test_nothing_leads_from_inside_to_outside_or_back() -> None:
    assert not reaches("adapter-preprod", "203.0.113.10", 443)
    assert not reaches("partner", "192.0.2.10", 22)
    # Not even with a route: the DMZ host does not forward, and the switch knows no way inside.
    route = "ip route add 203.0.113.0/24 via 192.0.2.1"
    assert on("adapter-preprod", route) == 0
    assert not reaches("adapter-preprod", "203.0.113.10", 443)
    assert on("adapter-preprod", route.replace("add", "delete")) == 0
    assert on("partner", "ip route add 192.0.2.0/27 via 198.51.100.10 dev outside0 onlink") == 0
    assert not reaches("partner", "192.0.2.10", 22)


def test_management_is_no_way_from_host_to_host() -> None:
    assert not reaches("partner", str(status()["adapter-preprod"]["management"]), 22)
    assert not reaches("adapter-preprod", str(status()["dmz-preprod"]["management"]), 22)


def test_a_host_reaches_dns_and_the_apt_cache_of_the_machine_and_nothing_else() -> None:
    assert reaches("adapter-preprod", MACHINE, 53)
    assert reaches("adapter-preprod", MACHINE, 3142)
    with subprocess.Popen(["python3", "-m", "http.server", "8099", "--bind", MACHINE]) as listener:
        time.sleep(1)
        assert not reaches("adapter-preprod", MACHINE, 8099)
        listener.terminate()


def test_dns_knows_the_names_of_the_lab_and_no_other() -> None:
    for name, address in (
        ("ebms.preprod.voorbeeldstad.example", "198.51.100.10"),
        ("crl.pkioverheid.example", "203.0.113.40"),
        ("dmz-preprod", str(status()["dmz-preprod"]["management"])),
    ):
        assert on("adapter-preprod", f"getent ahostsv4 {name} | grep -q '^{address} '") == 0
    assert on("adapter-preprod", "getent hosts www.example.org") != 0


def test_apt_works_through_the_cache_and_the_cache_is_no_way_out() -> None:
    assert on("adapter-preprod", "apt-get update -qq") == 0
    ask = (
        "import urllib.request as r\n"
        f"r.install_opener(r.build_opener(r.ProxyHandler({{'http': 'http://{MACHINE}:3142'}})))\n"
        "r.urlopen('http://www.example.org/')"
    )
    assert on("adapter-preprod", f'python3 -c "{ask}"') != 0


def test_the_partner_asks_a_certificate_on_each_address_and_publishes_crls() -> None:
    for partner in PARTNERS:
        client = f"(sleep 0.5) | openssl s_client -connect {partner.address}:443 2>&1"
        assert on("dmz-preprod", f"{client} | grep -q 'serialNumber = {partner.oin}'") == 0
        assert on("dmz-preprod", f"{client} | grep -q 'alert certificate required'") == 0
    fetch = "import urllib.request as r; r.urlopen('http://crl.pkioverheid.example/tsp.crl').read()"
    assert on("dmz-preprod", f'python3 -c "{fetch}"') == 0


def test_what_logius_would_have_sent_is_there() -> None:
    received = LAB / INSTANCE / "received"
    for name in ("anchors", "root", "domain", "tsp", "preprod/compliance", "preprod/mijnoverheid"):
        assert (received / f"{name}.pem").read_text().count("BEGIN CERTIFICATE") == 1


def test_a_host_comes_back_after_a_reboot_and_keeps_its_disk() -> None:
    assert on("adapter-preprod", "touch /root/kept") == 0
    on("adapter-preprod", "reboot")
    end = time.monotonic() + 30
    while time.monotonic() < end and float(str(status()["adapter-preprod"]["uptime"] or 99)) > 10:
        time.sleep(0.2)
    lz("up", "adapter-preprod")
    assert on("adapter-preprod", "[ -e /root/kept ]") == 0


def test_down_stops_a_host_and_up_starts_it_with_its_disk_or_a_fresh_one() -> None:
    lz("down", "adapter-preprod")
    assert status()["adapter-preprod"]["running"] is False
    assert status()["dmz-preprod"]["running"] is True
    lz("up", "adapter-preprod")
    assert on("adapter-preprod", "[ -e /root/kept ]") == 0
    lz("up", "--fresh", "adapter-preprod")
    assert on("adapter-preprod", "[ ! -e /root/kept ]") == 0


def test_another_folder_is_told_who_holds_the_instance(tmp_path: Path) -> None:
    for command in (("up",), ("down",), ("destroy",)):
        said = lz(*command, code=2, LZ_LAB_DIR=str(tmp_path))
        assert str(LAB / INSTANCE) in said
        assert "LZ_LAB_INSTANCE" in said
    assert status()["partner"]["running"] is True


@pytest.mark.parametrize("seconds", [0.45, 0.6, 0.75, 0.9, 1.1, 1.4])
def test_a_run_that_is_cut_off_anywhere_can_be_repeated(seconds: float) -> None:
    lz("down")
    with subprocess.Popen(
        ["lz", "lab", "up", "--fresh", "adapter-preprod"],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        time.sleep(seconds)
        run.send_signal(signal.SIGKILL)
    lz("up", "adapter-preprod")
    assert on("adapter-preprod", "true") == 0


def test_what_a_killed_lab_of_another_folder_left_is_cleaned_up(tmp_path: Path) -> None:
    lz("up", "adapter-preprod")
    for pid in cgroups.processes(f"lz-lab{INSTANCE}"):
        os.kill(pid, signal.SIGKILL)
    (tmp_path / "cache").symlink_to(LAB / "cache")
    said = lz("up", "adapter-preprod", LZ_LAB_DIR=str(tmp_path))
    assert str(LAB / INSTANCE) in said
    assert str(LAB / INSTANCE) not in Path("/proc/self/mountinfo").read_text()
    lz("destroy", LZ_LAB_DIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == [tmp_path / "cache"]


def test_without_root_one_clear_sentence_and_nothing_touched() -> None:
    before = traces()
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "lz", "lab", "up"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("lz: the lab needs root")
    assert len(done.stderr.splitlines()) == 1
    assert traces() == before


def test_destroy_leaves_nothing() -> None:
    lz("up", "dmz-preprod")
    assert traces() != []
    lz("destroy")
    assert traces() == []
    lz("destroy")
