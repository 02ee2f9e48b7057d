"""Chains: from the certificate to the root, with and without root and CRLs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Kind
from lopendezaken.lint.certificate import Wish
from lopendezaken.lint.chain import RULES, Store, check
from lopendezaken.pki.certificate import read_chain
from tests.unit.lint.conftest import HOST, NOW, OIN, SINCE, UNTIL, leaf, source, wish
from tests.unit.pki import made

ROOT = made.pem(made.authority("root"))
TSP, DOMAIN = (made.pem(made.authority(each)) for each in ("tsp", "domain"))
STORE = Store(read_chain(ROOT.encode()))


def rules(data: str, store: Store = STORE, **changes: object) -> set[str]:
    findings = check(source(data), wish(**changes), store)
    assert {each.rule for each in findings} <= {rule.id for rule in RULES}
    assert all(each.remedy for each in findings)
    return {each.rule for each in findings}


def test_good_ones() -> None:
    assert rules(leaf() + TSP + DOMAIN) == set()
    assert rules(leaf() + TSP + DOMAIN + ROOT, Store()) == set()
    assert rules(leaf() + DOMAIN + TSP) == set(), "above the leaf the order does not matter"


def test_without_root_the_last_step_is_told() -> None:
    (told,) = check(source(leaf() + TSP + DOMAIN), wish(), Store())
    assert (told.rule, told.severity) == ("PKIO-006", "should")
    # And what is there is verified all the same.
    other = made.pem(made.authority("tsp", "TRIAL Voorbeeld", made.FAR - timedelta(days=1)))
    assert rules(leaf() + other + DOMAIN, Store()) == {"PKIO-006"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TSP + leaf() + DOMAIN, {"DK-TLS-012"}),
        (leaf() + TSP + DOMAIN + made.pem(made.authority("flat")), {"DK-TLS-012"}),
        (leaf() + TSP + DOMAIN + leaf(name="second"), {"DK-TLS-012"}),
        (TSP + DOMAIN, {"DK-TLS-012"}),
        (leaf() + DOMAIN, {"PKIO-006"}),
        (leaf(), {"PKIO-006"}),
        (
            made.chain(made.leaf(OIN, made.BORN, made.FAR, (HOST,), fault="flat"), fault="flat"),
            {"PKIO-011", "PKIO-025"},
        ),
        (leaf("wildcard") + TSP + DOMAIN, {"PKIO-018"}),
    ],
)
def test_one_fault(data: str, expected: set[str]) -> None:
    assert rules(data) == expected


def test_roots_that_do_not_count() -> None:
    anyone = made.pem(
        made.authority("tsp", "Anyone"), made.authority("domain", "Anyone"), made.authority("root", "Anyone")
    )
    assert "PKIO-006" in rules(leaf(pki="Anyone") + anyone, Store())


def test_crls() -> None:
    lists = [made.crl(each, NOW - timedelta(hours=1)) for each in ("root", "domain", "tsp")]
    data = leaf() + TSP + DOMAIN
    assert rules(data, Store(STORE.anchors, tuple(lists))) == set()
    assert rules(data, Store(STORE.anchors, tuple(lists[:2]))) == {"PKIO-029"}
    ended = made.crl("tsp", NOW - timedelta(hours=60))
    assert rules(data, Store(STORE.anchors, (*lists[:2], ended))) == {"PKIO-028"}
    gone = made.crl("tsp", NOW - timedelta(hours=1), revoked=[made.leaf(OIN, SINCE, UNTIL, (HOST,))])
    assert rules(data, Store(STORE.anchors, (*lists[:2], gone))) == {"PKIO-003"}


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Kind.GOOD, None),
        (Kind.NO_OIN, "PKIO-001"),
        (Kind.OTHER_OIN, "CPA-013"),
        (Kind.EXPIRED, "PKIO-003"),
        (Kind.REVOKED, "PKIO-003"),
        (Kind.OTHER_ROOT, "PKIO-006"),
        (Kind.NO_CLIENT_AUTH, "PKIO-015"),
        (Kind.SELF_SIGNED, "DK-EBMS2-022"),
    ],
)
def test_all_bad_ones_of_the_lab(pki: Authority, kind: Kind, rule: str | None) -> None:
    data = pki.leaf(OIN, [HOST], "Gemeente Voorbeeldstad", kind).certificate_pem
    crls = tuple(path.read_bytes() for path in sorted((pki.path / "crl").glob("*.crl")))
    store = Store(read_chain(pki.anchors_pem()), crls)
    found = {each.rule for each in check(source(data), Wish(wish().data, oin=OIN), store)}
    # The unit tests' PKI has small keys, which every one of them shows.
    assert found - {"NCSC-003"} == ({rule} if rule else set())


def test_what_is_no_certificate() -> None:
    with pytest.raises(LzError):
        check(source("hello"), wish(), STORE)
