"""Single faults in a good CPA: each function spoils one thing, and says which rule has to see it.

The good ones are rendered by our own renderer, one for each profile. ``also`` names the rules that see the same
fault from another side, with the reason; no other rule may say anything.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from lxml import etree

from lopendezaken.cpa.render import CpaRequest, render
from lopendezaken.cpa.rules.document import Environment
from lopendezaken.cpa.xml import DS, TNS, instant_text
from lopendezaken.lab.authority import Authority, Kind
from lopendezaken.pki.certificate import read
from tests.unit.conftest import OWN_HOST, OWN_OIN


@dataclass(frozen=True)
class Good:
    """The good CPA that is spoiled: its profile, its text, and what else a fault may need."""

    request: CpaRequest
    profile: str
    pki: Authority

    @cached_property
    def xml(self) -> str:
        """The text of the CPA."""
        return render(dataclasses.replace(self.request, profile=self.profile)).decode()

    def other(self, profile: str) -> Good:
        """The same agreement in another profile."""
        return dataclasses.replace(self, profile=profile)

    def swap(self, old: str, new: str, count: int = 1) -> str:
        """Replace what stands in the CPA; all of it with ``count`` -1."""
        assert old in self.xml, old
        return self.xml.replace(old, new, count)

    def drop(self, pattern: str, count: int = 1) -> str:
        """Remove what the pattern finds; all of it with ``count`` 0."""
        assert re.search(pattern, self.xml, re.DOTALL), pattern
        return re.sub(pattern, "", self.xml, count=count, flags=re.DOTALL)

    def with_certificate(self, cert_id: str, kind: Kind) -> str:
        """Put another certificate in the place of one."""
        leaf = self.pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind).certificate_pem
        root = etree.fromstring(self.xml.encode())
        (element,) = [e for e in root.iter(f"{{{TNS}}}Certificate") if e.get(f"{{{TNS}}}certId") == cert_id]
        (text,) = element.iter(f"{{{DS}}}X509Certificate")
        text.text = base64.b64encode(read(leaf).der).decode()
        return etree.tostring(root, encoding="unicode")


@dataclass(frozen=True)
class Mutation:
    """One fault."""

    spoil: Callable[[Good], str]
    rule: str
    profile: str = "osb-rm"
    also: Mapping[str, str] = field(default_factory=dict)
    environment: Environment | None = None

    @property
    def name(self) -> str:
        """What was done."""
        return f"{self.rule}-{self.spoil.__name__}"


MUTATIONS: list[Mutation] = []


def breaks(
    rule: str,
    profile: str = "osb-rm",
    also: Mapping[str, str] | None = None,
    environment: Environment | None = None,
) -> Callable[[Callable[[Good], str]], Callable[[Good], str]]:
    """Note a fault, and the rule that has to see it."""

    def note(spoil: Callable[[Good], str]) -> Callable[[Good], str]:
        MUTATIONS.append(Mutation(spoil, rule, profile, also or {}, environment))
        return spoil

    return note


OTHER_NUMBER = {"CPA-008": "the CPAId still names the party by its real number"}

# -- form and references -----------------------------------------------------------------------------


@breaks("CPA-003")
def a_third_party(good: Good) -> str:
    second = re.search(r"<tns:PartyInfo .*?</tns:PartyInfo>", good.xml, re.DOTALL)
    assert second
    return good.swap("<tns:SimplePart ", f"{second.group()}<tns:SimplePart ")


@breaks("CPA-003")
def an_unknown_element(good: Good) -> str:
    return good.swap("<tns:SimplePart ", "<tns:Unknown/><tns:SimplePart ")


@breaks("CPA-003")
def end_before_start_in_the_text(good: Good) -> str:
    return re.sub(r"(<tns:Start>.*?</tns:Start>)\s*(<tns:End>.*?</tns:End>)", r"\2\1", good.xml)


@breaks("CPA-003", also={"CPA-022": "what no package holds, the default package holds neither"})
def no_packaging(good: Good) -> str:
    return good.drop(r"<tns:Packaging .*</tns:Packaging>")


@breaks("CPA-003")
def a_constituent_that_is_nothing(good: Good) -> str:
    return good.swap('tns:idref="Payload"', 'tns:idref="Nothing"')


@breaks("CPA-003")
def an_anchor_that_is_nothing(good: Good) -> str:
    return good.swap('AnchorCertificateRef tns:certId="SR_Anchor_1"', 'AnchorCertificateRef tns:certId="No"')


@breaks("CPA-003")
def a_package_that_is_nothing(good: Good) -> str:
    return good.swap('tns:packageId="PayloadPackage"', 'tns:packageId="Nothing"')


@breaks("CPA-003")
def security_details_that_are_nothing(good: Good) -> str:
    return good.swap(
        'ServerSecurityDetailsRef tns:securityId="SR_Security"',
        'ServerSecurityDetailsRef tns:securityId="No"',
    )


@breaks("CPA-003")
def the_same_id_twice(good: Good) -> str:
    return good.swap("SP_Channel", "SR_Channel", -1)


@breaks("CPA-003")
def a_transport_that_is_nothing(good: Good) -> str:
    return good.swap(
        'tns:transportId="SR_Transport" tns:docExchangeId', 'tns:transportId="No" tns:docExchangeId'
    )


@breaks("CPA-003")
def a_channel_of_an_action_that_is_nothing(good: Good) -> str:
    return good.swap("<tns:ChannelId>SR_Channel<", "<tns:ChannelId>No<")


@breaks("CPA-003")
def a_default_channel_that_is_nothing(good: Good) -> str:
    return good.swap('defaultMshChannelId="SR_Channel"', 'defaultMshChannelId="No"')


@breaks("CPA-003")
def two_endpoints(good: Good) -> str:
    found = re.search(r"<tns:Endpoint [^>]*/>", good.xml)
    assert found
    return good.swap(found.group(), found.group() * 2)


# -- the agreement -----------------------------------------------------------------------------------


@breaks("CPA-004")
def proposed(good: Good) -> str:
    return good.swap('tns:value="agreed"', 'tns:value="proposed"')


@breaks("CPA-004")
def signed(good: Good) -> str:
    return good.swap('tns:value="agreed"', 'tns:value="signed"')


def _dates(good: Good, start: datetime | None, end: datetime | None) -> str:
    xml = good.xml
    for name, value in (("Start", start), ("End", end)):
        if value is not None:
            xml = re.sub(f"(<tns:{name}>)[^<]+", rf"\g<1>{instant_text(value)}", xml)
    return xml


@breaks("CPA-005")
def ended(good: Good) -> str:
    now = datetime.now(UTC)
    return _dates(good, now - timedelta(days=20), now - timedelta(days=1))


@breaks("CPA-005")
def not_started(good: Good) -> str:
    return _dates(good, datetime.now(UTC) + timedelta(days=1), None)


@breaks("CPA-005")
def ends_before_it_starts(good: Good) -> str:
    return _dates(good, good.request.end + timedelta(days=1), None)


@breaks("CPA-005")
def a_start_that_is_no_date(good: Good) -> str:
    return re.sub(r"(<tns:Start>)[^<]+", r"\g<1>1 januari 2026", good.xml)


@breaks("CPA-006")
def outlives_its_certificates(good: Good) -> str:
    return _dates(good, None, good.request.end + timedelta(days=200))


@breaks("CPA-007")
def eleven_years(good: Good) -> str:
    return _dates(good, good.request.end - timedelta(days=4018), None)


@breaks("CPA-008")
def an_id_without_a_party(good: Good) -> str:
    return re.sub(r'(tns:cpaid=")[^"]+', r"\g<1>LopendeZaken_1", good.xml)


@breaks("CPA-009")
def dots_in_the_id(good: Good) -> str:
    return good.swap('cpaid="LopendeZaken-1-0_', 'cpaid="LopendeZaken.1.0_')


# -- parties -----------------------------------------------------------------------------------------


@breaks("CPA-010")
def a_number_without_type(good: Good) -> str:
    return good.swap('<tns:PartyId tns:type="urn:osb:oin">', "<tns:PartyId>")


@breaks("CPA-010")
def a_number_of_another_type(good: Good) -> str:
    return good.swap('<tns:PartyId tns:type="urn:osb:oin">', '<tns:PartyId tns:type="urn:other">')


@breaks("CPA-011", also=OTHER_NUMBER)
def a_name_that_poses_as_an_oin(good: Good) -> str:
    return good.swap(f"{OWN_OIN}</tns:PartyId>", "gemeente-voorbeeldstad</tns:PartyId>")


@breaks("OIN-001")
def leading_zeros_lost(good: Good) -> str:
    return good.swap(f"{OWN_OIN}</tns:PartyId>", f"{OWN_OIN.lstrip('0')}</tns:PartyId>")


@breaks("OIN-002", also=OTHER_NUMBER)
def a_suffix_that_is_not_zero(good: Good) -> str:
    return good.swap(f"{OWN_OIN}</tns:PartyId>", f"{OWN_OIN[:17]}001</tns:PartyId>")


@breaks("OIN-003", also=OTHER_NUMBER)
def a_prefix_that_is_not_given_out(good: Good) -> str:
    return good.swap(f"{OWN_OIN}</tns:PartyId>", f"00000005{OWN_OIN[8:]}</tns:PartyId>")


@breaks("OIN-004", also=OTHER_NUMBER)
def nine_digits_of_kvk(good: Good) -> str:
    return good.swap(f"{OWN_OIN}</tns:PartyId>", "00000003123456789000</tns:PartyId>")


@breaks("OIN-009", environment="prod")
def test_numbers_in_production(good: Good) -> str:
    return good.xml


@breaks("CPA-013", also=OTHER_NUMBER)
def the_number_of_another(good: Good) -> str:
    return good.swap(f"{OWN_OIN}</tns:PartyId>", "00000099900000009000</tns:PartyId>")


@breaks("CPA-013")
def a_client_certificate_of_another(good: Good) -> str:
    return good.with_certificate("SR_ClientCertificate", Kind.OTHER_OIN)


@breaks("CPA-013")
def a_server_certificate_without_oin(good: Good) -> str:
    return good.with_certificate("SR_ServerCertificate", Kind.NO_OIN)


@breaks("CPA-014")
def a_suffix_that_is_none(good: Good) -> str:
    return good.swap(OWN_OIN, f"{OWN_OIN}_X", -1)


@breaks("CPA-014", environment="prod", also={"OIN-009": "the example has test numbers"})
def a_suffix_in_production(good: Good) -> str:
    return good.swap(OWN_OIN, f"{OWN_OIN}_A", -1)


@breaks("CPA-015")
def two_roles(good: Good) -> str:
    found = re.search(r"<tns:CollaborationRole>.*?</tns:CollaborationRole>", good.xml, re.DOTALL)
    assert found
    second = re.sub(r"<tns:Can(Send|Receive)>.*</tns:Can\1>", "", found.group(), flags=re.DOTALL)
    second = re.sub(r"\s*<tns:CanReceive>.*</tns:CanReceive>", "", second, flags=re.DOTALL)
    second = second.replace('tns:Role tns:name="SR"', 'tns:Role tns:name="SX"')
    return good.swap(found.group(), found.group() + second)


@breaks("CPA-021")
def signals_over_best_effort(good: Good) -> str:
    """As in many CPAs: signals over best effort, messages over reliable messaging."""
    xml = _second_channel(good, "osb-be", "Weak")
    return xml.replace('defaultMshChannelId="SR_Channel"', 'defaultMshChannelId="SR_Weak_Channel"')


@breaks("CPA-021", profile="osb-rm-s")
def acknowledgements_of_two_kinds(good: Good) -> str:
    xml = _second_channel(good, "osb-rm", "Plain")
    for own, role in (("SR_S", "SR"), ("SP_R", "SP")):
        xml = _over(xml, f"{own}_Zaakbericht", f"{role}_Plain_Channel", good.other("osb-rm").xml)
    return xml


def _second_channel(good: Good, profile: str, name: str) -> str:
    """Both parties get a channel of another profile beside their own."""
    xml, other = good.xml, good.other(profile).xml
    for role in ("SR", "SP"):
        for kind in ("DeliveryChannel", "Transport", "DocExchange"):
            found = re.search(rf'<tns:{kind} [^>]*="{role}_.*?</tns:{kind}>', other, re.DOTALL)
            assert found
            text = re.sub(rf"{role}_(Channel|Transport|DocExchange)\b", rf"{role}_{name}_\1", found.group())
            own = re.search(rf'<tns:{kind} [^>]*="{role}_.*?</tns:{kind}>', xml, re.DOTALL)
            assert own
            xml = xml.replace(own.group(), own.group() + text)
    return xml


def _over(xml: str, action: str, channel: str, other: str) -> str:
    """Send an action over another channel, with what its profile asks."""
    pattern = rf'<tns:ThisPartyActionBinding tns:id="{action}".*?</tns:ThisPartyActionBinding>'
    ours, theirs = (re.search(pattern, text, re.DOTALL) for text in (xml, other))
    assert ours
    assert theirs
    return xml.replace(ours.group(), re.sub(r"(<tns:ChannelId>)[^<]+", rf"\g<1>{channel}", theirs.group()))


# -- services and actions ----------------------------------------------------------------------------


@breaks("CPA-017")
def a_service_of_another_type(good: Good) -> str:
    return good.swap('Service tns:type="urn:osb:services"', 'Service tns:type="urn:other"', -1)


@breaks("CPA-018")
def a_service_without_version(good: Good) -> str:
    return good.swap("voorbeeld:LopendeZaken:1.0</tns:Service>", "LopendeZaken</tns:Service>", -1)


@breaks("CPA-019")
def an_action_that_names_no_element(good: Good) -> str:
    return good.swap('tns:action="Zaakbericht"', 'tns:action="1e-zaakbericht"', -1)


@breaks("DK-EBMS2-013")
def white_space_in_the_service(good: Good) -> str:
    return good.swap(
        "voorbeeld:LopendeZaken:1.0</tns:Service>", "voorbeeld:Lopende Zaken:1.0</tns:Service>", -1
    )


@breaks("DK-EBMS2-013", also={"CPA-019": "such a name is no name of an element either"})
def white_space_in_an_action(good: Good) -> str:
    return good.swap('tns:action="Zaakbericht"', 'tns:action="Zaak bericht"', -1)


@breaks("CPA-020")
def an_action_that_names_the_wrong_one(good: Good) -> str:
    return good.swap(">SP_R_Zaakbericht<", ">SP_S_Foutbericht<")


@breaks("CPA-020")
def an_action_with_another_name_across(good: Good) -> str:
    return good.swap('tns:action="Foutbericht"', 'tns:action="Ander"')


@breaks("CPA-020")
def nobody_who_receives(good: Good) -> str:
    return good.drop(r"<tns:CanReceive>.*?</tns:CanReceive>")


@breaks("CPA-020", also={"CPA-017": "the type at one side is another than urn:osb:services"})
def a_service_type_at_one_side(good: Good) -> str:
    return good.swap('Service tns:type="urn:osb:services"', 'Service tns:type="urn:other"')


def _characteristic(name: str, value: str) -> Callable[[Good], str]:
    def spoil(good: Good) -> str:
        found = re.search(rf'tns:{name}="[^"]+"', good.xml)
        assert found
        return good.swap(found.group(), f'tns:{name}="{value}"')

    spoil.__name__ = f"{name}_{value}"
    return spoil


for _name, _value in {
    "isAuthenticated": "none",
    "isTamperProof": "persistent",
    "isConfidential": "maybe",
    "isNonRepudiationRequired": "true",
    "isNonRepudiationReceiptRequired": "true",
    "isAuthorizationRequired": "false",
    "isIntelligibleCheckRequired": "true",
}.items():
    breaks("CPA-039")(_characteristic(_name, _value))
breaks("CPA-039", profile="osb-rm-e")(_characteristic("isConfidential", "transient"))


@breaks("CPA-039")
def a_characteristic_that_is_absent(good: Good) -> str:
    return good.swap('tns:isAuthorizationRequired="true" ', "")


# -- packages ----------------------------------------------------------------------------------------


@breaks("CPA-022")
def signals_with_a_payload(good: Good) -> str:
    return good.swap('defaultMshPackageId="MshSignalPackage"', 'defaultMshPackageId="PayloadPackage"')


@breaks("CPA-022")
def signals_in_no_package(good: Good) -> str:
    return good.swap('defaultMshPackageId="MshSignalPackage"', 'defaultMshPackageId="Nothing"')


@breaks("CPA-046")
def messages_without_payload(good: Good) -> str:
    return good.swap('<tns:Constituent tns:idref="Payload"/>', "")


@breaks("CPA-046")
def a_message_that_is_not_related(good: Good) -> str:
    return good.swap('tns:mimetype="multipart/related"', 'tns:mimetype="multipart/mixed"')


@breaks("CPA-046", profile="osb-rm-e")
def an_encrypted_message_that_is_not_encapsulated(good: Good) -> str:
    bare = good.drop(r"<tns:Encapsulation .*?</tns:Encapsulation>")
    return bare.replace('tns:idref="EncryptedPayload"', 'tns:idref="Payload"')


# -- channels ----------------------------------------------------------------------------------------


@breaks("CPA-023", profile="osb-be")
def best_effort_that_drops_duplicates(good: Good) -> str:
    return good.swap('tns:duplicateElimination="never"', 'tns:duplicateElimination="always"')


@breaks("CPA-023", profile="osb-be", also={"CPA-031": "only one of the bindings has it"})
def best_effort_that_sends_again(good: Good) -> str:
    reliable = re.search(
        r"<tns:ReliableMessaging>.*?</tns:ReliableMessaging>", good.other("osb-rm").xml, re.DOTALL
    )
    assert reliable
    return re.sub(
        r"(<tns:ebXMLReceiverBinding [^>]*?)(/>|>)",
        lambda found: (
            f"{found[1]}>{reliable.group()}" + ("</tns:ebXMLReceiverBinding>" if found[2] == "/>" else "")
        ),
        good.xml,
        count=1,
    )


@breaks("CPA-024")
def reliable_that_keeps_duplicates(good: Good) -> str:
    return good.swap('tns:duplicateElimination="always"', 'tns:duplicateElimination="never"')


@breaks("CPA-024", also={"CPA-031": "the other binding still has it"})
def reliable_that_does_not_send_again(good: Good) -> str:
    return good.drop(r"<tns:ReliableMessaging>.*?</tns:ReliableMessaging>")


@breaks("CPA-024")
def reliable_without_actor(good: Good) -> str:
    return good.swap(' tns:actor="urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"', "")


@breaks("DK-EBMS2-007")
def another_actor(good: Good) -> str:
    return good.swap("actor:toPartyMSH", "actor:nextMSH")


def _unsaid(name: str) -> Callable[[Good], str]:
    def spoil(good: Good) -> str:
        return good.drop(rf' tns:{name}="[^"]+"')

    spoil.__name__ = f"{name}_is_absent"
    return spoil


for _name in ("ackRequested", "ackSignatureRequested", "duplicateElimination", "syncReplyMode"):
    breaks("CPA-025")(_unsaid(_name))


@breaks("CPA-025")
def acknowledgement_per_message(good: Good) -> str:
    return good.swap('tns:ackRequested="always"', 'tns:ackRequested="perMessage"')


@breaks("CPA-025")
def an_attribute_without_its_prefix(good: Good) -> str:
    return good.swap('tns:ackRequested="always"', 'ackRequested="always"')


@breaks("CPA-025")
def no_attribute_with_its_prefix(good: Good) -> str:
    return re.sub(r" tns:(\w+=)", r" \1", good.xml)


@breaks("CPA-026")
def signals_in_the_answer(good: Good) -> str:
    return good.swap('tns:syncReplyMode="none"', 'tns:syncReplyMode="mshSignalsOnly"')


@breaks("CPA-026")
def everything_in_the_answer(good: Good) -> str:
    return good.swap('tns:syncReplyMode="none"', 'tns:syncReplyMode="signalsAndResponse"')


@breaks("CPA-026", profile="osb-be")
def signals_in_the_answer_of_best_effort(good: Good) -> str:
    return good.swap('tns:syncReplyMode="none"', 'tns:syncReplyMode="mshSignalsOnly"')


@breaks("CPA-027")
def signed_acknowledgements_of_unsigned_messages(good: Good) -> str:
    return good.swap('tns:ackSignatureRequested="never"', 'tns:ackSignatureRequested="always"')


@breaks("CPA-027", profile="osb-rm-s")
def unsigned_acknowledgements_of_signed_messages(good: Good) -> str:
    return good.swap('tns:ackSignatureRequested="always"', 'tns:ackSignatureRequested="never"')


@breaks("CPA-028")
def retries_that_are_no_number(good: Good) -> str:
    return good.swap("<tns:Retries>8<", "<tns:Retries>many<", -1)


@breaks("CPA-028")
def an_interval_in_words(good: Good) -> str:
    return good.swap(">PT3H<", ">3 hours<", -1)


@breaks("CPA-028")
def an_interval_of_a_month(good: Good) -> str:
    return good.swap(">PT3H<", ">P1M<", -1)


@breaks("CPA-028")
def no_retries(good: Good) -> str:
    return good.swap("<tns:Retries>8<", "<tns:Retries>0<", -1)


@breaks("CPA-029")
def retries_for_half_an_hour(good: Good) -> str:
    return good.swap("<tns:Retries>8<", "<tns:Retries>5<", -1).replace(">PT3H<", ">PT5M<")


@breaks("CPA-030")
def messages_forgotten_too_soon(good: Good) -> str:
    return good.swap(">P5D<", ">P1D<", -1)


@breaks("CPA-030")
def a_persistence_in_words(good: Good) -> str:
    return good.swap(">P5D<", ">five days<", -1)


@breaks("CPA-031")
def other_retries_in_the_receiver_binding(good: Good) -> str:
    return re.sub(
        r"(<tns:ebXMLReceiverBinding .*?<tns:Retries>)8", r"\g<1>7", good.xml, count=1, flags=re.DOTALL
    )


@breaks("CPA-031", also={"CPA-029": "that party does not send with the usual values"})
def other_retries_at_the_other_side(good: Good) -> str:
    head, sign, tail = good.xml.partition('<tns:DocExchange tns:docExchangeId="SP_')
    assert sign
    return head + sign + tail.replace("<tns:Retries>8<", "<tns:Retries>9<")


@breaks("DK-EBMS2-008", also={"CPA-031": "only one of the bindings asks it"})
def messages_in_order(good: Good) -> str:
    return good.swap(">NotGuaranteed<", ">Guaranteed<")


@breaks("DK-EBMS2-020")
def another_version_of_ebxml(good: Good) -> str:
    return good.swap('ebXMLSenderBinding tns:version="2.0"', 'ebXMLSenderBinding tns:version="1.0"')


# -- transport ---------------------------------------------------------------------------------------


@breaks("CPA-032")
def mail(good: Good) -> str:
    return good.swap(">HTTP<", ">SMTP<")


@breaks("CPA-032")
def http_1_0(good: Good) -> str:
    return good.swap('tns:version="1.1">HTTP', 'tns:version="1.0">HTTP')


@breaks("CPA-033")
def ssl(good: Good) -> str:
    return good.swap(">TLS<", ">SSL<")


@breaks("CPA-033")
def tls_1_0(good: Good) -> str:
    return good.swap('tns:version="1.2">TLS', 'tns:version="1.0">TLS')


@breaks("CPA-034")
def plain_http(good: Good) -> str:
    return good.swap(f"https://{OWN_HOST}", f"http://{OWN_HOST}")


@breaks("CPA-034")
def another_port(good: Good) -> str:
    return good.swap(f"https://{OWN_HOST}", f"https://{OWN_HOST}:8443")


@breaks("CPA-034")
def a_host_without_domain(good: Good) -> str:
    return good.swap(f"https://{OWN_HOST}", "https://adapter")


@breaks("CPA-034")
def an_address_instead_of_a_name(good: Good) -> str:
    return good.swap(f"https://{OWN_HOST}", "https://192.0.2.1")


@breaks("CPA-034")
def a_host_that_is_not_in_the_certificate(good: Good) -> str:
    return good.swap(f"https://{OWN_HOST}", "https://other.voorbeeldstad.example")


@breaks("CPA-034")
def an_endpoint_for_requests_only(good: Good) -> str:
    return good.swap('tns:type="allPurpose"', 'tns:type="request"')


@breaks("DK-EBMS2-019")
def a_password(good: Good) -> str:
    return good.swap(
        "<tns:TransportClientSecurity>",
        "<tns:AccessAuthentication>basic</tns:AccessAuthentication><tns:TransportClientSecurity>",
    )


# -- certificates and algorithms ---------------------------------------------------------------------


@breaks("CPA-035")
def no_client_certificate(good: Good) -> str:
    return good.swap('<tns:ClientCertificateRef tns:certId="SR_ClientCertificate"/>', "")


@breaks("CPA-035")
def no_security_of_the_server(good: Good) -> str:
    return good.drop(r"<tns:TransportServerSecurity>.*?</tns:TransportServerSecurity>")


@breaks("CPA-035")
def a_certificate_that_is_none(good: Good) -> str:
    return re.sub(r"(<ds:X509Certificate>)[^<]+", r"\g<1>AAAA", good.xml, count=1)


@breaks("PKIO-015")
def a_certificate_that_is_no_client(good: Good) -> str:
    return good.with_certificate("SR_ClientCertificate", Kind.NO_CLIENT_AUTH)


@breaks("DK-EBMS2-022")
def a_self_signed_certificate(good: Good) -> str:
    return good.with_certificate("SR_ClientCertificate", Kind.SELF_SIGNED)


@breaks("PKIO-003")
def an_expired_certificate(good: Good) -> str:
    return good.with_certificate("SR_ServerCertificate", Kind.EXPIRED)


@breaks("CPA-038")
def an_anchor_that_is_no_ca(good: Good) -> str:
    return good.swap(
        'AnchorCertificateRef tns:certId="SR_Anchor_1"',
        'AnchorCertificateRef tns:certId="SR_ClientCertificate"',
    )


@breaks("CPA-041", profile="osb-rm-s")
def a_hash_of_sha_1(good: Good) -> str:
    return re.sub(
        r"(<tns:HashFunction>)[^<]+", r"\g<1>http://www.w3.org/2000/09/xmldsig#sha1", good.xml, count=1
    )


@breaks("CPA-041", profile="osb-rm-s")
def a_signature_of_sha_1(good: Good) -> str:
    return re.sub(
        r"(<tns:SignatureAlgorithm[^>]*>)[^<]+",
        r"\g<1>http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        good.xml,
        count=1,
    )


def _envelope(good: Good, pattern: str, new: str) -> str:
    xml, count = re.subn(rf"(<tns:{pattern}[^>]*>)[^<]+", rf"\g<1>{new}", good.xml, count=1)
    assert count
    return xml


@breaks("CPA-042", profile="osb-rm-e")
def a_cipher_in_cbc(good: Good) -> str:
    envelope = re.search(r"<tns:SenderDigitalEnvelope>.*?</tns:SenderDigitalEnvelope>", good.xml, re.DOTALL)
    assert envelope
    changed = re.sub(
        r"(<tns:EncryptionAlgorithm[^>]*>)[^<]+",
        r"\g<1>http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        envelope.group(),
    )
    return good.swap(envelope.group(), changed)


@breaks("CPA-042", profile="osb-rm-e")
def an_envelope_of_mail(good: Good) -> str:
    return _envelope(good, "DigitalEnvelopeProtocol", "SMIME")


@breaks("CPA-043", profile="osb-rm-e")
def a_key_wrapped_as_of_old(good: Good) -> str:
    old = "<tns:EncryptionAlgorithm>http://www.w3.org/2001/04/xmlenc#rsa-1_5</tns:EncryptionAlgorithm>"
    return re.sub(
        r"(<tns:SenderDigitalEnvelope>.*?</tns:EncryptionAlgorithm>)",
        rf"\g<1>{old}",
        good.xml,
        count=1,
        flags=re.DOTALL,
    )


@breaks("CPA-045", profile="osb-rm-s")
def a_signing_certificate_without_oin(good: Good) -> str:
    return good.with_certificate("SR_SigningCertificate", Kind.NO_OIN)


@breaks("CPA-045", profile="osb-rm-s")
def no_signing_certificate(good: Good) -> str:
    return good.drop(r"<tns:SigningCertificateRef [^>]*/>")
