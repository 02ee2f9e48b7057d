"""Two adapters on one database behind the proxy: either may die, and no message is lost.

Needs LZ_EBMS_ADMIN_JAR: the embedded engine keeps its messages for itself. Lab of its own: LZ_TEST_PAIR_INSTANCE.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab import host as hosts
from lopendezaken.lab import world as lab_world
from lopendezaken.lab.host_rest import HostRest, partner_place, place_on
from lopendezaken.lab.layout import Layout
from tests.integration import two_adapters
from tests.integration.test_faults import message
from tests.integration.test_messages import CPA_ID, OWN, PARTNER, send, wait
from tests.integration.test_rotation import told
from tests.integration.two_adapters import DATABASE, FIRST, SECOND
from tests.integration.world import ENGINE, JAR, ROOT, World

INSTANCE = os.environ.get("LZ_TEST_PAIR_INSTANCE", "3")
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(ENGINE == "embedded", reason=f"two adapters on one database: {JAR} names no jar"),
]
UNIT = "lopendezaken-adapter"
COMPLIANCE = next(partner for partner in lab_world.PARTNERS if partner.name == "compliance")


@pytest.fixture(scope="module")
def pair() -> Iterator[World]:
    """A connected world with two adapters."""
    folder = ROOT / "build/two-adapters" / INSTANCE
    shutil.rmtree(folder, ignore_errors=True)
    world = World.create(folder, INSTANCE)
    two_adapters.extend(world)
    world.lz("lab", "destroy")
    world.lz("lab", "up", "two-adapters")
    world.lz("dossier", "sign")
    done = world.run("ansible-playbook", "playbooks/preprod.yml", timeout=1500)
    assert done.returncode == 0, done.stdout[-6000:]
    yield world
    if os.environ.get("LZ_KEEP_LAB"):
        return
    world.lz("lab", "destroy")
    shutil.rmtree(folder, ignore_errors=True)


def layout(world: World) -> Layout:
    return Layout(world.lab_dir, int(world.instance))


@contextmanager
def rest(world: World, host: str) -> Iterator[HostRest]:
    """REST of one of the adapters, or of the Compliance Voorziening."""
    place = partner_place(COMPLIANCE) if host == "compliance" else place_on(host)
    with HostRest(layout(world), place) as opened:
        yield opened


def works(world: World, host: str) -> bool:
    """Whether an adapter answers from its database."""
    try:
        with rest(world, host) as adapter:
            adapter.unprocessed(maxNr="1")
    except LzError:
        return False
    return True


@pytest.fixture
def both(pair: World) -> World:
    """Both work."""
    for host in (FIRST, SECOND):
        wait(lambda host=host: works(pair, host), host, 180)  # type: ignore[misc]
    return pair


@pytest.fixture
def visited(both: World) -> Iterator[World]:
    """A partner keeps coming in."""
    program = (ROOT / "tests/integration/handshakes.py").read_text()
    command = (
        "rm -f /run/handshakes.stop; systemd-run --quiet --collect --unit=handshakes -p StandardOutput=truncate:/run/handshakes.json"
        " python3 /run/handshakes.py 198.51.100.10 ebms.preprod.voorbeeldstad.example 203.0.113.20"
        " /etc/lz-partner/mijnoverheid-preprod 900 /run/handshakes.stop"
    )
    script = f"cat > /run/handshakes.py <<'END'\n{program}\nEND\n{command}"
    assert both.on("partner", "sh", "-ec", script).returncode == 0
    yield both
    both.on("partner", "touch", "/run/handshakes.stop")


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str, dict[str, object]], None]:
    """Tell figures also where tests pass."""

    def tell(what: str, figures: dict[str, object]) -> None:
        with capsys.disabled():
            print(f"\n{what}: {json.dumps(figures)}")

    return tell


def handshakes(world: World, cut: int = 0) -> dict[str, object]:
    """How the visits went: none failed, but for what an adapter was at when it died."""
    seen = told(world)
    assert len(seen["failed"]) <= cut, seen["failed"]  # type: ignore[arg-type]
    return {key: seen[key] for key in ("handshakes", "failed", "median", "slowest")}


def cut_power(world: World, name: str) -> None:
    """Nothing says goodbye: the wire goes first."""
    one = lab_world.select([name])[0]
    subprocess.run(
        ["ip", "-n", layout(world).namespace(name), "link", "set", "internal0", "down"], check=True
    )
    hosts.cut(layout(world), one)


def received_once(world: World, receiver: str, sent: list[str]) -> None:
    """What was sent is there, each message once, and is taken."""
    with rest(world, receiver) as adapter:
        wait(lambda: set(sent) <= set(adapter.unprocessed(maxNr="1000")), f"{len(sent)} messages", 300)
        found = [one for one in adapter.unprocessed(maxNr="1000") if one in sent]
        assert sorted(found) == sorted(sent)
        for one in sent:
            adapter.process(one)


def acknowledged(world: World, sender: str, sent: list[str]) -> None:
    with rest(world, sender) as adapter:
        for one in sent:
            wait(lambda one=one: adapter.delivered(one), f"the acknowledgement of {one}", 300)  # type: ignore[misc]


def test_a_second_run_changes_nothing(pair: World) -> None:
    again = pair.run("ansible-playbook", "playbooks/preprod.yml", timeout=1500)
    assert again.returncode == 0, again.stdout[-4000:]
    recap = dict(re.findall(r"(?m)^(\S+) +: .*changed=(\d+)", again.stdout))
    assert recap.keys() >= {FIRST, SECOND, DATABASE, two_adapters.DMZ}
    assert set(recap.values()) == {"0"}, recap


def test_what_one_is_told_of_a_cpa_counts_at_the_other(both: World) -> None:
    with rest(both, FIRST) as first, rest(both, SECOND) as second, rest(both, "compliance") as compliance:
        xml = first.fine("GET", f"/cpas/{CPA_ID}")
        assert second.call("GET", "/cpas/andere")[0] == 404, "also known not to be there"
        for adapter in (first, compliance):
            adapter.put_cpa(xml.replace(CPA_ID, "andere").encode())
        sent = send(second, OWN, "SR", "EchoRequest", cpa_id="andere")
        wait(lambda: second.delivered(sent), "the acknowledgement")
        compliance.process(sent)
        first.put_cpa(xml.replace(CPA_ID, "weg").encode())
        assert "weg" in second.cpa_ids()
        first.delete_cpa("weg")
        assert "weg" not in second.cpa_ids()
        with pytest.raises(LzError, match="No CPA found"):
            send(second, OWN, "SR", "EchoRequest", cpa_id="weg")


def test_each_sends_what_it_is_given_once(both: World) -> None:
    """Both look at the same tables; none sends the other's."""
    sent = []
    for host in (FIRST, SECOND):
        with rest(both, host) as adapter:
            sent += [send(adapter, OWN, "SR", "EchoRequest") for _ in range(5)]
    acknowledged(both, SECOND, sent)
    with rest(both, "compliance") as compliance:
        passed = [
            one for one in compliance.traffic() if one["messageId"] in sent and one["direction"] == "in"
        ]
    assert len(passed) == len(sent), passed
    received_once(both, "compliance", sent)


