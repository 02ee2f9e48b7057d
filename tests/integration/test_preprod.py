"""The main job, end to end: what a person gets from `make preprod`, and what an outsider does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import CANARY, Rehearsal
from tests.integration.world import ENGINE, ROOT, World
from tests.unit.ebms.wire_shape import capture, envelope_differences

pytestmark = pytest.mark.lab

RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


def recap(output: str) -> dict[str, dict[str, int]]:
    """Ansible's own closing table."""
    return {
        host: {"ok": int(ok), "changed": int(changed), "unreachable": int(unreachable), "failed": int(failed)}
        for host, ok, changed, unreachable, failed in RECAP.findall(output)
    }


def test_check_mode_predicts_on_fresh_hosts(rehearsal: Rehearsal) -> None:
    assert rehearsal.predicted.returncode == 0, rehearsal.predicted.stdout[-4000:]
    hosts = recap(rehearsal.predicted.stdout)
    assert hosts["adapter-preprod"]["changed"] > 0
    assert hosts["dmz-preprod"]["changed"] > 0


def test_the_main_job_ends_with_a_pong_of_each_partner(rehearsal: Rehearsal) -> None:
    assert rehearsal.converged.returncode == 0, rehearsal.converged.stdout[-4000:]
    status = rehearsal.world.lz("status")
    assert status.count("Pong") >= 2
    assert len(status.splitlines()) <= 40


def test_a_second_run_changes_nothing(rehearsal: Rehearsal) -> None:
    assert rehearsal.again.returncode == 0, rehearsal.again.output[-4000:]
    assert not +rehearsal.again.changed


def test_no_role_costs_more_calls_than_its_budget(rehearsal: Rehearsal) -> None:
    """Time follows module calls. Who needs more of them raises the number in tests/budgets.yml, on purpose."""
    budgets = yaml.safe_load((ROOT / "tests/budgets.yml").read_text())
    roles = budgets["roles"] | (budgets["with_ebms_admin"] if ENGINE == "ebms_admin" else {})
    over = {role: n for role, n in rehearsal.again.by_role.items() if n > roles.get(role, 0)}
    assert over == {}
    together = sum(rehearsal.again.by_host[host] for host in ("adapter-preprod", "dmz-preprod"))
    assert together <= budgets["adapter_and_dmz_together"] or ENGINE == "ebms_admin"


def test_no_secret_in_the_most_talkative_output(rehearsal: Rehearsal) -> None:
    """A private key, a password or the planted passphrase at -vvv --diff would be in a CI log for ever."""
    output = rehearsal.converged.stdout + rehearsal.predicted.stdout + rehearsal.again.output
    key = rehearsal.world.on("adapter-preprod", "cat", "/etc/pkioverheid/key.pem").stdout
    body = [line for line in key.splitlines() if line and not line.startswith("-----")]
    credentials = rehearsal.world.on(
        "adapter-preprod", "cat", "/etc/lopendezaken/rest.credentials"
    ).stdout.strip()
    assert len(body) > 10
    assert ":" in credentials
    assert "PRIVATE KEY" not in output
    assert [line for line in body if line in output] == []
    assert credentials.split(":", 1)[1] not in output
    # On the command line of ansible-playbook itself (-e) -vvv shows nothing but the file names.
    assert CANARY not in output


def test_policies_judge_the_evidence(rehearsal: Rehearsal) -> None:
    """What a lab can prove is met; what only people and Logius can do is not, and keeps the exit code at 1."""
    done = rehearsal.world.run("lz", "check", "--environment", "preprod", "--json")
    outcomes = {result["control"]: result["outcome"] for result in json.loads(done.stdout)["results"]}
    proven = (
        "LZ-1.01",
        "LZ-1.02",
        "LZ-1.20",
        "LZ-1.21",
        "LZ-2.01",
        "LZ-2.02",
        "LZ-2.03",
        "LZ-2.04",
        "LZ-2.05",
    )
    assert {key: outcomes[key] for key in proven} == dict.fromkeys(proven, "met")
    assert outcomes["LZ-3.01"] == "unknown"
    assert done.returncode == 1


@pytest.fixture
def unsigned(rehearsal: Rehearsal) -> Iterator[World]:
    """Somebody changed the dossier and nobody signed it again: every stage of production is closed."""
    path = rehearsal.world.dossier / "dossier.yml"
    before = path.read_bytes()
    path.write_bytes(before + b"\n# changed\n")
    yield rehearsal.world
    path.write_bytes(before)


def test_production_is_refused_and_not_contacted(unsigned: World) -> None:
    done = unsigned.run("ansible-playbook", "playbooks/prod.yml", "-vvv")
    assert done.returncode != 0
    assert "Changed since it was signed: dossier.yml" in done.stdout
    assert "ESTABLISH SSH CONNECTION" not in done.stdout
    assert set(recap(done.stdout)) == {"localhost"}


