"""The ebMS port: takes POSTs of partners over two-sided TLS and answers as ebms-admin does.

What is answered: 204 accepted; 200 accepted, with a signal (syncReplyMode mshSignalsOnly); 400 malformed HTTP;
404 another path; 408 too slow; 413 too large; 503 too much at once, or nowhere to keep it; 500 all else, mostly
with a SOAP Fault.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from aiohttp import hdrs, http_exceptions, web

from lopendezaken.ebms.engine import Engine
from lopendezaken.ebms.envelope import EnvelopeError, fault_xml
from lopendezaken.ebms.identity import oin_of
from lopendezaken.ebms.mime import Encoded, decode
from lopendezaken.ebms.msh import Refuse
from lopendezaken.ebms.names import SOAP_ACTION
from lopendezaken.ebms.tlsproto import MAX_CONNECTIONS, Connections, factory

MAX_HELD = 8  # whole bodies' worth of memory for all that is being received
IDLE_TIMEOUT = 30.0  # seconds without a request
BODY_TIMEOUT = 120.0  # seconds for a whole body

_log = logging.getLogger(__name__)


def _without_trace(record: logging.LogRecord) -> bool:
    """Let through the line that aiohttp writes of malformed HTTP, not its stack trace."""
    record.exc_info = None
    return True


http_log = logging.getLogger("lopendezaken.ebms.http")
http_log.addFilter(_without_trace)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def bare_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Say no more in an answer than needed (as captured from ebms-admin)."""
    response.headers.popall(hdrs.SERVER, None)
    if response.status == 204 or response.content_length == 0:
        response.headers.popall(hdrs.CONTENT_TYPE, None)


