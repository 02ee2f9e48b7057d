from __future__ import annotations

import base64
import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from lopendezaken.cpa import check as module
from lopendezaken.cpa.check import check
from lopendezaken.cpa.model import Binding, Channel, Encryption, Signing, parse
from lopendezaken.cpa.profile import profile_of
from lopendezaken.cpa.render import CpaRequest, render
from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Kind
from lopendezaken.lint.finding import Finding
from lopendezaken.pki.certificate import read
from tests.unit.conftest import OWN_HOST, OWN_OIN

relaxed = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
GRAMMAR = Path(module.__file__).parent / "schema/cpa.rng"


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def test_the_grammar_is_sound() -> None:
    etree.RelaxNG(etree.parse(GRAMMAR))


def test_a_sound_cpa(cpa_xml: bytes) -> None:
    assert check(cpa_xml) == []


# Each row: what stands in the example, what stands there instead, the rule it breaks.
CHANGES = [
    (b'tns:ackRequested="always" ', b"", "CPA-025"),
    (b'tns:ackRequested="always"', b'ackRequested="always"', "CPA-025"),
    (b'tns:ackRequested="always"', b'tns:ackRequested="perMessage"', "CPA-025"),
    (b'tns:ackRequested="always"', b'tns:ackRequested="never"', "CPA-023"),
    (b'tns:duplicateElimination="always"', b'tns:duplicateElimination="never"', "CPA-024"),
    (b'tns:ackSignatureRequested="never"', b'tns:ackSignatureRequested="always"', "CPA-027"),
    (b'tns:syncReplyMode="none"', b'tns:syncReplyMode="mshSignalsOnly"', "CPA-026"),
    (b'tns:syncReplyMode="none"', b'tns:syncReplyMode="signalsAndResponse"', "CPA-026"),
    (b"actor:toPartyMSH", b"actor:nextMSH", "DK-EBMS2-007"),
    (b'"agreed"', b'"proposed"', "CPA-004"),
    (b"<tns:End>2", b"<tns:End>1", "CPA-005"),
    (b"<tns:End>20", b"<tns:End>21", "CPA-006"),
    (b"<tns:End>20", b"<tns:End>21", "CPA-007"),
    (b"LopendeZaken-1-0_", b"Lopende.Zaken_", "CPA-009"),
    (b"LopendeZaken-1-0_" + OWN_OIN.encode(), b"LopendeZaken-1-0_", "CPA-008"),
    (b'<tns:PartyId tns:type="urn:osb:oin">', b'<tns:PartyId tns:type="urn:other">', "CPA-010"),
    (b'<tns:PartyId tns:type="urn:osb:oin">', b"<tns:PartyId>", "CPA-010"),
    (OWN_OIN.encode() + b"</tns:PartyId>", b"00000005100000001000</tns:PartyId>", "OIN-003"),
    (OWN_OIN.encode() + b"</tns:PartyId>", b"00000099900000009000</tns:PartyId>", "CPA-013"),
    (b'tns:type="urn:osb:services"', b'tns:type="urn:other"', "CPA-017"),
    (b"voorbeeld:LopendeZaken:1.0</tns:Service>", b"voorbeeld Lopende Zaken</tns:Service>", "DK-EBMS2-013"),
    (b">SP_R_Zaakbericht<", b">SP_S_Foutbericht<", "CPA-020"),
    (b'tns:action="Foutbericht"', b'tns:action="Ander"', "CPA-020"),
    (b'defaultMshPackageId="MshSignalPackage"', b'defaultMshPackageId="PayloadPackage"', "CPA-022"),
    (b'defaultMshPackageId="MshSignalPackage"', b'defaultMshPackageId="Nothing"', "CPA-022"),
    (b"<tns:Retries>8<", b"<tns:Retries>99<", "CPA-030"),
    (b"<tns:Retries>8<", b"<tns:Retries>7<", "CPA-031"),
    (b"<tns:Retries>8<", b"<tns:Retries>many<", "CPA-028"),
    (b">PT3H<", b">3 hours<", "CPA-028"),
    (b">P5D<", b">P1D<", "CPA-030"),
    (b">NotGuaranteed<", b">Guaranteed<", "DK-EBMS2-008"),
    (b'ebXMLSenderBinding tns:version="2.0"', b'ebXMLSenderBinding tns:version="1.0"', "DK-EBMS2-020"),
    (b">HTTP<", b">SMTP<", "CPA-032"),
    (b'tns:version="1.1">HTTP', b'tns:version="1.0">HTTP', "CPA-032"),
    (b">TLS<", b">SSL<", "CPA-033"),
    (b'tns:version="1.2">TLS', b'tns:version="1.0">TLS', "CPA-033"),
    (b"https://" + OWN_HOST.encode(), b"http://" + OWN_HOST.encode(), "CPA-034"),
    (b"https://" + OWN_HOST.encode(), b"https://" + OWN_HOST.encode() + b":8443", "CPA-034"),
    (b"https://" + OWN_HOST.encode(), b"https://other.voorbeeldstad.example", "CPA-034"),
    (b'tns:type="allPurpose"', b'tns:type="request"', "CPA-034"),
    (b'<tns:ClientCertificateRef tns:certId="SR_ClientCertificate"/>', b"", "CPA-035"),
    (b"AnchorCertificateRef tns:certId=\"SR_Anchor_1\"", b"AnchorCertificateRef tns:certId=\"No\"", "CPA-003"),
    (b"AnchorCertificateRef tns:certId=\"SR_Anchor_1\"", b"AnchorCertificateRef tns:certId=\"SR_ClientCertificate\"", "CPA-038"),
    (b'tns:isConfidential="transient"', b'tns:isConfidential="none"', "CPA-039"),
    (b'tns:isConfidential="transient"', b'tns:isConfidential="maybe"', "CPA-039"),
    (b'tns:isNonRepudiationRequired="false"', b'tns:isNonRepudiationRequired="true"', "CPA-039"),
    (b'tns:isAuthorizationRequired="true" ', b"", "CPA-039"),
    (b"<tns:TransportClientSecurity>", b"<tns:AccessAuthentication/><tns:TransportClientSecurity>", "DK-EBMS2-019"),
    (b'<tns:Constituent tns:idref="Payload"/>', b"", "CPA-046"),
    (b'tns:idref="Payload"', b'tns:idref="Nothing"', "CPA-003"),
    (b'tns:packageId="PayloadPackage"', b'tns:packageId="Nothing"', "CPA-003"),
    (b'ServerSecurityDetailsRef tns:securityId="SR_Security"', b'ServerSecurityDetailsRef tns:securityId="No"', "CPA-003"),
    (b"<tns:SimplePart ", b"<tns:Unknown/><tns:SimplePart ", "CPA-003"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule"), CHANGES)
def test_each_rule_sees_its_fault(cpa_xml: bytes, old: bytes, new: bytes, rule: str) -> None:
    assert old in cpa_xml
    xml = cpa_xml.replace(old, new, 1)
    findings = [finding for finding in check(xml) if finding.rule == rule]
    assert findings, [str(finding) for finding in check(xml)]
    for finding in findings:
        assert 1 <= (finding.line or 0) <= cpa_xml.count(b"\n") + 1
        assert finding.found or finding.expected or finding.remedy
        assert re.match(r"line \d+: \S+ \((must|should)\): ", str(finding))


def test_a_finding_points_at_the_line(cpa_xml: bytes) -> None:
    lines = cpa_xml.decode().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "tns:Endpoint" in line)
    (finding,) = check(cpa_xml.replace(b"https://", b"http://", 1))
    assert (finding.line, finding.rule) == (number, "CPA-034")
    assert finding.expected == "https://<host name>/<path>"


def test_the_order_is_told(cpa_xml: bytes) -> None:
    (finding,) = check(re.sub(rb"<tns:Status[^>]*/>", b"", cpa_xml))
    assert "in this order: Status, Start, End" in str(finding)


def test_dropped_prefixes_are_one_finding(cpa_xml: bytes) -> None:
    bare = re.sub(rb" tns:(\w+=)", rb" \1", cpa_xml)
    (finding,) = check(bare)
    assert finding.rule == "CPA-025"
    assert "attributes have no namespace" in finding.what


def test_time(cpa_xml: bytes) -> None:
    cpa = parse(cpa_xml)
    assert "has expired" in str(check(cpa_xml, cpa.end)[0])
    (early,) = check(cpa_xml, cpa.start - timedelta(days=1))
    assert (early.rule, early.severity) == ("CPA-005", "should")


def test_a_default_channel_weaker_than_the_actions(cpa_xml: bytes, cpa_request: CpaRequest) -> None:
    """As in many CPAs: signals over best effort, messages over reliable messaging."""
    weak = render(dataclasses.replace(cpa_request, profile="osb-be")).decode()
    extra = [
        re.sub(r"SR_(Channel|Transport|DocExchange)", r"SR_Weak_\1", match.group(0))
        for name in ("DeliveryChannel", "Transport", "DocExchange")
        if (match := re.search(rf"<tns:{name} .*?</tns:{name}>", weak, re.DOTALL))
    ]
    xml = cpa_xml.decode().replace(
        'defaultMshChannelId="SR_Channel"', 'defaultMshChannelId="SR_Weak_Channel"'
    )
    for name, text in zip(("DeliveryChannel", "Transport", "DocExchange"), extra, strict=True):
        xml = xml.replace(f"</tns:{name}>", f"</tns:{name}>{text}", 1)
    assert [(f.rule, f.severity) for f in check(xml.encode())] == [("CPA-021", "must")]


@pytest.mark.parametrize(
    ("kind", "rule"),
    [(Kind.NO_OIN, "CPA-013"), (Kind.EXPIRED, "PKIO-003"), (Kind.NO_CLIENT_AUTH, "PKIO-015")],
)
def test_certificates_in_a_cpa_of_others(cpa_xml: bytes, pki: Authority, kind: Kind, rule: str) -> None:
    leaf = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind).certificate_pem
    text = base64.b64encode(read(leaf).der)
    xml = re.sub(rb"(<ds:X509Certificate>)[^<]+", rb"\g<1>" + text, cpa_xml, count=1)
    assert rules(check(xml)) == {rule}


