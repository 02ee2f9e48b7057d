from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from lopendezaken.cpa.check import check
from lopendezaken.cpa.model import parse
from lopendezaken.cpa.profile import PROFILES, profile_of
from lopendezaken.cpa.render import ActionRequest, CpaRequest, PartyRequest, render
from lopendezaken.cpa.xml import DS, TNS, XLINK
from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Kind, Leaf
from lopendezaken.pki.certificate import read
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_OIN

relaxed = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def changed(request: CpaRequest, **changes: object) -> CpaRequest:
    return dataclasses.replace(request, **changes)  # type: ignore[arg-type]


def with_own(request: CpaRequest, **changes: object) -> CpaRequest:
    own = dataclasses.replace(request.parties[0], **changes)  # type: ignore[arg-type]
    return changed(request, parties=(own, request.parties[1]))


def test_the_same_request_gives_the_same_bytes(cpa_request: CpaRequest, cpa_xml: bytes) -> None:
    assert render(cpa_request) == cpa_xml


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("with_anchors", [True, False])
def test_what_is_rendered_breaks_no_rule(cpa_request: CpaRequest, profile: str, with_anchors: bool) -> None:
    anchors = cpa_request.anchors if with_anchors else None
    assert check(render(changed(cpa_request, profile=profile, anchors=anchors))) == []


def test_every_attribute_of_cppa_has_its_namespace(cpa_xml: bytes) -> None:
    for element in etree.fromstring(cpa_xml).iter(f"{{{TNS}}}*"):
        for name in map(str, element.attrib):
            assert name.startswith((f"{{{TNS}}}", f"{{{XLINK}}}")), (element.tag, name)


def test_reliable_messaging_matrix(cpa_xml: bytes) -> None:
    for party in parse(cpa_xml).parties:
        channel = party.default_channel
        assert (channel.ack_requested, channel.duplicate_elimination) == ("always", "always")
        assert (channel.ack_signature_requested, channel.sync_reply_mode) == ("never", "none")
        assert channel.sender == channel.receiver
        assert channel.sender.reliable is not None


def test_best_effort_matrix(cpa_request: CpaRequest) -> None:
    for party in parse(render(changed(cpa_request, profile="osb-be"))).parties:
        channel = party.default_channel
        assert (channel.ack_requested, channel.duplicate_elimination) == ("never", "never")
        assert (channel.sender.reliable, channel.sender.persist_duration) == (None, None)
        assert "timeToPerform" not in party.can_send[0].characteristics


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_what_is_rendered_is_of_the_profile(cpa_request: CpaRequest, profile: str) -> None:
    cpa = parse(render(changed(cpa_request, profile=profile)))
    first, second = cpa.parties
    action = first.can_send[0]
    route = cpa.route(first.id, second.id, action.service, action.name)
    assert profile_of(route.send_channel).name == profile
    if profile.endswith(("-s", "-e")):
        assert route.signing is not None
        assert route.signing.certificate == route.client_certificate
    if profile.endswith("-e"):
        assert route.encryption is not None
        assert route.encryption.certificate == second.default_channel.client_certificate


def test_signing_and_encryption_may_have_certificates_of_their_own(
    cpa_request: CpaRequest, own_leaf: Leaf, pki: Authority
) -> None:
    other = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad").certificate_pem
    request = with_own(cpa_request, signing_certificate=other, encryption_certificate=other)
    channel = parse(render(changed(request, profile="osb-rm-e"))).parties[0].default_channel
    assert channel.sender.signing is not None
    assert channel.receiver.encryption is not None
    assert channel.sender.signing.certificate == channel.receiver.encryption.certificate
    assert channel.sender.signing.certificate != channel.client_certificate


def test_certificates_and_anchors(cpa_xml: bytes, pki: Authority, cpa_request: CpaRequest) -> None:
    own = parse(cpa_xml).party(OWN_OIN)
    leaf = read(cpa_request.parties[0].client_certificate)
    assert own.certificates["SR_ClientCertificate"] == own.certificates["SR_ServerCertificate"] == leaf.der
    assert own.certificates["SR_Anchor_1"] == read(pki.anchors_pem()).der
    assert b"PRIVATE KEY" not in cpa_xml
    assert not list(etree.fromstring(cpa_xml).iter(f"{{{DS}}}X509CRL"))


def test_both_directions_close_on_each_other(cpa_xml: bytes) -> None:
    own, partner = parse(cpa_xml).parties
    assert own.can_send[0].other_id == partner.can_receive[0].id
    assert partner.can_send[0].other_id == own.can_receive[0].id


def test_an_oin_with_suffix_of_the_environment(cpa_request: CpaRequest) -> None:
    cpa = parse(render(with_own(cpa_request, oin=f"{OWN_OIN}_OTA")))
    assert cpa.parties[0].oin == f"{OWN_OIN}_OTA"


