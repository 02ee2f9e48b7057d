"""lz chain-test and its report: results stay, a retest is a round of its own, and the dossier stays in step."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lopendezaken.documents import build
from lopendezaken.documents.chain_test_cli import chain_test_app
from lopendezaken.documents.chain_test_files import read as read_record
from lopendezaken.documents.document import files_of
from lopendezaken.documents.registry import document
from lopendezaken.documents.source import Source, read
from lopendezaken.dossier import load
from lopendezaken.errors import LzError
from lopendezaken.evidence.store import EvidenceSet
from lopendezaken.policy.api import Case
from lopendezaken.policy.control import load as load_control
from tests.unit.documents import world

GOLDEN = Path(__file__).parent / "golden/runs"
CONTROL = world.ROOT / "policies/controls/LZ-3.02-chain-test-reported"
BSNS = {"999990019": "burger-1", "999990020": "burger-2"}
LOGINS = """  period: {start: 2026-11-16, end: 2026-11-20, agreed_on: 2026-11-10, document: received/period.eml}
  logins:
    - {name: account-1, citizen: burger-1, registered_on: 2026-11-13}
    - {name: account-2, citizen: burger-2, registered_on: 2026-11-13}
"""


class Organisation:
    """An organisation in the middle of its chain test."""

    def __init__(self, folder: Path, kind: world.Kind) -> None:
        self.folder = world.create(folder, kind)
        self.dossier = self.folder / "dossier"
        path = self.dossier / "dossier.yml"
        path.write_text(path.read_text().replace("  status: planned\n", "  status: running\n" + LOGINS, 1))
        checklist = world.EXAMPLE / "dossier/chain-test/checklist.yml"
        (self.dossier / "chain-test").mkdir()
        (self.dossier / "chain-test/checklist.yml").write_text(checklist.read_text())
        listed = self.dossier / "received/test-bsn.txt"
        listed.write_text("".join(f"{bsn} {name}\n" for bsn, name in BSNS.items()))
        listed.chmod(0o600)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(chain_test_app, [*words, "--organisation", str(self.folder)])

    def lz(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code == 0, done.exception or done.output
        return done.output

    def refused(self, *words: str) -> LzError:
        done = self.run(*words)
        assert isinstance(done.exception, LzError), done.output
        return done.exception

    def record(self, item: str, result: str, day: str, found: str = "Zoals verwacht") -> None:
        picture = self.dossier / f"chain-test/pictures/{item}-{day}.png"
        picture.parent.mkdir(exist_ok=True)
        picture.write_bytes(f"picture of {item} on {day}".encode())
        self.lz("record", item, *self.words(result, day, found), "--screenshot", str(picture))

    def words(self, result: str, day: str, found: str = "Zoals verwacht") -> tuple[str, ...]:
        return ("--result", result, "--found", found, "--tester", "Functioneel beheer", "--on", day)

    def retested(self) -> None:
        """Two rounds: the second item failed at first, the third never came to it."""
        self.lz("start", "--on", "2026-11-16")
        self.record("V-01", "passed", "2026-11-16")
        self.record(
            "V-02", "failed", "2026-11-17", "De tweede status ontbreekt | na een uur nog niet te zien"
        )
        self.record("V-03", "not-applicable", "2026-11-17", "Geen niet-aangesloten testburger gekregen")
        self.lz("start", "--on", "2026-11-18")
        self.record("V-02", "passed", "2026-11-19", "Beide statussen zijn te zien")

    @property
    def source(self) -> Source:
        return read(self.folder, world.DAY).of("preprod")

    @property
    def missing(self) -> list[str]:
        return [str(each) for each in document("chain-test-report").missing(self.source)]

    def report(self) -> str:
        (file,) = files_of(document("chain-test-report"), self.source)
        return file.content.decode()


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    return Organisation(tmp_path, "organisation")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# Rounds


def test_the_first_round_has_all_items_and_the_next_what_failed(organisation: Organisation) -> None:
    assert "round 1: V-01, V-02, V-03" in organisation.lz("start")
    for item, result in (("V-01", "passed"), ("V-02", "failed"), ("V-03", "failed")):
        organisation.record(item, result, "2026-11-17")
    assert "round 2: V-02, V-03" in organisation.lz("start")


def test_a_round_ends_before_the_next_begins(organisation: Organisation) -> None:
    organisation.lz("start")
    organisation.record("V-01", "failed", "2026-11-17")
    assert "no result of V-02, V-03" in str(organisation.refused("start"))


def test_what_passed_is_tested_again_only_when_asked(organisation: Organisation) -> None:
    organisation.retested()
    error = organisation.refused("start")
    assert "nothing is left to test" in str(error)
    assert error.exit_code == 1
    assert "no such item: found V-9" in str(organisation.refused("start", "--item", "V-9"))
    assert "round 3: V-01" in organisation.lz("start", "--item", "V-01")


def test_nothing_that_was_recorded_is_overwritten(organisation: Organisation) -> None:
    organisation.retested()
    before = snapshot(organisation.dossier)
    words = organisation.words("failed", "2026-11-20")
    assert "has its result in this round, which stays" in str(organisation.refused("record", "V-02", *words))
    assert "not tested now: found V-01, expected V-02" in str(organisation.refused("record", "V-01", *words))
    assert snapshot(organisation.dossier) == before


def test_a_result_outside_a_round_is_refused(organisation: Organisation) -> None:
    words = organisation.words("passed", "2026-11-20")
    assert "expected a round: lz chain-test start" in str(organisation.refused("record", "V-01", *words))


def test_history_that_was_changed_shows(organisation: Organisation) -> None:
    organisation.retested()
    path = organisation.dossier / "chain-test/round-1.yml"
    path.write_text(path.read_text().replace("failed", "passed"))
    assert "the file of round 1 was changed after this round began" in str(organisation.refused("status"))
    assert any("was changed after" in each for each in organisation.missing)


def test_a_bsn_is_no_finding(organisation: Organisation) -> None:
    organisation.lz("start")
    words = organisation.words("passed", "2026-11-20", "Burger 999990019 ziet de zaak")
    error = organisation.refused("record", "V-01", *words)
    assert "found: no BSN, ever" in str(error)
    assert "999990019" not in str(error)
    assert "results" not in (organisation.dossier / "chain-test/round-1.yml").read_text()


def test_odd_words_come_back_as_they_were(organisation: Organisation) -> None:
    organisation.lz("start")
    odd = "\"quotes\", {braces}: # and 'more' \\ é\n— regel"
    organisation.lz("record", "V-01", *organisation.words("failed", "2026-11-20", odd))
    organisation.lz("record", "V-02", *organisation.words("failed", "2026-11-20"))
    (last,) = read_record(organisation.dossier).rounds
    assert [each.found for each in last.results] == [odd, "Zoals verwacht"]


def test_a_picture_must_be_there_and_stay_the_same(organisation: Organisation, tmp_path: Path) -> None:
    elsewhere = tmp_path / "picture.png"
    elsewhere.write_bytes(b"x")
    organisation.lz("start")
    words = organisation.words("passed", "2026-11-20")
    for path, told in ((elsewhere, "not below the dossier"), (tmp_path / "none.png", "cannot be read")):
        assert told in str(organisation.refused("record", "V-01", *words, "--screenshot", str(path)))
    organisation.record("V-01", "passed", "2026-11-17")
    (organisation.dossier / "chain-test/pictures/V-01-2026-11-17.png").write_bytes(b"another")
    assert "another picture than was recorded" in str(organisation.refused("status"))


def test_status_tells_of_every_item(organisation: Organisation) -> None:
    done = organisation.run("status")
    assert done.exit_code == 1
    assert "V-01: open" in done.output
    organisation.retested()
    done = organisation.run("status")
    assert done.exit_code == 0
    assert "V-02: round 1 failed, round 2 passed" in done.output


# The report


def test_everything_that_is_missing_is_told_at_once(organisation: Organisation, tmp_path: Path) -> None:
    path = organisation.dossier / "dossier.yml"
    path.write_text(path.read_text().replace(LOGINS, ""))
    (organisation.dossier / "received/test-bsn.txt").unlink()
    organisation.lz("start")
    told = "\n".join(organisation.missing)
    for each in ("no agreed period", "no test accounts", "no result of V-01", "no result of V-03"):
        assert each in told
    assert "burger-2 has no test account" in told
    assert "the list of test BSNs cannot be read" in told
    with pytest.raises(LzError, match="8 things missing, nothing written"):
        build.render("chain-test-report", organisation.source, "preprod", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_organisation_without_checklist_is_told(organisation: Organisation) -> None:
    (organisation.dossier / "chain-test/checklist.yml").unlink()
    assert "no checklist of the chain test" in organisation.missing[0]


def test_what_passed_has_a_picture_and_each_citizen_a_bsn(organisation: Organisation) -> None:
    organisation.lz("start")
    organisation.lz("record", "V-01", *organisation.words("passed", "2026-11-20"))
    listed = organisation.dossier / "received/test-bsn.txt"
    listed.write_text("999990019 burger-1\n")
    told = "\n".join(organisation.missing)
    assert "no picture of V-01" in told
    assert "no test BSN of burger-2" in told


def test_a_report_with_failures_says_so(organisation: Organisation) -> None:
    organisation.lz("start")
    for item in ("V-01", "V-02", "V-03"):
        organisation.record(item, "failed", "2026-11-17")
    assert "0 geslaagd, 3 niet geslaagd" in organisation.report()
    assert "Niet alle punten zijn geslaagd" in organisation.report()


def test_a_message_that_was_proven_delivered_says_so(organisation: Organisation) -> None:
    raw = {"message_id": "m1@x.example", "acknowledged": "2026-11-17T10:00:00Z"}
    world.evidence(organisation.folder, "message-delivered", raw, partner="mijnoverheid", host="controller")
    organisation.lz("start")
    for item in ("V-01", "V-02", "V-03"):
        words = organisation.words("failed", "2026-11-17")
        organisation.lz("record", item, *words, "--message", "m1@x.example", "--message", "m2@x.example")
    assert "| Bericht | m1@x.example: afgeleverd |" in organisation.report()
    assert "| Bericht | m2@x.example |" in organisation.report()


@pytest.fixture(params=world.KINDS)
def retested(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Organisation]:
    made = Organisation(tmp_path, request.param)
    made.retested()
    return request.param, made


def test_the_report_is_what_it_was(retested: tuple[str, Organisation]) -> None:
    kind, organisation = retested
    path = GOLDEN / kind / "chain-test-report.md"
    report = organisation.report()
    if os.environ.get("LZ_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report)
    assert report == path.read_text()
    assert not any(bsn in report for bsn in BSNS)


# Sent to Logius


def judged(organisation: Organisation, day: date = world.DAY) -> list[str]:
    control = load_control(CONTROL)
    return [
        each.code for each in control.check(Case(load(organisation.folder), EvidenceSet(()), day, "preprod"))
    ]


def test_a_report_that_was_sent_brings_the_dossier_in_step(
    organisation: Organisation, tmp_path: Path
) -> None:
    organisation.lz("start", "--on", "2026-11-16")
    for item in ("V-01", "V-02", "V-03"):
        organisation.record(item, "failed" if item == "V-02" else "passed", "2026-11-17")
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF first")
    organisation.lz("sent", str(report), "--on", "2026-11-18")
    test = load(organisation.folder).chain_test
    assert test is not None
    assert {each.id: each.result for each in test.checklist} == {
        "V-01": "passed",
        "V-02": "failed",
        "V-03": "passed",
    }
    assert (test.status, test.reports[0].sha256) == ("reported", hashlib.sha256(b"%PDF first").hexdigest())
    assert judged(organisation) == ["open"]
    organisation.lz("start", "--on", "2026-11-19")
    organisation.record("V-02", "passed", "2026-11-19")
    report.write_bytes(b"%PDF second")
    for _ in range(2):  # told twice is told once
        organisation.lz("sent", str(report), "--on", "2026-11-20")
    test = load(organisation.folder).chain_test
    assert test is not None
    assert [each.sent_on for each in test.reports] == [date(2026, 11, 18), date(2026, 11, 20)]
    assert [each.document for each in test.reports] == [f"chain-test/reports/round-{n}.pdf" for n in (1, 2)]
    assert (organisation.dossier / "chain-test/reports/round-1.pdf").read_bytes() == b"%PDF first"
    assert judged(organisation) == ["reported"]


def test_another_report_of_the_same_round_is_refused(organisation: Organisation, tmp_path: Path) -> None:
    organisation.retested()
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF first")
    organisation.lz("sent", str(report))
    report.write_bytes(b"%PDF other")
    assert "another report of this round was sent" in str(organisation.refused("sent", str(report)))
    assert (organisation.dossier / "chain-test/reports/round-2.pdf").read_bytes() == b"%PDF first"


def test_a_report_without_all_results_is_not_sent(organisation: Organisation, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF")
    organisation.lz("start")
    assert "nothing of V-01, V-02, V-03" in str(organisation.refused("sent", str(report)))
    assert not (organisation.dossier / "chain-test/reports").exists()


def test_the_example_holds_no_words_of_logius() -> None:
    text = (world.EXAMPLE / "dossier/chain-test/checklist.yml").read_text()
    assert re.search("INVENTED", text)
