"""Signed and encrypted messages: what holds, and each way in which one can be forged, stripped or swapped."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lopendezaken.cpa.model import Cpa, Route, Signing, parse
from lopendezaken.cpa.render import CpaRequest, render
from lopendezaken.ebms import msh, signature
from lopendezaken.ebms.envelope import Fault, from_xml, to_xml
from lopendezaken.ebms.failure import SecurityFailureError
from lopendezaken.ebms.mime import Attachment, Message
from lopendezaken.ebms.names import DS, NEXT_MSH, SOAP, SOAP_NEXT, XENC
from lopendezaken.ebms.security import Security
from lopendezaken.ebms.signature import SigningKey
from lopendezaken.lab.authority import Leaf
from tests.unit.conftest import OWN_OIN, PARTNER_OIN
from tests.unit.ebms.samples import attachments

NOW = datetime.now(UTC).replace(microsecond=0)
ZAAK = Attachment("zaak-1", "application/xml", b"<zaak>geheim</zaak>", "zaak.xml")
BRIEF = Attachment("brief-2", "application/pdf", bytes(range(256)) * 4, None)
SHA1 = b"http://www.w3.org/2000/09/xmldsig#sha1"


def keys(leaf: Leaf, trusted: Callable[[bytes], bool] = lambda der: True) -> Security:
    der = ssl.PEM_cert_to_DER_cert(
        leaf.certificate_pem.decode().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----"
    )
    return Security(SigningKey(leaf.key_pem, leaf.certificate_pem, der), leaf.key_pem, trusted)


@pytest.fixture(scope="module")
def own(own_leaf: Leaf) -> Security:
    return keys(own_leaf)


@pytest.fixture(scope="module")
def partner(partner_leaf: Leaf) -> Security:
    return keys(partner_leaf)


@pytest.fixture(scope="module")
def agreed(cpa_request: CpaRequest) -> Callable[[str], Route]:
    """The route of a case message under a profile."""

    def route(profile: str) -> Route:
        cpa = parse(render(replace(cpa_request, profile=profile)))
        return cpa.route(OWN_OIN, PARTNER_OIN, "voorbeeld:LopendeZaken:1.0", "Zaakbericht")

    return route


def sent(cpa: Cpa, route: Route, own: Security, *payloads: Attachment) -> Message:
    """A message as it leaves the sender."""
    message, _ = msh.business(cpa, route, msh.Wish(attachments=payloads), NOW)
    xml = to_xml(message.envelope)
    if route.signing:
        xml = own.sign(xml, payloads, route.signing)
    sealed = own.encrypt(payloads, route.encryption) if route.encryption else payloads
    return Message(from_xml(xml), sealed, xml)


@pytest.fixture(scope="module")
def cpa(cpa_request: CpaRequest) -> Callable[[str], Cpa]:
    return lambda profile: parse(render(replace(cpa_request, profile=profile)))


@pytest.fixture
def signed(cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], own: Security) -> Message:
    return sent(cpa("osb-rm-s"), agreed("osb-rm-s"), own, ZAAK, BRIEF)


@pytest.mark.parametrize("profile", ["osb-rm-s", "osb-be-s", "osb-rm-e", "osb-be-e"])
def test_what_was_sent_is_read(
    profile: str, cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], own: Security, partner: Security
) -> None:
    route = agreed(profile)
    message = sent(cpa(profile), route, own, ZAAK, BRIEF)
    opened = partner.open(message, route, b"")
    assert opened.message.attachments == (ZAAK, BRIEF)
    assert [digest.uri for digest in opened.digests] == ["", "cid:zaak-1", "cid:brief-2"]
    if profile.endswith("-e"):
        assert b"geheim" not in message.attachments[0].content
        assert message.attachments[0].content_type == "application/xml"


@settings(max_examples=25)
@given(payloads=attachments)
def test_any_payload_comes_back(
    payloads: tuple[Attachment, ...],
    cpa: Callable[[str], Cpa],
    agreed: Callable[[str], Route],
    own: Security,
    partner: Security,
) -> None:
    payloads = tuple(
        replace(each, content_id=f"part-{number}", content=each.content or b"-")
        for number, each in enumerate(payloads)
    )
    message = sent(cpa("osb-rm-e"), agreed("osb-rm-e"), own, *payloads)
    assert partner.open(message, agreed("osb-rm-e"), b"").message.attachments == payloads


def test_an_empty_payload_cannot_be_encrypted(agreed: Callable[[str], Route], own: Security) -> None:
    encryption = agreed("osb-rm-e").encryption
    assert encryption is not None
    with pytest.raises(ValueError, match="zaak-1 is empty"):
        own.encrypt((replace(ZAAK, content=b""),), encryption)


# Forged


def in_xml(old: str, new: str) -> Callable[[Message], Message]:
    def change(message: Message) -> Message:
        xml = re.sub(old.encode(), new.encode(), message.xml, count=1, flags=re.DOTALL)
        assert xml != message.xml
        return replace(message, xml=xml)

    return change


def in_tree(change: Callable[[etree._Element, etree._Element], object]) -> Callable[[Message], Message]:
    def changed(message: Message) -> Message:
        root = etree.fromstring(message.xml)
        found = next(root.iter(f"{{{DS}}}Signature"))
        change(root, found)
        return replace(message, xml=etree.tostring(root))

    return changed


def move_into_body(root: etree._Element, found: etree._Element) -> None:
    body = root.find(f"{{{SOAP}}}Body")
    assert body is not None
    body.append(found)


def wrap(root: etree._Element, found: etree._Element) -> None:
    """The signed envelope goes along as a passenger, with an Id; the real one says something else."""
    copy = etree.fromstring(etree.tostring(root))
    copy.set("Id", "signed")
    header = copy[0]
    header.remove(header[-1])
    envelope = next(found.iter(f"{{{DS}}}Reference"))
    envelope.set("URI", "#signed")
    etree.SubElement(found, f"{{{DS}}}Object").append(copy)


def payload(content: bytes) -> Callable[[Message], Message]:
    return lambda message: replace(message, attachments=(replace(ZAAK, content=content), BRIEF))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (payload(b"<zaak>anders</zaak>"), "Invalid Signature"),
        (lambda message: replace(message, attachments=(ZAAK,)), "every payload"),
        (
            lambda message: replace(message, attachments=(*message.attachments, Attachment("x", "a/b", b""))),
            "every payload",
        ),
        (in_xml("<eb:Action>Zaakbericht<", "<eb:Action>Wisbericht<"), "Invalid Signature"),
        (in_xml("<ds:Signature>.*</ds:Signature>", ""), "Signature not found"),
        (in_xml("(<ds:Signature>.*</ds:Signature>)", r"\1\1"), "one Signature"),
        (in_tree(move_into_body), "one Signature"),
        (in_tree(wrap), "not as ebMS has it"),
        (in_xml("#enveloped-signature", "#base64"), "not what was agreed"),
        (in_xml("<ds:XPath>[^<]*", "<ds:XPath>self::node()[false()]"), "XPath"),
        (in_xml("@soap:actor", "@eb:actor"), "XPath"),
        (in_xml('"http://www.w3.org/TR/1999/REC-xpath-19991116"', '"http://www.w3.org/TR/1999/REC-xslt-19991116"'), "XPath"),
        (in_xml("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256"), "not what was agreed"),
        (in_xml("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"), "not what was"),
        (in_xml('"http://www.w3.org/2001/04/xmlenc#sha256"', f'"{SHA1.decode()}"'), "not what was agreed"),
        (in_xml("cid:zaak-1\"><ds:Dig", "file:///etc/passwd\"><ds:Dig"), "every payload"),
        (in_xml("cid:zaak-1\"><ds:Dig", "https://elders.example/\"><ds:Dig"), "every payload"),
        (in_xml('<ds:Reference URI="cid:brief-2">.*?</ds:Reference>', ""), "every payload"),
        (in_xml("<eb:Action>", "<eb:Action>" + "x" * 200_000), "at most"),
        (in_xml("<eb:Manifest", "<a/>" * 4000 + "<eb:Manifest"), "at most"),
        (in_xml("<eb:Manifest", "<a " + " ".join(f"a{i}=\"\"" for i in range(60)) + "/><eb:Manifest"), "at most"),
        (in_xml("<eb:Manifest", "<a>" * 30 + "</a>" * 30 + "<eb:Manifest"), "at most"),
        (in_xml("<soap:Envelope", "<soap:Envelope " + " ".join(f'xmlns:n{i}="u"' for i in range(1000))), "at most"),
        (in_xml("</eb:MessageData>", f'<eb:RefToMessageId soap:actor="{NEXT_MSH}">x@y</eb:RefToMessageId></eb:MessageData>'), "left out"),
        (in_xml("</soap:Header>", f'<eb:Acknowledgment soap:actor="{SOAP_NEXT}"/></soap:Header>'), "left out"),
        (lambda message: replace(message, attachments=(ZAAK, replace(BRIEF, content_id="zaak-1#x"))), "Content-ID"),
    ],
)  # fmt: skip
def test_a_forged_message_is_refused(
    change: Callable[[Message], Message],
    reason: str,
    signed: Message,
    agreed: Callable[[str], Route],
    partner: Security,
) -> None:
    with pytest.raises(SecurityFailureError, match=reason):
        partner.open(change(signed), agreed("osb-rm-s"), b"")


@settings(max_examples=60)
@given(data=st.data())
def test_no_changed_byte_goes_unnoticed(
    data: st.DataObject,
    cpa: Callable[[str], Cpa],
    agreed: Callable[[str], Route],
    own: Security,
    partner: Security,
) -> None:
    """Any other text in the header either is no envelope, or breaks the signature."""
    message = sent(cpa("osb-rm-s"), agreed("osb-rm-s"), own, ZAAK)
    texts = re.findall(rb">([^<>\s][^<>]*)<", message.xml)
    old = data.draw(st.sampled_from([text for text in texts if b"not(" not in text]))
    new = data.draw(st.text("abc123", min_size=1, max_size=8)).encode()
    changed = replace(message, xml=message.xml.replace(b">" + old + b"<", b">" + new + b"<", 1))
    # The certificate that goes along is for people: the CPA says whose signature it must be.
    if changed.xml == message.xml or old.startswith(b"\nMII") or old.startswith(b"MII"):
        return
    with pytest.raises(SecurityFailureError):
        partner.open(changed, agreed("osb-rm-s"), b"")


def test_a_signature_of_somebody_else_is_refused(
    cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], partner: Security, partner_leaf: Leaf
) -> None:
    route = agreed("osb-rm-s")
    assert route.signing is not None
    theirs = Signing(
        route.signing.hash_function, route.signing.algorithm, cpa("osb-rm-s").parties[1].default_channel.client_certificate
    )  # fmt: skip
    message, _ = msh.business(cpa("osb-rm-s"), route, msh.Wish(attachments=(ZAAK,)), NOW)
    xml = partner.sign(to_xml(message.envelope), (ZAAK,), theirs)
    with pytest.raises(SecurityFailureError, match="Invalid Signature"):
        partner.open(replace(message, xml=xml), route, b"")


def test_another_certificate_than_ours_is_not_signed_with(
    agreed: Callable[[str], Route], partner: Security
) -> None:
    route = agreed("osb-rm-s")
    assert route.signing is not None
    with pytest.raises(ValueError, match="another signing certificate"):
        partner.sign(b"<a/>", (), route.signing)


def test_a_hundred_payloads_are_not_too_many(
    cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], own: Security, partner: Security
) -> None:
    route = agreed("osb-rm-s")
    payloads = tuple(replace(ZAAK, content_id=f"zaak-{number}") for number in range(99))
    message = sent(cpa("osb-rm-s"), route, own, *payloads)
    assert len(partner.open(message, route, b"").digests) == 100


def test_an_algorithm_of_the_past_is_not_used(agreed: Callable[[str], Route], own: Security) -> None:
    route = agreed("osb-rm-s")
    assert route.signing is not None
    with pytest.raises(ValueError, match="SHA-2"):
        own.sign(b"<a/>", (), replace(route.signing, hash_function=SHA1.decode()))


def test_a_certificate_that_is_not_trusted(
    signed: Message, agreed: Callable[[str], Route], own_leaf: Leaf, partner_leaf: Leaf
) -> None:
    nobody = keys(partner_leaf, lambda der: False)
    route = agreed("osb-rm-s")
    with pytest.raises(SecurityFailureError, match="trust anchor"):
        nobody.open(signed, route, b"")
    # The handshake has looked at this one already.
    assert nobody.open(signed, route, route.client_certificate or b"").digests
    encryption = agreed("osb-rm-e").encryption
    assert encryption is not None
    with pytest.raises(ValueError, match="trust anchor"):
        nobody.encrypt((ZAAK,), encryption)


# Encrypted


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"#aes256-gcm", b"#aes128-gcm"),
        (b"http://www.w3.org/2009/xmlenc11#aes256-gcm", b"http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
        (b"#rsa-oaep-mgf1p", b"#rsa-1_5"),
        (b"<xenc:CipherData>", b'<xenc:CipherReference URI="file:///etc/passwd"/><xenc:CipherData>'),
        (b"<xenc:EncryptedData", b"<!DOCTYPE a><xenc:EncryptedData"),
    ],
)
def test_a_payload_that_is_not_encrypted_as_agreed(
    old: bytes, new: bytes, cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], own: Security, partner: Security
) -> None:  # fmt: skip
    route = agreed("osb-rm-e")
    message = sent(cpa("osb-rm-e"), route, own, ZAAK)
    content = message.attachments[0].content
    assert old in content
    broken = replace(message.attachments[0], content=content.replace(old, new, 1))
    with pytest.raises(SecurityFailureError) as told:
        partner.open(replace(message, attachments=(broken,)), route, b"")
    assert told.value.location == "cid:zaak-1"


def test_a_payload_in_the_clear_is_refused(
    cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], own: Security, partner: Security
) -> None:
    route = agreed("osb-rm-e")
    message = sent(cpa("osb-rm-e"), route, own, ZAAK)
    with pytest.raises(SecurityFailureError, match="not encrypted"):
        partner.open(replace(message, attachments=(ZAAK,)), route, b"")


def test_a_broken_key_and_broken_content_sound_the_same(
    cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], own: Security, partner: Security
) -> None:
    """Else the answers tell, question by question, what is inside."""
    route = agreed("osb-rm-e")
    message = sent(cpa("osb-rm-e"), route, own, ZAAK)
    told = set()
    for number in (0, 1):
        root = etree.fromstring(message.attachments[0].content)
        value = list(root.iter(f"{{{XENC}}}CipherValue"))[number]
        text = value.text or ""
        value.text = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
        broken = replace(message.attachments[0], content=etree.tostring(root))
        with pytest.raises(SecurityFailureError) as failure:
            partner.open(replace(message, attachments=(broken,)), route, b"")
        told.add(str(failure.value))
    assert len(told) == 1


# Acknowledgements


def test_a_signed_acknowledgement_is_of_the_message(
    cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], own: Security, partner: Security
) -> None:
    route = agreed("osb-rm-s")
    message = sent(cpa("osb-rm-s"), route, own, ZAAK)
    decision = msh.decide(
        message, cpa("osb-rm-s"), route.client_certificate, msh.Rules(PARTNER_OIN), NOW, partner.open
    )
    assert isinstance(decision, msh.Accept)
    (effect,) = decision.effects
    assert isinstance(effect, msh.Receive)
    assert effect.acknowledgment is not None
    assert effect.signing is not None
    receipt = partner.sign(to_xml(effect.acknowledgment), (), effect.signing)
    own.verify_receipt(receipt, message.xml, effect.signing, b"")
    with pytest.raises(SecurityFailureError, match="Signature not found"):
        own.verify_receipt(to_xml(effect.acknowledgment), message.xml, effect.signing, b"")
    other = sent(cpa("osb-rm-s"), route, own, replace(ZAAK, content=b"<zaak/>"))
    with pytest.raises(SecurityFailureError, match="another message"):
        own.verify_receipt(receipt, other.xml, effect.signing, b"")


def test_what_cannot_be_trusted_gets_a_message_error(
    signed: Message, cpa: Callable[[str], Cpa], agreed: Callable[[str], Route], partner: Security
) -> None:
    forged = payload(b"<zaak>anders</zaak>")(signed)
    peer = agreed("osb-rm-s").client_certificate
    decision = msh.decide(
        forged, cpa("osb-rm-s"), peer, msh.Rules(PARTNER_OIN), NOW + timedelta(seconds=1), partner.open
    )
    assert isinstance(decision, msh.Accept)
    (effect,) = decision.effects
    assert isinstance(effect, msh.Answer)
    assert effect.envelope.errors == (Fault("SecurityFailure", "Invalid Signature!", "//Header/Signature"),)


def test_nothing_but_the_payloads_can_be_read_by_the_library(signed: Message) -> None:
    assert signature._payloads == {}
