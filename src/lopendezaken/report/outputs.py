"""Every form of the results: which there are, and the files that ``all`` of them make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lopendezaken.errors import LzError
from lopendezaken.policy.control import LANGUAGES, Language
from lopendezaken.policy.policies import Policies
from lopendezaken.policy.results import FORMAT
from lopendezaken.report import oscal
from lopendezaken.report.encode import encode
from lopendezaken.report.junit import junit
from lopendezaken.report.sarif import sarif


class Form(StrEnum):
    """The forms, each made by the function of its name."""

    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    OSCAL = "oscal"
    OSCAL_CATALOG = "oscal-catalog"
    HTML = "html"
    PDF = "pdf"


# What machines read of one organisation.
MACHINE = {
    Form.JSON: "results.json",
    Form.JUNIT: "junit.xml",
    Form.SARIF: "results.sarif",
    Form.OSCAL: "oscal/assessment-results.json",
}
MAX_BYTES = 50_000_000


def render(form: Form, results: dict[str, Any], policies: Policies, language: Language) -> bytes:
    """Give the results in one form. Raises :class:`LzError` when PDF cannot be made here."""
    match form:
        case Form.JSON:
            return encode(results)
        case Form.JUNIT:
            return junit(results, language)
        case Form.SARIF:
            return encode(sarif(results, language))
        case Form.OSCAL:
            return encode(oscal.assessment_results(results, language))
        case Form.OSCAL_CATALOG:
            return encode(oscal.catalog(policies, language, results["date"]))
        case _:
            return _page(form, results, policies, language)


def _page(form: Form, results: dict[str, Any], policies: Policies, language: Language) -> bytes:
    from lopendezaken.report.html import html
    from lopendezaken.report.pdf import pdf

    page = html(results, policies, language)
    return pdf(page) if form is Form.PDF else page


def machine(results: dict[str, Any], policies: Policies, language: Language) -> Iterator[tuple[str, bytes]]:
    """Give what machines read of one organisation, as names of files and their bytes."""
    for form, name in MACHINE.items():
        yield name, render(form, results, policies, language)


def everything(
    results: dict[str, Any], policies: Policies, language: Language
) -> Iterator[tuple[str, bytes]]:
    """Give all forms: those for machines in one language, the report in both; PDF if it can be made here."""
    yield from machine(results, policies, language)
    yield "oscal/catalog.json", render(Form.OSCAL_CATALOG, results, policies, language)
    forms = (Form.HTML, Form.PDF) if find_spec("weasyprint") else (Form.HTML,)
    for form in forms:
        for each in LANGUAGES:
            yield f"report.{each}.{form}", render(form, results, policies, each)


def read(path: Path, policies: Policies) -> dict[str, Any]:
    """Read results.json. Raises :class:`LzError` unless it was made with these very policies."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LzError("the file is too big", where=str(path), expected="at most 50 MB")
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise LzError(f"cannot read the file: {error.strerror}", where=str(path)) from None
    except ValueError:
        raise LzError("not JSON", where=str(path)) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT or "results" not in found:
        raise LzError("not results of lz check", where=str(path), expected=f"format {FORMAT}")
    if found.get("policies") != policies.digest:
        raise LzError(
            "made with other policies than these",
            where=str(path),
            found=str(found.get("policies")),
            expected=policies.digest,
            remedy="Go to the commit that made it, or make it again: lz report --format json",
        )
    return found
