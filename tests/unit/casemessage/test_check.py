from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lopendezaken.casemessage import check
from lopendezaken.casemessage.model import Case, CaseMessage, Status
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.casemessage.schema import Schemas
from tests.unit.casemessage.samples import BSN, MO, NO_BSN, OTHER_BSN, RECEIVER, SENDER, STUF, UNKNOWN_BSN

SCHEMAS = Schemas()
KNOWN = {BSN, OTHER_BSN}
LATER = datetime(2026, 11, 24, 11, 0)

both = pytest.mark.parametrize("message", [STUF, MO], ids=["stuf", "mo"])


def refused(xml: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as told:
        check.accept(xml, SCHEMAS, KNOWN, SENDER)
    return told.value


@both
def test_what_is_written_is_read(message: CaseMessage) -> None:
    assert check.accept(check.write(message), SCHEMAS, KNOWN, SENDER) == message


@both
def test_it_says_that_it_is_an_example(message: CaseMessage) -> None:
    assert b"VOORBEELD" in check.write(message)


# In whole words: what a schema calls a token has no white space around.
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40)
texts = st.lists(words, min_size=1, max_size=4).map(" ".join)
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
cases = st.builds(
    Case,
    id=words,
    title=texts,
    kind=st.just("") | texts,
    explanation=st.just("") | texts,
    start=st.just(date(1900, 1, 1)),
    end=st.none() | days,
    statuses=st.lists(st.builds(Status, words, texts, days), min_size=1, max_size=4).map(tuple),
)
messages = st.builds(
    CaseMessage,
    form=st.sampled_from(["stuf", "mo"]),
    reference=words,
    sent=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
        lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
    ),
    sender_oin=st.just(SENDER),
    receiver_oin=st.just(RECEIVER),
    case=cases,
    bsn=st.just(BSN),
)


@given(messages)
@settings(deadline=None)
def test_every_message_comes_back_equal(message: CaseMessage) -> None:
    assert check.accept(check.write(message), SCHEMAS, KNOWN, SENDER) == message


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_anything_is_refused_in_our_own_words(data: bytes) -> None:
    assert refused(data).reason in {Reason.UNREADABLE, Reason.DTD, Reason.UNKNOWN_KIND}


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_message_is_read_or_refused_and_its_bsn_never_told(data: st.DataObject) -> None:
    xml = bytearray(check.write(data.draw(st.sampled_from([STUF, MO]))))
    for _ in range(data.draw(st.integers(1, 3))):
        at, length = data.draw(st.integers(0, len(xml) - 1)), data.draw(st.integers(0, 30))
        xml[at : at + length] = data.draw(st.binary(max_size=10) | st.sampled_from([b"<", b"&x;", b"</Kop>"]))
    error = None
    try:
        check.accept(bytes(xml), SCHEMAS, KNOWN, SENDER)
    except RefusedError as told:
        error = told
    if error:
        answer = check.answer(bytes(xml), error, RECEIVER, SENDER, LATER)
        assert BSN not in str(error)
        assert BSN.encode() not in answer
        assert check.read_error(answer, SCHEMAS).code == error.reason.code


@both
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"bsn": UNKNOWN_BSN}, Reason.UNKNOWN_BSN),
        ({"bsn": NO_BSN}, Reason.ELEVEN_TEST),
        ({"sender_oin": RECEIVER}, Reason.OIN),
        ({"case": replace(STUF.case, end=date(2026, 1, 1))}, Reason.CONTENT),
    ],
    ids=["unknown", "eleven-test", "oin", "dates"],
)
def test_what_is_refused(message: CaseMessage, wrong: dict[str, object], reason: Reason) -> None:
    error = refused(check.write(replace(message, **wrong)))  # type: ignore[arg-type]
    assert error.reason is reason
    assert not any(bsn in str(error) for bsn in (BSN, UNKNOWN_BSN, NO_BSN))


XML = check.write(STUF)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"", Reason.UNREADABLE),
        (XML[:-20], Reason.UNREADABLE),
        (XML.decode().replace("UTF-8", "ISO-8859-1").encode(), Reason.UNREADABLE),
        (XML.decode().replace("UTF-8", "UTF-16").encode("utf-16"), Reason.UNREADABLE),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', Reason.DTD),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', Reason.DTD),
        (XML + b" " * 1024 * 1024, Reason.TOO_BIG),
        (b"<x/>", Reason.UNKNOWN_KIND),
        (check.answer(XML, RefusedError(Reason.OIN), RECEIVER, SENDER, LATER), Reason.UNKNOWN_KIND),
        (b"<a>" * 300 + b"</a>" * 300, Reason.UNREADABLE),
        (XML.replace(b"identificatie", b"id"), Reason.INVALID),
        (XML.replace(b"20261102</startdatum>", b"2 november</startdatum>"), Reason.INVALID),
        (XML.replace(b"20261102</startdatum>", b"20261131</startdatum>"), Reason.CONTENT),
        (XML.replace(b"natuurlijkPersoon", b"vestiging"), Reason.CONTENT),
    ],
    ids=[
        *("empty", "cut-off", "latin-1", "utf-16", "entity", "external", "too-big", "other", "error-message"),
        *("deep", "name", "date", "no-such-day", "no-person"),
    ],
)
def test_what_is_no_message(xml: bytes, reason: Reason) -> None:
    assert refused(xml).reason is reason


def test_an_invalid_message_is_told_with_its_line() -> None:
    error = refused(check.write(MO).replace(b"<Code>1</Code>", b""))
    assert error.detail.startswith("regel ")
    assert "Omschrijving" in error.detail


def test_a_value_that_is_not_valid_is_not_repeated() -> None:
    error = refused(check.write(MO).replace(b"2026-11-02</Startdatum>", b"Jansen 't Hart</Startdatum>"))
    assert error.reason is Reason.INVALID
    assert "Jansen" not in str(error)
    assert "Hart" not in str(error)


@both
def test_the_answer_refers_to_the_message_in_its_own_form(message: CaseMessage) -> None:
    xml = check.write(replace(message, bsn=UNKNOWN_BSN))
    error = check.read_error(check.answer(xml, refused(xml), RECEIVER, SENDER, LATER), SCHEMAS)
    assert (error.form, error.about, error.code) == (message.form, message.reference, "BsnOnbekend")
    assert (error.sender_oin, error.receiver_oin, error.sent) == (RECEIVER, SENDER, LATER)


def test_a_reference_that_is_a_bsn_is_not_repeated() -> None:
    xml = check.write(replace(STUF, reference=UNKNOWN_BSN, bsn=UNKNOWN_BSN))
    assert UNKNOWN_BSN.encode() not in check.answer(xml, refused(xml), RECEIVER, SENDER, LATER)


def test_a_bsn_does_not_show_in_a_traceback() -> None:
    assert BSN not in repr(STUF)
