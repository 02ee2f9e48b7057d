from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lopendezaken.cpa.model import PartyId, ReliableMessaging, parse
from lopendezaken.cpa.render import CpaRequest
from lopendezaken.cpa.xml import TNS, duration, duration_text, instant, instant_text
from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Leaf
from lopendezaken.pki.certificate import read
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_HOST, PARTNER_OIN

SERVICE = "voorbeeld:LopendeZaken:1.0"
OWN = PartyId("urn:osb:oin", OWN_OIN)
PARTNER = PartyId("urn:osb:oin", PARTNER_OIN)


def test_the_agreement(cpa_xml: bytes, cpa_request: CpaRequest) -> None:
    cpa = parse(cpa_xml)
    assert (cpa.id, cpa.status, cpa.start, cpa.end) == (
        cpa_request.cpa_id,
        "agreed",
        cpa_request.start,
        cpa_request.end,
    )
    assert [(party.name, party.id, party.roles) for party in cpa.parties] == [
        ("Gemeente Voorbeeldstad", OWN, ("SR",)),
        ("MijnOverheid", PARTNER, ("SP",)),
    ]


def test_all_that_a_message_needs(cpa_xml: bytes, own_leaf: Leaf, partner_leaf: Leaf) -> None:
    route = parse(cpa_xml).route(OWN, PARTNER, SERVICE, "Zaakbericht")
    assert (route.sender.id, route.receiver.id) == (OWN, PARTNER)
    assert (route.from_role, route.to_role) == ("SR", "SP")
    assert route.endpoint == f"https://{PARTNER_HOST}/ebms"
    assert route.return_endpoint == f"https://{OWN_HOST}/ebms"
    assert route.reliable == ReliableMessaging(8, timedelta(hours=3))
    assert route.reliable.window == timedelta(hours=27)
    assert route.persist_duration == timedelta(days=5)
    assert (route.ack_requested, route.duplicate_elimination) == (True, True)
    assert (route.ack_signature_requested, route.signing, route.encryption) == (False, None, None)
    assert route.sync_reply_mode == "none"
    assert route.actor == "urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"
    assert route.client_certificate == read(own_leaf.certificate_pem).der
    assert route.server_certificate == read(partner_leaf.certificate_pem).der
    assert route.action is not None
    assert route.action.characteristics["isConfidential"] == "transient"


@pytest.mark.parametrize("sender", [OWN, f"urn:osb:oin:{OWN_OIN}", OWN_OIN])
@pytest.mark.parametrize("service", [SERVICE, f"urn:osb:services:{SERVICE}"])
def test_the_ways_of_naming_party_and_service(cpa_xml: bytes, sender: PartyId | str, service: str) -> None:
    assert parse(cpa_xml).route(sender, PARTNER_OIN, service, "Zaakbericht").sender.id == OWN


def test_the_way_back(cpa_xml: bytes) -> None:
    route = parse(cpa_xml).route(PARTNER, OWN, SERVICE, "Foutbericht")
    assert (route.from_role, route.endpoint) == ("SP", f"https://{OWN_HOST}/ebms")


def test_signals_use_the_default_channels(cpa_xml: bytes, own_leaf: Leaf) -> None:
    route = parse(cpa_xml).signal_route(OWN, PARTNER)
    assert (route.action, route.from_role) == (None, None)
    assert route.endpoint == f"https://{PARTNER_HOST}/ebms"
    assert route.client_certificate == read(own_leaf.certificate_pem).der


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((OWN, PARTNER, SERVICE, "Foutbericht"), "no CanSend"),
        ((OWN, PARTNER, "voorbeeld:Echo:1.0", "Zaakbericht"), "no CanSend"),
        (("urn:osb:oin:00000099900000009000", PARTNER, SERVICE, "Zaakbericht"), "no party"),
        ((PartyId(None, OWN_OIN), PARTNER, SERVICE, "Zaakbericht"), "no party"),
    ],
)
def test_what_is_not_agreed(cpa_xml: bytes, words: tuple[str, str, str, str], message: str) -> None:
    with pytest.raises(LzError, match=message):
        parse(cpa_xml).route(*words)


def test_a_send_without_receive_across(cpa_xml: bytes) -> None:
    head, tail = cpa_xml.rsplit(b'tns:action="Zaakbericht"', 1)
    with pytest.raises(LzError, match="no CanReceive"):
        parse(head + b'tns:action="Ander"' + tail).route(OWN, PARTNER, SERVICE, "Zaakbericht")


def test_validity_at_an_instant(cpa_xml: bytes) -> None:
    cpa = parse(cpa_xml)
    second = timedelta(seconds=1)
    assert cpa.valid_at(cpa.start)
    assert cpa.valid_at(cpa.end - second)
    assert not cpa.valid_at(cpa.start - second)
    assert not cpa.valid_at(cpa.end)
    assert not parse(cpa_xml.replace(b'"agreed"', b'"signed"')).valid_at(cpa.start)


