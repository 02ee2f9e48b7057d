"""An adapter that lives in this process: it answers REST v19 as far as the sender asks it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LOGIN = "sender:geheim-van-de-test"
FIELDS = ("cpaId", "action", "conversationId", "refToMessageId")


@dataclass
class FakeAdapter:
    """``answer``: the status that a sent message gets; ``error``: the Foutbericht that answers each message."""

    cpas: list[str]
    answer: str = "DELIVERED"
    error: bytes | None = None
    broken_after_send: bool = False
    loses_answer: bool = False
    refuses: bool = False
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def call(self, method: str, path: str, body: bytes) -> tuple[int, str]:  # noqa: PLR0911 (one a call)
        """Status and text of one call."""
        url = urlsplit(path)
        name = unquote(url.path.removeprefix("/service/rest/v19"))
        self.asked.append((method, name))
        wanted = {key: values[0] for key, values in parse_qs(url.query).items()}
        if (method, name) == ("GET", "/cpas"):
            return 200, json.dumps(self.cpas)
        if (method, name) == ("POST", "/ebms/messages") and not self.refuses:
            message_id = self._send(json.loads(body))
            return (500, "") if self.loses_answer else (200, message_id)
        if self.broken_after_send and self.messages:
            return 500, "org.postgresql.util.PSQLException: 999990019"
        if (method, name) == ("GET", "/ebms/messages/unprocessed"):
            return 200, json.dumps([each for each in self.waiting if self._fits(each, wanted)])
        message_id = name.removeprefix("/ebms/messages/")
        if method == "GET" and message_id in self.messages:
            return 200, json.dumps(self.messages[message_id])
        if method == "PATCH" and message_id in self.waiting:
            self.waiting.remove(message_id)
            return 204, ""
        return 404, ""

    def arrive(self, message_id: str, payload: bytes, **properties: str) -> None:
        """A message comes in and waits."""
        source = {"contentType": "application/xml", "content": base64.b64encode(payload).decode()}
        self.messages[message_id] = {"properties": properties, "dataSources": [source]}
        self.waiting.append(message_id)

    def _send(self, body: dict[str, Any]) -> str:
        message_id = str(body["properties"]["messageId"])
        status = {"conversationId": "c1", "messageStatus": self.answer}
        self.messages[message_id] = {**body, "properties": {**body["properties"], **status}}
        if self.error is not None:
            self.arrive(
                f"e-{message_id}",
                self.error,
                cpaId=body["properties"]["cpaId"],
                action="Foutbericht",
                conversationId="c1",
                refToMessageId=message_id,
            )
        return message_id

    def _fits(self, message_id: str, wanted: dict[str, str]) -> bool:
        properties = self.messages[message_id]["properties"]
        return all(properties.get(key) == value for key, value in wanted.items() if key in FIELDS)


@contextmanager
def served(adapter: FakeAdapter) -> Iterator[str]:
    """Its address for as long as it is served."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = base64.b64encode(LOGIN.encode()).decode()
            fits = self.headers.get("Authorization") == f"Basic {token}"
            status, text = adapter.call(self.command, self.path, body) if fits else (401, "")
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 (names of the base class)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/service/rest/v19"
    finally:
        server.shutdown()
        server.server_close()
