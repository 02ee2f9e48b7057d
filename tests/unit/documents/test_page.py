"""Text that a person gave cannot become markup, in a page or in a cell of a table."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as reader

from lopendezaken.documents.page import html
from lopendezaken.documents.template import cell, day_in_dutch, line


def test_a_page_is_dutch_and_needs_nothing_else() -> None:
    page = html("# Kop\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n", "Een & ander")
    root = reader.fromstring(page)
    assert root.get("lang") == "nl"
    assert root.findtext(".//title") == "Een & ander"
    assert [each.text for each in root.iter("td")] == ["1", "2"]
    assert b"http" not in page


@pytest.mark.parametrize(("columns", "wide"), [(7, False), (8, True)])
def test_a_wide_table_lies_on_a_page_on_its_side(columns: int, wide: bool) -> None:
    table = "\n".join("|" + cells * columns for cells in (" a |", " --- |", " b |"))
    assert (b"landscape" in html(table, "x")) == wide


def test_html_in_a_text_is_shown_and_not_obeyed() -> None:
    assert b"<script>" not in html("<script>alert(1)</script>\n\ntext <b>x</b>", "t")


@given(st.text())
def test_a_cell_shows_its_text_and_breaks_no_table(text: str) -> None:
    page = reader.fromstring(html(f"| a | b |\n| --- | --- |\n| x{cell(text)}x | last |\n", "t"))
    cells = list(page.iter("td"))
    assert len(cells) == 2
    assert [each.tag for each in cells[0].iter()] == ["td"]


def test_days_are_written_in_dutch() -> None:
    assert day_in_dutch(date(2028, 2, 29)) == "29 februari 2028"


@given(st.text())
def test_a_line_is_one_line(text: str) -> None:
    assert len(f"x{line(text)}x".splitlines()) == 1
