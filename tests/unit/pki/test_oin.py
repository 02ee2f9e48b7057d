from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.errors import LzError
from lopendezaken.pki.oin import PREFIXES, is_oin, parse_hrn, parse_oin


@pytest.mark.parametrize(
    ("text", "register", "main_number"),
    [
        ("00000001002220647000", "RSIN", "002220647"),
        ("00000003123456780000", "KvK number", "12345678"),
        ("00000004194049711000", "SubOIN", "194049711"),
        ("0000000700AB12345000", "BRIN", "00AB12345"),
        ("00000099100000001000", "test", "100000001"),
    ],
)
def test_valid_numbers(text: str, register: str, main_number: str) -> None:
    oin = parse_oin(text)
    assert (str(oin), oin.register, oin.main_number) == (text, register, main_number)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "0 positions"),
        ("99100000001000", "14 positions"),
        ("000000991000000010000", "21 positions"),
        ("00000005123456789000", "unknown prefix 00000005"),
        ("00000000123456789000", "unknown prefix 00000000"),
        ("00000001ABCDEFGHI000", "main number ABCDEFGHI"),
        ("00000099123456789001", "suffix 001"),
        ("00000003123456789000", "a KvK number has eight digits"),
        ("\u0660" * 20, "unknown prefix"),
        ("0000009910000000100\n", "suffix"),
        ("00000001" + "\u0660" * 9 + "000", "main number"),
    ],
)
def test_what_is_wrong_is_said(text: str, part: str) -> None:
    assert not is_oin(text)
    with pytest.raises(LzError, match=part) as caught:
        parse_oin(text, "dossier.yml:12:7")
    assert str(caught.value).startswith("dossier.yml:12:7: not a valid OIN")
    assert caught.value.expected


@given(st.sampled_from(sorted(PREFIXES)), st.integers(0, 999_999_99))
def test_numbers_of_eight_digits_and_a_zero_are_valid_under_every_prefix(prefix: str, number: int) -> None:
    text = f"{prefix}{number:08d}0000"
    assert str(parse_oin(text)) == text


@given(st.text(max_size=24))
def test_any_text_is_judged_without_crash(text: str) -> None:
    assert is_oin(text) == (
        len(text) == 20 and text[:8] in PREFIXES and text.endswith("000") and is_oin(text)
    )


def test_the_kinds_that_rules_ask_for() -> None:
    assert parse_oin("00000099100000001000").is_test
    assert parse_oin("00000004194049711000").is_suboin
    assert not parse_oin("00000003123456780000").is_test


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("00000001002220647000", True),
        ("00000001822477348000", True),
        ("00000001123456789000", False),
        ("00000004114202890000", None),
    ],
)
def test_eleven_test_is_for_rsin_and_fi_only(text: str, passes: bool | None) -> None:
    assert parse_oin(text).passes_eleven_test is passes


@pytest.mark.parametrize("text", ["00000003123456780000", "00000001002220647000", "00000099100000001000"])
def test_hrn(text: str) -> None:
    assert str(parse_hrn(text)) == text


@pytest.mark.parametrize("text", ["00000004194049711000", "00000002123456789000", "00000008123456789000"])
def test_prefixes_that_no_supplier_has(text: str) -> None:
    with pytest.raises(LzError, match="never used for suppliers"):
        parse_hrn(text)
