"""The report as PDF/UA-1: it says so itself, has tags and a language, and is the same each time.

veraPDF 1.30 found it compliant (106 rules) when this was written; these tests hold what that rests on.
"""

from __future__ import annotations

import io

import pikepdf
import pytest
from weasyprint.urls import FatalURLFetchingError

from lopendezaken.errors import LzError
from lopendezaken.report.html import html
from lopendezaken.report.pdf import pdf
from tests.unit.report.points import POLICIES, results_at

SMALL = b"<!DOCTYPE html><html lang='nl'><title>Rapport</title><h1>Rapport</h1><p>Tekst</p></html>"


def test_the_report_is_tagged_and_says_that_it_is_accessible() -> None:
    document = pikepdf.open(io.BytesIO(pdf(html(results_at("half_prepared"), POLICIES, "nl"))))
    root = document.Root
    assert str(root.Lang) == "nl"
    assert bool(root.MarkInfo.Marked)
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    with document.open_metadata() as metadata:
        assert str(metadata["pdfuaid:part"]) == "1"
        assert "Voorbeeldstad" in str(metadata["dc:title"])
        assert str(metadata["xmp:CreateDate"]).startswith("2026-11-24")
    kinds = {
        str(each.S) for each in document.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each
    }
    assert {"/H1", "/H2", "/H3", "/H4", "/H5", "/Table", "/TH", "/TD", "/L", "/LI", "/P", "/Link"} <= kinds


def test_the_same_page_gives_the_same_bytes() -> None:
    assert pdf(SMALL) == pdf(SMALL)


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/x.png", "file:///etc/hostname", "data:image/png;base64,AA=="]
)
def test_it_fetches_nothing(url: str) -> None:
    page = SMALL.replace(b"<p>", f"<img alt='' src='{url}'><p>".encode())
    with pytest.raises(FatalURLFetchingError) as caught:
        pdf(page)
    assert "disallowed protocol" in str(caught.value.__cause__)


def test_without_weasyprint_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(LzError, match="PDF needs WeasyPrint") as caught:
        pdf(SMALL)
    assert caught.value.exit_code == 3