class EbmsServer:
    """Listens on the ebMS port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held = 0
        self._connections = Connections(IDLE_TIMEOUT)
        self._listener: asyncio.Server | None = None
        self._plain: asyncio.Server | None = None
        app = web.Application(client_max_size=engine.config.body_limit, middlewares=[self._watch])
        app.router.add_route("*", engine.config.path, self._handle)
        app.on_response_prepare.append(bare_headers)
        self._runner = web.AppRunner(
            # Nothing is unpacked: a few bytes could become any number (DK-EBMS2-017 has no use for it).
            app,
            access_log=None,
            logger=http_log,
            keepalive_timeout=IDLE_TIMEOUT,
            auto_decompress=False,
        )

    async def start(self) -> None:
        """Open the port."""
        await self._runner.setup()
        server = self._runner.server
        if server is None:
            raise RuntimeError("runner without server")
        listen = self._engine.config.ebms
        self._listener = await asyncio.get_running_loop().create_server(
            factory(lambda: self._engine.contexts.server, server, self._connections),
            listen.host,
            listen.port,
            backlog=MAX_CONNECTIONS,
        )
        behind = self._engine.config.offloader
        if behind and behind.listen:
            self._plain = await asyncio.get_running_loop().create_server(
                server, behind.listen.host, behind.listen.port, backlog=MAX_CONNECTIONS
            )

    def reloaded(self) -> None:
        """New TLS material is in use: whoever was served with the old comes again by a new handshake."""
        self._connections.end_served()

    async def stop(self) -> None:
        """Close the port and its connections."""
        for listener in (self._listener, self._plain):
            if listener:
                listener.close()
        await self._runner.cleanup()

    @web.middleware
    async def _watch(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        transport = request.transport
        self._connections.busy(transport)
        # Asked now: a client that leaves takes its certificate along.
        context, tls = _tls(transport, "sslcontext"), _tls(transport, "ssl_object")
        request["peer"] = self._peer(request, tls.getpeercert(binary_form=True) if tls else None)
        try:
            response = await handler(request)
            if self._connections.too_old(transport) or (
                tls and context is not self._engine.contexts.server  # reloaded in the meantime
            ):
                response.force_close()
            return response
        except web.HTTPException as error:
            return web.Response(status=error.status)
        except sqlite3.Error as error:  # nothing of it was kept, so it is to come again
            _log.error("a message from %s cannot be kept: %s", request.remote, error)
            return web.Response(status=503)
        except Exception:
            _log.exception("request failed by an error of our own")
            return web.Response(status=500)
        finally:
            self._connections.served(transport)

    def _peer(self, request: web.Request, shown: bytes | None) -> bytes | None:
        """The certificate (DER) of who sent this: the one that TLS has ``shown`` us, or showed our offloader."""
        behind = self._engine.config.offloader
        if behind is None or request.remote not in behind.addresses:
            return shown
        # A header counts on the offloader's own port, or with a certificate that says that it is one of us.
        ours = shown is not None and oin_of(shown) == self._engine.config.oin
        if ours if behind.listen is None else shown is None:
            return self._told(request, behind.header)
        return shown

    def _told(self, request: web.Request, header: str) -> bytes | None:
        """The certificate (DER) in the offloader's header, judged here too; None when there is not one that holds."""
        values = request.headers.getall(header, [])
        if len(values) != 1:
            return None
        try:
            der = ssl.PEM_cert_to_DER_cert(unquote(values[0]).strip())
        except ValueError:
            return None
        return der if self._engine.security.trusted(der) else None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.method != hdrs.METH_POST:
            return web.Response(status=500)
        try:
            content_type = _only(request, hdrs.CONTENT_TYPE)
            soap_action = _only(request, "SOAPAction")
            if _only(request, hdrs.CONTENT_ENCODING).lower() not in {"", "identity"}:
                raise EnvelopeError("a message goes without Content-Encoding")
            if soap_action != SOAP_ACTION:
                raise EnvelopeError(f"Unable to process message! SOAPAction={soap_action[:100]}")
            with self._receiving() as received:
                await asyncio.wait_for(self._read(request, received), BODY_TIMEOUT)
                answer = await self._engine.incoming(decode(content_type, bytes(received)), request["peer"])
        except TimeoutError:
            return web.Response(status=408)
        except (ConnectionError, http_exceptions.HttpProcessingError, web.RequestPayloadError) as error:
            _log.info("a message from %s broke off: %s", request.remote, error)
            return web.Response(status=400)
        except EnvelopeError as error:
            _log.warning("refused a message from %s: %s", request.remote, error)
            self._engine.unreadable(request["peer"], f"500 {error}", request.content_length or 0)
            return _fault(str(error), error.fault_code)
        return _response(answer)

    @contextmanager
    def _receiving(self) -> Iterator[bytearray]:
        """A body that grows, and counts as held until it is dealt with."""
        received = bytearray()
        try:
            yield received
        finally:
            self._held -= len(received)

    async def _read(self, request: web.Request, received: bytearray) -> None:
        """Read the body: no more than is allowed of one (413), and of all together (503, so it comes again).

        Who sends slowly holds only what came, and keeps nobody else waiting.
        """
        limit = self._engine.config.body_limit
        if (request.content_length or 0) > limit:
            raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
        async for chunk in request.content.iter_any():
            if len(received) + len(chunk) > limit:
                raise web.HTTPRequestEntityTooLarge(limit, len(received) + len(chunk))
            if self._held + len(chunk) > MAX_HELD * limit:
                raise web.HTTPServiceUnavailable
            self._held += len(chunk)
            received += chunk


def _only(request: web.Request, name: str) -> str:
    values = request.headers.getall(name, [])
    if len(values) > 1:
        raise EnvelopeError(f"header {name} stands more than once")
    return values[0] if values else ""


def _tls(transport: asyncio.Transport | None, name: str) -> Any:
    if transport is None or transport.is_closing():
        return None
    return transport.get_extra_info(name)


def _response(answer: Refuse | Encoded | None) -> web.Response:
    if answer is None:
        return web.Response(status=204)
    if isinstance(answer, Refuse):
        return _refusal(answer)
    return web.Response(body=answer.body, headers={hdrs.CONTENT_TYPE: answer.content_type})


def _refusal(refused: Refuse) -> web.Response:
    return web.Response(status=500) if refused.fault is None else _fault(refused.fault, refused.code)


def _fault(text: str, code: str) -> web.Response:
    return web.Response(
        status=500, body=fault_xml(text, code), headers={hdrs.CONTENT_TYPE: "text/xml; charset=UTF-8"}
    )
