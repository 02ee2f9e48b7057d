"""What breaks in a data centre: networks, power, disks, clocks. What was accepted arrives, once, and all of it comes back.

What each test saw, with either engine, and how long it took: docs/faults.md.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lopendezaken.dossier import load
from lopendezaken.errors import LzError
from lopendezaken.lab import host as lab_host
from lopendezaken.lab.host_rest import HostRest, adapter_place, partner_place
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.world import HOSTS, PARTNERS
from tests.bench import calls
from tests.integration.conftest import Rehearsal
from tests.integration.test_faults import verify
from tests.integration.test_messages import OWN, PARTNER, answers, arrived, send, wait
from tests.integration.test_roll_back import SETTINGS
from tests.integration.world import ENGINE, JAR, ROOT, World

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(
        ENGINE == "embedded",
        reason=f"{JAR} names no jar; of the embedded engine docs/faults.md says what shows it",
    ),
]

ADAPTER, DMZ, UNIT = "adapter-preprod", "dmz-preprod", "lopendezaken-adapter"
PARTNER_UNIT = "lz-partner@compliance"
PKI = "/etc/pkioverheid"
DEPLOY = "playbooks/deploy-adapter.yml"
# Both sides of the adapter's only neighbour, but for the way in of the controller.
SPLIT = """table inet split {
  chain in { type filter hook input priority -300; ip saddr 192.0.2.0/27 drop; }
  chain out { type filter hook output priority -300; ip daddr 192.0.2.0/27 drop; }
}"""
# As large as what is there and 8 MB more, in place of it.
SMALL_DISK = """set -e
systemctl stop {unit}
size=$(( $(du -sm {folder} | cut -f1) + 8 ))
cp -a {folder} {folder}.large
mount -t tmpfs -o size=${{size}}m,mode=$(stat -c %a {folder}),uid=$(stat -c %u {folder}),gid=$(stat -c %g {folder}) tmpfs {folder}
cp -a {folder}.large/. {folder}/
systemctl start {unit}
"""
LARGE_DISK = """set -e
systemctl stop {unit}
cp -a {folder} {folder}.small
umount {folder}
rm -rf {folder}
mv {folder}.small {folder}
rm -rf {folder}.large
systemctl start {unit}
"""


@pytest.fixture(scope="module")
def connected(rehearsal: Rehearsal) -> World:
    """A connected world; whatever a test broke, it must have mended."""
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    return rehearsal.world


def rest(world: World, name: str) -> HostRest:
    """A connection of its own each time: hosts go away in these tests."""
    partner = next(partner for partner in PARTNERS if partner.name == "compliance")
    place = adapter_place("preprod") if name == "own" else partner_place(partner)
    return HostRest(Layout(world.lab_dir, int(world.instance)), place)


@pytest.fixture(scope="module")
def quick(connected: World) -> Iterator[str]:
    """Id of a CPA beside the one in use, by which a message is tried again every two seconds instead of three hours."""
    cpa = load(connected.organisation).environments["preprod"].partners["compliance"].cpa
    text = (connected.dossier / str(cpa.file)).read_text()
    for what, value in (("Retries", "200"), ("RetryInterval", "PT2S")):
        text, found = re.subn(rf"(<\w+:{what}>)[^<]+", rf"\g<1>{value}", text)
        assert found
    text = text.replace(cpa.id, f"{cpa.id}99")
    for name in ("own", "compliance"):
        with rest(connected, name) as side:
            side.put_cpa(text.encode())
    yield f"{cpa.id}99"
    for name in ("own", "compliance"):
        with rest(connected, name) as side:
            side.delete_cpa(f"{cpa.id}99")


def ours(world: World, cpa_id: str) -> str:
    with rest(world, "own") as own:
        return send(own, OWN, "SR", "EchoRequest", cpa_id)


def theirs(world: World, cpa_id: str) -> str:
    with rest(world, "compliance") as compliance:
        return send(compliance, PARTNER, "SP", "EchoResponse", cpa_id)


def both_arrive(world: World, our_id: str, their_id: str) -> None:
    with rest(world, "own") as own, rest(world, "compliance") as compliance:
        arrived(own, compliance, our_id)
        arrived(compliance, own, their_id)


def shell(world: World, host: str, script: str) -> str:
    done = world.on(host, "sh", "-c", script)
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def partner_away(world: World) -> Iterator[None]:
    shell(world, "partner", f"systemctl stop {PARTNER_UNIT}")
    try:
        yield
    finally:
        shell(world, "partner", f"systemctl start {PARTNER_UNIT}")
        with rest(world, "compliance") as compliance:
            wait(lambda: answers(compliance), "the partner")


def test_the_network_is_split(connected: World, quick: str) -> None:
    """Inside and DMZ do not see each other while both sides send."""
    shell(connected, ADAPTER, f"nft -f - <<'END'\n{SPLIT}\nEND")
    try:
        sent = ours(connected, quick), theirs(connected, quick)
        time.sleep(12)
        with rest(connected, "own") as own, rest(connected, "compliance") as compliance:
            assert not own.delivered(sent[0])
            assert not compliance.delivered(sent[1])
    finally:
        shell(connected, ADAPTER, "nft delete table inet split")
    both_arrive(connected, *sent)


def rebooted(world: World, host: str) -> bool:
    return world.on(host, "test", "!", "-e", "/run/before").returncode == 0


def test_partner_away_and_both_hosts_reboot(connected: World, quick: str) -> None:
    """A message that waits for its partner survives; the hosts come back without anybody's help."""
    with partner_away(connected):
        waiting = ours(connected, quick)
        for host in (ADAPTER, DMZ):
            # Its exit code is lost when the connection goes first.
            connected.on(host, "sh", "-c", "touch /run/before; systemctl --no-block reboot")
        wait(lambda: all(rebooted(connected, host) for host in (ADAPTER, DMZ)), "the hosts")
        with rest(connected, "own") as own:
            wait(lambda: answers(own), "the adapter", 240)
            assert not own.delivered(waiting)
    both_arrive(connected, waiting, theirs(connected, quick))
    code, said = verify(connected)
    assert code == 0, said[-3000:]