def test_a_certificate_that_is_none(cpa_xml: bytes) -> None:
    xml = re.sub(rb"(<ds:X509Certificate>)[^<]+", rb"\g<1>AAAA", cpa_xml, count=1)
    assert rules(check(xml)) == {"CPA-035"}


def test_signed_and_encrypted_profiles(cpa_xml: bytes) -> None:
    signature = (
        b"<tns:SenderNonRepudiation><tns:NonRepudiationProtocol>http://www.w3.org/2000/09/xmldsig#"
        b"</tns:NonRepudiationProtocol><tns:HashFunction>http://www.w3.org/2000/09/xmldsig#sha1</tns:HashFunction>"
        b"<tns:SignatureAlgorithm>http://www.w3.org/2000/09/xmldsig#rsa-sha1</tns:SignatureAlgorithm>"
        b'<tns:SigningCertificateRef tns:certId="SR_ClientCertificate"/></tns:SenderNonRepudiation>'
        b"</tns:ebXMLSenderBinding>"
    )
    findings = check(cpa_xml.replace(b"</tns:ebXMLSenderBinding>", signature, 1))
    assert {"CPA-041", "CPA-027", "CPA-039"} <= rules(findings)
    assert "CPA-003" not in rules(findings)


@pytest.mark.parametrize(
    ("reliable", "signed", "encrypted", "name", "signed_acknowledgement"),
    [
        ("always", False, False, "osb-rm", "never"),
        ("never", False, False, "osb-be", "never"),
        ("always", True, False, "osb-rm-s", "always"),
        ("never", True, False, "osb-be-s", "never"),
        ("always", False, True, "osb-rm-e", "always"),
        ("never", True, True, "osb-be-e", "never"),
    ],
)
def test_the_six_profiles(
    reliable: str, signed: bool, encrypted: bool, name: str, signed_acknowledgement: str
) -> None:
    binding = Binding(
        signing=Signing("", "") if signed else None, encryption=Encryption("") if encrypted else None
    )
    channel = Channel("c", "https://a.example/", "none", reliable, "never", reliable, None, binding, binding)
    profile = profile_of(channel)
    assert (profile.name, profile.signed_acknowledgement) == (name, signed_acknowledgement)
    # Encryption never goes without a signature (DK-EBMS2-002).
    assert profile.signed or not profile.encrypted


@pytest.mark.parametrize("xml", [b"", b"<a>", b"<!DOCTYPE a><a/>"])
def test_what_cannot_be_read_is_an_error(xml: bytes) -> None:
    with pytest.raises(LzError):
        check(xml, source="mijn.xml")


@relaxed
@given(data=st.data())
def test_a_mutilated_cpa_never_passes_and_never_breaks_it(cpa_xml: bytes, data: st.DataObject) -> None:
    root = etree.fromstring(cpa_xml)
    parent = data.draw(st.sampled_from([e for e in root.iter() if len(e)]))
    child = data.draw(st.sampled_from(list(parent)))
    parent.remove(child)
    name = etree.QName(child).localname
    try:
        findings = check(etree.tostring(root))
    except LzError:
        return
    # What a CPA may well do without, and actions, of which one may be enough.
    assert findings or name in {
        "ServerSecurityDetailsRef",
        "ClientSecurityDetailsRef",
        "TrustAnchors",
        "NamespaceSupported",
    } | {
        "PersistDuration",
        "CompositeList",
    }
