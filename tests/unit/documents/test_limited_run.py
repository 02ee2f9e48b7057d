"""lz limited-run and its report: every link touched, everybody reached, nobody else; and no word of who they are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lopendezaken.documents import build, limited_run_list
from lopendezaken.documents.document import files_of
from lopendezaken.documents.limited_run_cli import limited_run_app
from lopendezaken.documents.limited_run_coverage import Run
from lopendezaken.documents.registry import document
from lopendezaken.documents.source import Source, read
from lopendezaken.errors import LzError
from lopendezaken.evidence import envelope, store
from tests.unit.documents import world

GOLDEN = Path(__file__).parent / "golden/runs/organisation/limited-run-report.md"
STREAMS = ("Omgevingsvergunning aanvragen", "Melding openbare ruimte")
PEOPLE = ("a" * 64, "b" * 64)
WAY_BACK = "foutbericht, van MijnOverheid"
CONSENT = "  consent: {document: lpr/instemming.pdf, checked_on: 2026-11-13}\n"
NUMBERS = "  participants: 4\n  messages: 9\n"


class Production:
    """An organisation in its limited run; evidence comes a second apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = world.create(folder)
        self.moment = 0
        self.change(NUMBERS, "  participants: 2\n  messages: 3\n" + CONSENT)

    def change(self, old: str, new: str) -> None:
        path = self.folder / "dossier/dossier.yml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    def record(self, kind: str, raw: dict[str, Any]) -> None:
        self.moment += 1
        subject = {"organisation": "voorbeeldstad", "environment": "prod", "host": "controller"}
        collector = {"tool": "example", "version": "1", "commit": ""}
        moment = f"2026-11-17T10:00:{self.moment:02}Z"
        made = envelope.make(kind, {**subject, "partner": "mijnoverheid"}, collector, moment, raw)
        envelope.write(self.folder / "dossier/evidence", made)

    def listed(self, *people: str) -> None:
        agreed = [{"digest": each, "agreed_on": "2026-11-13"} for each in people]
        self.record("limited-run-list", {"participants": agreed})

    def sent(self, citizen: str, stream: str, acknowledged: bool = True) -> str:
        message_id = f"m{self.moment}@ebms.voorbeeldstad.example"
        raw = {
            "message_id": message_id,
            "citizen": citizen,
            "stream": stream,
            "sent": f"2026-11-17T10:01:{self.moment:02}Z",
            "acknowledged": f"2026-11-17T10:02:{self.moment:02}Z" if acknowledged else None,
        }
        self.record("message-delivered", raw)
        return message_id

    def refused(self, message_id: str) -> None:
        raw = {"message_id": f"e-{message_id}", "about": message_id, "code": "InhoudOnjuist"}
        self.record("message-error", {**raw, "received": "2026-11-17T10:05:00Z"})

    def done(self) -> None:
        """Both streams, everybody, and one Foutbericht."""
        self.listed(*PEOPLE)
        self.sent(PEOPLE[0], STREAMS[0])
        self.sent(PEOPLE[1], STREAMS[1])
        self.refused(self.sent(PEOPLE[1], STREAMS[1]))

    def lz(self, *words: str) -> Result:
        return CliRunner().invoke(limited_run_app, [*words, "--organisation", str(self.folder)])

    @property
    def source(self) -> Source:
        return read(self.folder, world.DAY).of("prod")

    @property
    def missing(self) -> str:
        return "\n".join(str(each) for each in document("limited-run-report").missing(self.source))

    def report(self) -> str:
        (file,) = files_of(document("limited-run-report"), self.source)
        return file.content.decode()


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return Production(tmp_path)


