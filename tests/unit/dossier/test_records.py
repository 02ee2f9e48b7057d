"""What people record: every section is optional, and a slip in one is told at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.dossier import load
from lopendezaken.dossier.problems import FileError
from tests.unit.dossier.conftest import EXAMPLE

DIGEST = "a" * 64
SECTIONS = f"""
adapter: {{product: ebms-admin, version: "2.20.2", supplier: Voorbeeld BV, hosting: own}}
form:
  sent_on: 2026-10-12
  document: sent/form.pdf
  number: "00000099100000001000"
  connection: internet
received:
  sender_id: VOORBEELD
  services: {{preprod: "voorbeeld:LopendeZaken:1.0"}}
  documents:
    - {{title: XSD, kind: xsd, version: "1", received_on: 2026-10-20, sha256: {DIGEST}}}
planning: {{document: plan.pdf, reviewed_on: 2026-11-01}}
processes:
  sending: {{owner: Team Zaken, document: p/sending.pdf, ready_on: 2026-11-01}}
  errors: {{owner: Team Zaken, document: p/errors.pdf}}
acceptance_test: {{design: t/d.pdf, requirements: t/r.pdf, report: t/o.pdf, finished_on: 2026-11-01}}
limited_run: {{streams: [Melding], participants: 4, messages: 9, document: lpr.pdf}}
management_documentation: {{document: b.pdf, updated_on: 2026-11-01, tells_of: [cpa, contacts]}}
helpdesk: {{ready_on: 2026-11-01, instruction: h.pdf}}
campaign: {{wanted: false}}
dap: {{document: dap.pdf, signed_on: 2026-11-01, checked_on: 2026-11-01}}
sno: {{document: sno.pdf, signed_on: 2026-11-01, checked_on: 2026-11-01}}
changes: [{{what: Nieuw adres, planned_for: 2026-12-14}}]
systems: {{changes: [{{what: Zaaksysteem}}], access: {{document: a.pdf, checked_on: 2026-11-01}}}}
performance_tests: [{{day: 2026-11-10, target: own}}]
diginetwerk: {{announced_on: 2026-10-01, document: d.pdf, changes: [{{number: W1, asked_of: IT, asked_on: 2026-10-02}}]}}
"""


def written(folder: Path, text: str) -> Path:
    (folder / "dossier.yml").write_text((EXAMPLE / "dossier.yml").read_text() + text)
    return folder


def test_all_sections_are_read(tmp_path: Path) -> None:
    dossier = load(written(tmp_path, SECTIONS))
    assert dossier.received is not None
    assert dossier.received.documents[0].kind == "xsd"
    assert dossier.limited_run is not None
    assert dossier.limited_run.messages == 9
    assert dossier.plain()["dap"]["signed_on"] == "2026-11-01"


def test_none_of_them_is_needed() -> None:
    dossier = load(EXAMPLE)
    assert dossier.form is None
    assert [each.role for each in dossier.contacts] == ["technical", "functional", "functional"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"00000099100000001000"\n  connection', '"1"\n  connecton', "form.connecton: unknown key"),
        ("sent/form.pdf", "/form.pdf", "form.document: not as expected"),
        (DIGEST, "abc", "received.documents[0].sha256: not as expected: found 'abc', expected a SHA-256"),
        ("kind: xsd", "kind: xslt", "received.documents[0].kind: not a known word"),
        ("participants: 4", "participants: four", "limited_run.participants: not as expected"),
        ("tells_of: [cpa,", "tells_of: [cpas,", "management_documentation.tells_of[0]: not a known word"),
        ("streams: [Melding]", "streams: []", "limited_run.streams: too few"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in SECTIONS
    with pytest.raises(FileError) as caught:
        load(written(tmp_path, SECTIONS.replace(old, new, 1)))
    assert words in str(caught.value)


def test_a_telephone_number_stands_between_quotes(tmp_path: Path) -> None:
    text = (EXAMPLE / "dossier.yml").read_text().replace('"+31 70 000 00 02"', "0700000002", 1)
    (tmp_path / "dossier.yml").write_text(text)
    with pytest.raises(FileError, match=r"contacts\[1\].phone: without quotes: found 0700000002 as an unq"):
        load(tmp_path)


def test_a_bsn_does_not_enter_the_dossier(tmp_path: Path) -> None:
    """A test BSN that is nobody's; the message does not repeat it."""
    text = (EXAMPLE / "dossier.yml").read_text().replace("name: Servicecentrum", "name: burger 999990019")
    (tmp_path / "dossier.yml").write_text(text)
    with pytest.raises(FileError) as caught:
        load(tmp_path)
    assert "may be a BSN" in str(caught.value)
    assert "999990019" not in str(caught.value)
