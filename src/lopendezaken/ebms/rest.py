"""REST v19 as ebms-admin 2.20.2 answers it (not as its OpenAPI file says), on loopback, with Basic auth.

Errors are bare text. Of our own: ``GET /lopendezaken/v1/signals``, the Pings and Pongs that passed, and
``GET /lopendezaken/v1/traffic``, which messages passed with what result.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import hdrs, web
from cryptography import x509
from yarl import URL

from lopendezaken.cpa.xml import instant
from lopendezaken.ebms import cpas, msh, mtom
from lopendezaken.ebms.calls import CallError, Wanted
from lopendezaken.ebms.engine import Engine
from lopendezaken.ebms.envelope import time_text
from lopendezaken.ebms.mime import Attachment
from lopendezaken.ebms.server import bare_headers
from lopendezaken.ebms.store import Filter, Passed, Signal, Stored
from lopendezaken.errors import LzError

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware  # aiohttp 3.8 has no such name

BASE = "/service/rest/v19"
_JSON, _TEXT, _FORM = "application/json", "text/plain", "multipart/form-data"
MAX_BODY = 30 * 1024 * 1024  # bytes of a call: 20 MiB as base64, and some

_log = logging.getLogger(__name__)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def read_credentials(path: Path) -> bytes:
    """``user:password`` from its file. Raises :class:`LzError`; never shows what it read."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LzError("credentials cannot be read", where=str(path)) from error
    user, colon, password = text.partition(":")
    if not (user and colon and password) or "\n" in text:
        raise LzError("credentials are not one line user:password", where=str(path))
    return text.encode("utf-8")


def health_app() -> web.Application:
    """``/health``: 200 and empty, for everyone who reaches the port."""
    app = web.Application()
    app.router.add_get("/health", _health)
    app.router.add_get("/health/{tail:.*}", _health)
    app.on_response_prepare.append(bare_headers)
    return app


async def _health(_: web.Request) -> web.Response:
    return web.Response()


def rest_app(engine: Engine, credentials: bytes) -> web.Application:
    """The calls on CPAs, URL mappings and messages."""
    calls = _Calls(engine)
    app = web.Application(
        client_max_size=MAX_BODY,
        middlewares=[
            *([_as_json] if engine.config.json_errors else []),
            _authentication(credentials),
            _errors,
        ],
    )
    app.on_response_prepare.append(bare_headers)
    for method, path, handler, *types in (
        ("GET", f"{BASE}/cpas", calls.list_cpas),
        ("POST", f"{BASE}/cpas", calls.insert_cpa, _TEXT, _TEXT),
        ("POST", f"{BASE}/cpas/validate", calls.validate_cpa, _TEXT),
        ("DELETE", f"{BASE}/cpas/cache", calls.nothing),
        ("GET", f"{BASE}/cpas/{{id}}", calls.get_cpa, None, _TEXT),
        ("DELETE", f"{BASE}/cpas/{{id}}", calls.delete_cpa),
        ("GET", f"{BASE}/urlMappings", calls.list_mappings),
        ("POST", f"{BASE}/urlMappings", calls.put_mapping, _JSON),
        ("DELETE", f"{BASE}/urlMappings/cache", calls.nothing),
        ("DELETE", f"{BASE}/urlMappings/{{source:.+}}", calls.delete_mapping),
        ("POST", f"{BASE}/ebms/ping/{{cpa}}/from/{{sender}}/to/{{receiver}}", calls.ping),
        ("POST", f"{BASE}/ebms/messages", calls.send, _JSON, _TEXT),
        ("POST", f"{BASE}/ebms/messages/mtom", calls.send_form, _FORM, _TEXT),
        ("GET", f"{BASE}/ebms/messages/unprocessed", calls.unprocessed),
        ("GET", f"{BASE}/ebms/messages/{{id}}", calls.get_message),
        ("GET", f"{BASE}/ebms/messages/mtom/{{id}}", calls.get_form, None, _FORM),
        ("PUT", f"{BASE}/ebms/messages/{{id}}", calls.resend, None, _TEXT),
        ("PATCH", f"{BASE}/ebms/messages/{{id}}", calls.process),
        ("GET", f"{BASE}/ebms/messages/{{id}}/status", calls.status),
        ("GET", f"{BASE}/ebms/events/unprocessed", calls.events),
        ("PATCH", f"{BASE}/ebms/events/{{id}}", calls.process_event),
        ("GET", f"{BASE}/certificateMappings", calls.list_certificates),
        ("POST", f"{BASE}/certificateMappings", calls.put_certificate, _JSON),
        ("DELETE", f"{BASE}/certificateMappings", calls.delete_certificate, _TEXT),
        ("DELETE", f"{BASE}/certificateMappings/cache", calls.nothing),
        ("GET", "/lopendezaken/v1/signals", calls.signals),
        ("GET", "/lopendezaken/v1/traffic", calls.traffic),
    ):
        app.router.add_route(method, path, _negotiated(handler, *types))
    return app