@pytest.mark.parametrize(
    "around",
    [
        ("--start-at-task", "base : Install what every host needs"),
        ("--tags", "base"),
        ("--skip-tags", "always"),
        ("--check",),
    ],
)
def test_production_cannot_be_reached_by_a_way_round(unsigned: World, around: tuple[str, ...]) -> None:
    done = unsigned.run("ansible-playbook", "playbooks/prod.yml", "-vvv", *around)
    assert "-prod> ESTABLISH SSH CONNECTION" not in done.stdout
    assert done.returncode != 0


# From outside -------------------------------------------------------------------------------------------------


def _open_ports(world: World, address: str, ports: str) -> list[int]:
    script = (
        "import socket,sys\n"
        f"for port in {ports}:\n"
        " s=socket.socket(); s.settimeout(0.4)\n"
        f" print(port) if s.connect_ex(('{address}',port))==0 else None\n"
        " s.close()\n"
    )
    return [
        int(line) for line in world.on("partner", "python3", "-c", script).stdout.split() if line.isdigit()
    ]


PORTS = "(22,53,80,443,2375,3128,3142,5432,8008,8080,8101,8443,8888,9100)"


def test_only_443_of_the_inbound_address_answers(rehearsal: Rehearsal) -> None:
    assert _open_ports(rehearsal.world, "198.51.100.10", PORTS) == [443]


def test_the_outbound_address_answers_nothing(rehearsal: Rehearsal) -> None:
    assert _open_ports(rehearsal.world, "198.51.100.11", PORTS) == []


def test_the_adapter_is_out_of_reach(rehearsal: Rehearsal) -> None:
    assert _open_ports(rehearsal.world, "192.0.2.10", PORTS) == []


SHAKE = """
import socket, ssl, sys
context = ssl.create_default_context(cafile="/etc/lz-partner/compliance/anchors.pem")
if len(sys.argv) > 1:
    context.load_cert_chain(sys.argv[1] + "/certificate.pem", sys.argv[1] + "/key.pem")
name = "ebms.preprod.voorbeeldstad.example"
try:
    with socket.create_connection((name, 443), timeout=5) as stream, context.wrap_socket(stream, server_hostname=name) as tls:
        tls.sendall(b"GET /ebms HTTP/1.1\\r\\nHost: " + name.encode() + b"\\r\\n\\r\\n")
        print("answer", tls.recv(100))
except OSError as error:
    print("refused", error)
"""


def test_a_client_without_certificate_stays_outside(rehearsal: Rehearsal) -> None:
    said = rehearsal.world.on("partner", "python3", "-c", SHAKE).stdout
    assert said.startswith("refused"), said
    assert "CERTIFICATE_REQUIRED" in said.upper(), said


def test_a_client_of_another_root_stays_outside(rehearsal: Rehearsal, tmp_path: Path) -> None:
    world = rehearsal.world
    world.lz(
        "lab", "pki", "leaf", "Vreemde", "--oin", "00000099300000001000", "--name", "vreemde.example",
        "--kind", "other-root", "--out", str(tmp_path),
    )  # fmt: skip
    for name in ("certificate.pem", "key.pem"):
        text = (tmp_path / name).read_text()
        world.on("partner", "sh", "-c", f"mkdir -p /tmp/vreemde && printf %s '{text}' > /tmp/vreemde/{name}")
    said = world.on("partner", "python3", "-c", SHAKE, "/tmp/vreemde").stdout
    assert said.startswith("refused"), said
    # Java has another alert for it than OpenSSL.
    alert = "CERTIFICATE_UNKNOWN" if ENGINE == "ebms_admin" else "UNKNOWN_CA"
    assert alert in said.upper(), said


# On the wire --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signal", ["Ping", "Pong"])
def test_signals_are_those_of_a_real_adapter(rehearsal: Rehearsal, signal: str) -> None:
    """Element by element as two ebms-admin 2.20.2 adapters sent them (the headers: test_engine)."""
    folder = rehearsal.world.dossier / "evidence/preprod/ebms-ping"
    records = [json.loads(path.read_text())["raw"] for path in sorted(folder.glob("*.json"))]
    records = [record for record in records if record["outcome"] == "pong"]
    assert len(records) >= 2
    real = capture(f"{signal}-AtoB").envelope
    for record in records:
        assert envelope_differences(record[signal.lower()]["envelope"].encode(), real) == []


def test_the_tap_shows_what_passed(rehearsal: Rehearsal) -> None:
    rows = [
        json.loads(line) for line in rehearsal.world.lz("lab", "wire", "compliance", "--json").splitlines()
    ]
    shown = [(row["direction"], row["action"], row["result"]) for row in rows[:2]]
    assert shown == [("in", "Ping", "204"), ("out", "Pong", "204")]


def test_hosts_are_as_their_roles_promise(rehearsal: Rehearsal) -> None:
    """The tests of the Molecule scenarios, now on hosts that have all roles together."""
    done = rehearsal.world.run("pytest", "-q", "tests/testinfra")
    assert done.returncode == 0, done.stdout[-3000:]
