"""Ping and Pong out of the journal of ebms-admin."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible.module_utils.ebms_log import journal, signals_in
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.ebms.envelope import from_xml
from tests.unit.ebms.wire_shape import capture

PING, PONG = (capture(name).envelope.decode() for name in ("Ping-AtoB", "Pong-BtoA"))
MESSAGE = capture("UserMessage-Echo-rm-AtoB").envelope.decode()
CPA = from_xml(PING.encode()).cpa_id
LOG = (
    f"INFO  message >>>>\n{PING}\nINFO  message <<<<\nStatusCode=204\nINFO  message <<<<\n{PONG}\nINFO  x y\n"
)


def test_ping_and_pong_with_their_direction() -> None:
    ping, pong = signals_in(LOG, CPA)
    assert [(one["direction"], one["action"]) for one in (ping, pong)] == [("out", "Ping"), ("in", "Pong")]
    sent = from_xml(PING.encode())
    assert (ping["messageId"], ping["cpaId"]) == (sent.message_id, CPA)
    assert (ping["from"], ping["to"]) == (str(sent.sender.id), str(sent.receiver.id))
    assert ping["refToMessageId"] is None
    assert pong["refToMessageId"] == from_xml(PONG.encode()).ref_to_message_id
    assert ping["envelope"] == PING


def test_other_messages_and_other_cpas_are_left_out() -> None:
    assert signals_in(f"INFO  message >>>>\n{MESSAGE}\n", CPA) == []
    assert signals_in(LOG, "another") == []


@pytest.mark.parametrize(
    "text",
    ["", ">>>>", f">>>>\n{PING[:-5]}", f">>>>\n{PING.replace('<soap:Header>', '<soap:Header><a>')}", PING],
)
def test_what_is_no_whole_message_is_no_signal(text: str) -> None:
    assert signals_in(text, CPA) == []


def test_a_doctype_is_not_read() -> None:
    hostile = PING.replace("<soap:Header>", '<!DOCTYPE a [<!ENTITY b "c">]><soap:Header>')
    assert signals_in(f">>>>\n{hostile}", CPA) == []


@given(st.text())
def test_any_text_is_read_without_harm(text: str) -> None:
    assert signals_in(text + LOG, CPA)[-1]["action"] == "Pong"


def test_a_unit_that_is_not_there_wrote_nothing() -> None:
    assert journal("er-is-geen-unit.service", datetime.now(UTC)) in {"", "-- No entries --\n"}
