"""What is wrong with an OIN or HRN, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.cpa.rules.document import Environment
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.pki.oin import oin_problem, parse_hrn, parse_oin


def number_findings(
    line: int | None, text: str, environment: Environment | None = None, *, supplier: bool = False
) -> Iterator[Finding]:
    """OIN-001 to OIN-004, OIN-006, OIN-009; for the HRN of a ``supplier`` OIN-008."""
    problem = oin_problem(text)
    if problem is not None:
        yield must(
            line,
            problem.rule,
            f"no valid OIN or HRN: {problem.what}",
            found=text,
            expected=problem.expected,
            remedy=_remedy(text),
        )
        return
    number = parse_oin(text)
    if number.is_test and environment == "prod":
        yield must(
            line,
            "OIN-009",
            "a test number, which has no place in production",
            found=text,
            expected="the OIN of the organisation",
            remedy="Take the number from the OIN register, or for a supplier from the KvK number (HRN).",
        )
    if number.passes_eleven_test is False:
        yield should(
            line,
            "OIN-006",
            f"the {number.register} in it does not pass the eleven test",
            found=text,
            remedy="Compare it with the OIN register: a digit may be wrong.",
        )
    if supplier and not number.is_test:
        try:
            parse_hrn(text)
        except LzError as error:
            yield must(
                line,
                "OIN-008",
                f"not an HRN: {error.what}",
                found=text,
                expected=error.expected,
                remedy="The TSP makes the HRN of the KvK number; it stands in the certificate.",
            )


def _remedy(text: str) -> str | None:
    """Mistakes that are often made."""
    if text.isdigit() and len(text) < 20 and oin_problem(text.zfill(20)) is None:
        return f"Leading zeros were lost (OIN-005): {text.zfill(20)}. Keep it as text, also in a spreadsheet."
    if oin_problem("".join(sign for sign in text if not sign.isspace() and sign not in ".-")) is None:
        return "Write it without blanks and other signs."
    if text.lower().startswith("urn:"):
        return "Leave out what stands before the number."
    if oin_problem(text[:20]) is None and text[20:21] == "_":
        return "A suffix such as _OTA belongs in the PartyId of a CPA only (CPA-014)."
    return "It stands in the OIN register of Logius and in serialNumber of the subject of the certificate."