def test_the_report_is_what_it_was(production: Production) -> None:
    production.done()
    assert production.missing == ""
    report = production.report()
    if os.environ.get("LZ_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(report)
    assert report == GOLDEN.read_text()
    assert not any(each in report for each in PEOPLE)


def test_everything_that_is_missing_is_told_at_once(production: Production, tmp_path: Path) -> None:
    production.change(CONSENT, "")
    production.change("  finished_on: 2026-11-20\n", "")
    told = production.missing
    for each in ("no list of participants", "no consent", "has not ended", "2 where the evidence has 0"):
        assert each in told
    assert all(f"'{stream}, naar MijnOverheid'" in told for stream in STREAMS)
    assert f"'{WAY_BACK}'" in told
    with pytest.raises(LzError, match="8 things missing, nothing written"):
        build.render("limited-run-report", production.source, "prod", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_a_record_in_the_dossier_it_waits(production: Production) -> None:
    path = production.folder / "dossier/dossier.yml"
    text = path.read_text()
    path.write_text(text[: text.index("limited_run:")] + text[text.index("dap:") :])
    assert "no limited production run" in production.missing


@pytest.mark.parametrize("how", ["not acknowledged", "refused"])
def test_who_got_nothing_that_arrived_is_not_reached(production: Production, how: str) -> None:
    production.listed(*PEOPLE)
    production.sent(PEOPLE[0], STREAMS[0])
    last = production.sent(PEOPLE[1], STREAMS[1], acknowledged=how == "refused")
    if how == "refused":
        production.refused(last)
    told = production.missing
    assert f"participant 2 ({'b' * 8}) got no message that arrived" in told
    assert f"'{STREAMS[1]}, naar MijnOverheid'" in told
    assert "participant 1" not in told


def test_a_message_that_was_seen_twice_was_sent_once(production: Production) -> None:
    production.done()
    again = dict(Run(production.source).sent[0].raw)
    production.record("message-delivered", {**again, "acknowledged": "2026-11-17T11:00:00Z"})
    assert production.missing == ""
    assert "| Berichten | 3 verstuurd" in production.report()


def test_a_link_may_stay_untouched_for_a_reason(production: Production) -> None:
    production.listed(*PEOPLE)
    for person in PEOPLE:
        production.sent(person, STREAMS[0])
    production.sent(PEOPLE[0], STREAMS[1])
    assert WAY_BACK in production.missing
    production.change(CONSENT, f"{CONSENT}  gaps: [{{link: '{WAY_BACK}', why: Er was niets te weigeren}}]\n")
    assert production.missing == ""
    assert "| niet geraakt: Er was niets te weigeren |" in production.report()
    assert "3 koppelingen zijn gemaakt; 2 zijn met een bericht geraakt en 1 niet" in production.report()


def test_a_message_to_a_stranger_is_told_loudly(production: Production) -> None:
    production.done()
    production.sent("c" * 64, STREAMS[0])
    production.change("messages: 3", "messages: 4")
    assert "niet op de lijst van deelnemers stond: 1.**" in production.report()
    assert "| **niet op de lijst** |" in production.report()


def test_who_agreed_after_the_message_was_a_stranger(production: Production) -> None:
    production.record(
        "limited-run-list", {"participants": [{"digest": PEOPLE[0], "agreed_on": "2026-11-18"}]}
    )
    production.sent(PEOPLE[0], STREAMS[0])
    production.change("participants: 2\n  messages: 3", "participants: 1\n  messages: 1")
    gaps = ", ".join(
        f"{{link: '{link}', why: Niet nodig}}" for link in (f"{STREAMS[1]}, naar MijnOverheid", WAY_BACK)
    )
    production.change(CONSENT, f"{CONSENT}  gaps: [{gaps}]\n")
    assert "niet op de lijst van deelnemers stond: 1.**" in production.report()


def test_a_supplier_has_no_limited_run(tmp_path: Path) -> None:
    folder = world.create(tmp_path, "supplier")
    with pytest.raises(LzError, match="not for a supplier"):
        build.render("limited-run-report", read(folder, world.DAY), None, tmp_path / "out")
    done = CliRunner().invoke(limited_run_app, ["coverage", "--organisation", str(folder)])
    assert "no production" in str(done.exception)


def test_coverage_tells_what_is_still_to_do(production: Production) -> None:
    production.listed(*PEOPLE)
    production.sent(PEOPLE[0], STREAMS[0])
    done = production.lz("coverage")
    assert done.exit_code == 1
    assert f"{STREAMS[0]}, naar MijnOverheid: 1\n" in done.output
    assert f"{WAY_BACK}: nothing yet\n" in done.output
    assert "participant 2 (bbbbbbbb): nothing yet" in done.output


def test_coverage_of_a_run_that_is_done(production: Production) -> None:
    production.done()
    assert production.lz("coverage").exit_code == 0


def test_the_list_is_recorded_once_by_digests(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [limited_run_list.Entry.model_validate({"bsn": "999990019", "agreed_on": "2026-11-18"})]
    people = limited_run_list.Participants(b"s" * 32, tuple(entries))
    monkeypatch.setattr(limited_run_list, "read", lambda _: people)
    assert "1 participants: " in production.lz("record").output
    assert "recorded already" in production.lz("record").output
    found = store.load(production.folder / "dossier/evidence").of("limited-run-list", "prod")
    (item,) = found
    assert item.raw["participants"] == people.as_evidence()
    assert "999990019" not in json.dumps(dict(item.raw))
