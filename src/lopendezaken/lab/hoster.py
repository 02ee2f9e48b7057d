"""The hoster: plays who hosts the adapter of an organisation that has none of its own (docs/external.md).

No key of this lab opens its host, and Ansible does not know it. The lab sits at its console, as a hoster does, and does
what the request of the organisation asks: load the CPAs, ping, state it and sign.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from lopendezaken.documents.hosted_adapter import FORM
from lopendezaken.dossier import load, loader
from lopendezaken.dossier.schema import Dossier, host_of
from lopendezaken.errors import LzError
from lopendezaken.evidence import sealing
from lopendezaken.evidence.adapter_statement import ROLE
from lopendezaken.evidence.chosen import own_keys
from lopendezaken.lab import console, partner_files, post, remote, world
from lopendezaken.lab.authority import Authority
from lopendezaken.lab.host_rest import HostRest, Place
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.partner import engine

FOLDER = "/etc/lz-hoster"
USER = "lz-hoster"
ENVIRONMENT = "preprod"
PROXY = "http://192.0.2.1:3128"
PORT = 8443
_UNIT = f"""# Written by `lz lab up`.
[Unit]
Description=ebMS adapter of a hoster (plays it in the lab)
After=network.target

[Service]
User={USER}
StateDirectory=lz-hoster
ExecStart=/usr/bin/python3 {partner_files.ENGINE} serve --config {FOLDER}/engine.toml
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
"""


def place(layout: Layout) -> Path:
    """Give the organisation that lives in this lab, whose adapter is hosted. Raises :class:`LzError`."""
    received = post.received_folder(layout)
    organisation = received.parent.parent if received else None
    adapter = load(organisation).adapter if organisation else None
    if organisation is None or adapter is None or adapter.hosting != "supplier":
        raise LzError(
            "no organisation with a hosted adapter lives in this lab",
            found=str(organisation) if organisation else "nobody",
            expected="a dossier with adapter: {…, hosting: supplier}",
            remedy="export LZ_ORGANISATION=inventories/voorbeeldstad-extern",
        )
    return organisation


def install(layout: Layout, tell: Callable[[str], None]) -> None:
    """Have the adapter run on its host, and its certificate come by post; quick when nothing changed."""
    dossier = load(place(layout))
    tell("certificate")
    pki = _certificate(layout, dossier)
    payload = remote.archive(_files(layout, dossier, pki))
    target = dossier.resolve(dossier.environments["preprod"].certificate.file)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((pki / "certificate.pem").read_bytes())
    tell("packages and engine")
    console.run_on(layout, world.HOSTED, _script(), payload)


def act(layout: Layout) -> Path:
    """Do what the request asks and send the signed statement; the file, in the post of the organisation."""
    organisation = place(layout)
    dossier = load(organisation)
    request = dossier.folder / "requests" / f"{ENVIRONMENT}-hoster"
    if not (request / FORM).is_file():
        raise LzError(
            "no request to the hoster yet", where=str(request / FORM), remedy="Run playbooks/preprod.yml"
        )
    stated = json.loads(json.dumps(loader.load(request / FORM).value))
    with HostRest(layout, _REST) as rest:
        for key, partner in stated["partners"].items():
            rest.put_cpa((request / f"cpa-{key}.xml").read_bytes())
            partner.update(_pinged(rest, dossier, key), tls=_protocol(layout, partner["endpoint"]))
    stated |= {"stated": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "by": "Hoster BV, beheer adapters"}
    letter = dossier.folder / "received" / ENVIRONMENT / FORM
    letter.write_text(yaml.safe_dump(stated, default_style='"', sort_keys=False, allow_unicode=True))
    signature = sealing.sign(letter.read_bytes(), own_keys(organisation, ROLE), ROLE)
    letter.with_name(f"{FORM}.sig").write_bytes(signature)
    return letter


_REST = Place(
    "the hoster",
    world.HOSTED.name,
    "http://127.0.0.1:8080/service/rest/v19",
    f"{FOLDER}/rest.credentials",
)


def _pinged(rest: HostRest, dossier: Dossier, key: str) -> dict[str, str]:
    partner = next(each for name, each in dossier.environments["preprod"].partners.items() if name == key)
    own, theirs = (f"urn:osb:oin:{number}" for number in (dossier.organisation.number, partner.oin))
    rest.ping(partner.cpa.id, own, theirs)
    signals = json.loads(rest.fine("GET", f"//lopendezaken/v1/signals?cpaId={partner.cpa.id}"))
    last = {each["action"].lower(): str(each["envelope"]) for each in signals if _of_ours(each)}
    return {name: last[name] for name in ("ping", "pong")}


def _of_ours(signal: dict[str, Any]) -> bool:
    return (signal["action"], signal["direction"]) in {("Ping", "out"), ("Pong", "in")}


def _protocol(layout: Layout, endpoint: str) -> str:
    """Look which TLS comes about, with our certificate and through the proxy."""
    host = host_of(endpoint)
    words = f"openssl s_client -connect {host}:443 -servername {host} -proxy {PROXY.removeprefix('http://')}"
    chain = f"-cert {FOLDER}/certificate.pem -cert_chain {FOLDER}/certificate.pem"
    files = f"{chain} -key {FOLDER}/key.pem -CAfile {FOLDER}/anchors.pem -verify_return_error"
    said = console.run_on(layout, world.HOSTED, f"{words} {files} -brief < /dev/null 2>&1")
    return next(line.split()[-1] for line in said.splitlines() if line.startswith("Protocol version"))


def _certificate(layout: Layout, dossier: Dossier) -> Path:
    folder = layout.state / "hoster"
    names = dossier.environments["preprod"].certificate.names
    Authority(layout.pki).leaf_into(folder, dossier.organisation.number, names, dossier.organisation.name)
    return folder


def _files(layout: Layout, dossier: Dossier, pki: Path) -> dict[str, remote.File]:
    crls = Authority(layout.pki).crls()
    return {
        partner_files.ENGINE: remote.File(engine(layout)),
        f"{FOLDER}/engine.toml": remote.File(settings(dossier).encode()),
        f"{FOLDER}/key.pem": remote.File((pki / "key.pem").read_bytes(), 0o640, USER),
        f"{FOLDER}/rest.credentials": remote.File(b"hoster:only on this host\n", 0o640, USER),
        **{
            f"{FOLDER}/{name}": remote.File((pki / name).read_bytes())
            for name in ("certificate.pem", "anchors.pem")
        },
        **{f"{FOLDER}/crl/{name}": remote.File(data) for name, data in crls.items() if name.endswith(".crl")},
        "/etc/systemd/system/lz-hoster.service": remote.File(_UNIT.encode()),
    }


def settings(dossier: Dossier) -> str:
    """Render the settings of its adapter."""
    return "\n".join(_lines(dossier)) + "\n"


def _lines(dossier: Dossier) -> Iterator[str]:
    address = world.HOSTED.legs[0].addresses[0]
    yield from ("# Written by `lz lab up`.", "[party]", f'oin = "{dossier.organisation.number}"')
    yield from ("[ebms]", f'listen = "{address}:{PORT}"', 'path = "/ebms"')
    yield "[tls]"
    yield from (f'{name} = "{FOLDER}/{name}.pem"' for name in ("certificate", "key", "anchors"))
    yield f'crls = "{FOLDER}/crl"'
    yield from ("[rest]", 'listen = "127.0.0.1:8080"', f'credentials = "{FOLDER}/rest.credentials"')
    yield from ("[health]", 'listen = "127.0.0.1:8008"', "[proxy]", f'url = "{PROXY}"')
    yield from ("[store]", 'path = "/var/lib/lz-hoster/ebms.sqlite"')


def _script() -> str:
    packages = " ".join(partner_files.PACKAGES)
    return f"""set -e
export DEBIAN_FRONTEND=noninteractive
getent passwd {USER} >/dev/null || useradd --system --shell /usr/sbin/nologin {USER}
tar -x -m -p -C / -f -
dpkg -s {packages} openssl >/dev/null 2>&1 || apt-get -o DPkg::Lock::Timeout=120 install -y -q --no-install-recommends {packages} openssl
systemctl daemon-reload
systemctl enable --quiet lz-hoster.service
systemctl restart lz-hoster.service
for try in $(seq 100); do (: < /dev/tcp/{world.HOSTED.legs[0].addresses[0]}/{PORT}) 2>/dev/null && exit 0; sleep 0.1; done
journalctl --quiet --no-pager --output=cat --lines=5 --unit=lz-hoster.service
exit 1
"""
