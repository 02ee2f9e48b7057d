"""The chain partner, as an organisation rehearses with it before it meets Logius."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from lopendezaken.casemessage import check
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.lab.host_rest import HostRest, adapter_place
from lopendezaken.lab.layout import Layout
from tests.integration.conftest import Rehearsal
from tests.integration.world import ROOT, World
from tests.unit.casemessage.samples import BSN, MO, NO_BSN, RECEIVER, SENDER, STUF, UNKNOWN_BSN

pytestmark = pytest.mark.lab

CPA_ID = f"LopendeZaken-1-0_{SENDER}_{RECEIVER}_1"
AS_CITIZEN = ("lab", "partner", "--as", "mijnoverheid-preprod")


@pytest.fixture(scope="module")
def connected(rehearsal: Rehearsal) -> World:
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    return rehearsal.world


@pytest.fixture(scope="module")
def adapter(connected: World) -> Iterator[HostRest]:
    with HostRest(Layout(connected.lab_dir, int(connected.instance)), adapter_place("preprod")) as rest:
        yield rest


def send(adapter: HostRest, payload: bytes) -> str:
    """From the organisation's own adapter, as its case system would."""
    properties = {
        "cpaId": CPA_ID,
        "fromPartyId": f"urn:osb:oin:{SENDER}",
        "fromRole": "SR",
        "toPartyId": f"urn:osb:oin:{RECEIVER}",
        "toRole": "SP",
        "service": "urn:osb:services:voorbeeld:LopendeZaken:1.0",
        "action": "Zaakbericht",
    }
    return adapter.send(properties, payload)


def wait_for(look: Callable[[], object], patience: float = 30.0) -> object:
    end = time.monotonic() + patience
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def came_in(world: World) -> dict[str, dict[str, object]]:
    lines = world.lz(*AS_CITIZEN, "--once", "--json").splitlines()
    rows = [json.loads(line) for line in lines if line.startswith("{")]
    return {row["message_id"]: row for row in rows}


