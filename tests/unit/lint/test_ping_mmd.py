"""The Ping of an Axway adapter; the guide's own example, as it is printed, must fail with its true defects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lopendezaken.cpa.model import parse
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding
from lopendezaken.lint.ping_mmd import RULES, check
from tests.unit.conftest import OWN_OIN, PARTNER_OIN
from tests.unit.lint.conftest import Lint, source

NOW = datetime.now(UTC)
# As the guide prints it: two blanks before the declaration, and placeholders.
PRINTED = """\
  <?xml version="1.0" encoding="UTF-8"?>
<MessageMetadataDocument documentId="PingMMD" protocol="ebXML"
protocolVersion="2.0">
<Metadata name="From" type="string">[uw_oin/PartyID]</Metadata>
<Metadata name="To" type="string">[lz_oin/PartyID]</Metadata>
<Metadata name="Service">urn:oasis:names:tc:ebxml-msg:service</Metadata>
<Metadata name="Action" type="string">Ping</Metadata>
<Metadata name="CPAId">[CPA_ID_tussen_uw_organisatie_en_BB]</Metadata>
</MessageMetadataDocument>
"""
CPA_ID = f"LopendeZaken-1-0_{OWN_OIN}_{PARTNER_OIN}_1"
GOOD = (
    PRINTED.strip()
    .replace("[uw_oin/PartyID]", OWN_OIN)
    .replace("[lz_oin/PartyID]", PARTNER_OIN)
    .replace("[CPA_ID_tussen_uw_organisatie_en_BB]", CPA_ID)
)


def told(text: str, cpa: bytes | None = None, moment: datetime = NOW) -> list[Finding]:
    findings = check(source(text), moment, parse(cpa) if cpa else None)
    assert {each.rule for each in findings} <= {rule.id for rule in RULES}
    assert all(each.remedy for each in findings)
    return findings


def rules(text: str) -> list[str]:
    return [each.rule for each in told(text)]


def test_the_guides_own_fails_with_its_true_defects() -> None:
    assert sorted((each.line, each.rule, each.found) for each in told(PRINTED)) == [
        (1, "X-12", "2 blanks"),
        (4, "X-09", "[uw_oin/PartyID]"),
        (5, "X-09", "[lz_oin/PartyID]"),
        (8, "X-09", "[CPA_ID_tussen_uw_organisatie_en_BB]"),
    ]


def test_a_good_one(cpa_xml: bytes) -> None:
    assert told(GOOD) == []
    assert told(GOOD, cpa_xml) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('protocol="ebXML"', 'protocol="AS2"', "X-13"),
        ('protocolVersion="2.0"', "", "X-13"),
        ('documentId="PingMMD"', "", "X-13"),
        ("</MessageMetadataDocument>", "", "X-13"),
        ("<MessageMetadataDocument", '<!DOCTYPE x [<!ENTITY a "b">]><MessageMetadataDocument', "X-13"),
        ('<Metadata name="CPAId">', '<Other name="a"/><Metadata name="CPAId">', "X-13"),
        ('<Metadata name="CPAId">', '<Metadata name="Extra">a</Metadata><Metadata name="CPAId">', "X-13"),
        (f">{OWN_OIN}<", "><", "X-14"),
        (f">{OWN_OIN}<", ">gemeente<", "X-14"),
        (f">{OWN_OIN}<", f">urn:osb:oin:{OWN_OIN}<", "X-14"),
        (f">{PARTNER_OIN}<", f">{OWN_OIN}<", "X-15"),
        (f">{PARTNER_OIN}<", f">{PARTNER_OIN[:-1]}<", "X-15"),
        ("ebxml-msg:service", "ebxml-msg", "X-16"),
        ('<Metadata name="Service">', '<Metadata name="Service" type="urn:osb:services">', "X-16"),
        ('name="From" type="string"', 'name="From" type="urn:osb:oin"', "X-14"),
        (">Ping<", ">ping<", "X-17"),
        (f">{CPA_ID}<", "> <", "X-18"),
        (">Ping<", ">Pong<", "X-20"),
    ],
)
def test_one_fault(old: str, new: str, rule: str) -> None:
    assert old in GOOD
    assert rules(GOOD.replace(old, new, 1)) == [rule]


def test_a_name_that_is_missing() -> None:
    lines = [line for line in GOOD.splitlines() if 'name="Action"' not in line]
    assert rules("\n".join(lines)) == ["X-17"]


def test_against_another_cpa(cpa_xml: bytes) -> None:
    other = GOOD.replace(PARTNER_OIN, "00000099200000001000")
    assert [each.rule for each in told(other, cpa_xml)] == ["X-19", "X-19"]  # To, and the id that names it
    (ended,) = told(GOOD, cpa_xml, parse(cpa_xml).end + timedelta(days=1))
    assert ended.rule == "X-19"


def test_a_pong_that_names_its_ping() -> None:
    pong = GOOD.replace(">Ping<", ">Pong<").replace(
        "</MessageMetadataDocument>",
        '<Metadata name="RefToMessageId">a@b.example</Metadata></MessageMetadataDocument>',
    )
    assert told(pong) == []


def test_what_is_another_document() -> None:
    with pytest.raises(LzError, match="not a message metadata document"):
        told('<?xml version="1.0" encoding="UTF-8"?><a/>')


def test_on_the_command_line(lint: Lint, tmp_path: Path, cpa_xml: bytes) -> None:
    (tmp_path / "ping.xml").write_text(PRINTED)
    (tmp_path / "cpa.xml").write_bytes(cpa_xml)
    shown = lint("ping-mmd", tmp_path / "ping.xml", "--cpa", tmp_path / "cpa.xml")
    assert shown.exit_code == 1
    assert "ping.xml:1: X-12 must: blanks stand before the XML declaration" in shown.output
    assert lint("ping-mmd", "-", stdin=GOOD).exit_code == 0
