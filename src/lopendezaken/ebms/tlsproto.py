"""The TLS layer under the ebMS port: bounds its connections, and tells a refused client why."""

from __future__ import annotations

import asyncio
import logging
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import Any

HANDSHAKE_TIMEOUT = 10  # seconds
MAX_CONNECTIONS = 256
_LINGER = 1.0  # seconds in which a refused client can read the alert

_log = logging.getLogger(__name__)


class Connections:
    """The open connections of a port. One on which no request comes within ``idle`` seconds is ended.

    One that is older than ``age`` seconds is to end after its answer, so that no certificate and no CRL is
    believed for longer than that after it was checked (PKIO-028).
    """

    def __init__(self, idle: float, age: float = 600) -> None:
        self._idle = idle
        self._age = age
        self._ends: dict[asyncio.BaseTransport, float] = {}
        self._timers: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}
        self._served: set[asyncio.BaseTransport] = set()
        self._count = 0

    def enter(self) -> bool:
        """A connection comes in; whether there is room."""
        self._count += 1
        return self._count <= MAX_CONNECTIONS

    def leave(self, transport: asyncio.BaseTransport | None) -> None:
        """A connection has ended."""
        self._count -= 1
        self.busy(transport)
        self._served -= {transport}
        if transport:
            self._ends.pop(transport, None)

    def opened(self, transport: asyncio.BaseTransport) -> None:
        """A handshake is over: the client's certificate was checked now."""
        self._ends[transport] = asyncio.get_running_loop().time() + self._age
        self.waiting(transport)

    def too_old(self, transport: asyncio.BaseTransport | None) -> bool:
        """Whether the client is to come again by a new handshake."""
        ends = self._ends.get(transport) if transport else None
        return ends is not None and asyncio.get_running_loop().time() >= ends

    def busy(self, transport: asyncio.BaseTransport | None) -> None:
        """A request has come: it has its own timeout."""
        timer = self._timers.pop(transport, None) if transport else None
        if timer:
            timer.cancel()

    def served(self, transport: asyncio.BaseTransport | None) -> None:
        """A request is answered; another may follow on the same connection."""
        self.waiting(transport)
        if transport in self._timers:
            self._served.add(transport)

    def end_served(self) -> None:
        """End what only waits for another request: that one is to come on a new connection.

        After close() alone asyncio waits half a minute for the client's own close_notify. Java's client
        does not answer it, takes the connection for a good one and loses its next message on it.
        """
        for transport in self._served & self._timers.keys():
            transport.close()
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    def waiting(self, transport: asyncio.BaseTransport | None) -> None:
        """From now on a request must come."""
        self.busy(transport)
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            self._timers[transport] = asyncio.get_running_loop().call_later(self._idle, transport.abort)


class TlsProtocol(sslproto.SSLProtocol):
    """asyncio's own, but it sends the TLS alert.

    asyncio drops the alert of a failed handshake and resets the connection, so that a partner with a
    revoked certificate sees no more than a lost connection. The class is not a public one: hosts have
    Python 3.11 (Debian 12), and tests/integration/test_engine.py proves each alert.
    """

    def __init__(
        self, application: asyncio.Protocol, context: ssl.SSLContext, connections: Connections
    ) -> None:
        super().__init__(
            asyncio.get_running_loop(),
            application,
            context,
            None,  # type: ignore[arg-type] # nobody waits for the handshake
            server_side=True,
            call_connection_made=True,
            ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
        )
        self._connections = connections
        self._entered = False
        self._refused = False
        self._opened: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._entered = True
        if not self._connections.enter():
            _log.warning("more than %d connections: one refused", MAX_CONNECTIONS)
            self._refused = True
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The client is gone."""
        if self._entered:
            self._connections.leave(self._opened)
            self._entered, self._opened = False, None
        super().connection_lost(exc)

    def buffer_updated(self, nbytes: int) -> None:
        """Data came in; after a refusal it is dropped."""
        if not self._refused:
            super().buffer_updated(nbytes)

    def _on_handshake_complete(self, handshake_exc: BaseException | None) -> None:
        this: Any = self
        if handshake_exc is None:
            self._opened = this._get_app_transport()
            self._connections.opened(self._opened)
            super()._on_handshake_complete(None)
            return
        if self._refused:
            return
        self._refused = True
        transport = this._transport
        peer = transport.get_extra_info("peername") if transport else None
        # Who only knocks (a probe of a proxy, a port scan) fills no log.
        level = logging.WARNING if isinstance(handshake_exc, ssl.SSLError) else logging.DEBUG
        _log.log(level, "TLS handshake with %s failed: %s", peer[0] if peer else "?", _reason(handshake_exc))
        if this._handshake_timeout_handle is not None:
            this._handshake_timeout_handle.cancel()
            this._handshake_timeout_handle = None
        this._process_outgoing()
        _end_gently(transport)


def _end_gently(transport: asyncio.Transport | None) -> None:
    # Closing with unread data resets the connection, and a reset may overtake the alert.
    if transport is None or transport.is_closing():
        return
    if transport.can_write_eof():
        transport.write_eof()
    asyncio.get_running_loop().call_later(_LINGER, transport.abort)


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"we refuse the client's certificate: {error.verify_message}"
    reason = str(getattr(error, "reason", None) or error).lower().replace("_", " ")
    return f"the client refuses ours: {reason}" if " alert " in f" {reason} " else reason


def factory(
    context: Callable[[], ssl.SSLContext],
    application: Callable[[], asyncio.Protocol],
    connections: Connections,
) -> Callable[[], asyncio.BaseProtocol]:
    """Protocols for new connections, each with the context of that moment: so reloading drops nobody."""
    return lambda: TlsProtocol(application(), context(), connections)
