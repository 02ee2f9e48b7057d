from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.casemessage.bsn import holds_bsn, mask, mask_all, passes_eleven_test, read_test_bsns
from lopendezaken.errors import LzError
from tests.unit.casemessage.samples import BSN, NO_BSN, OTHER_BSN


@pytest.mark.parametrize(
    ("bsn", "passes"),
    [
        (BSN, True),
        (OTHER_BSN, True),
        (NO_BSN, False),
        ("000000000", False),
        ("99999001", False),
        ("٩٩٩٩٩٠٠١٩", False),
    ],
)
def test_eleven_test(bsn: str, passes: bool) -> None:
    assert passes_eleven_test(bsn) is passes


def test_a_mask_shows_two_digits() -> None:
    assert mask(BSN) == "*******19"
    assert mask_all(f"de burger {BSN} en 12345678.") == "de burger *******19 en *******78."
    assert mask_all("OIN 00000099100000001000") == "OIN 00000099100000001000"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (f"bsn: {BSN}", True),
        (f"<bsn>{BSN}</bsn>", True),
        (f"BSN{BSN}x", True),
        (f"sha256: {'a' * 20}{BSN}{'f' * 35}", False),
        (f"sha256: {'a' * 64} bsn: {BSN}", True),
        (f"OIN 0000000{BSN}0000", False),
    ],
)
def test_a_digest_holds_no_bsn(text: str, held: bool) -> None:
    assert holds_bsn(text) is held


def test_list(tmp_path: Path) -> None:
    file = tmp_path / "test-bsn.txt"
    file.write_text(f"# van Logius\n{BSN} Mevrouw Jansen\n\n{OTHER_BSN}   # zonder naam\n")
    assert read_test_bsns(file) == {BSN: "Mevrouw Jansen", OTHER_BSN: "Testpersoon 2"}


@pytest.mark.parametrize("text", ["", "# niets\n", f"{NO_BSN}\n", f"{BSN}\n{BSN}\n", "geheim\n"])
def test_a_wrong_list_is_told_without_what_stands_there(tmp_path: Path, text: str) -> None:
    file = tmp_path / "test-bsn.txt"
    file.write_text(text)
    with pytest.raises(LzError) as told:
        read_test_bsns(file)
    assert str(file) in str(told.value)
    assert not any(word in str(told.value) for word in (BSN, NO_BSN, "geheim"))