def test_the_first_is_killed_while_messages_come_and_go(
    visited: World, report: Callable[[str, dict[str, object]], None]
) -> None:
    coming, going = [], []
    with rest(visited, "compliance") as compliance, rest(visited, SECOND) as second:
        for number in range(60):
            if number == 20:
                visited.on(FIRST, "systemctl", "kill", "--signal=KILL", UNIT)
            coming.append(send(compliance, PARTNER, "SP", "EchoResponse"))
            going.append(send(second, OWN, "SR", "EchoRequest"))
    acknowledged(visited, "compliance", coming)
    acknowledged(visited, SECOND, going)
    received_once(visited, SECOND, coming)
    received_once(visited, "compliance", going)
    wait(lambda: works(visited, FIRST), "the first, by itself", 180)
    report("adapter killed, 60 messages each way", handshakes(visited, cut=1))


def test_the_first_loses_power_with_messages_to_send(
    visited: World, report: Callable[[str, dict[str, object]], None]
) -> None:
    """They wait for their partner; the second sends them when it comes back."""
    visited.on("partner", "systemctl", "stop", "lz-partner@compliance")
    with rest(visited, FIRST) as first:
        going = [send(first, OWN, "SR", "EchoRequest") for _ in range(20)]
    start = time.monotonic()
    cut_power(visited, FIRST)
    visited.on("partner", "systemctl", "start", "lz-partner@compliance")
    wait(lambda: works(visited, "compliance"), "the partner")
    with rest(visited, "compliance") as compliance:
        coming = [send(compliance, PARTNER, "SP", "EchoResponse") for _ in range(20)]
    acknowledged(visited, "compliance", coming)
    came = time.monotonic() - start
    acknowledged(visited, SECOND, going)
    went = time.monotonic() - start
    received_once(visited, SECOND, coming)
    received_once(visited, "compliance", going)
    figures = handshakes(visited, cut=1)
    visited.lz("lab", "up", FIRST)
    wait(lambda: works(visited, FIRST), "the first", 180)
    report("power cut, 20 messages each way", figures | {"all came after": came, "all went after": went})