@relaxed
@given(name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_name_is_written_well_or_refused(cpa_request: CpaRequest, name: str) -> None:
    try:
        xml = render(with_own(cpa_request, name=name))
    except LzError as error:
        assert "XML" in error.what  # noqa: PT017 - only some names are refused
        return
    assert (
        parse(xml).parties[0].name == " ".join(name.splitlines(keepends=False)) or parse(xml).parties[0].name
    )


@relaxed
@given(
    retries=st.integers(1, 20),
    interval=st.integers(60, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    spare=st.integers(0, 1000),
)
def test_reliability_comes_back_as_given(
    cpa_request: CpaRequest, retries: int, interval: timedelta, spare: int
) -> None:
    persist = (retries + 1) * interval + timedelta(seconds=spare)
    xml = render(changed(cpa_request, retries=retries, retry_interval=interval, persist_duration=persist))
    route = parse(xml).route(OWN_OIN, PARTNER_OIN, cpa_request.service, "Zaakbericht")
    assert route.reliable is not None
    assert (route.reliable.retries, route.reliable.retry_interval) == (retries, interval)
    assert route.persist_duration == persist


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"cpa_id": "Lopende.Zaken"}, "CPA-009"),
        ({"cpa_id": ""}, "CPA-009"),
        ({"profile": "osb-rm-x"}, "profile not supported"),
        ({"profile": "osb-be", "sync_reply_mode": "mshSignalsOnly"}, "CPA-026"),
        ({"sync_reply_mode": "signalsOnly"}, "CPA-026"),
        ({"persist_duration": timedelta(days=1)}, r"CPA-030.*PT27H|CPA-030.*P1DT3H"),
        ({"retries": 0}, "CPA-028"),
        ({"retry_interval": timedelta(0)}, "CPA-028"),
        ({"service": "voorbeeld lopende zaken"}, "DK-EBMS2-013"),
        ({"service": ""}, "DK-EBMS2-013"),
        ({"actions": ()}, "at least one action"),
        ({"actions": (ActionRequest("Zaakbericht", "XX"),)}, "unknown role"),
        ({"actions": (ActionRequest("Zaak bericht", "SR"),)}, "CPA-019"),
        ({"actions": (ActionRequest("Zaakbericht", "SR"),) * 2}, "twice"),
        ({"start": datetime(2026, 1, 1)}, "time zone"),
    ],
)
def test_requests_that_are_refused(cpa_request: CpaRequest, changes: dict[str, object], rule: str) -> None:
    with pytest.raises(LzError, match=rule):
        render(changed(cpa_request, **changes))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"role": "SP"}, "CPA-015"),
        ({"role": "de zender"}, "not a name for a role"),
        ({"oin": PARTNER_OIN}, "CPA-015"),
        ({"oin": "00000099900000009000"}, "CPA-013"),
        ({"oin": "99100000001000"}, "not a valid OIN"),
        ({"endpoint": f"http://{OWN_HOST}/ebms"}, "CPA-034"),
        ({"endpoint": f"https://{OWN_HOST}:8443/ebms"}, "CPA-034"),
        ({"endpoint": f"https://{OWN_HOST}:99999/ebms"}, "CPA-034"),
        ({"endpoint": "https://localhost/ebms"}, "CPA-034"),
        ({"endpoint": "https://user@ebms.voorbeeldstad.example/ebms"}, "CPA-034"),
        ({"endpoint": "https://other.voorbeeldstad.example/ebms"}, "CPA-034"),
        ({"client_certificate": b"garbage"}, "not a readable certificate"),
    ],
)
def test_parties_that_are_refused(cpa_request: CpaRequest, changes: dict[str, object], rule: str) -> None:
    with pytest.raises(LzError, match=rule):
        render(with_own(cpa_request, **changes))


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Kind.NO_OIN, "no OIN"),
        (Kind.OTHER_OIN, "CPA-013"),
        (Kind.EXPIRED, "CPA-006"),
        (Kind.NO_CLIENT_AUTH, "PKIO-015"),
    ],
)
def test_certificates_that_are_refused(
    pki: Authority, cpa_request: CpaRequest, kind: Kind, rule: str
) -> None:
    leaf = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind).certificate_pem
    with pytest.raises(LzError, match=rule):
        render(with_own(cpa_request, client_certificate=leaf, server_certificate=leaf))


def test_it_may_end_with_the_certificate_and_no_later(cpa_request: CpaRequest) -> None:
    last = min(read(party.client_certificate).not_after for party in cpa_request.parties)
    assert parse(render(changed(cpa_request, end=last))).end == last
    with pytest.raises(LzError, match="CPA-006"):
        render(changed(cpa_request, end=last + timedelta(seconds=1)))
    with pytest.raises(LzError, match="CPA-005"):
        render(changed(cpa_request, end=cpa_request.start))


def test_the_contract_of_a_party_shows_no_certificate(cpa_request: CpaRequest) -> None:
    assert isinstance(cpa_request.parties[0], PartyRequest)
    assert "BEGIN" not in repr(cpa_request)
