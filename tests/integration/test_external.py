"""An adapter that others host: the playbooks do what is ours, the hoster states what is his, and nothing else counts.

Uses the lab of the end-to-end tests with one host more, which no key opens; afterwards the DMZ is the example's again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lopendezaken.lab.layout import Layout
from lopendezaken.lab.network import management_address
from lopendezaken.lab.world import HOSTED
from tests.bench import calls
from tests.integration.conftest import Rehearsal
from tests.integration.test_preprod import recap
from tests.integration.world import ROOT, World

pytestmark = pytest.mark.lab

VARIANT = ROOT / "inventories/voorbeeldstad-extern"
STATEMENT = "received/preprod/adapter-verklaring.yml"
# What the hoster shows with a statement, and what shows without him.
STATED = ("LZ-1.01", "LZ-1.11", "LZ-1.15", "LZ-2.02", "LZ-2.04", "LZ-2.14", "LZ-2.27")
SEEN = ("LZ-2.03", "LZ-2.13", "LZ-2.18")
BOTH = ("LZ-2.12", "LZ-2.19", "LZ-2.20", "LZ-2.21")
LEFT_ON_THE_DMZ = (
    "systemctl disable -q --now pkioverheid-crl.timer; rm -rf /etc/pkioverheid /var/lib/pkioverheid"
    " /etc/systemd/system/pkioverheid-crl.* /usr/local/sbin/pkioverheid-crl; systemctl daemon-reload"
)

PLAYED_THERE = ("playbooks/prepare-network.yml", "playbooks/manage-hosts.yml")


@dataclass
class Hosted(Rehearsal):
    """The main job with a hosted adapter, and the outcomes before a statement."""

    before: dict[str, str]


def outcomes(world: World) -> dict[str, str]:
    """What each control finds in preproduction."""
    said = world.run("lz", "check", "--environment", "preprod", "--json").stdout
    return {result["control"]: result["outcome"] for result in json.loads(said)["results"]}


@pytest.fixture(scope="module")
def hosted(rehearsal: Rehearsal) -> Iterator[Hosted]:
    example = rehearsal.world
    folder = ROOT / "build/end-to-end" / f"{example.instance}-extern"
    shutil.rmtree(folder, ignore_errors=True)
    organisation = folder / "inventories" / VARIANT.name
    ours = shutil.ignore_patterns("evidence", "received", "requests", "cpa", "seals", "gate", "trust")
    shutil.copytree(VARIANT, organisation, ignore=ours)
    world = World(organisation, example.instance, example.lab_dir)
    world.lz("lab", "up", "hosted")
    world.lz("dossier", "sign")
    predicted = world.play("ask-hoster", "--check", "--diff")
    converged = world.play("preprod", "-vvv")
    again = calls.play("playbooks/preprod.yml", env=world.env)
    yield Hosted(world, predicted, converged, again, outcomes(world))
    world.on("dmz-preprod", "sh", "-c", LEFT_ON_THE_DMZ)
    world.lz("lab", "down", HOSTED.name)
    restored = example.run("ansible-playbook", *PLAYED_THERE, "--limit", "dmz-preprod")
    shutil.rmtree(folder, ignore_errors=True)
    assert restored.returncode == 0, restored.stdout[-2000:]


@pytest.fixture(scope="module")
def statement(hosted: Hosted) -> Path:
    """What the hoster sends when he did what he was asked."""
    hosted.world.lz("lab", "hoster")
    return hosted.world.dossier / STATEMENT


@pytest.fixture(scope="module")
def stated(hosted: Hosted, statement: Path) -> World:
    """The statement is in the evidence."""
    hosted.world.lz("evidence", "add", "adapter-statement", str(statement))
    return hosted.world


def test_it_is_foretold(hosted: Hosted) -> None:
    assert hosted.predicted.returncode == 0, hosted.predicted.stdout[-3000:]
    assert recap(hosted.predicted.stdout)["dmz-preprod"]["changed"] > 0


def test_the_main_job_ends_with_what_the_hoster_is_to_state(hosted: Hosted) -> None:
    assert hosted.converged.returncode == 0, hosted.converged.stdout[-3000:]
    assert (
        "awaited of the hoster: Digikoppeling Compliance Voorziening: a Ping was" in hosted.converged.stdout
    )


def test_a_second_run_changes_nothing(hosted: Hosted) -> None:
    assert hosted.again.returncode == 0, hosted.again.output[-3000:]
    assert not +hosted.again.changed


def test_ansible_does_not_know_the_host_of_the_adapter(hosted: Hosted) -> None:
    address = str(management_address(Layout(hosted.world.lab_dir, int(hosted.world.instance)), HOSTED))
    assert set(recap(hosted.converged.stdout)) == {"localhost", "dmz-preprod", "partner"}
    assert f"<{address}>" not in hosted.converged.stdout
    assert HOSTED.name not in hosted.converged.stdout


def test_no_key_of_ours_opens_that_host(hosted: Hosted) -> None:
    layout = Layout(hosted.world.lab_dir, int(hosted.world.instance))
    config = ("ssh", "-o", "BatchMode=yes", "-F", str(layout.ssh_config))
    address = str(management_address(layout, HOSTED))
    keys = [arg for key in sorted(layout.state.glob("id_*[!.pub]")) for arg in ("-i", str(key))]
    known = f"UserKnownHostsFile={layout.state / 'known_hosts'}"
    done = hosted.world.run(*config, *keys, "-o", known, f"root@{address}", "true")
    assert done.returncode == 255
    assert "Permission denied" in done.stdout, "it answers, and lets nobody in"


def test_the_request_has_all_that_the_hoster_needs_and_no_key(hosted: Hosted) -> None:
    request = hosted.world.dossier / "requests/preprod-hoster"
    files = {path.name: path.read_text() for path in request.iterdir()}
    assert files.keys() >= {
        "opdracht.md",
        "adapter-verklaring.yml",
        "cpa-compliance.xml",
        "cpa-mijnoverheid.xml",
    }
    assert "192.0.2.13" in files["opdracht.md"]
    assert [name for name, text in files.items() if "PRIVATE KEY" in text] == []


def test_nothing_of_the_adapter_is_known_before_it_is_stated(hosted: Hosted) -> None:
    found = hosted.before
    assert {name: found[name] for name in STATED} == dict.fromkeys(STATED, "unknown")
    assert {name: found[name] for name in SEEN} == dict.fromkeys(SEEN, "met")
    assert "met" not in {found[name] for name in BOTH}


@pytest.mark.parametrize("fault", ["forged", "unsigned", "signed by the organisation itself"])
def test_what_the_hoster_did_not_sign_is_refused(hosted: Hosted, statement: Path, fault: str) -> None:
    world, copy = hosted.world, statement.with_name("other.yml")
    signature = statement.with_name(f"{statement.name}.sig")
    copy.write_bytes(statement.read_bytes())
    copy.with_name(f"{copy.name}.sig").write_bytes(signature.read_bytes())
    if fault == "forged":
        copy.write_text(copy.read_text().replace("TLSv1.3", "TLSv1.2"))
    else:
        copy.with_name(f"{copy.name}.sig").unlink()
    if fault.startswith("signed"):
        key = world.organisation / "trust/keys/lz-record"
        world.run("ssh-keygen", "-q", "-Y", "sign", "-n", "lz-hoster", "-f", str(key), str(copy))
    before = sorted(world.dossier.glob("evidence/**/*"))
    done = world.run("lz", "evidence", "add", "adapter-statement", str(copy))
    assert done.returncode == 2, done.stdout
    assert sorted(world.dossier.glob("evidence/**/*")) == before


def test_what_the_hoster_stated_counts(stated: World) -> None:
    assert stated.lz("evidence", "awaited").strip() == "the hoster stated all that is asked"
    found = outcomes(stated)
    wanted = (*STATED, *SEEN, *BOTH, "LZ-1.21", "LZ-2.05")
    assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, "met")


def test_the_gate_asks_for_the_rest_only(stated: World) -> None:
    """Certificate, CPA and Ping are met by statement; people and Logius have their own part still."""
    done = stated.run("lz", "gate", "--stage", "connect")
    assert done.returncode == 1, done.stdout
    assert "P2-30" in done.stdout
    assert [name for name in ("P1-24", "P2-32", "P2-33", "P2-35", "P2-41") if name in done.stdout] == []


def test_what_production_would_get_can_be_compared(stated: World) -> None:
    """Also the files of the hosts: there is none of an adapter."""
    done = stated.run("lz", "plan", "--files")
    assert done.returncode == 0, done.stdout
    assert "dmz-prod/haproxy.cfg" in done.stdout
    assert "adapter.conf" not in done.stdout


def test_an_adapter_that_is_said_to_be_our_own_is_refused_first(stated: World) -> None:
    dossier = stated.dossier / "dossier.yml"
    text = dossier.read_text()
    dossier.write_text(text.replace("hosting: supplier", "hosting: own"))
    done = stated.play("preprod")
    dossier.write_text(text)
    assert "Engine external is for an adapter that others host" in done.stdout
    assert set(recap(done.stdout)) == {"localhost"}
