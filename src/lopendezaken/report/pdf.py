"""The report as PDF/UA-1, from its HTML; needs the extra ``pdf`` (WeasyPrint and its fonts)."""

from __future__ import annotations

import hashlib

from lopendezaken.errors import LzError


def pdf(page: bytes) -> bytes:
    """Give the page as PDF/UA-1, with tags; it fetches nothing. Raises :class:`LzError` (exit code 3)."""
    try:
        from weasyprint import HTML  # type: ignore[import-untyped,unused-ignore]
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped,unused-ignore]
    except (ImportError, OSError) as error:  # the package, or a library that it loads
        raise LzError(
            "PDF needs WeasyPrint",
            found=str(error),
            remedy="Install it: pip install -e '.[pdf]', and apt-get install libpangoft2-1.0-0 fonts-dejavu-core",
            exit_code=3,
        ) from None
    # No protocol is allowed: a report needs nothing but itself.
    document = HTML(string=page.decode(), url_fetcher=URLFetcher(allowed_protocols=(), fail_on_errors=True))
    identifier = hashlib.sha256(page).digest()[:16]
    made: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    return made
