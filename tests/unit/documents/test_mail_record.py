"""lz mail: what was sent and received becomes evidence and stands in the dossier; what waits is told."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lopendezaken.documents.mail_cli import mail_app
from lopendezaken.documents.mail_list import working_days
from lopendezaken.documents.mail_read import attached, read_mail
from lopendezaken.documents.source import read
from lopendezaken.dossier import load
from lopendezaken.dossier.schema import Dossier
from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.policy import api
from tests.unit.documents import world
from tests.unit.documents.test_chain_test import Organisation
from tests.unit.policy.world import keys

TEST_BSN = "999990019"  # passes the eleven test; of nobody


@dataclass(frozen=True)
class World:
    """An organisation in which mails are recorded by hand."""

    folder: Path

    def given(self, name: str, attach: dict[str, bytes] | None = None, text: str = "Goed.") -> Path:
        message = EmailMessage()
        message["From"], message["To"] = "a@voorbeeldstad.example", "b@logius.example"
        message.set_content(text)
        for file, content in (attach or {}).items():
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=file)
        path = self.folder / "dossier" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(message.as_bytes())
        return path

    def lz(self, *arguments: str | Path) -> str:
        words = [*map(str, arguments), "--organisation", str(self.folder)]
        done = CliRunner().invoke(mail_app, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    def rows(self, day: str) -> dict[str, dict[str, Any]]:
        found = json.loads(self.lz("list", "--json", "--date", day))
        return {f"{each['id']} {each['environment'] or ''}".strip(): each for each in found}

    @property
    def dossier(self) -> Dossier:
        return load(self.folder)

    @property
    def text(self) -> str:
        return (self.folder / "dossier/dossier.yml").read_text(encoding="utf-8")

    def evidence(self, kind: str = "document") -> list[store.Evidence]:
        found = store.load(self.folder / "dossier/evidence").items
        return [each for each in found if each.kind == kind and each.collector["tool"] != "example"]


@pytest.fixture
def organisation(tmp_path: Path) -> World:
    return World(world.create(tmp_path))


def test_a_cpa_that_was_sent_stands_in_the_dossier(organisation: World) -> None:
    cpa = (organisation.folder / "dossier/cpa/preprod/mijnoverheid.xml").read_bytes()
    file, before = organisation.given("sent/cpa.eml", {"cpa.xml": cpa}), organisation.text
    told = organisation.lz("sent", "mail-cpa", "--env", "preprod", "--on", "2026-11-16", "--file", file)
    assert "counts when somebody seals it: lz evidence seal --as lz-record" in told
    sent = organisation.dossier.environments["preprod"].partners["mijnoverheid"].cpa.sent
    assert sent is not None
    assert (sent.on, sent.number) == (date(2026, 11, 16), "00000099100000001000")
    assert (sent.contact, sent.document) == ("Team zaakgericht werken", "sent/cpa.eml")
    assert [line for line in organisation.text.splitlines() if line not in before.splitlines()] == [
        line for line in organisation.text.splitlines() if "sent:" in line and "sent/cpa.eml" in line
    ]
    assert "# A CPA without start and end follows the certificates in it." in organisation.text
    (item,) = organisation.evidence()
    assert item.raw["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert item.raw["mail"] == {"id": "mail-cpa", "direction": "sent", "outcome": None}
    assert item.environment == "preprod"


def test_that_it_was_loaded_there_is_evidence_for_the_control(organisation: World) -> None:
    file = organisation.given("received/loaded.eml")
    organisation.lz("sent", "mail-cpa", "--env", "prod", "--on", "2026-11-16", "--file", file)
    assert organisation.rows("2026-11-23")["mail-cpa prod"]["waiting_working_days"] == 5
    organisation.lz("received", "mail-cpa", "--env", "prod", "--on", "2026-11-23", "--file", file)
    (loaded,) = organisation.evidence("cpa-loaded")
    assert (loaded.environment, loaded.raw["side"], loaded.raw["source"]) == ("prod", "partner", "mail")
    row = organisation.rows("2026-12-30")["mail-cpa prod"]
    assert (row["outcome"], row["answered"], row["waiting_working_days"]) == ("loaded", "2026-11-23", None)


def test_who_has_the_key_vouches_at_once(organisation: World) -> None:
    (organisation.folder / "trust").mkdir()
    lines = (keys() / "allowed_signers").read_text()
    (organisation.folder / "trust/allowed_signers").write_text(lines)
    (organisation.folder / "trust.yml").write_text("folder: trust\n")
    (organisation.folder / "trust/keys").mkdir()
    shutil.copy(keys() / "recorder", organisation.folder / "trust/keys/lz-record")
    file = organisation.given("sent/cpa.eml")
    told = organisation.lz(
        "sent", "mail-test-accounts", "--env", "preprod", "--on", "2026-11-16", "--file", file
    )
    assert "seals it" not in told
    (item,) = organisation.evidence()
    assert item.path not in read(organisation.folder, date(2026, 12, 31)).unvouched


def with_results(folder: Path) -> World:
    """An organisation with all results of its chain test."""
    organisation = Organisation(folder, "organisation")
    organisation.retested()
    return World(organisation.folder)


def test_a_report_is_kept_and_judged_by_its_digest(tmp_path: Path) -> None:
    organisation = with_results(tmp_path)
    mail = organisation.given("sent/report.eml", {"rapport.pdf": b"%PDF-1.7 report"})
    answer = organisation.given("received/answer.eml")
    words = ("mail-test-report", "--on", "2026-11-20", "--file")
    organisation.lz("sent", *words, mail)
    assert organisation.rows("2026-11-23")["mail-test-report preprod"]["waiting_working_days"] == 1
    organisation.lz("received", *words, answer, "--outcome", "refused")
    assert organisation.dossier.chain_test is not None
    assert organisation.dossier.chain_test.status == "refused"
    organisation.lz("received", *words, answer, "--outcome", "approved")
    test = organisation.dossier.chain_test
    assert test is not None
    assert (test.status, test.approved_on) == ("approved", date(2026, 11, 20))
    (report,) = test.reports
    assert (report.document, report.sent_on) == ("chain-test/reports/round-2.pdf", date(2026, 11, 20))
    assert (organisation.folder / "dossier/sent/report.pdf").read_bytes() == b"%PDF-1.7 report"
    judged = [each.raw for each in organisation.evidence("chain-test-approval")]
    assert [each["report_sha256"] for each in judged] == [report.sha256] * 2
    assert {each["outcome"] for each in judged} == {"refused", "approved"}
    assert organisation.rows("2026-11-23")["mail-test-report preprod"]["waiting_working_days"] is None


def test_a_report_of_a_test_that_nobody_recorded_is_told_as_a_command(organisation: World) -> None:
    mail = organisation.given("sent/report.eml", {"rapport.pdf": b"%PDF-1.7 report"})
    told = organisation.lz("sent", "mail-test-report", "--on", "2026-11-20", "--file", mail)
    assert "do it yourself: lz chain-test sent" in told
    assert len(organisation.evidence()) == 1


def test_another_report_is_not_overwritten(organisation: World) -> None:
    mail = organisation.given("sent/report.eml", {"rapport.pdf": b"%PDF-1.7 report"})
    mail.with_suffix(".pdf").write_bytes(b"%PDF-1.7 another")
    with pytest.raises(LzError, match="another report is here already"):
        organisation.lz("sent", "mail-test-report", "--on", "2026-11-20", "--file", mail)
    assert organisation.evidence() == []


def test_the_form_waits_five_working_days_after_it_was_processed(organisation: World) -> None:
    form = organisation.folder / "dossier/form.pdf"
    form.write_bytes(b"%PDF-1.7 form")
    answer = organisation.given("received/answer.eml")
    organisation.lz("sent", "form", "--on", "2026-09-01", "--file", form)
    assert organisation.rows("2026-09-02")["form"]["waiting_working_days"] == 1
    organisation.lz("received", "form", "--on", "2026-11-13", "--file", answer, "--outcome", "processed")
    assert (
        organisation.rows("2026-11-20")["form"] | {"waiting_working_days": 5, "late": False}
        == (organisation.rows("2026-11-20")["form"])
    )
    assert organisation.rows("2026-11-23")["form"]["late"]
    organisation.lz("received", "form", "--on", "2026-11-23", "--file", answer, "--outcome", "data")
    found = organisation.dossier.form
    assert found is not None
    assert (found.sent_on, found.number, found.connection) == (
        date(2026, 9, 1),
        "00000099100000001000",
        "internet",
    )
    assert (found.processed_on, found.data_received_on) == (date(2026, 11, 13), date(2026, 11, 23))
    assert organisation.rows("2026-11-23")["form"]["waiting_working_days"] is None


def test_answers_that_were_recorded_in_another_way_count_too(organisation: World) -> None:
    path = organisation.folder / "dossier/dossier.yml"
    with path.open("a") as stream:
        stream.write(
            'form: {sent_on: 2026-10-12, document: f.pdf, number: "00000099100000001000", connection: internet,\n'
            "  processed_on: 2026-10-20, data_received_on: 2026-10-23}\n"
        )
    raw = {"outcome": "approved", "dated": "2026-11-23", "report_sha256": None, "document": "a.eml"}
    world.evidence(organisation.folder, "chain-test-approval", raw, partner="mijnoverheid", host="controller")
    report = organisation.given("sent/report.eml", {"rapport.pdf": b"%PDF-1.7"})
    organisation.lz("sent", "mail-test-report", "--on", "2026-11-20", "--file", report)
    rows = organisation.rows("2026-11-24")
    assert (rows["form"]["sent"], rows["form"]["outcome"]) == ("2026-10-12", "data")
    assert rows["mail-test-report preprod"]["outcome"] == "approved"
    loaded = {"cpa_id": "x", "digest": None, "side": "partner", "source": "mail"}
    world.evidence(organisation.folder, "cpa-loaded", loaded, partner="mijnoverheid", host="controller")
    file = organisation.given("sent/a.eml")
    organisation.lz("sent", "mail-cpa", "--env", "preprod", "--on", "2026-11-20", "--file", file)
    assert organisation.rows("2026-11-24")["mail-cpa preprod"]["answered"] == "2026-11-23"


def test_a_period_that_was_agreed_is_the_one_that_was_proposed(organisation: World) -> None:
    file = organisation.given("sent/period.eml")
    organisation.lz("sent", "mail-test-period", "--on", "2026-11-20", "--file", file)
    organisation.lz("received", "mail-test-period", "--on", "2026-11-23", "--file", file)
    test = organisation.dossier.chain_test
    assert test is not None
    assert test.proposal is not None
    assert test.period is not None
    assert test.proposal.sent_on == date(2026, 11, 20)
    assert (test.period.start, test.period.end) == (test.proposal.start, test.proposal.end)
    assert (test.period.agreed_on, test.period.document) == (date(2026, 11, 23), "sent/period.eml")


def test_each_change_is_a_mail_of_its_own(organisation: World) -> None:
    file = organisation.given("sent/change.eml")
    organisation.lz("sent", "mail-change/1", "--on", "2026-11-23", "--file", file)
    assert [each.reported_on for each in organisation.dossier.changes][:3] == [None, date(2026, 11, 23), None]
    (item,) = organisation.evidence()
    assert item.environment == "prod"
    rows = organisation.rows("2026-11-24")
    assert rows["mail-change/1 prod"]["sent"] == "2026-11-23"
    assert rows["mail-change/0 preprod"]["sent"] is None
    assert rows["mail-change/5"]["sent"] == "2026-11-20"  # by hand, in the dossier


@pytest.mark.parametrize(
    ("name", "read_day"),
    [
        ("mail-limited-run", lambda dossier: dossier.limited_run.reported_on),
        ("mail-test-accounts", lambda dossier: dossier.chain_test.accounts.asked_on),
        ("mail-diginetwerk", lambda dossier: dossier.diginetwerk.announced_on),
    ],
)
def test_others_set_their_day(organisation: World, name: str, read_day: Callable[[Dossier], date]) -> None:
    organisation.lz("sent", name, "--on", "2026-11-23", "--file", organisation.given("sent/a.eml"))
    assert read_day(organisation.dossier) == date(2026, 11, 23)


def test_what_cannot_be_set_is_told_as_a_command(organisation: World) -> None:
    path = organisation.folder / "dossier/dossier.yml"
    text = path.read_text()
    path.write_text(text[: text.index("limited_run:")] + text[text.index("dap:") :])
    told = organisation.lz(
        "sent", "mail-limited-run", "--on", "2026-11-23", "--file", organisation.given("sent/a.eml")
    )
    assert "lz dossier set limited_run.reported_on 2026-11-23" in told
    assert len(organisation.evidence()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sent", "mail-none", "--on", "2026-11-23", "--file", "{mail}"], "no such mail"),
        (["sent", "mail-change", "--on", "2026-11-23", "--file", "{mail}"], "no such mail"),
        (["sent", "mail-change/9", "--on", "2026-11-23", "--file", "{mail}"], "no such change"),
        (["sent", "mail-cpa", "--on", "2026-11-23", "--file", "{mail}"], "for which environment"),
        (["sent", "mail-limited-run", "--on", "2999-01-01", "--file", "{mail}"], "still to come"),
        (["sent", "mail-limited-run", "--on", "23-11-2026", "--file", "{mail}"], "not a date"),
        (["sent", "mail-limited-run", "--on", "2026-11-23", "--file", "{elsewhere}"], "below the dossier"),
        (["sent", "mail-limited-run", "--on", "2026-11-23", "--file", "{text}"], "not a mail"),
        (["sent", "mail-limited-run", "--on", "2026-11-23", "--file", "{bsn}"], "BSN"),
        (["sent", "mail-test-report", "--on", "2026-11-23", "--file", "{mail}"], "which is the report"),
        (
            ["received", "mail-test-report", "--on", "2026-11-23", "--file", "{mail}"],
            "what does the answer say",
        ),
        (
            ["received", "form", "--on", "2026-11-23", "--file", "{mail}", "--outcome", "x"],
            "processed or data",
        ),
    ],
)
def test_what_is_wrong_records_nothing(organisation: World, arguments: list[str], words: str) -> None:
    files = {
        "mail": organisation.given("sent/a.eml"),
        "text": organisation.folder / "dossier/note.eml",
        "bsn": organisation.given("sent/bsn.eml", text=f"burger {TEST_BSN}"),
        "elsewhere": organisation.folder / "elsewhere.eml",
    }
    files["text"].write_text("geen mail")
    files["elsewhere"].write_bytes(files["mail"].read_bytes())
    before = organisation.text
    with pytest.raises(LzError, match=words) as caught:
        organisation.lz(*(each.format(**files) for each in arguments))
    assert TEST_BSN not in str(caught.value)
    assert organisation.evidence() == []
    assert organisation.text == before


@given(head=st.text('"<>()@,;:=?\\ab/ []\t*%\r\n', max_size=60), body=st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_mail_holds_it_is_read_or_refused(tmp_path: Path, head: str, body: bytes) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(f"From: {head}\nTo: {head}\nContent-Disposition: attachment; {head}\n\n".encode() + body)
    with suppress(LzError):
        assert all(name.endswith(".pdf") for name, _ in attached(read_mail(file), ".pdf"))


def test_another_cpa_than_ours_is_told(organisation: World) -> None:
    cpa = (organisation.folder / "dossier/cpa/preprod/mijnoverheid.xml").read_bytes()
    other = cpa.replace(b"<tns:Retries>8<", b"<tns:Retries>3<")
    assert other != cpa
    file = organisation.given("sent/cpa.eml", {"cpa.xml": other})
    with pytest.raises(LzError, match=r"another CPA was sent[\s\S]*Retries: '8' here, '3' in the mail"):
        organisation.lz("sent", "mail-cpa", "--env", "preprod", "--on", "2026-11-16", "--file", file)
    assert organisation.evidence() == []


def test_the_list_is_for_people_too(organisation: World) -> None:
    file = organisation.given("sent/a.eml")
    organisation.lz("sent", "mail-test-accounts", "--on", "2026-11-16", "--file", file)
    told = organisation.lz("list", "--date", "2026-11-24")
    assert "mail-cpa (preprod)                can be sent" in told
    assert "sent 2026-11-16, no answer after 6 working days (test-DigiD-accounts): ask Logius" in told


def test_a_supplier_has_no_mails_of_production(tmp_path: Path) -> None:
    supplier = World(world.create(tmp_path, "supplier"))
    names = supplier.rows("2026-11-24").keys()
    assert {"form", "mail-diginetwerk", "mail-cpa preprod"} <= names
    assert not [each for each in names if "prod" in each.split() or "limited-run" in each]


def test_working_days_leave_out_weekends_and_dutch_holidays() -> None:
    assert working_days(date(2026, 12, 24), date(2026, 12, 29)) == 2  # Friday 25 is Christmas
    for days in range(12):
        until = api.after_working_days(date(2026, 12, 20), days)
        assert working_days(date(2026, 12, 20), until) == days
