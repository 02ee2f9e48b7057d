"""An organisation of which somebody else hosts the adapter, and that somebody: fills in the form and signs it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from lopendezaken.cpa.model import OIN_TYPE, PartyId
from lopendezaken.documents import build, source
from lopendezaken.documents.hosted_adapter import FORM
from lopendezaken.dossier.schema import host_of
from lopendezaken.ebms.envelope import Address, Envelope, Service, to_xml
from lopendezaken.evidence.adapter_statement import ROLE
from lopendezaken.evidence.sshsig import make_key
from tests.unit.pki import made
from tests.unit.policies.example import chain, cpa_xml
from tests.unit.policy.world import World

ADAPTER = '\nadapter: {product: Voorbeeldadapter, version: "4.2", supplier: Hoster BV, hosting: supplier}\n'
SIGNALS = "urn:oasis:names:tc:ebxml-msg:service"
STATED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
Change = Callable[[dict[str, Any]], None]


def hosted(folder: Path) -> World:
    """The example organisation with a hosted adapter: what it received, and its CPAs."""
    world = World(folder)
    world.change("# Preproduction is connected first", f"{ADAPTER}\n# Preproduction is connected first")
    dossier = world.dossier
    here, number = dossier.environments["preprod"], dossier.organisation.number
    files = {here.certificate.file: chain(number, key="preprod", names=" ".join(here.certificate.names))}
    files[here.trust.anchors] = made.pem(made.authority("root"))
    for partner in here.partners.values():
        own = {"number": number, "certificate": number, "key": "preprod", "host": host_of(here.endpoint)}
        theirs = {"number": partner.oin, "certificate": partner.oin}
        files[partner.cpa.file] = cpa_xml(partner.cpa.id, own, theirs)
    for name, text in files.items():
        path = dossier.resolve(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    public = make_key(folder / "hoster/key", "hoster")
    with (world.trust.folder / "allowed_signers").open("a") as stream:
        stream.write(f'beheer@hoster.example namespaces="{ROLE}" {public}\n')
    return world


def form(world: World) -> Path:
    """The form, as `lz documents build` makes it."""
    made_from = source.read(world.folder, STATED.date())
    files = build.render("adapter-request", made_from, "preprod", world.folder / "documents")
    return next(path for path in files if path.name == FORM)


def state(world: World, change: Change = lambda _: None, stated: datetime = STATED, key: str = "") -> Path:
    """The hoster fills in the form, signs it and sends it back; the file, below ``received``."""
    filled = yaml.load(form(world).read_text(), yaml.BaseLoader)
    filled |= {"stated": stated.strftime("%Y-%m-%dT%H:%M:%SZ"), "by": "Beheer adapters"}
    for partner in filled["partners"].values():
        ping, pong = signals(filled["number"], partner["oin"], partner["cpa"]["id"], stated)
        partner |= {"tls": "TLSv1.3", "ping": ping, "pong": pong}
    change(filled)
    path = world.folder / "dossier/received/preprod" / f"{stated:%H%M}.yml"
    path.write_text(yaml.safe_dump(filled, default_style='"', sort_keys=False))
    sign(path, Path(key) if key else world.folder / "hoster/key")
    return path


def sign(path: Path, key: Path, role: str = ROLE) -> None:
    """As the form says: with ssh-keygen and nothing of ours."""
    Path(f"{path}.sig").unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", role, "-f", key, path], check=True)


def signals(own: str, theirs: str, cpa_id: str, when: datetime) -> tuple[str, str]:
    """A Ping and its Pong as they stand in a log."""
    one, other = (Address((PartyId(OIN_TYPE, number),)) for number in (own, theirs))
    sent = when - timedelta(minutes=2)
    facts = {"cpa_id": cpa_id, "conversation_id": "1", "service": Service(SIGNALS), "timestamp": sent}
    ping = Envelope(one, other, action="Ping", message_id="1@own.example", **facts)
    pong = Envelope(
        other, one, action="Pong", message_id="2@other.example", ref_to_message_id="1@own.example", **facts
    )
    return to_xml(ping).decode(), to_xml(pong).decode()
