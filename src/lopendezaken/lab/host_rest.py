"""Ask the REST interface of an adapter from its own host, where it listens and where its credentials are.

One ssh connection carries all calls; the password never leaves the host.
"""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from lopendezaken.errors import LzError
from lopendezaken.lab import console, partner_files, world
from lopendezaken.lab.command import ENVIRONMENT
from lopendezaken.lab.layout import Layout

# Runs on the host. One call a line; one answer a line.
_PROGRAM = """
import base64, json, sys, urllib.error, urllib.request
base, login = sys.argv[1:]
token = base64.b64encode(open(login, "rb").read().strip()).decode()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for line in sys.stdin:
    method, path, body, kind = json.loads(line)
    headers = {"Authorization": "Basic " + token, "Accept": "*/*"}
    if kind:
        headers["Content-Type"] = kind
    url = (base.split("/service/")[0] if path.startswith("//") else base) + path.replace("//", "/", 1)
    request = urllib.request.Request(url, body and body.encode(), headers, method=method)
    try:
        with opener.open(request, timeout=60) as reply:
            answer = [reply.status, reply.read().decode("utf-8", "replace")]
    except urllib.error.HTTPError as error:
        answer = [error.code, error.read().decode("utf-8", "replace")]
    except OSError as error:
        answer = [0, str(getattr(error, "reason", error))]
    print(json.dumps(answer), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an adapter's REST is: ``host`` of the lab, ``name`` for people."""

    name: str
    host: str
    base: str
    credentials: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message as an adapter holds it: its properties, and its payloads."""

    properties: Mapping[str, Any]
    payloads: tuple[bytes, ...] = field(repr=False)


class HostRest:
    """The REST interface of one adapter; use it as a context manager. Calls raise :class:`LzError` (exit code 3).

    ``layout`` is that of the lab; without one the host is reached as ``ssh`` reaches it.
    """

    def __init__(self, layout: Layout | None, place: Place) -> None:
        self.place = place
        self._in_lab = layout is not None
        words = ["python3", "-I", "-c", _PROGRAM, place.base, place.credentials]
        self._process = subprocess.Popen(
            _on(layout, place.host, words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            # Ctrl-C is ours: what is being cleaned up still has calls to make.
            start_new_session=True,
        )

    def __enter__(self) -> HostRest:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()

    def call(
        self, method: str, path: str, body: str | None = None, kind: str | None = None
    ) -> tuple[int, str]:
        """Status and text of one call; a path that starts with ``//`` is not below the base."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("without pipes")
        try:
            stdin.write(json.dumps([method, path, body, kind]) + "\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise self._gone()
        status, text = json.loads(line)
        if status == 0:
            raise LzError(
                f"the adapter of {self.place.name} does not answer on its REST interface",
                where=f"{self.place.host}: {self.place.base}",
                found=text,
                remedy=f"Look at it: lz lab shell {self.place.host} -- systemctl --failed"
                if self._in_lab
                else None,
                exit_code=3,
            )
        return status, text

    def _gone(self) -> LzError:
        self._process.terminate()
        said = self._process.communicate()[1].strip().splitlines()
        return LzError(
            f"host {self.place.host} cannot be asked",
            found=said[-1] if said else "the connection ended",
            remedy="Is it up (lz lab status), and was the main job run (make preprod)?"
            if self._in_lab
            else None,
            exit_code=3,
        )

    def fine(self, method: str, path: str, body: str | None = None, kind: str | None = None) -> str:
        """The text of a call that must succeed."""
        status, text = self.call(method, path, body, kind)
        if not 200 <= status < 300:
            first = text.splitlines()[0] if text else "no explanation"
            raise LzError(
                f"{self.place.name} refuses {method} {path.partition('?')[0]}",
                found=f"HTTP {status}: {first[:300]}",
                exit_code=3,
            )
        return text

    def cpa_ids(self) -> list[str]:
        """The CPAs that are loaded."""
        return [str(one) for one in json.loads(self.fine("GET", "/cpas"))]

    def put_cpa(self, xml: bytes) -> None:
        """Load a CPA, over an older one."""
        self.fine("POST", "/cpas?overwrite=true", xml.decode(), "text/plain")

    def delete_cpa(self, cpa_id: str) -> None:
        """Remove a CPA; one that is not there is no error."""
        status, _ = self.call("DELETE", f"/cpas/{quote(cpa_id, safe='')}")
        if status not in {200, 204, 404}:
            raise LzError(
                f"{self.place.name} does not remove CPA {cpa_id}", found=f"HTTP {status}", exit_code=3
            )

    def ping(self, cpa_id: str, sender: str, receiver: str) -> None:
        """Ping from one party to the other; fine when its Pong came."""
        words = [quote(word, safe="") for word in (cpa_id, sender, receiver)]
        self.fine("POST", f"/ebms/ping/{words[0]}/from/{words[1]}/to/{words[2]}")

    def send(self, properties: Mapping[str, str], payload: bytes, kind: str = "application/xml") -> str:
        """Queue a message with one payload; its MessageId."""
        source = {"contentType": kind, "content": base64.b64encode(payload).decode()}
        body = {"properties": dict(properties), "dataSources": [source]}
        return self.fine("POST", "/ebms/messages", json.dumps(body), "application/json")

    def unprocessed(self, **wanted: str) -> list[str]:
        """Ids of messages that nobody took, oldest first; ``wanted`` is such as ``cpaId`` or ``messageId``."""
        return [
            str(one)
            for one in json.loads(self.fine("GET", f"/ebms/messages/unprocessed?{urlencode(wanted)}"))
        ]

    def get(self, message_id: str) -> Fetched | None:
        """A message, sent or received; None when it is not known."""
        status, text = self.call("GET", f"/ebms/messages/{quote(message_id, safe='')}")
        if status != 200:
            return None
        data = json.loads(text)
        payloads = tuple(base64.b64decode(one["content"] or "") for one in data.get("dataSources") or ())
        return Fetched(data["properties"], payloads)

    def delivered(self, message_id: str) -> bool:
        """Whether a sent message was acknowledged."""
        sent = self.get(message_id)
        return sent is not None and sent.properties.get("messageStatus") == "DELIVERED"

    def process(self, message_id: str) -> None:
        """Mark a received message as taken."""
        self.fine("PATCH", f"/ebms/messages/{quote(message_id, safe='')}")

    def traffic(self, after: int = 0) -> list[dict[str, Any]]:
        """What passed, of an embedded engine only; see ``lz lab wire``."""
        found: list[dict[str, Any]] = json.loads(self.fine("GET", f"//lopendezaken/v1/traffic?after={after}"))
        return found


def _on(layout: Layout | None, host: str, words: list[str]) -> list[str]:
    """Give the words that run a command on a host: by ssh, or at the console of one that no key opens."""
    if layout is not None and host == world.HOSTED.name:
        return [*console.inside(layout, world.HOSTED), *words]
    config = ["-F", str(layout.ssh_config)] if layout else ["-o", "BatchMode=yes"]
    return ["ssh", *config, host, "--", shlex.join(words)]


def adapter_place(environment: str) -> Place:
    """The organisation's own adapter in the lab."""
    return place_on(f"adapter-{environment}")


def place_on(host: str, port: int = 8080) -> Place:
    """The adapter that the role ``adapter`` installed on a host; ``port`` is that of REST there."""
    return Place(
        "the organisation",
        host,
        f"http://127.0.0.1:{port}/service/rest/v19",
        "/etc/lopendezaken/rest.credentials",
    )


def partner_place(partner: world.Partner) -> Place:
    """The engine of a party that the lab plays."""
    return Place(
        partner.common_name,
        world.PARTNER_HOST,
        f"http://127.0.0.1:{partner.rest_port}/service/rest/v19",
        f"{partner_files.FOLDER}/{partner.name}/rest.credentials",
    )
