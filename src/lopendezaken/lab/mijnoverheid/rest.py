"""The REST interface of the engine beside us: what is taken from it, and what is sent through it."""

from __future__ import annotations

import base64
import binascii
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_ANSWER = 64 * 1024 * 1024  # bytes: the engine refuses messages over 20 MiB, here they come as base64


class EngineError(Exception):
    """The engine did not do what was asked."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message that the engine holds. ``sender`` is ``type:value``; ``payloads`` are its attachments."""

    message_id: str
    conversation_id: str
    cpa_id: str
    sender: str
    receiver: str
    receiver_role: str
    service: str
    action: str
    payloads: tuple[bytes, ...] = field(repr=False)


class Engine:
    """Calls on one engine."""

    def __init__(self, base: str, credentials: Path, timeout: float = 30) -> None:
        self._base = base
        self._credentials = credentials
        self._timeout = timeout
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def unprocessed(self) -> list[str]:
        """Ids of the messages that wait for us, oldest first. Raises :class:`EngineError`."""
        found = json.loads(self._fine("GET", "/ebms/messages/unprocessed?maxNr=100"))
        return [str(one) for one in found]

    def get(self, message_id: str) -> Received:
        """A message with its payloads. Raises :class:`EngineError`."""
        data = json.loads(self._fine("GET", f"/ebms/messages/{_quoted(message_id)}"))
        properties = data["properties"]
        try:
            payloads = tuple(base64.b64decode(one["content"] or "") for one in data["dataSources"])
        except binascii.Error as error:
            raise EngineError("a payload that is no base64") from error
        return Received(
            message_id=message_id,
            conversation_id=properties["conversationId"],
            cpa_id=properties["cpaId"],
            sender=properties["fromParty"]["partyId"],
            receiver=properties["toParty"]["partyId"],
            receiver_role=properties["toParty"]["role"] or "",
            service=properties["service"],
            action=properties["action"],
            payloads=payloads,
        )

    def process(self, message_id: str) -> None:
        """Tell that a message was taken. Raises :class:`EngineError`."""
        self._fine("PATCH", f"/ebms/messages/{_quoted(message_id)}")

    def cpa(self, cpa_id: str) -> bytes:
        """A CPA. Raises :class:`EngineError`."""
        return self._fine("GET", f"/cpas/{_quoted(cpa_id)}")

    def knows(self, message_id: str) -> bool:
        """Whether it sent or received a message with this id. Raises :class:`EngineError`."""
        status, _ = self._call("GET", f"/ebms/messages/{_quoted(message_id)}")
        return status == 200

    def send(self, properties: Mapping[str, str], payload: bytes) -> None:
        """Have a message with one XML payload sent. Raises :class:`EngineError`."""
        source = {
            "name": "foutbericht.xml",
            "contentType": "application/xml",
            "content": base64.b64encode(payload).decode(),
        }
        body = json.dumps({"properties": dict(properties), "dataSources": [source]}).encode()
        self._fine("POST", "/ebms/messages", body)

    def _fine(self, method: str, path: str, body: bytes | None = None) -> bytes:
        status, text = self._call(method, path, body)
        if not 200 <= status < 300:
            reason = text.decode("utf-8", "replace").splitlines()
            raise EngineError(
                f"{method} {path.partition('?')[0]}: HTTP {status} {reason[0] if reason else ''}"
            )
        return text

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        token = base64.b64encode(self._credentials.read_bytes().strip()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, body, headers, method=method)  # noqa: S310 (our own)
        try:
            with self._opener.open(request, timeout=self._timeout) as reply:
                return int(reply.status), _bounded(reply)
        except urllib.error.HTTPError as error:
            return error.code, _bounded(error)
        except OSError as error:
            raise EngineError(f"the engine does not answer: {getattr(error, 'reason', error)}") from error


def _bounded(reply: Any) -> bytes:
    text: bytes = reply.read(MAX_ANSWER + 1)
    if len(text) > MAX_ANSWER:
        raise EngineError("an answer that is too large")
    return text


def _quoted(part: str) -> str:
    return urllib.parse.quote(part, safe="")
