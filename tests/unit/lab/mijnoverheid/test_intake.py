from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from lopendezaken.casemessage import check
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.lab.mijnoverheid.cases import Cases
from lopendezaken.lab.mijnoverheid.intake import AGAIN_AFTER, Intake
from lopendezaken.lab.mijnoverheid.rest import EngineError, Received
from tests.unit.casemessage.samples import BSN, MO, OTHER_BSN, RECEIVER, SENDER, STUF, UNKNOWN_BSN

SCHEMAS = Schemas()


class Killed(BaseException):
    """The process is gone."""


class FakeEngine:
    """Holds messages and keeps what is sent; ``dies_at`` names the call at which the process is killed."""

    def __init__(self, cpa: bytes, *payloads: bytes) -> None:
        self._cpa = cpa
        self.held = {
            f"m{number}": Received(
                message_id=f"m{number}",
                conversation_id="c1",
                cpa_id="CPA",
                sender=f"urn:osb:oin:{SENDER}",
                receiver=f"urn:osb:oin:{RECEIVER}",
                receiver_role="SP",
                service="urn:osb:services:voorbeeld:LopendeZaken:1.0",
                action="Zaakbericht",
                payloads=(payload,),
            )
            for number, payload in enumerate(payloads, start=1)
        }
        self.sent: dict[str, tuple[Mapping[str, str], bytes]] = {}
        self.dies_at = ""
        self.refuses = ""

    def _step(self, name: str) -> None:
        if name == self.dies_at:
            self.dies_at = ""
            raise Killed
        if name == self.refuses:
            raise EngineError("refused")

    def unprocessed(self) -> list[str]:
        return list(self.held)

    def get(self, message_id: str) -> Received:
        return self.held[message_id]

    def process(self, message_id: str) -> None:
        self._step("before process")
        del self.held[message_id]
        self._step("after process")

    def cpa(self, _: str) -> bytes:
        return self._cpa

    def knows(self, message_id: str) -> bool:
        self._step("before send")
        return message_id in self.sent

    def send(self, properties: Mapping[str, str], payload: bytes) -> None:
        assert properties["messageId"] not in self.sent, "sent twice"
        self.sent[properties["messageId"]] = properties, payload
        self._step("after send")


def intake(engine: FakeEngine, cases: Cases, now: float = 0.0) -> Intake:
    return Intake(engine, cases, SCHEMAS, {BSN, OTHER_BSN}, clock=lambda: now)  # type: ignore[arg-type]


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    return Cases(tmp_path / "cases.sqlite")


BAD = check.write(replace(STUF, bsn=UNKNOWN_BSN))


def test_a_case_is_kept_and_nothing_is_answered(cases: Cases, cpa_xml: bytes) -> None:
    engine = FakeEngine(cpa_xml, check.write(STUF))
    assert intake(engine, cases).run_once() == 1
    assert cases.of(BSN) == [(SENDER, STUF.case)]
    assert (engine.held, engine.sent) == ({}, {})


def test_a_refused_message_is_answered_over_the_error_action(cases: Cases, cpa_xml: bytes) -> None:
    engine = FakeEngine(cpa_xml, BAD)
    intake(engine, cases).run_once()
    ((properties, payload),) = engine.sent.values()
    assert properties["action"] == "Foutbericht"
    assert (properties["refToMessageId"], properties["conversationId"]) == ("m1", "c1")
    assert (properties["fromRole"], properties["toPartyId"]) == ("SP", f"urn:osb:oin:{SENDER}")
    assert check.read_error(payload, SCHEMAS).code == "BsnOnbekend"
    assert cases.citizens() == {}


@pytest.mark.parametrize("moment", ["before send", "after send", "before process", "after process"])
@pytest.mark.parametrize("payload", [check.write(STUF), BAD], ids=["good", "bad"])
def test_killed_at_any_moment_it_happens_once(
    cases: Cases, moment: str, payload: bytes, cpa_xml: bytes
) -> None:
    engine = FakeEngine(cpa_xml, payload)
    engine.dies_at = moment
    try:
        intake(engine, cases).run_once()
    except Killed:
        intake(engine, cases).run_once()
    assert engine.held == {}
    assert len(cases.taken()) == 1
    assert len(engine.sent) == (payload == BAD)


def test_one_that_cannot_be_answered_does_not_hold_up_the_others(cases: Cases, cpa_xml: bytes) -> None:
    engine = FakeEngine(cpa_xml, BAD, check.write(STUF))
    engine.refuses = "before send"
    work = intake(engine, cases)
    assert work.run_once() == 1
    assert list(engine.held) == ["m1"]
    engine.refuses = ""
    assert work.run_once() == 0, "it waits a while"
    later = Intake(engine, cases, SCHEMAS, {BSN}, clock=lambda: AGAIN_AFTER)  # type: ignore[arg-type]
    assert later.run_once() == 1
    assert len(engine.sent) == 1


def test_no_bsn_in_the_log(cases: Cases, caplog: pytest.LogCaptureFixture, cpa_xml: bytes) -> None:
    caplog.set_level("INFO")
    intake(FakeEngine(cpa_xml, check.write(STUF), BAD, check.write(MO)), cases).run_once()
    assert "accepted m1" in caplog.text
    assert BSN not in caplog.text
    assert UNKNOWN_BSN not in caplog.text


def test_a_message_without_payload_is_refused(cases: Cases, cpa_xml: bytes) -> None:
    engine = FakeEngine(cpa_xml, b"")
    engine.held["m1"] = replace(engine.held["m1"], payloads=())
    intake(engine, cases).run_once()
    assert [one.code for one in cases.taken()] == ["BerichtsoortOnbekend"]
