"""A page that people read or print, from Markdown: HTML that needs nothing but itself, and PDF/UA."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from lopendezaken.documents.document import File

# A table of eight columns or more is read on a page on its side.
_WIDE = re.compile(r"^\|(?: ?:?-+:? ?\|){8,}$", re.MULTILINE)


def html(markdown: str, title: str) -> bytes:
    """Give the page, in Dutch. HTML in the text is shown, never obeyed."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    style = (Path(__file__).parent / "page.css").read_text()
    style += "@page { size: A4 landscape; }\n" if _WIDE.search(markdown) else ""
    return (
        f'<!DOCTYPE html>\n<html lang="nl">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    ).encode()


def with_pdf(file: File, title: str) -> File:
    """Give the PDF of a Markdown file. Raises :class:`LzError` (exit code 3) without the extra ``pdf``."""
    from lopendezaken.report.pdf import pdf

    page = html(file.content.decode(), title)
    return File(str(Path(file.name).with_suffix(".pdf")), pdf(page))