def test_the_other_party(cpa_xml: bytes) -> None:
    cpa = parse(cpa_xml)
    assert cpa.other(cpa.party(OWN_OIN)).oin == PARTNER_OIN
    assert cpa.other(cpa.party(PARTNER_OIN)).oin == OWN_OIN


def test_best_effort_and_defaults(cpa_xml: bytes) -> None:
    """What is left out has the value that CPPA gives it."""
    bare = re.sub(rb"<tns:MessagingCharacteristics[^>]*/>", b"<tns:MessagingCharacteristics/>", cpa_xml)
    channel = parse(bare).party(OWN_OIN).default_channel
    assert (channel.ack_requested, channel.sync_reply_mode, channel.actor) == ("perMessage", "none", None)
    never = parse(cpa_xml.replace(b'"always"', b'"never"')).route(OWN, PARTNER, SERVICE, "Zaakbericht")
    assert (never.ack_requested, never.reliable) == (False, None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"<tns:CollaborationProtocolAgreement", b"<tns:Other", "mismatch"),
        (b"</tns:CollaborationProtocolAgreement>", b"", "malformed XML"),
        (b"tns:cpaid=", b"cpaid=", "without namespace"),
        (b'tns:transportId="SR_Transport" ', b'tns:transportId="Nowhere" ', "points to nothing"),
        (b"<tns:ChannelId>SR_Channel", b"<tns:ChannelId>Nowhere", "ChannelId points to no"),
        (b'tns:defaultMshChannelId="SR_Channel"', b'tns:defaultMshChannelId="No"', "points to nothing"),
        (b"PT3H", b"3 hours", "RetryInterval cannot be read"),
        (b"PT3H", b"P1M", "no fixed length"),
        (b">8<", b">-8<", "cannot be negative"),
        (b">8<", b">many<", "Retries cannot be read"),
        (b"<tns:Start>2", b"<tns:Start>x2", "Start cannot be read"),
        (b"<ds:X509Certificate>M", b"<ds:X509Certificate>*", "not base64"),
        (OWN_OIN.encode() + b"</tns:PartyId>", PARTNER_OIN.encode() + b"</tns:PartyId>", "same PartyId"),
        (OWN_OIN.encode() + b"</tns:PartyId>", b"</tns:PartyId>", "PartyId is empty"),
        (b'tns:id="SR_R_Foutbericht"', b'tns:id="SR_S_Zaakbericht"', "has an id that"),
        (b"ds:X509Certificate", b"ds:X509SKI", "no X509Certificate"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(cpa_xml: bytes, old: bytes, new: bytes, message: str) -> None:
    assert old in cpa_xml
    count = -1 if old == b"ds:X509Certificate" else 1
    with pytest.raises(LzError, match=message) as caught:
        parse(cpa_xml.replace(old, new, count), "mijn.xml")
    assert re.match(r"mijn\.xml:\d+", str(caught.value))


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (b"", "malformed"),
        (b"<a/>", "not a CPA"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DOCTYPE"),
        ("<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE a><a/>".encode("utf-16"), "encoding"),
        (b"<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-", "encoding"),
        (b"<a>&undefined;</a>", "malformed"),
        (b"x" * 5_000_001, "too large"),
        (f'<t:CollaborationProtocolAgreement xmlns:t="{TNS}"/>'.encode(), "wrong number of PartyInfo"),
    ],
)
def test_what_is_refused_unread(xml: bytes, message: str) -> None:
    with pytest.raises(LzError, match=message):
        parse(xml)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_cpa_is_read_or_refused(cpa_xml: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(cpa_xml) - 1))
    length = data.draw(st.integers(0, 40))
    damaged = cpa_xml[:start] + data.draw(st.binary(max_size=8)) + cpa_xml[start + length :]
    try:
        parse(damaged)
    except LzError:
        pass


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_durations_there_and_back(value: timedelta) -> None:
    whole = timedelta(days=value.days, seconds=value.seconds)
    assert duration(duration_text(whole)) == whole


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_instants_there_and_back(value: datetime) -> None:
    whole = value.replace(microsecond=0, tzinfo=UTC)
    assert instant(instant_text(whole)) == whole


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1D", "P1DT", "PT1H1H", "P-1D", "PT1,5S", "P99999999999999D"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
        duration(text)


@pytest.mark.parametrize(
    "text", ["", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+25", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
        instant(text)


@given(st.text(max_size=30))
def test_any_text_as_value(text: str) -> None:
    for read_value in (duration, instant):
        try:
            read_value(text)
        except ValueError:
            pass