def cut_off_after(world: World, task: str, *command: str) -> None:
    """Run a playbook, and take its power as soon as that task was done on the adapter."""
    with subprocess.Popen(
        ["ansible-playbook", *command], cwd=ROOT, env=world.env | {"PYTHONUNBUFFERED": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout
        seen = ""
        for line in process.stdout:
            seen += line
            if f": {task}]" in seen and line.startswith(f"changed: [{ADAPTER}]"):
                break
        else:
            pytest.fail(f"never came to {task}: {seen[-2000:]}")
        os.killpg(process.pid, signal.SIGKILL)


def test_the_controller_dies_between_a_change_and_its_restart(connected: World) -> None:
    """Ansible forgets its handlers; the next run finds nothing to write, and yet has the settings taken up."""
    shell(connected, ADAPTER, f"rm {SETTINGS}")
    cut_off_after(connected, "Write the settings", DEPLOY)
    pid = f"systemctl show --property=MainPID --value {UNIT}"
    before = shell(connected, ADAPTER, pid)
    done = connected.play("deploy-adapter")
    assert done.returncode == 0, done.stdout[-3000:]
    assert shell(connected, ADAPTER, pid) != before


def test_power_cut_in_the_middle_of_a_run(connected: World, quick: str) -> None:
    """The controller and the host go at once, amid the adapter's files; the same run again ends where it should."""
    with partner_away(connected):
        waiting = ours(connected, quick)
        shell(connected, ADAPTER, f"rm {SETTINGS}")
        cut_off_after(connected, "Write the settings", DEPLOY)
        host = next(host for host in HOSTS if host.name == ADAPTER)
        lab_host.cut(Layout(connected.lab_dir, int(connected.instance)), host)
        connected.lz("lab", "up", ADAPTER)
    again = connected.play("deploy-adapter")
    assert again.returncode == 0, again.stdout[-4000:]
    both_arrive(connected, waiting, theirs(connected, quick))
    settled = calls.play(DEPLOY, env=connected.env)
    assert settled.returncode == 0, settled.output[-3000:]
    assert not +settled.changed


def test_our_certificate_expires_while_in_use(connected: World, tmp_path: Path) -> None:
    """Nobody renewed it: partners refuse us, and the daily look says why. A good one mends it."""
    expired = tmp_path / "expired.pem"
    request = connected.dossier / "requests/preprod.csr"
    connected.lz("lab", "pki", "issue", "--kind", "expired", "--csr", str(request), "--out", str(expired))
    shell(connected, ADAPTER, f"cp -p {PKI}/certificate.pem {PKI}/kept")
    try:
        shell(connected, ADAPTER, f"cat > {PKI}/certificate.pem <<'END'\n{expired.read_text()}\nEND")
        shell(connected, ADAPTER, f"systemctl restart {UNIT}")
        code, said = verify(connected)
    finally:
        shell(connected, ADAPTER, f"mv {PKI}/kept {PKI}/certificate.pem; systemctl restart {UNIT}")
    assert code != 0
    assert "expired" in said
    assert verify(connected)[0] == 0


def test_the_crls_expire(connected: World, quick: str) -> None:
    """The TSP stops signing: nobody comes in and nothing goes out, until there are new ones."""
    pki = connected.lab_dir / connected.instance / "pki"
    # Told where, it publishes none, which would sign them anew.
    connected.lz("lab", "pki", "crl", "--pki", str(pki), "--hours=-1")
    for file in (pki / "crl").glob("*.crl"):
        text = base64.b64encode(file.read_bytes()).decode()
        shell(connected, "partner", f"echo {text} | base64 -d > /var/www/crl/{file.name}")
    try:
        shell(connected, ADAPTER, f"systemctl restart {UNIT}")
        sent = ours(connected, quick), theirs(connected, quick)
        code, said = verify(connected)
        with rest(connected, "own") as own, rest(connected, "compliance") as compliance:
            assert not own.delivered(sent[0])
            assert not compliance.delivered(sent[1])
    finally:
        connected.lz("lab", "pki", "crl")
    assert code != 0
    assert "CRL" in said
    both_arrive(connected, *sent)
    assert verify(connected)[0] == 0


@contextmanager
def small_disk(world: World, folder: str, unit: str) -> Iterator[None]:
    where = {"folder": folder, "unit": unit}
    shell(world, ADAPTER, SMALL_DISK.format(**where))
    try:
        yield
    finally:
        shell(world, ADAPTER, LARGE_DISK.format(**where))


def test_the_disk_of_the_database_is_full(connected: World, quick: str) -> None:
    """What cannot be kept is not accepted, so its sender has it still; with room again all of it goes on."""
    folder = "/var/lib/postgresql"
    with partner_away(connected):
        waiting = ours(connected, quick)
    with small_disk(connected, folder, "postgresql@15-main"), rest(connected, "own") as own:
        wait(lambda: answers(own), "the adapter")
        connected.on(
            ADAPTER, "sh", "-c", f"dd if=/dev/zero of={folder}/filler bs=64k; chown postgres {folder}/filler"
        )
        refused = 0
        for _ in range(100):
            try:
                send(own, OWN, "SR", "EchoRequest", quick)
            except LzError:
                refused += 1
            if refused == 3:
                break
        coming = theirs(connected, quick)
        shell(connected, ADAPTER, f"rm {folder}/filler")
        assert refused == 3
        wait(lambda: answers(own), "the adapter", 240)
        both_arrive(connected, waiting, coming)
