"""Runs intake and page until SIGTERM."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import ClassVar

from lopendezaken.casemessage.bsn import read_test_bsns
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.errors import LzError
from lopendezaken.lab.mijnoverheid.cases import Cases
from lopendezaken.lab.mijnoverheid.config import Config
from lopendezaken.lab.mijnoverheid.intake import Intake
from lopendezaken.lab.mijnoverheid.page import Pages
from lopendezaken.lab.mijnoverheid.rest import Engine, EngineError

EVERY = 0.5  # seconds between two looks

_log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def run(config: Config) -> None:
    """Serve until SIGTERM. Raises :class:`LzError` when it cannot start."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    people = dict(read_test_bsns(config.bsns))
    schemas = Schemas(config.xsd)
    Cases(config.store).close()
    server = serve_page(config, people)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    _log.info(
        "ready: %d test BSNs, page on 127.0.0.1:%d, XSDs for %s",
        *(len(people), config.port, ", ".join(schemas.given) or "nothing: own grammars are used"),
    )
    _work(Intake(Engine(config.rest, config.credentials), Cases(config.store), schemas, people), stop)
    server.shutdown()


def _work(intake: Intake, stop: threading.Event) -> None:
    silent = False
    while not stop.wait(EVERY):
        try:
            intake.run_once()
            silent = False
        except (EngineError, ValueError) as error:
            if not silent:  # once; the engine may be away for long
                _log.error("%s", error)
            silent = True


def serve_page(config: Config, people: dict[str, str]) -> ThreadingHTTPServer:
    """Open the port of the page. Raises :class:`LzError`."""
    handler = type("Handler", (_Handler,), {"name": config.name, "people": people, "store": config.store})
    try:
        server = ThreadingHTTPServer(("127.0.0.1", config.port), handler)
    except OSError as error:
        raise LzError(
            "port cannot be opened", where=f"127.0.0.1:{config.port}", found=str(error), exit_code=3
        ) from error
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    """GET only, for this host only."""

    name: ClassVar[str]
    people: ClassVar[dict[str, str]]
    store: ClassVar[Path]
    timeout = 10
    server_version = "lopendezaken"
    sys_version = ""

    def do_GET(self) -> None:
        """Give a page."""
        # A page of elsewhere that got its name resolved to us must not read this one.
        if self.headers.get("Host", "").partition(":")[0] not in {"127.0.0.1", "localhost"}:
            self.send_error(421)
            return
        cases = Cases(self.store)
        try:
            answer = Pages(self.name, self.people, cases).get(self.path)
        finally:
            cases.close()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for header, value in HEADERS.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: who looks at what is no news."""