def _authentication(credentials: bytes) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not hmac.compare_digest(_given(request), credentials):
            return web.Response(status=401, headers={hdrs.WWW_AUTHENTICATE: 'Basic realm="lopendezaken"'})
        return await handler(request)

    return check


def _given(request: web.Request) -> bytes:
    scheme, _, value = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


@web.middleware
async def _errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status)
    except (CallError, cpas.RefusedError) as error:
        return web.Response(status=error.status, text=str(error))
    except sqlite3.Error as error:
        _log.error("a REST call fails by the store: %s", error)
        return web.Response(status=500)
    except Exception:
        _log.exception("REST call failed by an error of our own")
        return web.Response(status=500)


@web.middleware
async def _as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """A deviation of choice: errors as JSON, also where ebms-admin gives bare text or nothing."""
    answer = await handler(request)
    if answer.status < 400 or not isinstance(answer, web.Response):
        return answer
    text = (answer.text or "").strip() or HTTPStatus(answer.status).phrase
    body = json.dumps({"status": answer.status, "error": text}).encode()
    kept = {name: answer.headers[name] for name in (hdrs.WWW_AUTHENTICATE,) if name in answer.headers}
    return web.Response(status=answer.status, body=body, content_type="application/json", headers=kept)


def _negotiated(handler: _Handler, takes: str | None = None, gives: str = _JSON) -> _Handler:
    """415 for a body of another type than the call takes, 406 where the client wants another than it gives.

    A call without a body takes JSON too, and no Content-Type at all: so does ebms-admin.
    """

    async def call(request: web.Request) -> web.StreamResponse:
        given = request.headers.get(hdrs.CONTENT_TYPE)
        if request.method != hdrs.METH_GET and (given or takes) and request.content_type != (takes or _JSON):
            return web.Response(status=415)
        return await handler(request) if _accepts(request, gives) else web.Response(status=406)

    return call


def _json(value: object) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), content_type="application/json")


def _plain(text: bytes) -> web.Response:
    return web.Response(body=text, content_type="text/plain")


