"""Case messages: judged as the receiver does, and no BSN is ever shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lopendezaken.casemessage.check import write
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.errors import LzError
from lopendezaken.lint.case_message import RULES, check
from tests.unit.casemessage.samples import BSN, MO, NO_BSN, OTHER_BSN, SENDER, STUF, UNKNOWN_BSN
from tests.unit.lint.conftest import Lint, source

SCHEMAS = Schemas()
KNOWN = {BSN: "", OTHER_BSN: ""}


def rules(xml: bytes, oin: str | None = SENDER) -> list[str]:
    findings = check(source(xml), SCHEMAS, oin, KNOWN)
    assert {each.rule for each in findings} <= {rule.id for rule in RULES}
    assert all(each.remedy for each in findings)
    for each in findings:
        assert not any(bsn in str(each) for bsn in (BSN, NO_BSN, UNKNOWN_BSN))
    return [each.rule for each in findings]


@pytest.mark.parametrize("message", [STUF, MO], ids=["stuf", "mo"])
def test_good_ones(message: object) -> None:
    assert rules(write(message)) == []  # type: ignore[arg-type]


def test_one_fault() -> None:
    assert rules(write(STUF), "00000099200000001000") == ["OinInCPAKomtNietOvereenMetOinInBericht"]
    assert rules(write(replace(STUF, bsn=NO_BSN))) == ["BsnVoldoetNietAanElfproef"]
    assert rules(write(replace(STUF, bsn=UNKNOWN_BSN))) == ["BsnOnbekend"]
    early = replace(STUF.case, end=STUF.case.start - timedelta(days=1))
    assert rules(write(replace(STUF, case=early))) == ["InhoudOnjuist"]
    assert rules(b"<a/>") == ["BerichtsoortOnbekend"]
    assert rules(b'<!DOCTYPE a [<!ENTITY b "c">]><a/>') == ["DtdNietToegestaan"]


def test_a_message_that_does_not_fit_its_schema_has_its_line() -> None:
    xml = write(MO).replace(b"Kop>", b"Hoofd>")
    (told,) = check(source(xml), SCHEMAS)
    assert told.rule == "XmlValidatieTegenXsdValtNegatiefUit"
    assert told.line
    assert told.line > 0


def test_what_is_no_message(lint: Lint, tmp_path: Path) -> None:
    with pytest.raises(LzError):
        check(source(b"hello"), SCHEMAS)
    file = tmp_path / "message.xml"
    file.write_bytes(write(replace(STUF, bsn=UNKNOWN_BSN)))
    (tmp_path / "bsns").write_text(f"{BSN} Jan\n")
    told = lint("case-message", file, "--bsns", tmp_path / "bsns", "--oin", SENDER)
    assert told.exit_code == 1
    assert UNKNOWN_BSN not in told.output
