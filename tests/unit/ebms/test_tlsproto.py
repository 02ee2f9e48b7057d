"""Connections are bounded in number, and one on which nothing comes is ended."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from lopendezaken.ebms import tlsproto
from lopendezaken.ebms.tlsproto import Connections, factory
from lopendezaken.lab.authority import Authority, Leaf


class Silent(asyncio.Protocol):
    """An application that only looks."""


@pytest.fixture
def contexts(tmp_path: Path, pki: Authority, own_leaf: Leaf) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    (tmp_path / "c.pem").write_bytes(own_leaf.certificate_pem)
    (tmp_path / "k.pem").write_bytes(own_leaf.key_pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
    client = ssl.create_default_context(cadata=pki.anchors_pem().decode())
    client.check_hostname = False
    return server, client


async def opened(connections: Connections, context: ssl.SSLContext) -> tuple[asyncio.Server, int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(factory(lambda: context, Silent, connections), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_an_idle_connection_is_ended(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, port = await opened(Connections(idle=0.1), contexts[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=contexts[1])
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()
    server.close()


async def test_a_connection_is_too_old_some_time_after_its_handshake(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    connections, transports = Connections(idle=10, age=0.3), []

    class Keeps(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transports.append(transport)

    server = await asyncio.get_running_loop().create_server(
        factory(lambda: contexts[0], Keeps, connections), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=contexts[1])
    await asyncio.sleep(0.05)
    connections.served(transports[0])
    assert not connections.too_old(transports[0]), "however many requests it had"
    await asyncio.sleep(0.3)
    assert connections.too_old(transports[0])
    writer.close()
    await asyncio.sleep(0.1)
    assert not connections.too_old(transports[0]), "nothing is kept of what is gone"
    server.close()


async def test_a_handshake_that_does_not_come_is_ended(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tlsproto, "HANDSHAKE_TIMEOUT", 0.1)
    server, port = await opened(Connections(idle=10), contexts[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()
    server.close()


async def test_ending_does_not_wait_for_the_client(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """The connection itself ends too, for a client that does not answer our close_notify (Java's)."""
    connections = Connections(idle=10)
    transports: list[asyncio.BaseTransport] = []

    class Keeps(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transports.append(transport)

    server = await asyncio.get_running_loop().create_server(
        factory(lambda: contexts[0], Keeps, connections), "127.0.0.1", 0
    )
    with await asyncio.to_thread(_connected, server.sockets[0].getsockname()[1], contexts[1]) as client:
        await asyncio.sleep(0.1)
        connections.served(transports[0])
        connections.end_served()
        await asyncio.sleep(0.1)
        close_wait = 8
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == bytes([close_wait])
        assert client.recv(1) == b"", "ended as TLS ends, not broken off"
    server.close()


def _connected(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5), suppress_ragged_eofs=False)


async def test_one_too_many_is_refused_and_room_comes_back(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tlsproto, "MAX_CONNECTIONS", 1)
    server, port = await opened(Connections(idle=10), contexts[0])
    _, first = await asyncio.open_connection("127.0.0.1", port, ssl=contexts[1])
    with pytest.raises((ConnectionError, ssl.SSLError)):
        await asyncio.open_connection("127.0.0.1", port, ssl=contexts[1])
    first.close()
    await asyncio.sleep(0.1)
    _, third = await asyncio.open_connection("127.0.0.1", port, ssl=contexts[1])
    third.close()
    server.close()