def started(world: World, *arguments: str) -> subprocess.Popen[str]:
    """``lz`` as from a terminal, where Ctrl-C works: what runs in the background of a script would ignore it."""
    return subprocess.Popen(
        ["env", "--default-signal=INT", "lz", *arguments],
        cwd=ROOT,
        env=world.env | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def page(world: World) -> Iterator[str]:
    """The page on this machine for as long as the command runs; Ctrl-C ends it well."""
    process = started(world, *AS_CITIZEN)
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def fetch(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as reply:
        return str(reply.read().decode())


@pytest.mark.parametrize("message", [STUF, MO], ids=["stuf", "mo"])
def test_a_case_shows_on_the_page_of_its_citizen(
    connected: World, adapter: HostRest, message: object
) -> None:
    case = replace(STUF.case, id=f"ZAAK-{uuid4()}", title="Kapvergunning <eik>")
    sent = send(adapter, check.write(replace(message, case=case, reference=str(uuid4()))))  # type: ignore[type-var]
    row = wait_for(lambda: came_in(connected).get(sent))
    assert isinstance(row, dict)
    assert (row["outcome"], row["bsn"], row["case_id"]) == ("accepted", "*******19", case.id)
    with page(connected) as url:
        cases = fetch(f"{url}/burger/1")
        assert f"Zaaknummer {case.id}" in cases
        assert "Kapvergunning &lt;eik&gt;" in cases
        assert case.id not in fetch(f"{url}/burger/2")
        assert BSN not in cases


WRONG = {
    "BsnOnbekend": check.write(replace(STUF, bsn=UNKNOWN_BSN)),
    "BsnVoldoetNietAanElfproef": check.write(replace(MO, bsn=NO_BSN)),
    "OinInCPAKomtNietOvereenMetOinInBericht": check.write(replace(STUF, sender_oin=RECEIVER)),
    "XmlValidatieTegenXsdValtNegatiefUit": check.write(MO).replace(b"Startdatum>", b"Begindatum>"),
    "XmlNietLeesbaar": check.write(STUF)[:-10],
    "DtdNietToegestaan": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "BerichtTeGroot": check.write(STUF) + b" " * 1024 * 1024,
    "BerichtsoortOnbekend": b"<Zaak/>",
}


@pytest.mark.parametrize(("code", "payload"), WRONG.items(), ids=list(WRONG))
def test_what_is_refused_comes_back_as_a_foutbericht(adapter: HostRest, code: str, payload: bytes) -> None:
    sent = send(adapter, payload)
    answers = wait_for(lambda: adapter.unprocessed(action="Foutbericht", refToMessageId=sent))
    assert isinstance(answers, list)
    assert len(answers) == 1
    answer, asked = adapter.get(answers[0]), adapter.get(sent)
    assert answer is not None
    assert asked is not None
    adapter.process(answers[0])
    assert answer.properties["conversationId"] == asked.properties["conversationId"]
    error = check.read_error(answer.payloads[0], Schemas())
    assert (error.code, error.sender_oin, error.receiver_oin) == (code, RECEIVER, SENDER)
    assert not any(bsn.encode() in answer.payloads[0] for bsn in (BSN, UNKNOWN_BSN, NO_BSN))


def test_killed_while_it_takes_messages_it_takes_each_once(connected: World, adapter: HostRest) -> None:
    unit = "lz-mijnoverheid@mijnoverheid-preprod"
    sent = []
    for number in range(12):
        good = number % 2 == 0
        sent.append(send(adapter, check.write(replace(STUF, bsn=BSN if good else UNKNOWN_BSN))))
        if number % 4 == 3:
            connected.on("partner", "systemctl", "kill", "--signal=KILL", unit)
    found = wait_for(lambda: set(sent) <= came_in_or_none(connected), 60)
    assert found
    wait_for(lambda: len(_answers(adapter, sent)) == 6)
    time.sleep(2)  # a second answer would be here by now
    answers = _answers(adapter, sent)
    for one, _ in answers:
        adapter.process(one)
    assert sorted(about for _, about in answers) == sorted(sent[1::2])


def _answers(adapter: HostRest, sent: list[str]) -> list[tuple[str, str]]:
    """Foutberichten that wait, with what each is about."""
    return [(one, about) for about in sent for one in adapter.unprocessed(refToMessageId=about)]


def came_in_or_none(world: World) -> set[str]:
    """Nothing while the service restarts."""
    done = world.run("lz", *AS_CITIZEN, "--once", "--json")
    return {json.loads(line)["message_id"] for line in done.stdout.splitlines() if line.startswith("{")}


def test_no_bsn_in_any_journal(connected: World, adapter: HostRest) -> None:
    for host in ("partner", "adapter-preprod"):
        said = connected.on(host, "journalctl", "--quiet", "--no-pager", "--output=cat").stdout
        assert len(said.splitlines()) > 20
        assert not any(bsn in said for bsn in (BSN, UNKNOWN_BSN, NO_BSN))


def test_the_service_reaches_no_key_and_no_other_host(connected: World) -> None:
    unit = "lz-mijnoverheid@mijnoverheid-preprod.service"
    shown = connected.on(
        "partner",
        "systemctl",
        "show",
        unit,
        "--property=DynamicUser,ProtectSystem,CapabilityBoundingSet,IPAddressDeny",
    ).stdout
    assert "DynamicUser=yes" in shown
    assert "ProtectSystem=strict" in shown
    assert "CapabilityBoundingSet=\n" in shown
    listening = connected.on("partner", "ss", "--no-header", "-ltn").stdout
    assert re.search(r"127\.0\.0\.1:8302\s", listening)
    assert not re.search(r"(?<!127\.0\.0\.1):8302\s", listening)


def test_the_compliance_list_is_passed_and_leaves_nothing_behind(
    connected: World, adapter: HostRest, tmp_path: Path
) -> None:
    before = adapter.cpa_ids()
    file = tmp_path / "compliance.md"
    done = connected.run("lz", "lab", "partner", "--as", "compliance", "--report", str(file))
    assert done.returncode == 0, done.stdout
    report = json.loads(file.with_suffix(".json").read_text())
    assert report["counts"] == {"passed": 19, "failed": 0, "not run": 0}
    assert [item["id"] for item in report["items"]] == [f"CV-{number:02}" for number in range(1, 20)]
    assert all(item["message_ids"] for item in report["items"][2:])
    assert "| CV-14 | osb-rm-e: from the partner to the adapter | passed |" in file.read_text()
    assert adapter.cpa_ids() == before


def test_interrupted_it_takes_its_cpas_away(connected: World, adapter: HostRest) -> None:
    before = adapter.cpa_ids()
    process = started(connected, "lab", "partner", "--as", "compliance")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("CV-01")
    assert len(adapter.cpa_ids()) == len(before) + 6
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert adapter.cpa_ids() == before
    engine = connected.on("partner", "systemctl", "is-active", "lz-partner@compliance").stdout
    assert engine.strip() == "active"


def test_an_adapter_that_does_not_run_is_named(connected: World) -> None:
    connected.on("adapter-preprod", "systemctl", "stop", "lopendezaken-adapter")
    try:
        done = connected.run("lz", "lab", "partner", "--as", "compliance")
    finally:
        connected.on("adapter-preprod", "systemctl", "start", "lopendezaken-adapter")
    assert done.returncode == 3
    assert "the adapter of the organisation does not answer" in done.stdout
    assert "adapter-preprod" in done.stdout


def test_a_lab_that_is_not_up_is_named(connected: World, tmp_path: Path) -> None:
    done = subprocess.run(
        [shutil.which("lz", path=connected.env["PATH"]) or "lz", *AS_CITIZEN],
        env=connected.env | {"LZ_LAB_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "this lab is not up" in done.stderr
