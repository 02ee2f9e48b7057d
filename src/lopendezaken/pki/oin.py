"""OIN and HRN: twenty positions that name an organisation. Standard library only.

Structure (OIN-001): prefix of 8, then a main number of 9 and ``000``, or of 8 and ``0000``. The last
three positions are therefore always ``000`` (OIN-002).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lopendezaken.errors import LzError

LENGTH = 20
TEST_PREFIX = "00000099"

_MAIN_DIGITS = re.compile(r"[0-9]{9}")
_MAIN_ALPHANUMERIC = re.compile(r"[0-9A-Z]{9}")


@dataclass(frozen=True, slots=True)
class Prefix:
    """What a prefix says of the number that follows it (section 6.2 of the OIN system)."""

    register: str
    digits_only: bool = True
    kvk: bool = False
    eleven_test: bool = False
    supplier: bool = False


# 00000005 is free and 00000011 exists only in a draft: both are refused (OIN-003).
PREFIXES = {
    "00000001": Prefix("RSIN", eleven_test=True, supplier=True),
    "00000002": Prefix("Fi number of the tax office", eleven_test=True),
    "00000003": Prefix("KvK number", kvk=True, supplier=True),
    "00000004": Prefix("SubOIN"),
    "00000006": Prefix("number given out by Logius"),
    "00000007": Prefix("BRIN", digits_only=False),
    "00000008": Prefix("foreign number", digits_only=False),
    "00000009": Prefix("UZI", digits_only=False),
    "00000010": Prefix("TRR-BD", digits_only=False),
    TEST_PREFIX: Prefix("test"),
}


@dataclass(frozen=True, slots=True)
class Oin:
    """A valid OIN or HRN; ``str()`` gives the twenty positions."""

    value: str

    def __str__(self) -> str:
        return self.value

    @property
    def prefix(self) -> str:
        """The first eight positions."""
        return self.value[:8]

    @property
    def register(self) -> str:
        """The register of the main number, in words."""
        return PREFIXES[self.prefix].register

    @property
    def main_number(self) -> str:
        """The number in that register: eight positions for KvK, nine for the others."""
        return self.value[8:16] if PREFIXES[self.prefix].kvk else self.value[8:17]

    @property
    def is_test(self) -> bool:
        """Whether it may be used outside production only (OIN-009)."""
        return self.prefix == TEST_PREFIX

    @property
    def is_suboin(self) -> bool:
        """Whether it is a SubOIN, to be renewed every three years (OIN-013)."""
        return self.prefix == "00000004"

    @property
    def passes_eleven_test(self) -> bool | None:
        """The check digit of an RSIN or Fi number; None for other numbers (OIN-006, advice only)."""
        if not PREFIXES[self.prefix].eleven_test:
            return None
        weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
        return sum(int(d) * w for d, w in zip(self.main_number, weights, strict=True)) % 11 == 0


@dataclass(frozen=True, slots=True)
class OinProblem:
    """Why a text is no OIN: the rule that it breaks (OIN-001 to OIN-004), what is there, what should be."""

    rule: str
    what: str
    expected: str


def parse_oin(text: str, where: str | None = None) -> Oin:
    """The OIN in ``text``; ``where`` names the place in messages.

    Raises :class:`LzError` that says which part is wrong (OIN-001 to OIN-004).
    """
    problem = oin_problem(text)
    if problem:
        raise LzError(
            f"not a valid OIN: {problem.what}",
            where=where,
            found=repr(text),
            expected=problem.expected,
            remedy="It stands in the OIN register of Logius and in Subject serialNumber of the certificate.",
        )
    return Oin(text)


def parse_hrn(text: str, where: str | None = None) -> Oin:
    """The HRN in ``text``: the form of an OIN, made by the TSP from a KvK or RSIN number (OIN-007, OIN-008).

    The test prefix passes too. Raises :class:`LzError`.
    """
    oin = parse_oin(text, where)
    if not (PREFIXES[oin.prefix].supplier or oin.is_test):
        raise LzError(
            "not a valid HRN: this prefix is never used for suppliers",
            where=where,
            found=oin.prefix,
            expected="00000003 (KvK) or 00000001 (RSIN)",
        )
    return oin


def is_oin(text: str) -> bool:
    """Whether ``text`` is a valid OIN."""
    return oin_problem(text) is None


def oin_problem(text: str) -> OinProblem | None:
    """Why ``text`` is no valid OIN, or ``None`` for one that is."""
    if len(text) != LENGTH:
        return OinProblem("OIN-001", f"{len(text)} positions", f"{LENGTH} positions, leading zeros included")
    known = PREFIXES.get(text[:8])
    if known is None:
        return OinProblem("OIN-003", f"unknown prefix {text[:8]}", "one of " + ", ".join(PREFIXES))
    shape = _MAIN_DIGITS if known.digits_only else _MAIN_ALPHANUMERIC
    if not shape.fullmatch(text[8:17]):
        letters = "digits" if known.digits_only else "digits and capitals"
        return OinProblem("OIN-001", f"main number {text[8:17]}", f"{letters} in positions 9 to 17")
    if text[17:] != "000":
        return OinProblem("OIN-002", f"suffix {text[17:]}", "000 in positions 18 to 20")
    if known.kvk and text[16] != "0":
        return OinProblem("OIN-004", "a KvK number has eight digits", "0000 in positions 17 to 20")
    return None
