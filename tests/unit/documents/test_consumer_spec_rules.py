"""A Consumerspecificatie of any origin: each mistake is caught by its own rule, and nothing breaks the reader."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from lopendezaken.documents.consumer_spec import render
from lopendezaken.documents.consumer_spec_rules import check
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import read
from tests.unit.documents.guide import GUIDE
from tests.unit.pki import made

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NUMBER, OTHER = "00000099100000001000", "00000099500000001000"
HOST = "ebms.preprod.voorbeeldstad.example"
ENDPOINT = f"https://{HOST}/ebms"
VALID = (date(2026, 1, 1), date(2028, 1, 1))


def leaf(oin: str | None = NUMBER, fault: str = "", names: tuple[str, ...] = (HOST,)) -> x509.Certificate:
    return made.leaf(oin, *VALID, names, fault=fault)


def specification(
    client: x509.Certificate | None = None, server: x509.Certificate | None = None, endpoint: str = ENDPOINT
) -> bytes:
    certificates = [read(made.pem(each or leaf()).encode()) for each in (client, server)]
    return render("Gemeente Voorbeeldstad", NUMBER, endpoint, *certificates)


def rules(xml: bytes | str, **more: bytes) -> list[tuple[str, str]]:
    text = xml.encode() if isinstance(xml, str) else xml
    return [(each.rule, each.severity) for each in check(text, NOW, **more)]


GOOD = specification().decode()
BLOCK = '<parameter name="PartyRef"/>'
MODULUS = GOOD[GOOD.index("<Modulus>") : GOOD.index("</Modulus>")]
SERIAL = GOOD[GOOD.index("<X509SerialNumber>") : GOOD.index("</X509SerialNumber>")]
FIRST = GOOD[GOOD.index('<parameter name="ClientCert">') : GOOD.index('<parameter name="ServerCert">')]
CERTIFICATE = GOOD[GOOD.index("<X509Certificate>") : GOOD.index("</X509Certificate>")]


def test_what_is_rendered_keeps_every_rule() -> None:
    chain = made.chain(leaf()).encode()
    assert rules(GOOD, chain=chain, anchors=made.pem(made.authority("root")).encode()) == []


def test_the_example_of_the_guide_breaks_the_rules_that_it_breaks() -> None:
    findings = check(GUIDE.encode(), NOW)
    assert [each.rule for each in findings] == ["X-12", *["X-09"] * 5]
    assert findings[0].line == 1
    assert "2 blanks" in findings[0].message
    assert [each.line for each in findings[1:]] == [4, 5, 8, 9, 14]
    assert "[uw_oin]" in findings[2].message


def test_only_its_blanks_are_wrong_when_it_is_filled_in() -> None:
    assert rules(f"  {GOOD}") == [("X-12", "must")]
    moved = check(f"\n\n {GOOD}".replace(ENDPOINT, "http://x").encode(), NOW)
    assert [(each.rule, each.line) for each in moved] == [("X-12", 3), ("X-06", 9)]


MUTATIONS: list[tuple[str, str, str, str]] = [
    ("another root", ROOT := "osb-ebms-service-specificatie", "specificatie", "X-01"),
    ("a namespace", f"<{ROOT}>", f'<{ROOT} xmlns="urn:x">', "X-01"),
    ("no declaration", '<?xml version="1.0" encoding="UTF-8"?>\n', "", "X-01"),
    ("another encoding", 'encoding="UTF-8"', 'encoding="ISO-8859-1"', "X-01"),
    ("no encoding", ' encoding="UTF-8"', "", "X-01"),
    ("another version", 'version="1.0"', 'version="1.1"', "X-01"),
    ("not closed", f"</{ROOT}>", "", "X-01"),
    ("a DTD", f"<{ROOT}>", f"<!DOCTYPE {ROOT}><{ROOT}>", "X-01"),
    ("another role", 'name="SR"', 'name="SP"', "X-02"),
    ("no block", "parameters", "parameter-block", "X-02"),
    ("a second block", "</parameters>", '</parameters><parameters name="SR"/>', "X-02"),
    ("no name", "Gemeente Voorbeeldstad", "", "X-03"),
    ("no PartyName", '<parameter name="PartyName">Gemeente Voorbeeldstad</parameter>', "", "X-03"),
    ("a number of 19", f">{NUMBER}<", f">{NUMBER[1:]}<", "X-04"),
    ("a urn", f">{NUMBER}<", f">urn:osb:oin:{NUMBER}<", "X-04"),
    ("an unknown prefix", f">{NUMBER}<", ">12345678900000001000<", "X-04"),
    ("a filled PartyRef", BLOCK, '<parameter name="PartyRef">x</parameter>', "X-05"),
    ("no PartyRef", BLOCK, "", "X-05"),
    ("http", ENDPOINT, ENDPOINT.replace("https", "http"), "X-06"),
    ("another port", HOST, f"{HOST}:8443", "X-06"),
    ("an address", HOST, "192.0.2.1:443:1", "X-06"),
    ("no KeyInfo namespace", ' xmlns="http://www.w3.org/2000/09/xmldsig#"', "", "X-07"),
    ("no client certificate", FIRST, "", "X-07"),
    ("a seventh", "</parameters>", '<parameter name="Extra"/></parameters>', "X-09"),
    ("a name twice", BLOCK, BLOCK * 2, "X-09"),
    ("text between", "<parameters", "x<parameters", "X-09"),
    ("a placeholder", "Gemeente Voorbeeldstad", "[uw_organisatie_naam]", "X-09"),
    ("no certificate", "X509Certificate>", "X509CRL>", "X-10"),
    ("not base64", CERTIFICATE, "<X509Certificate>!", "X-10"),
    ("half a certificate", CERTIFICATE, CERTIFICATE[:-40], "X-10"),
    ("another key", MODULUS, MODULUS[:-4] + "AAAA", "X-10"),
    ("another serial number", SERIAL, "<X509SerialNumber>12", "X-10"),
    ("something unknown", "<KeyValue>", "<KeyThing/><KeyValue>", "X-10"),
    ("half of a private key", "</RSAKeyValue>", "<D>AAAA</D></RSAKeyValue>", "X-10"),
]


@pytest.mark.parametrize(
    ("old", "new", "rule"), [each[1:] for each in MUTATIONS], ids=[m[0] for m in MUTATIONS]
)
def test_each_mistake_is_caught_by_its_rule_alone(old: str, new: str, rule: str) -> None:
    assert old in GOOD
    count = GOOD.count(old) if old in {ROOT, "parameters", "X509Certificate>"} else 1
    found = check(GOOD.replace(old, new, count).encode(), NOW)
    assert {each.rule for each in found} == {rule}
    assert all(each.severity == "must" and each.what and each.remedy for each in found)


def test_another_order_is_told_once() -> None:
    without = GOOD.replace(f"    {BLOCK}\n", "")
    found = check(without.replace("  </parameters>", f"  {BLOCK}\n  </parameters>").encode(), NOW)
    assert [each.rule for each in found] == ["X-09"]
    assert "PartyName, PartyId, EndpointUri, ClientCert, ServerCert, PartyRef" in found[0].message


def test_recommendations() -> None:
    assert rules(GOOD.replace(ENDPOINT, f"https://{HOST}")) == [("X-06", "should")]
    assert rules(GOOD.replace(f">{NUMBER}<", f"> {NUMBER} <")) == [("X-04", "should")]
    assert rules(b"\xef\xbb\xbf" + GOOD.encode()) == [("X-12", "should")]
    assert rules(GOOD.replace("C=NL</X509SubjectName>", "C=BE</X509SubjectName>", 1)) == [("X-10", "should")]


def test_names_of_other_programs_are_the_same_names() -> None:
    java = GOOD.replace("SERIALNUMBER=", "2.5.4.5=").replace(", O=", ",o=")
    assert rules(java) == []


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (specification(client=leaf(OTHER)), "the number in ClientCert is not PartyId"),
        (specification(server=leaf(None)), "no OIN in Subject serialNumber"),
        (specification(client=leaf(fault="no-client-auth")), "not meant for a TLS client"),
        (specification(server=leaf(names=("other.example",))), "EndpointUri is not in ServerCert"),
        (specification(server=leaf(fault="ca")), "a certificate of a CA"),
    ],
)
def test_certificates_that_do_not_fit(xml: bytes, words: str) -> None:
    (found,) = check(xml, NOW)
    assert found.rule == "X-11"
    assert words in found.message


def test_a_certificate_that_has_ended() -> None:
    found = check(GOOD.encode(), datetime(2028, 6, 1, tzinfo=UTC))
    assert [each.rule for each in found] == ["X-11", "X-11"]
    assert "2026-01-01 until 2028-01-01" in found[0].message


def test_the_way_to_the_root() -> None:
    chain, root = made.chain(leaf()).encode(), made.pem(made.authority("root")).encode()
    other = made.pem(made.authority("root", "TRIAL Ander")).encode()
    assert rules(GOOD, chain=chain, anchors=other) == [("X-11", "must")] * 2
    assert rules(GOOD, anchors=root) == [("X-11", "must")] * 2
    ended = made.chain(leaf(), tsp_until=date(2026, 6, 1)).encode()
    assert {each.rule for each in check(GOOD.encode(), NOW, chain=ended, anchors=root)} == {"X-11"}
    with pytest.raises(LzError, match="not a readable certificate"):
        check(GOOD.encode(), NOW, anchors=b"no certificate")


def _private(form: PrivateFormat, password: bytes | None = None, name: str = "") -> bytes:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return made.key(name, 0 if name == "curve" else 3072).private_bytes(Encoding.DER, form, how)


@pytest.mark.parametrize(
    "der",
    [
        lambda: _private(PrivateFormat.PKCS8),
        lambda: _private(PrivateFormat.PKCS8, b"secret"),
        lambda: _private(PrivateFormat.TraditionalOpenSSL),
        lambda: _private(PrivateFormat.TraditionalOpenSSL, name="curve"),
        lambda: pkcs12.serialize_key_and_certificates(
            None, made._rsa(made.key("", 3072)), None, None, BestAvailableEncryption(b"secret")
        ),
    ],
    ids=["pkcs8", "pkcs8 with a password", "pkcs1", "sec1", "pkcs12"],
)
@pytest.mark.parametrize("dress", ["<!-- {} -->", "-----BEGIN PRIVATE KEY-----\n{}\n", "<x>{}</x>"])
def test_a_private_key_is_found_and_not_shown(der: Callable[[], bytes], dress: str) -> None:
    text = base64.encodebytes(der()).decode()
    found = check(GOOD.replace(BLOCK, BLOCK + dress.format(text)).encode(), NOW)
    assert "a private key" in [each.what for each in found]
    assert text[:60] not in "".join(map(str, found))


@given(st.binary(max_size=400))
def test_any_bytes_give_findings(data: bytes) -> None:
    assert check(data, NOW)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_change_gives_no_traceback(data: st.DataObject) -> None:
    changed = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(changed) - 1))
        match data.draw(st.sampled_from(["set", "cut", "add", "move"])):
            case "set":
                changed[place] = data.draw(st.integers(0, 255))
            case "cut":
                del changed[place : place + data.draw(st.integers(1, 40))]
            case "add":
                changed[place:place] = data.draw(st.binary(max_size=20))
            case _:
                end = place + data.draw(st.integers(1, 200))
                part = changed[place:end]
                del changed[place:end]
                changed += part
        if not changed:
            break
    check(bytes(changed), NOW)


def test_certificates_that_are_no_certificates_give_no_traceback() -> None:
    der = bytearray(leaf().public_bytes(Encoding.DER))
    dice = random.Random(1)
    for _ in range(300):
        changed = bytearray(der)
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        other = f"<X509Certificate>{base64.b64encode(changed).decode()}"
        check(GOOD.replace(CERTIFICATE, other).encode(), NOW)
