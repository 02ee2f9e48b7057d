"""Where a party listens (CPA-034): https, a full host name, port 443."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

EXPECTED = "https://<full host name>/<path>, port 443"

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def host_of(uri: str) -> str | None:
    """The host name of an endpoint in lower case, or None when it is not as CPA-034 wants it."""
    try:
        url = urlsplit(uri)
        port = url.port
    except ValueError:
        return None
    host = (url.hostname or "").lower()
    plain = (
        url.scheme == "https" and port in (None, 443) and url.username is None and not re.search(r"\s", uri)
    )
    return host if plain and _HOST.fullmatch(host) else None
