"""Files from anyone: whatever is in them, a linter ends soon, with 0, 1 or 2 and never with a traceback."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs7, pkcs12
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lopendezaken.casemessage.check import write
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.errors import LzError
from lopendezaken.lint import (
    case_message,
    certificate,
    chain,
    consumer_spec,
    cpa,
    crl,
    csr,
    network,
    oin,
    ping_mmd,
)
from lopendezaken.lint.finding import Finding
from lopendezaken.lint.output import as_json, as_sarif, text
from lopendezaken.lint.registry import rules_of
from lopendezaken.lint.run import Judged
from lopendezaken.lint.source import Source
from tests.unit.casemessage.samples import MO, STUF
from tests.unit.documents.guide import GUIDE as SPEC
from tests.unit.lint.conftest import HOST, NOW, OIN, SINCE, UNTIL, leaf, source, wish
from tests.unit.lint.test_csr import request
from tests.unit.lint.test_network import PLAN
from tests.unit.lint.test_ping_mmd import GOOD as PING
from tests.unit.pki import made

LIMIT = 20  # seconds: the machine is shared, and one example takes milliseconds
fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CHECKS: dict[str, Callable[[Source], list[Finding]]] = {
    "certificate": lambda it: certificate.check(it, wish(hosts=(HOST,), oin=OIN)),
    "chain": lambda it: chain.check(it, wish(), chain.Store()),
    "csr": lambda it: csr.check(it, wish()),
    "crl": lambda it: crl.check(it, wish(), crl.Beside()),
    "oin": oin.check,
    "cpa": lambda it: cpa.check(it, NOW, "prod"),
    "consumer-spec": lambda it: consumer_spec.check(it, NOW),
    "ping-mmd": lambda it: ping_mmd.check(it, NOW),
    "network": network.check,
    "case-message": lambda it: case_message.check(it, Schemas()),
}


@dataclass(frozen=True)
class Seeds:
    """Good files, to be damaged."""

    files: dict[str, list[bytes]]


@pytest.fixture(scope="module")
def seeds(cpa_xml: bytes) -> Seeds:
    own = made.leaf(OIN, SINCE, UNTIL, (HOST,))
    above = [made.authority("tsp"), made.authority("domain")]
    key = made._rsa(made.key("", 3072))
    certificates = [
        own.public_bytes(Encoding.DER),
        leaf().encode(),
        made.chain(own).encode(),
        pkcs7.serialize_certificates([own, *above], Encoding.DER),
        pkcs7.serialize_certificates([own], Encoding.PEM),
        pkcs12.serialize_key_and_certificates(b"x", key, own, above, NoEncryption()),
    ]
    return Seeds(
        {
            "certificate": certificates,
            "chain": certificates,
            "csr": [request(), request(encoding=Encoding.DER)],
            "crl": [made.crl("tsp", NOW - timedelta(hours=1), revoked=[own])],
            "oin": [b"00000001002220647000;a\n00000099100000001000\n"],
            "cpa": [cpa_xml],
            "consumer-spec": [SPEC.encode(), SPEC.strip().encode()],
            "ping-mmd": [PING.encode()],
            "network": [PLAN.read_bytes()],
            "case-message": [write(STUF), write(MO)],
        }
    )


def judged(kind: str, data: bytes) -> None:
    """It ends with findings or an error for people, and both can be told in every form."""
    start = time.monotonic()
    try:
        result = Judged("it", tuple(CHECKS[kind](source(data))))
    except LzError as error:
        result = Judged("it", error=error)
    assert result.exit_code in {0, 1, 2}
    assert list(text([result]))
    assert as_json(kind, [result])
    assert as_sarif(kind, [result], rules_of(kind))
    assert time.monotonic() - start < LIMIT


@pytest.mark.parametrize("kind", CHECKS)
@fuzz
@given(data=st.binary(max_size=400))
def test_random_bytes(kind: str, data: bytes) -> None:
    judged(kind, data)


@pytest.mark.parametrize("kind", CHECKS)
@fuzz
@given(data=st.data())
def test_damaged_files(kind: str, seeds: Seeds, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(seeds.files[kind]))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(seed)))
        length = data.draw(st.sampled_from([0, 1, 1, 2, 8, 40]))
        seed = seed[:start] + data.draw(st.binary(max_size=6)) + seed[start + length :]
    judged(kind, seed)


@pytest.mark.parametrize("kind", ["certificate", "chain", "crl", "csr"])
@fuzz
@given(data=st.data())
def test_der_with_one_byte_changed(kind: str, seeds: Seeds, data: st.DataObject) -> None:
    """One byte keeps most of the structure, so that it gets further in."""
    whole = [each for each in seeds.files[kind] if each[:1] == b"\x30"]
    der = bytearray(data.draw(st.sampled_from(whole)))
    der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    judged(kind, bytes(der))


@pytest.mark.parametrize("kind", ["cpa", "consumer-spec", "ping-mmd", "case-message"])
@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 100_000,
        b"<a b='" + b"x" * 1_000_000 + b"'/>",
        b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'">]><a>' + b"&b;" * 1000 + b"</a>",
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
    ],
    ids=["deep", "wide", "entities", "utf-16"],
)
def test_xml_that_means_harm(kind: str, data: bytes) -> None:
    judged(kind, data)


@pytest.mark.parametrize("kind", ["certificate", "chain", "csr", "crl"])
@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN CERTIFICATE-----\n" * 150_000,
        b"-----BEGIN CERTIFICATE REQUEST-----\n" * 100_000,
        b"-----BEGIN A-----" * 200_000 + b"-----END B-----",
        b"\x30\x80" * 2_000_000,
        b"\x30\x83\xff\xff\xff\x02\x01\x03" + b"\x30\x80" * 400_000,
    ],
    ids=["certificates", "requests", "blocks", "deep", "deep pkcs12"],
)
def test_files_that_are_large_and_empty(kind: str, data: bytes) -> None:
    judged(kind, data)


def test_a_file_of_many_numbers() -> None:
    judged("oin", b"1\n" * 2_000_000)


def test_a_cpa_with_very_many_faults(cpa_xml: bytes) -> None:
    judged("cpa", cpa_xml.replace(b"<tns:SimplePart ", b"<tns:Unknown/>" * 200_000 + b"<tns:SimplePart ", 1))


def test_dates_at_the_ends_of_time(cpa_xml: bytes) -> None:
    for moment in (datetime.min, datetime.max):
        cpa.check(source(cpa_xml), moment.replace(tzinfo=NOW.tzinfo))
