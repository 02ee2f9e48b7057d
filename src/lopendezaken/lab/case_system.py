"""The organisation's case system: a place in its internal zone that asks REST of the adapter, for a moment.

It shows from where a case system stands what the firewall and the way in let through. Name, address and port are
those of the network plan; the password is that of the adapter, as its operator would hand it over.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.dossier import load, load_network
from lopendezaken.dossier.network import Flow, NetworkPlan
from lopendezaken.errors import LzError
from lopendezaken.lab import network, world
from lopendezaken.lab.command import run, try_run
from lopendezaken.lab.layout import Layout

PATH = "/service/rest/v19/ebms/messages/unprocessed?maxNr=1"
_CREDENTIALS = "etc/lopendezaken/rest.credentials"
# Reads one object from its standard input, so that no password is on a command line.
_PROGRAM = """
import http.client, json, socket, ssl, sys
given = json.load(sys.stdin)
context = ssl.create_default_context(cadata=given["anchors"])
class Connection(http.client.HTTPSConnection):
    def connect(self):
        self.sock = context.wrap_socket(
            socket.create_connection((given["address"], given["port"]), given["seconds"]), server_hostname=self.host)
try:
    connection = Connection(given["name"], given["port"], timeout=given["seconds"])
    connection.request(given["method"], given["path"], headers=given["headers"])
    version = connection.sock.version()
    print(json.dumps([connection.getresponse().status, version]))
except (OSError, http.client.HTTPException) as error:
    print(json.dumps([0, str(error)]))
"""


@dataclass(frozen=True)
class Call:
    """What to ask, and from which address: without one, that of the case system."""

    path: str = PATH
    method: str = "GET"
    login: bool = True
    source: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status and version of TLS, or 0 and why there was no connection."""

    where: str
    status: int
    words: str


def ask(
    layout: Layout, organisation: Path, environment: str, call: Call | None = None, anchors: str = ""
) -> Answer:
    """Ask REST from the case system's place, trusting the anchors of the dossier unless told others.

    Raises :class:`LzError` when the network plan has no such place, or the adapter is not up.
    """
    call = call or Call()
    plan, dossier = load_network(organisation), load(organisation)
    flow = _flow(plan, environment)
    adapter, own = plan.at(flow.destination)[0], call.source or plan.at(flow.source)[0]
    host = f"adapter-{environment}"
    if network.owner(layout) is None or not layout.host_root(host).is_dir():
        raise LzError(f"{host} is not up in this lab", remedy=f"Run: lz lab up {environment}")
    settings = dossier.environments[environment]  # type: ignore[index]
    given = {
        "anchors": anchors or (dossier.folder / settings.trust.anchors).read_text(),
        "name": settings.certificate.names[0],
        "address": adapter,
        "port": flow.port,
        "seconds": 5,
        "method": call.method,
        "path": call.path,
        "headers": {"Authorization": f"Basic {_token(layout.host_root(host))}"} if call.login else {},
    }
    with _place(layout, environment, own) as namespace:
        words = ("ip", "netns", "exec", namespace, sys.executable, "-I", "-c", _PROGRAM)
        status, told = json.loads(run(*words, stdin=json.dumps(given)))
    return Answer(f"{own} -> {adapter}:{flow.port}", status, told)


def _flow(plan: NetworkPlan, environment: str) -> Flow:
    flows = [each for each in plan.flows if (each.service, each.environment) == ("rest", environment)]
    if not flows:
        raise LzError(
            f"no case system in the network plan of {environment}", expected="a flow with service rest"
        )
    return flows[0]


def _token(root: Path) -> str:
    try:
        return base64.b64encode((root / _CREDENTIALS).read_bytes().strip()).decode()
    except OSError:
        return ""  # not connected yet: then nobody has a password either


@contextmanager
def _place(layout: Layout, environment: str, address: str) -> Iterator[str]:
    """Stand in the internal zone with this address; afterwards nothing of it is left."""
    zone = f"int-{environment}"
    namespace, port = layout.namespace(f"case{os.getpid()}"), f"c{os.getpid()}"
    run("ip", "netns", "add", namespace)
    try:
        peer = ("peer", "name", "internal0", "address", network.mac(address), "netns", namespace)
        run("ip", "-n", layout.switch, "link", "add", port, "type", "veth", *peer)
        run("ip", "-n", layout.switch, "link", "set", port, "master", zone, "up")
        prefix = world.zone(zone).network.prefixlen
        run("ip", "-n", namespace, "address", "add", f"{address}/{prefix}", "dev", "internal0")
        run("ip", "-n", namespace, "link", "set", "internal0", "up")
        yield namespace
    finally:
        try_run("ip", "-n", layout.switch, "link", "delete", port)
        try_run("ip", "netns", "delete", namespace)