class _Calls:
    """One method a call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def nothing(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    # CPAs

    async def list_cpas(self, _: web.Request) -> web.Response:
        return _json(self._engine.cpa_ids)

    async def insert_cpa(self, request: web.Request) -> web.Response:
        overwrite = request.query.get("overwrite", "").lower() == "true"
        cpa_id = await self._engine.insert_cpa(await request.read(), overwrite=overwrite)
        return _plain(cpa_id.encode())

    async def validate_cpa(self, request: web.Request) -> web.Response:
        cpas.read(await request.read(), msh.utc_now())
        return web.Response(status=204)

    async def get_cpa(self, request: web.Request) -> web.Response:
        xml = await self._engine.cpa_xml(request.match_info["id"])
        return web.Response(status=404) if xml is None else _plain(xml)

    async def delete_cpa(self, request: web.Request) -> web.Response:
        found = await self._engine.delete_cpa(request.match_info["id"])
        return web.Response(status=204 if found else 404)

    # URL mappings

    async def list_mappings(self, _: web.Request) -> web.Response:
        mappings = self._engine.url_mappings
        return _json([{"source": source, "destination": mappings[source]} for source in mappings])

    async def put_mapping(self, request: web.Request) -> web.Response:
        data = await _object(request)
        source, destination = data.get("source"), data.get("destination")
        if not isinstance(source, str) or not _is_url(source):
            raise CallError("Source invalid")
        if not isinstance(destination, str) or not _is_url(destination):
            raise CallError("Destination invalid")
        await self._engine.put_url_mapping(source, destination)
        return web.Response(status=204)

    async def delete_mapping(self, request: web.Request) -> web.Response:
        found = await self._engine.delete_url_mapping(request.match_info["source"])
        return web.Response(status=204 if found else 404)

    # Certificate mappings: which certificate to show instead of the one that a CPA names. They are kept and
    # given back; an engine with one key has no other to show.

    async def list_certificates(self, _: web.Request) -> web.Response:
        rows = await self._engine.stored(self._engine.store.certificate_mappings)
        return _json(
            [
                {"source": source, "destination": destination, **({"cpaId": cpa_id} if cpa_id else {})}
                for source, destination, cpa_id in rows
            ]
        )

    async def put_certificate(self, request: web.Request) -> web.Response:
        data = await _object(request)
        source, destination = (_certificate(_text(data, name)) for name in ("source", "destination"))
        store = self._engine.store
        await self._engine.stored(
            store.put_certificate_mapping, source, destination, _text(data, "cpaId") or ""
        )
        return web.Response(status=204)

    async def delete_certificate(self, request: web.Request) -> web.Response:
        source = _certificate((await request.read()).decode("ascii", "replace"))
        cpa_id = request.query.get("cpaId", "")
        store = self._engine.store
        found = await self._engine.stored(store.delete_certificate_mapping, source, cpa_id)
        return web.Response(status=204 if found else 404)

    # Messages

    async def ping(self, request: web.Request) -> web.Response:
        info = request.match_info
        await self._engine.ping(info["cpa"], info["sender"], info["receiver"])
        return web.Response(status=204)

    async def send(self, request: web.Request) -> web.Response:
        data = await _object(request)
        properties, sources = data.get("properties"), data.get("dataSources") or []
        if not isinstance(properties, dict) or not isinstance(sources, list):
            raise CallError("")
        attachments = tuple(_attachment(item, number) for number, item in enumerate(sources, start=1))
        return _plain((await self._engine.send(_wanted(properties, attachments))).encode())

    async def send_form(self, request: web.Request) -> web.Response:
        form = mtom.read(request.headers[hdrs.CONTENT_TYPE], await request.read())
        wanted = _wanted(_read_object(form.properties), form.attachments)
        return _plain((await self._engine.send(wanted)).encode())

    async def resend(self, request: web.Request) -> web.Response:
        message_id = await self._engine.resend(request.match_info["id"])
        return web.Response(status=404) if message_id is None else _plain(message_id.encode())

    async def unprocessed(self, request: web.Request) -> web.Response:
        store = self._engine.store
        return _json(await self._engine.stored(store.unprocessed, _filter(request)))

    async def get_message(self, request: web.Request) -> web.Response:
        properties, attachments = await self._found(request)
        return _json({"properties": properties, "dataSources": [_data_source(item) for item in attachments]})

    async def get_form(self, request: web.Request) -> web.Response:
        properties, attachments = await self._found(request)
        form = mtom.write(json.dumps(properties).encode(), attachments)
        return web.Response(body=form.body, headers={hdrs.CONTENT_TYPE: form.content_type})

    async def _found(self, request: web.Request) -> tuple[dict[str, object], tuple[Attachment, ...]]:
        engine, message_id = self._engine, request.match_info["id"]
        found = await engine.stored(engine.store.find, message_id)
        if found is None:
            raise CallError("", 404)
        attachments = await engine.stored(engine.store.attachments, found.number)
        if request.query.get("process", "").lower() == "true":
            await engine.stored(engine.store.process, message_id, msh.utc_now())
        return _properties(found), attachments

    async def process(self, request: web.Request) -> web.Response:
        await self._engine.stored(self._engine.store.process, request.match_info["id"], msh.utc_now())
        return web.Response(status=204)

    async def status(self, request: web.Request) -> web.Response:
        answer = await self._engine.status(request.match_info["id"])
        timestamp = None if answer.timestamp is None else time_text(answer.timestamp)
        return _json({"timestamp": timestamp, "status": _upper_snake(answer.status)})

    async def events(self, request: web.Request) -> web.Response:
        kinds = tuple(kind for text in request.query.getall("eventTypes", []) for kind in text.split(","))
        rows = await self._engine.stored(self._engine.store.events, _filter(request), kinds[:10])
        return _json([{"messageId": message_id, "type": kind} for message_id, kind in rows])

    async def process_event(self, request: web.Request) -> web.Response:
        await self._engine.stored(self._engine.store.process_event, request.match_info["id"])
        return web.Response(status=204)

    async def signals(self, request: web.Request) -> web.Response:
        since = _since(request.query.get("since"))
        rows = await self._engine.stored(self._engine.store.signals, request.query.get("cpaId"), since)
        return _json([_signal(row) for row in rows])

    async def traffic(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > 15:
            raise CallError("after is the number of the last message seen", 400)
        rows = await self._engine.stored(self._engine.store.traffic, int(after), 1000)
        return _json([{"number": number, **_passed(one)} for number, one in rows])


def _certificate(text: str | None) -> str:
    """The base64 of a certificate (DER), on one line."""
    try:
        x509.load_der_x509_certificate(base64.b64decode("".join((text or "").split()), validate=True))
    except ValueError as error:
        raise CallError(
            "java.security.cert.CertificateException: no certificate in DER, as base64"
        ) from error
    return "".join((text or "").split())


def _accepts(request: web.Request, kind: str) -> bool:
    ranges = [part.partition(";")[0].strip() for part in request.headers.get(hdrs.ACCEPT, "*/*").split(",")]
    return any(item in {"*/*", f"{kind.partition('/')[0]}/*", kind} for item in ranges)


async def _object(request: web.Request) -> Mapping[str, object]:
    return _read_object(await request.read())


def _read_object(text: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(text.decode("utf-8"))
        if b"\\u" in text:  # half a character can be written so, and nowhere else
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise CallError("") from error  # as ebms-admin: 500 and empty
    if not isinstance(value, dict):
        raise CallError("")
    return value


def _is_url(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and bool(url.host)


def _text(data: Mapping[str, object], name: str) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise CallError(f"{name} is no text", 400)
    return value


def _needed(data: Mapping[str, object], name: str) -> str:
    value = _text(data, name)
    if value is None:
        raise CallError(f"java.lang.IllegalArgumentException: {name} is missing", 400)
    return value


def _wanted(properties: Mapping[str, object], attachments: tuple[Attachment, ...]) -> Wanted:
    return Wanted(
        cpa_id=_needed(properties, "cpaId"),
        from_party=_needed(properties, "fromPartyId"),
        from_role=_needed(properties, "fromRole"),
        service=_needed(properties, "service"),
        action=_needed(properties, "action"),
        to_party=_text(properties, "toPartyId"),
        to_role=_text(properties, "toRole"),
        wish=msh.Wish(
            conversation_id=_text(properties, "conversationId"),
            message_id=_text(properties, "messageId"),
            ref_to_message_id=_text(properties, "refToMessageId"),
            attachments=attachments,
        ),
    )


def _attachment(data: object, number: int) -> Attachment:
    if not isinstance(data, dict):
        raise CallError("")
    try:
        content = base64.b64decode(_text(data, "content") or "", validate=True)
    except ValueError as error:
        raise CallError(f"content of data source {number} is not base64", 400) from error
    return Attachment(
        content_id=_text(data, "contentId") or f"payload-{number}",
        content_type=_text(data, "contentType") or "application/octet-stream",
        content=content,
        name=_text(data, "name"),
    )


def _filter(request: web.Request) -> Filter:
    query = request.query
    limit = query.get("maxNr", "")
    return Filter(
        cpa_id=query.get("cpaId"),
        from_party=query.get("fromPartyId"),
        from_role=query.get("fromRole"),
        to_party=query.get("toPartyId"),
        to_role=query.get("toRole"),
        service=query.get("service"),
        action=query.get("action"),
        conversation_id=query.get("conversationId"),
        message_id=query.get("messageId"),
        ref_to_message_id=query.get("refToMessageId"),
        # 0 asks for all.
        limit=min(int(limit) or 10_000, 10_000) if limit.isdecimal() and len(limit) < 9 else 10_000,
    )


def _properties(stored: Stored) -> dict[str, object]:
    properties: dict[str, object] = {
        "cpaId": stored.cpa_id,
        "fromParty": {"partyId": str(stored.sender.id), "role": stored.sender.role},
        "toParty": {"partyId": str(stored.receiver.id), "role": stored.receiver.role},
        "service": str(stored.service),
        "action": stored.action,
        "timestamp": time_text(stored.timestamp),
        "conversationId": stored.conversation_id,
        "messageId": stored.message_id,
        "messageStatus": stored.status,
    }
    if stored.ref_to_message_id is not None:
        properties["refToMessageId"] = stored.ref_to_message_id
    return properties


def _data_source(attachment: Attachment) -> dict[str, object]:
    return {
        "name": attachment.name,
        "contentId": attachment.content_id,
        "contentType": attachment.content_type,
        "content": base64.b64encode(attachment.content).decode(),
    }


def _upper_snake(status: str) -> str:
    return {"NotRecognized": "NOT_RECOGNIZED", "UnAuthorized": "UNAUTHORIZED"}.get(status, status.upper())


def _since(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return instant(text)
    except ValueError as error:
        raise CallError(str(error), 400) from error


def _passed(one: Passed) -> dict[str, object]:
    return {
        "at": time_text(one.at),
        "direction": one.direction,
        "from": one.sender,
        "to": one.receiver,
        "service": one.service,
        "action": one.action,
        "messageId": one.message_id,
        "refToMessageId": one.ref_to_message_id,
        "conversationId": one.conversation_id,
        "cpaId": one.cpa_id,
        "result": one.result,
        "size": one.size,
        "payloads": one.payloads,
    }


def _signal(signal: Signal) -> dict[str, object]:
    return {
        "direction": signal.direction,
        "action": signal.action,
        "messageId": signal.message_id,
        "refToMessageId": signal.ref_to_message_id,
        "conversationId": signal.conversation_id,
        "from": signal.sender,
        "to": signal.receiver,
        "cpaId": signal.cpa_id,
        "timestamp": time_text(signal.timestamp),
        "envelope": signal.envelope,
    }
