"""Brings the page of a played MijnOverheid to this machine and follows the messages that come in."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer

from lopendezaken.errors import LzError
from lopendezaken.lab import world
from lopendezaken.lab.chain_cli import show
from lopendezaken.lab.command import ENVIRONMENT
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.mijnoverheid.files import page_port

EVERY = 1.0  # seconds between two looks
PATIENCE = 15.0


def follow(layout: Layout, name: str, port: int, *, once: bool, as_json: bool) -> None:
    """Show what came in; go on until Ctrl-C unless ``once``. Raises :class:`LzError` (exit code 3)."""
    partner = next(one for one in world.PARTNERS if one.name == name)
    with _tunnel(layout, port or _free_port(), page_port(partner)) as url:
        rows = _messages(url, 0)
        typer.echo(f"{partner.common_name} (nagespeeld): {url}/", err=as_json)
        if not once:
            typer.echo("Following the messages that come in; Ctrl-C ends.", err=True)
        with suppress(KeyboardInterrupt):
            after = 0
            while True:
                for row in rows:
                    show(row, as_json)
                    after = max(after, int(row["number"]))
                if once:
                    return
                time.sleep(EVERY)
                rows = _messages(url, after)


def _messages(url: str, after: int) -> list[dict[str, Any]]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/berichten.json?na={after}", timeout=10) as reply:
            found: list[dict[str, Any]] = json.load(reply)
    except (OSError, ValueError) as error:
        raise LzError(
            "the played MijnOverheid does not answer",
            where=url,
            found=str(getattr(error, "reason", error)),
            remedy='Look at it: lz lab shell partner -- systemctl status "lz-mijnoverheid@*"',
            exit_code=3,
        ) from error
    return found


@contextmanager
def _tunnel(layout: Layout, port: int, remote_port: int) -> Iterator[str]:
    """A way from loopback here to loopback there, for as long as it is used."""
    words = ["ssh", "-F", str(layout.ssh_config), "-N", "-o", "ExitOnForwardFailure=yes"]
    words += ["-L", f"127.0.0.1:{port}:127.0.0.1:{remote_port}", world.PARTNER_HOST]
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                process.terminate()
                said = (process.communicate()[1] or "").strip().splitlines()
                raise LzError(
                    "host partner cannot be reached",
                    found=said[-1] if said else "no answer",
                    remedy="Is it up? Run: lz lab status, then lz lab up partner",
                    exit_code=3,
                )
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
