from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lopendezaken.cpa import meaning
from lopendezaken.cpa.meaning import UnreadableCpaError, differences, digest, equal

# Fixtures of session scope hold across examples.
relaxed = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

TNS, XSI = meaning.TNS, meaning.XSI


def rewritten(xml: bytes, seed: int) -> bytes:
    """The same CPA as another adapter might write it."""
    chance = Random(seed)
    root = ElementTree.fromstring(xml)

    def blank() -> str:
        return "".join(chance.choices(" \t\n", k=chance.randrange(4)))

    for element in root.iter():
        items = list(element.attrib.items())
        chance.shuffle(items)
        element.attrib.clear()
        element.attrib.update(items)
        name = element.tag.rpartition("}")[2]
        if len(element):
            element.text = blank()
            for child in element:
                child.tail = blank()
        elif name == "X509Certificate":
            whole = re.sub(r"\s", "", element.text or "")
            element.text = "\n   ".join(re.findall(f".{{1,{chance.randrange(10, 200)}}}", whole)) + "\n"
        elif name == "RetryInterval":
            element.text = chance.choice(["PT3H", "P0Y0M0DT3H0M0.000S", "PT180M", "PT10800S", "P0DT3H"])
        elif name == "PersistDuration":
            element.text = chance.choice(["P5D", "P0Y0M5DT0H0M0.000S", "PT120H"])
        elif name in {"Start", "End"}:
            instant = datetime.fromisoformat((element.text or "").replace("Z", "+00:00"))
            zone = timezone(timedelta(minutes=chance.randrange(-720, 720)))
            element.text = instant.astimezone(zone).isoformat(timespec="milliseconds")
    root.set(f"{{{XSI}}}schemaLocation", f"{TNS} cpp-cpa-2_0.xsd")
    ElementTree.register_namespace(chance.choice(["cpa", "x", "adapter3"]), TNS)
    text = ElementTree.tostring(root, encoding="unicode")
    at = chance.choice([match.start() for match in re.finditer("<", text)])
    return (text[:at] + "<!-- made by another adapter -->" + text[at:]).encode()


@relaxed
@given(seed=st.integers(0, 2**32))
def test_another_way_of_writing_means_the_same(cpa_xml: bytes, seed: int) -> None:
    other = rewritten(cpa_xml, seed)
    assert other != cpa_xml
    assert differences(cpa_xml, other) == []
    assert equal(cpa_xml, other)
    assert digest(cpa_xml) == digest(other)


@relaxed
@given(data=st.data())
def test_any_changed_text_or_attribute_is_seen_and_named(cpa_xml: bytes, data: st.DataObject) -> None:
    root = ElementTree.fromstring(cpa_xml)
    element = data.draw(st.sampled_from([e for e in root.iter() if e.attrib or (e.text or "").strip()]))
    places = sorted(element.attrib) + (["text"] if (element.text or "").strip() else [])
    place = data.draw(st.sampled_from(places))
    if place == "text":
        element.text = f"A{element.text}"
    else:
        element.set(place, f"A{element.get(place)}")
    found = differences(cpa_xml, ElementTree.tostring(root))
    assert found
    assert not equal(cpa_xml, ElementTree.tostring(root))
    assert digest(cpa_xml) != digest(ElementTree.tostring(root))
    # An element is named by itself, or by the new value of what tells it apart.
    changed = element.text if place == "text" else element.get(place)
    assert any(word in " ".join(found) for word in (element.tag.rpartition("}")[2], str(changed)))


@relaxed
@given(data=st.data())
def test_a_missing_element_is_seen(cpa_xml: bytes, data: st.DataObject) -> None:
    root = ElementTree.fromstring(cpa_xml)
    parent = data.draw(st.sampled_from([e for e in root.iter() if len(e)]))
    parent.remove(data.draw(st.sampled_from(list(parent))))
    assert not equal(cpa_xml, ElementTree.tostring(root))
    assert any(
        "only here" in line or "only there" in line
        for line in differences(cpa_xml, ElementTree.tostring(root))
    )


