"""The REST interface of the organisation's adapter, as the sender of case messages uses it.

Where it is stands in ``LZ_REST_URL_PREPROD`` or ``LZ_REST_URL_PROD``. ``ssh://HOST`` asks on the host itself, where
REST listens and where its password stays. For ``https``, or ``http`` to this machine, ``LZ_REST_CREDENTIALS_…`` names
the file (mode 0600) with ``user:password``. Neither is ever an argument: those are for all to see.
"""

from __future__ import annotations

import base64
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from lopendezaken.casemessage.bsn import mask_all
from lopendezaken.casemessage.secret_file import read_secret
from lopendezaken.errors import LzError

MAX_ANSWER = 64 * 1024 * 1024  # bytes: an adapter takes messages of 20 MiB, here they come as base64
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Held(Protocol):
    """A message as an adapter holds it."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """What its envelope says, and ``messageStatus``."""

    @property
    def payloads(self) -> tuple[bytes, ...]:
        """What it carries."""


class Adapter(Protocol):
    """What is asked of an adapter. Calls raise :class:`LzError` (exit code 3)."""

    def cpa_ids(self) -> list[str]:
        """The CPAs that are loaded."""

    def send(self, properties: Mapping[str, str], payload: bytes) -> str:
        """Queue a message with one payload; its MessageId."""

    def get(self, message_id: str) -> Held | None:
        """A message, sent or received; None when it is not known."""

    def unprocessed(self, **wanted: str) -> list[str]:
        """Ids of messages that nobody took, oldest first."""

    def process(self, message_id: str) -> None:
        """Mark a received message as taken."""


def adapter_of(environment: str, *, exercise: bool) -> AbstractContextManager[Adapter]:
    """Give the adapter of an environment. ``exercise``: without an address it is that of the lab.

    Raises :class:`LzError` when nobody said where it is.
    """
    name = f"LZ_REST_URL_{environment.upper()}"
    url = os.environ.get(name)
    if url and urlsplit(url).scheme == "ssh":
        return _on_host(url)
    if url:
        login = f"LZ_REST_CREDENTIALS_{environment.upper()}"
        if not os.environ.get(login):
            raise LzError("no credentials for the adapter", expected=f"{login} with the name of a file")
        return Rest(url, read_secret(Path(os.environ[login]), "the file with credentials"))
    if exercise:
        from lopendezaken.lab.host_rest import HostRest, adapter_place
        from lopendezaken.lab.layout import Layout

        layout = Layout.from_environment()
        if layout.ssh_config.exists():
            return HostRest(layout, adapter_place(environment))
    raise LzError(
        "where is the adapter?",
        found=f"no {name}",
        expected=f"{name}, like ssh://adapter-{environment}",
        remedy="In the lab: make preprod first" if exercise else None,
    )


def _on_host(url: str) -> AbstractContextManager[Adapter]:
    from lopendezaken.lab.host_rest import HostRest, place_on

    found = re.fullmatch(r"ssh://([A-Za-z0-9][A-Za-z0-9.-]*)(?::([0-9]{1,5}))?/?", url)
    if not found:
        raise LzError(
            "no address of an adapter",
            found=url,
            expected="ssh://HOST, or ssh://HOST:PORT with the port of REST there",
        )
    return HostRest(None, place_on(found[1], int(found[2] or 8080)))


class Rest:
    """The REST interface over HTTP; use it as a context manager. Calls raise :class:`LzError` (exit code 3)."""

    def __init__(self, base: str, credentials: bytes, timeout: float = 60) -> None:
        host = urlsplit(base)
        if host.scheme != "https" and not (host.scheme == "http" and host.hostname in _LOOPBACK):
            raise LzError(
                "no safe address of an adapter",
                found=f"{host.scheme}://{host.hostname}",
                expected="https, or http to this machine (a tunnel)",
            )
        if "@" in host.netloc or b":" not in credentials or b"\n" in credentials.strip():
            raise LzError("no credentials of an adapter", expected="one line user:password in a file")
        self._base = base.rstrip("/")
        self._token = base64.b64encode(credentials.strip()).decode()
        self._timeout = timeout
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def __enter__(self) -> Rest:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._opener.close()

    def cpa_ids(self) -> list[str]:
        """The CPAs that are loaded."""
        return [str(each) for each in self._list("/cpas")]

    def send(self, properties: Mapping[str, str], payload: bytes) -> str:
        """Queue a message with one XML payload; its MessageId."""
        source = {"contentType": "application/xml", "content": base64.b64encode(payload).decode()}
        body = json.dumps({"properties": dict(properties), "dataSources": [source]}).encode()
        return self._fine("POST", "/ebms/messages", body).decode("utf-8", "replace").strip()

    def get(self, message_id: str) -> Message | None:
        """A message, sent or received; None when it is not known."""
        status, text = self._call("GET", f"/ebms/messages/{quote(message_id, safe='')}")
        if status == 404:
            return None
        try:
            data = json.loads(self._checked("GET", "/ebms/messages", status, text))
            payloads = [base64.b64decode(each["content"] or "") for each in data.get("dataSources") or ()]
            return Message(data["properties"], tuple(payloads))
        except (ValueError, KeyError, TypeError):
            raise self._strange("/ebms/messages") from None

    def unprocessed(self, **wanted: str) -> list[str]:
        """Ids of messages that nobody took, oldest first; ``wanted`` is such as ``cpaId`` or ``action``."""
        return [str(each) for each in self._list(f"/ebms/messages/unprocessed?{urlencode(wanted)}")]

    def process(self, message_id: str) -> None:
        """Mark a received message as taken."""
        self._fine("PATCH", f"/ebms/messages/{quote(message_id, safe='')}")

    def _list(self, path: str) -> list[Any]:
        try:
            found = json.loads(self._fine("GET", path))
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise self._strange(path)
        return found

    def _fine(self, method: str, path: str, body: bytes | None = None) -> bytes:
        return self._checked(method, path, *self._call(method, path, body))

    def _checked(self, method: str, path: str, status: int, text: bytes) -> bytes:
        if not 200 <= status < 300:
            # Its words may quote what was sent.
            words = mask_all(text.decode("utf-8", "replace").partition("\n")[0])[:300]
            raise LzError(
                f"the adapter refuses {method} {path.partition('?')[0]}",
                where=self._base,
                found=f"HTTP {status} {words}".strip(),
                exit_code=3,
            )
        return text

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Basic {self._token}", "Accept": "*/*"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self._base + path, body, headers, method=method)  # noqa: S310 (judged above)
        try:
            with self._opener.open(request, timeout=self._timeout) as reply:
                return int(reply.status), _bounded(reply)
        except urllib.error.HTTPError as error:
            return error.code, _bounded(error)
        except (OSError, HTTPException) as error:
            raise LzError(
                "the adapter does not answer on its REST interface",
                where=self._base,
                found=str(getattr(error, "reason", error)) or type(error).__name__,
                exit_code=3,
            ) from None

    def _strange(self, path: str) -> LzError:
        return LzError("the adapter gives no answer of REST v19", where=f"{self._base}{path}", exit_code=3)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as an adapter holds it: its properties, and its payloads."""

    properties: Mapping[str, Any]
    payloads: tuple[bytes, ...] = field(repr=False)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An adapter has no reason to send us, and our credentials, elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


def _bounded(reply: Any) -> bytes:
    text: bytes = reply.read(MAX_ANSWER + 1)
    if len(text) > MAX_ANSWER:
        raise LzError("the adapter gives an answer that is too large", exit_code=3)
    return text
