"""A stand-in for an adapter's REST: answers as ebms-admin does, and gives CPAs back re-serialised."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

BASE = "/service/rest/v19"
PASSWORD = "kanarie-0815"


class Adapter:
    """What the stand-in holds and how it is to answer."""

    def __init__(self) -> None:
        self.cpas: dict[str, bytes] = {}
        self.refuse: tuple[int, str] | None = None
        self.ping: tuple[int, str] = (204, "")
        self.signals: list[dict[str, Any]] | None = None
        self.calls: list[str] = []
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    adapter: Adapter

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, text: bytes | str = b"") -> None:
        data = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.adapter.calls.append(f"{self.command} {self.path}")
        token = base64.b64encode(f"lab:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {token}":
            self._answer(401)
        elif parts.path == "/lopendezaken/v1/signals":
            found = self.adapter.signals
            self._answer(404) if found is None else self._answer(200, json.dumps(found))
        elif parts.path.startswith(f"{BASE}/ebms/ping/"):
            # ebms-admin takes JSON here or, as there is no body, no type at all.
            self._answer(*((415, "") if self.headers.get("Content-Type") else self.adapter.ping))
        elif parts.path == f"{BASE}/cpas" and self.command == "POST":
            self._insert(body, overwrite="overwrite=true" in parts.query)
        else:
            self._one(unquote(parts.path.removeprefix(f"{BASE}/cpas/")))

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - names of http.server

    def _insert(self, body: bytes, *, overwrite: bool) -> None:
        if self.adapter.refuse:
            self._answer(*self.adapter.refuse)
            return
        cpa_id = re.search(rb'cpaid="([^"]+)"', body)
        assert cpa_id
        name = cpa_id.group(1).decode()
        if name in self.adapter.cpas and not overwrite:
            self._answer(
                400, f"java.lang.IllegalArgumentException: Did not insert CPA {name}! CPA already exists."
            )
        else:
            self.adapter.cpas[name] = ElementTree.tostring(ElementTree.fromstring(body))
            self._answer(200, name)

    def _one(self, name: str) -> None:
        if name not in self.adapter.cpas:
            self._answer(404)
        elif self.command == "DELETE":
            del self.adapter.cpas[name]
            self._answer(204)
        else:
            self._answer(200, self.adapter.cpas[name])


@contextmanager
def running() -> Iterator[Adapter]:
    """A stand-in that listens on loopback."""
    adapter = Adapter()
    handler = type("Handler", (_Handler,), {"adapter": adapter})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    adapter.url = f"http://127.0.0.1:{server.server_port}{BASE}"
    try:
        yield adapter
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
