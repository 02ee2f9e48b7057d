"""The files of the partner host: an engine for each party that it plays, and the TSP's CRL server."""

from __future__ import annotations

from lopendezaken.lab import world
from lopendezaken.lab.remote import File

USER = "lz-partner"
FOLDER = "/etc/lz-partner"
ENGINE = "/usr/local/lib/lopendezaken/engine.pyz"
CRL_FOLDER = f"{FOLDER}/crl"
CRL_SITE = "/var/www/crl"
PACKAGES = ("python3-aiohttp", "python3-lxml", "python3-cryptography", "python3-xmlsec")
CRL_UNIT = "lz-crl.service"

UNIT = f"""# Written by `lz lab up`.
[Unit]
Description=ebMS engine of %i (plays Logius in the lab)
After=network.target

[Service]
User={USER}
StateDirectory=lz-partner
ExecStart=/usr/bin/python3 {ENGINE} serve --config {FOLDER}/%i/engine.toml
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""

CRL_SERVER = f"""# Written by `lz lab up`.
[Unit]
Description=CRL distribution point of the test PKI (plays the TSP in the lab)
After=network.target

[Service]
DynamicUser=yes
ExecStart=/usr/bin/python3 -m http.server 80 --bind {world.CRL_ADDRESS} --directory {CRL_SITE}
Restart=on-failure
RestartSec=1
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE

[Install]
WantedBy=multi-user.target
"""


def units() -> list[str]:
    """Return the units of the engines."""
    return [f"lz-partner@{partner.name}.service" for partner in world.PARTNERS]


def engine_toml(partner: world.Partner) -> str:
    """Render the configuration of one party's engine."""
    folder = f"{FOLDER}/{partner.name}"
    return f"""# Written by `lz lab up`.
[party]
oin = "{partner.oin}"

[ebms]
listen = "{partner.address}:443"
path = "/ebms"

[tls]
certificate = "{folder}/certificate.pem"
key = "{folder}/key.pem"
anchors = "{folder}/anchors.pem"
crls = "{CRL_FOLDER}"

[rest]
listen = "127.0.0.1:{partner.rest_port}"
credentials = "{folder}/rest.credentials"

[health]
listen = "127.0.0.1:{partner.rest_port + 100}"

[http]
source = "{partner.address}"

[store]
path = "/var/lib/lz-partner/{partner.name}.sqlite"
"""


def shared(engine: bytes) -> dict[str, File]:
    """Return what all parties use."""
    return {
        ENGINE: File(engine),
        "/etc/systemd/system/lz-partner@.service": File(UNIT.encode()),
        f"/etc/systemd/system/{CRL_UNIT}": File(CRL_SERVER.encode()),
    }


def party(
    partner: world.Partner, key: bytes, certificate: bytes, anchors: bytes, login: bytes
) -> dict[str, File]:
    """Return the files of one party; ``login`` is ``user:password`` of its REST interface."""
    folder = f"{FOLDER}/{partner.name}"
    return {
        f"{folder}/engine.toml": File(engine_toml(partner).encode()),
        f"{folder}/certificate.pem": File(certificate),
        f"{folder}/anchors.pem": File(anchors),
        f"{folder}/key.pem": File(key, 0o640, USER),
        f"{folder}/rest.credentials": File(login, 0o640, USER),
    }


def crls(files: dict[str, bytes]) -> dict[str, File]:
    """Return CRLs (and CA certificates), for the engines and for the world."""
    for_engines = {
        f"{CRL_FOLDER}/{name}": File(data) for name, data in files.items() if name.endswith(".crl")
    }
    return for_engines | {f"{CRL_SITE}/{name}": File(data) for name, data in files.items()}
