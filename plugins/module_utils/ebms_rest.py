"""The REST interface of an ebMS adapter, and what its bare-text answers mean for people."""

from __future__ import annotations

import base64
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path


class RestError(Exception):
    """The adapter could not be asked; the text says what to do. ``code`` is for machines."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """Status, body (often bare text, whatever its Content-Type says) and duration of one call."""

    status: int
    text: str
    seconds: float

    @property
    def fine(self) -> bool:
        """Any 2xx."""
        return 200 <= self.status < 300


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The password must not follow a redirect to somewhere else."""

    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        return None


class Rest:
    """Calls below one base URL, such as ``http://127.0.0.1:8080/service/rest/v19``."""

    def __init__(self, base_url: str, credentials: tuple[str, str] | None, timeout: float) -> None:
        parts = urllib.parse.urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RestError("url", f"base_url {base_url!r} is no http(s) URL")
        self.base_url = base_url.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.timeout = timeout
        self._headers = {"Accept": "*/*"}
        if credentials:
            token = base64.b64encode(":".join(credentials).encode()).decode()
            self._headers["Authorization"] = f"Basic {token}"
        # The adapter is on this host: a proxy from the environment would be a detour.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def call(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = None
    ) -> Answer:
        """Ask once. Raises :class:`RestError` when nothing answers or the caller is not known."""
        url = (self.origin if path.startswith("//") else self.base_url) + path.replace("//", "/", 1)
        headers = self._headers | ({"Content-Type": content_type} if content_type else {})
        request = urllib.request.Request(url, data=body, method=method, headers=headers)  # noqa: S310 (scheme checked)
        start = time.monotonic()
        try:
            with self._opener.open(request, timeout=self.timeout) as reply:
                status, text = reply.status, reply.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode("utf-8", "replace")
        except (urllib.error.URLError, OSError) as error:
            raise self._unreachable(error) from error
        if status == 401:
            raise RestError(
                "unauthorized",
                f"{self.base_url} does not know this user or password (HTTP 401). Compare with the credentials that"
                " the adapter reads; restart the adapter after a change.",
            )
        return Answer(status, text.strip(), round(time.monotonic() - start, 3))

    def _unreachable(self, error: Exception) -> RestError:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ConnectionRefusedError):
            return RestError(
                "refused",
                f"nothing listens on {self.origin}: the adapter does not run, or its REST listens elsewhere. Look at"
                " its unit (systemctl status) and its journal.",
            )
        if isinstance(reason, TimeoutError):
            return RestError(
                "timeout", f"{self.origin} took the call but gave no answer in {self.timeout:g} s"
            )
        return RestError("failed", f"{self.base_url} cannot be asked: {reason}")


def quoted(part: str) -> str:
    """One part of a path, percent-encoded throughout: CPAIds may hold ``/`` and party ids hold ``:``."""
    return urllib.parse.quote(part, safe="")


def credentials_of(username: str | None, password: str | None, file: str | None) -> tuple[str, str] | None:
    """User and password from the parameters, or from a file ``user:password``; ``None`` when there are none.

    Raises :class:`RestError`, without any of the content.
    """
    if not file:
        return (username, password or "") if username else None
    try:
        user, colon, secret = Path(file).read_text(encoding="utf-8").strip().partition(":")
    except OSError as error:
        raise RestError(
            "credentials", f"the credentials file {file} cannot be read: {error.strerror}"
        ) from error
    if not colon:
        raise RestError("credentials", f"the credentials file {file} does not hold one line user:password")
    return user, secret


_INSERT = (
    (
        r"CPA expired on (\S+)",
        "it expired on {0}. Give it a later end (cpa.end in the dossier), and a new version to Logius (CPA-005).",
    ),
    (
        r"Start date not before End date",
        "its start is not before its end. Correct cpa.start and cpa.end (CPA-005).",
    ),
    (r"Status is proposed", "its status is proposed. Only `agreed` works (CPA-004)."),
    (
        r"SAXParseException; (.*)|not well-formed|XML",
        "it is no valid CPA ({0}). Run `lz cpa check` on the file; it names line and remedy (CPA-003).",
    ),
    (r"already exists", "another version of it is loaded already."),
)


def refusal(cpa_id: str, answer: Answer) -> str:
    """What to do when the adapter refuses a CPA."""
    first = answer.text.splitlines()[0] if answer.text else "no explanation"
    for pattern, words in _INSERT:
        found = re.search(pattern, answer.text)
        if found:
            detail = next((group for group in found.groups() if group), first) if found.re.groups else ""
            return f"The adapter refuses CPA {cpa_id}: {words.format(detail)}"
    return f"The adapter refuses CPA {cpa_id} (HTTP {answer.status}): {first}"
