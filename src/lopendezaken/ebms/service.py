"""Runs the engine as a service: ports open, SIGHUP reloads the TLS material, SIGTERM ends."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable

from aiohttp import web

from lopendezaken.ebms import rest, security, tls
from lopendezaken.ebms.config import Config, Listen
from lopendezaken.ebms.engine import Engine
from lopendezaken.ebms.server import EbmsServer, http_log
from lopendezaken.ebms.store import Store
from lopendezaken.ebms.trust import Trust
from lopendezaken.errors import LzError

_log = logging.getLogger("lopendezaken.ebms")


def check(config: Config) -> None:
    """Read all that a start reads, and open nothing. Raises :class:`LzError`."""
    tls.load(config.tls)
    _security(config)
    rest.read_credentials(config.credentials)


def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises :class:`LzError` when it cannot start."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    asyncio.run(_serve(config))


async def _serve(config: Config) -> None:
    contexts = _contexts(config)
    credentials = rest.read_credentials(config.credentials)
    engine = Engine(config, Store(config.store), contexts, _security(config))
    server = EbmsServer(engine)
    runners = [
        web.AppRunner(
            rest.rest_app(engine, credentials), access_log=None, logger=http_log, auto_decompress=False
        ),
        web.AppRunner(rest.health_app(), access_log=None, logger=http_log),
    ]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, _reload, engine, server)
    try:
        await _listening(server.start(), config.ebms)
        engine.start()
        for runner, listen in zip(runners, (config.rest, config.health), strict=True):
            await _open(runner, listen)
        _log.info("ready: ebMS on %s%s, REST on %s", config.ebms, config.path, config.rest)
        await stop.wait()
        _log.info("stopping")
    finally:
        await _close(engine, server, runners)


async def _open(runner: web.AppRunner, listen: Listen) -> None:
    await runner.setup()
    await _listening(web.TCPSite(runner, listen.host, listen.port).start(), listen)


async def _listening(start: Awaitable[None], listen: Listen) -> None:
    try:
        await start
    except OSError as error:
        raise LzError("port cannot be opened", where=str(listen), found=str(error), exit_code=3) from error


async def _close(engine: Engine, server: EbmsServer, runners: list[web.AppRunner]) -> None:
    """Close the ports, give what is being served half a second, then the store."""
    closing = (server.stop(), *(runner.cleanup() for runner in runners))
    await asyncio.wait([asyncio.ensure_future(work) for work in closing], timeout=0.5)
    await engine.close()


def _contexts(config: Config) -> tls.Contexts:
    contexts = tls.load(config.tls)
    if contexts.crl_count == 0:
        _log.warning("no CRL in %s: every connection will be refused", config.tls.crls)
    return contexts


def _security(config: Config) -> security.Security:
    return security.load(config.signing, config.encryption, Trust(config.tls))


def _reload(engine: Engine, server: EbmsServer) -> None:
    try:
        engine.contexts, engine.security = _contexts(engine.config), _security(engine.config)
    except LzError as error:
        _log.error("reload refused, the old material stays in use: %s", error)
    else:
        server.reloaded()
        _log.info("keys, certificates, anchors and CRLs reloaded")