@relaxed
@given(data=st.data())
def test_elements_in_another_order_are_seen(cpa_xml: bytes, data: st.DataObject) -> None:
    root = ElementTree.fromstring(cpa_xml)
    parent = data.draw(st.sampled_from([e for e in root.iter() if len(e) > 1]))
    parent[:] = [*parent[1:], parent[0]]
    assert not equal(cpa_xml, ElementTree.tostring(root))
    assert differences(cpa_xml, ElementTree.tostring(root))


def test_a_difference_reads_well(cpa_xml: bytes) -> None:
    other = cpa_xml.replace(b"<tns:Retries>8<", b"<tns:Retries>3<", 1)
    assert differences(cpa_xml, other) == [
        "CollaborationProtocolAgreement/PartyInfo[Gemeente Voorbeeldstad]/DocExchange[SR_DocExchange]"
        "/ebXMLSenderBinding/ReliableMessaging/Retries: '8' here, '3' there"
    ]
    assert differences(cpa_xml, other, "in the file", "loaded")[0].endswith("'8' in the file, '3' loaded")


def test_another_certificate_shows_as_fingerprint(cpa_xml: bytes) -> None:
    certificate = base64.b64encode(b"another").decode()
    pattern = rb"(<ds:X509Certificate>)[^<]+"
    other = re.sub(pattern, rb"\g<1>" + certificate.encode(), cpa_xml, count=1)
    (line,) = differences(cpa_xml, other)
    assert "Certificate[SR_ClientCertificate]" in line
    assert "certificate with sha256" in line
    assert certificate not in line


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PT1M", "P0Y0M0DT0H1M0.000S"),
        ("P1Y", "P12M"),
        ("PT0S", "-P0D"),
        ("P1DT1H", "PT25H"),
        ("PT1.50S", "PT1.5S"),
    ],
)
def test_equal_durations(one: str, other: str) -> None:
    assert equal(_with_interval(one), _with_interval(other))


@pytest.mark.parametrize(
    ("one", "other"), [("PT1M", "P1M"), ("P30D", "P1M"), ("PT1S", "-PT1S"), ("P", "PT"), ("PT", "P0D")]
)
def test_other_durations(one: str, other: str) -> None:
    assert not equal(_with_interval(one), _with_interval(other))


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-840, 840))
def test_one_moment_in_any_zone(moment: datetime, minutes: int) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    other = aware.astimezone(timezone(timedelta(minutes=minutes)))
    assert equal(_with_start(aware.strftime("%Y-%m-%dT%H:%M:%SZ")), _with_start(other.isoformat()))


def test_midnight_has_two_names() -> None:
    assert equal(_with_start("2026-12-31T24:00:00Z"), _with_start("2027-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<a>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<?xml version='1.0' encoding='UTF-16'?><a/>".encode("utf-16"),
        b"<?xml version='1.0' encoding='no-such'?><a/>",
        b"<a>" * 100 + b"</a>" * 100,
        b" " * 5_000_001,
    ],
    ids=["empty", "text", "unclosed", "doctype", "utf-16", "encoding", "deep", "large"],
)
def test_what_no_cpa_is_gets_refused(xml: bytes) -> None:
    with pytest.raises(UnreadableCpaError):
        equal(xml, xml)


@given(st.binary(max_size=200))
def test_garbage_never_breaks_it(data: bytes) -> None:
    try:
        equal(data, data)
    except UnreadableCpaError:
        pass


def test_ansible_uses_the_same_file() -> None:
    link = Path(__file__).parents[3] / "plugins/module_utils/cpa_meaning.py"
    assert link.is_symlink()
    assert link.resolve() == Path(meaning.__file__).resolve()


def test_standard_library_only() -> None:
    source = Path(meaning.__file__).read_text()
    assert not re.search(r"^(from|import) (lopendezaken|lxml)", source, re.MULTILINE)


def _with_interval(text: str) -> str:
    return f'<c:CPA xmlns:c="{TNS}"><c:RetryInterval>{text}</c:RetryInterval></c:CPA>'


def _with_start(text: str) -> str:
    return f'<c:CPA xmlns:c="{TNS}"><c:Start>{text}</c:Start></c:CPA>'
