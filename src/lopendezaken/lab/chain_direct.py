"""Sends one ebMS message from the partner host by hand, as often and as wrong as a test wants it.

An engine would never send the same message twice without need, nor one that its CPA does not know.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass

from lopendezaken.errors import LzError
from lopendezaken.lab import partner_files, world
from lopendezaken.lab.command import ENVIRONMENT
from lopendezaken.lab.layout import Layout

# Runs on the partner host, with the engine's own modules. Reads one JSON object, prints another.
_PROGRAM = """
import asyncio, json, os, sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from lopendezaken.ebms.openssl import CONFIGURATION
memory = os.memfd_create("openssl.cnf")
os.write(memory, CONFIGURATION.encode())
os.environ["OPENSSL_CONF"] = f"/proc/self/fd/{memory}"
from lopendezaken.cpa.model import parse
from lopendezaken.ebms import config, msh, tls
from lopendezaken.ebms.client import Client
from lopendezaken.ebms.envelope import to_xml
from lopendezaken.ebms.mime import Attachment, encode_parts
asked = json.load(sys.stdin)
settings = config.load(Path(sys.argv[2]))
cpa = parse(asked["cpa"].encode())
party = cpa.party(settings.oin)
action = next(one for one in party.can_send if one.name == asked["action"])
route = cpa.route(party.id, cpa.other(party).id, action.service, action.name, action.service_type)
now = msh.utc_now()
payload = Attachment("payload-1", "text/plain", asked["payload"].encode())
message, _ = msh.business(cpa, route, msh.Wish(attachments=(payload,)), now)
envelope = message.envelope
if asked["wrong"] == "expired":
    envelope = replace(envelope, time_to_live=now - timedelta(seconds=60))
if asked["wrong"] == "action":
    envelope = replace(envelope, action="OnbekendeActie")
if asked["wrong"] == "cpa":
    envelope = replace(envelope, cpa_id="OnbekendeCPA")
async def post():
    client = Client(None, 10, 10, settings.source)
    contexts = tls.load(settings.tls)
    encoded = encode_parts(to_xml(envelope), envelope.message_id, message.attachments)
    sent = [await client.post(route.endpoint, encoded, contexts.client) for _ in range(asked["times"])]
    return [one.status for one in sent]
print(json.dumps([envelope.message_id, asyncio.run(post())]))
"""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that was sent by hand, and the HTTP statuses (None: no answer)."""

    message_id: str
    statuses: list[int | None]


def post(
    layout: Layout,
    partner: world.Partner,
    cpa: bytes,
    action: str,
    payload: str,
    *,
    times: int = 1,
    wrong: str = "",
) -> Posted:
    """Send it ``times`` times; ``wrong`` is ``expired``, ``action`` or ``cpa``. Raises :class:`LzError`."""
    settings = f"{partner_files.FOLDER}/{partner.name}/engine.toml"
    words = ["python3", "-c", _PROGRAM, partner_files.ENGINE, settings]
    asked = {"cpa": cpa.decode(), "action": action, "payload": payload, "times": times, "wrong": wrong}
    done = subprocess.run(
        ["ssh", "-F", str(layout.ssh_config), world.PARTNER_HOST, "--", shlex.join(words)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=120,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise LzError("a message could not be sent by hand from the partner host", found=last[0], exit_code=3)
    message_id, statuses = json.loads(done.stdout)
    return Posted(message_id, statuses)
