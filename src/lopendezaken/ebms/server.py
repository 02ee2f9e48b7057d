"""The ebMS port: takes POSTs of partners over two-sided TLS and answers as ebms-admin does.

What is answered: 204 accepted; 400 malformed HTTP; 404 another path; 408 too slow; 413 too large; 500 all
else, mostly with a SOAP Fault.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientPayloadError, hdrs, http_exceptions, web

from lopendezaken.ebms.engine import Engine
from lopendezaken.ebms.envelope import EnvelopeError, fault_xml
from lopendezaken.ebms.mime import decode
from lopendezaken.ebms.msh import Refuse
from lopendezaken.ebms.names import SOAP_ACTION
from lopendezaken.ebms.tlsproto import MAX_CONNECTIONS, Connections, factory

MAX_AT_ONCE = 8  # bodies in memory at one moment
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
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._connections = Connections(IDLE_TIMEOUT)
        self._listener: asyncio.Server | None = None
        app = web.Application(client_max_size=engine.config.body_limit, middlewares=[self._watch])
        app.router.add_route("*", engine.config.path, self._handle)
        app.on_response_prepare.append(bare_headers)
        self._runner = web.AppRunner(app, access_log=None, logger=http_log, keepalive_timeout=IDLE_TIMEOUT)

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

    def reloaded(self) -> None:
        """New TLS material is in use: whoever was served with the old comes again by a new handshake."""
        self._connections.end_served()

    async def stop(self) -> None:
        """Close the port and its connections."""
        if self._listener:
            self._listener.close()
        await self._runner.cleanup()

    @web.middleware
    async def _watch(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        transport = request.transport
        self._connections.busy(transport)
        # Asked now: a client that leaves takes its certificate along.
        context, tls = _tls(transport, "sslcontext"), _tls(transport, "ssl_object")
        request["peer"] = tls.getpeercert(binary_form=True) if tls else None
        try:
            response = await handler(request)
            if context is not self._engine.contexts.server:
                response.force_close()  # reloaded in the meantime
            return response
        except web.HTTPException as error:
            return web.Response(status=error.status)
        except Exception:
            _log.exception("request failed by an error of our own")
            return web.Response(status=500)
        finally:
            self._connections.served(transport)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.method != hdrs.METH_POST:
            return web.Response(status=500)
        try:
            content_type = _only(request, hdrs.CONTENT_TYPE)
            soap_action = _only(request, "SOAPAction")
            if soap_action != SOAP_ACTION:
                raise EnvelopeError(f"Unable to process message! SOAPAction={soap_action[:100]}")
            async with self._slots:
                body = await asyncio.wait_for(request.read(), BODY_TIMEOUT)
                refused = await self._engine.incoming(decode(content_type, body), request["peer"])
        except TimeoutError:
            return web.Response(status=408)
        except (ConnectionError, http_exceptions.HttpProcessingError, ClientPayloadError) as error:
            _log.info("a message from %s broke off: %s", request.remote, error)
            return web.Response(status=400)
        except EnvelopeError as error:
            _log.warning("refused a message from %s: %s", request.remote, error)
            return _fault(str(error), error.fault_code)
        if refused is None:
            return web.Response(status=204)
        return _refusal(refused)


def _only(request: web.Request, name: str) -> str:
    values = request.headers.getall(name, [])
    if len(values) > 1:
        raise EnvelopeError(f"header {name} stands more than once")
    return values[0] if values else ""


def _tls(transport: asyncio.Transport | None, name: str) -> Any:
    if transport is None or transport.is_closing():
        return None
    return transport.get_extra_info(name)


def _refusal(refused: Refuse) -> web.Response:
    return web.Response(status=500) if refused.fault is None else _fault(refused.fault, refused.code)


def _fault(text: str, code: str) -> web.Response:
    return web.Response(
        status=500, body=fault_xml(text, code), headers={hdrs.CONTENT_TYPE: "text/xml; charset=UTF-8"}
    )