def test_a_certificate_is_renewed_without_a_gap(
    visited: World, report: Callable[[str, dict[str, object]], None]
) -> None:
    """Passthrough: each adapter restarts in turn."""
    done = visited.run(
        "ansible-playbook",
        "playbooks/rotate-certificates.yml",
        "-e",
        "target_environment=preprod",
        timeout=1500,
    )
    assert done.returncode == 0, message(done.stdout)[-4000:]
    keys = {
        visited.on(host, "sha256sum", "/etc/pkioverheid/key.pem").stdout.split()[0]
        for host in (FIRST, SECOND)
    }
    assert len(keys) == 1
    seen = told(visited)
    report(
        "rotation, passthrough, two adapters",
        {key: seen[key] for key in ("handshakes", "failed", "median", "slowest")},
    )
    assert seen["failed"] == []
    assert len(seen["shown"]) == 2  # type: ignore[arg-type]


COPY = """
cat >> /etc/postgresql/15/main/pg_hba.conf <<'END'
local replication postgres peer
END
systemctl reload postgresql@15-main
pg_createcluster 15 copy --port 5433 > /dev/null
rm -rf /var/lib/postgresql/15/copy
runuser -u postgres -- pg_basebackup --pgdata=/var/lib/postgresql/15/copy --write-recovery-conf --checkpoint=fast
sed 's/^port = .*/port = 5433/' /etc/postgresql/15/main/conf.d/lopendezaken.conf > /etc/postgresql/15/copy/conf.d/lopendezaken.conf
cp /etc/postgresql/15/main/pg_hba.conf /etc/postgresql/15/copy/pg_hba.conf
chown postgres: /etc/postgresql/15/copy/conf.d/lopendezaken.conf /etc/postgresql/15/copy/pg_hba.conf
systemctl start postgresql@15-copy
# What is acknowledged is on both.
runuser -u postgres -- psql -qc "alter system set synchronous_standby_names = '*'"
systemctl reload postgresql@15-main
"""
FAIL_OVER = """
systemctl kill --signal=KILL postgresql@15-main; systemctl stop postgresql@15-main
runuser -u postgres -- psql -p 5433 -qc "alter system set synchronous_standby_names = ''"
pg_ctlcluster 15 copy promote
"""


def test_the_database_fails_over_to_its_copy(
    both: World, report: Callable[[str, dict[str, object]], None]
) -> None:
    """As in a cluster of the organisation's own: the adapters know both hosts and use the one that takes changes."""
    made = both.on(DATABASE, "sh", "-ec", COPY)
    assert made.returncode == 0, made.stdout
    sent = []
    with rest(both, "compliance") as compliance:
        sent += [send(compliance, PARTNER, "SP", "EchoResponse") for _ in range(10)]
        failed = both.on(DATABASE, "sh", "-ec", FAIL_OVER)
        start = time.monotonic()
        assert failed.returncode == 0, failed.stdout
        sent += [send(compliance, PARTNER, "SP", "EchoResponse") for _ in range(10)]
    for host in (FIRST, SECOND):
        wait(lambda host=host: works(both, host), host, 180)  # type: ignore[misc]
    report("database failed over", {"both adapters answer after": time.monotonic() - start})
    acknowledged(both, "compliance", sent)
    received_once(both, FIRST, sent)
