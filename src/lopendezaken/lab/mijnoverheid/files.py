"""The files of the partner host that play MijnOverheid behind its engine."""

from __future__ import annotations

from lopendezaken.lab import world
from lopendezaken.lab.remote import File

PROGRAM = "/usr/local/lib/lopendezaken/mijnoverheid.pyz"
FOLDER = "/etc/lz-partner"
# What an organisation received from Logius takes the place of these; see docs/chain-rehearsal.md.
XSD = f"{FOLDER}/xsd"
BSNS = f"{FOLDER}/test-bsn.txt"

EXAMPLE_BSNS = """# Test BSNs of the lab: of the range 99999xxxx, which is given to nobody.
999990019 A. de Vries (test)
999990020 M. Jansen (test)
999990032 F. Yilmaz (test)
"""

UNIT = f"""# Written by `lz lab up`.
[Unit]
Description=%i behind its ebMS engine (plays MijnOverheid in the lab)
After=lz-partner@%i.service
StartLimitIntervalSec=0

[Service]
Type=exec
DynamicUser=yes
StateDirectory=lz-mijnoverheid-%i
StateDirectoryMode=0700
UMask=0077
LoadCredential=rest:{FOLDER}/%i/rest.credentials
LoadCredential=bsns:{BSNS}
ExecStart=/usr/bin/python3 -I {PROGRAM} --config {FOLDER}/%i/mijnoverheid.toml
Restart=on-failure
RestartSec=2
MemoryMax=256M
TasksMax=32
IPAddressDeny=any
IPAddressAllow=localhost

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateIPC=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
InaccessiblePaths=-/var/lib/lz-partner
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def played() -> list[world.Partner]:
    """The parties that are a MijnOverheid."""
    return [partner for partner in world.PARTNERS if partner.name.startswith("mijnoverheid")]


def page_port(partner: world.Partner) -> int:
    """Port of the page, on loopback of the partner host."""
    return partner.rest_port + 200


def units() -> list[str]:
    """The units, one for each environment."""
    return [f"lz-mijnoverheid@{partner.name}.service" for partner in played()]


def settings(partner: world.Partner) -> str:
    """Render the settings of one."""
    secrets = f"/run/credentials/lz-mijnoverheid@{partner.name}.service"
    return f"""# Written by `lz lab up`.
name = "{partner.common_name}"
oin = "{partner.oin}"
rest = "http://127.0.0.1:{partner.rest_port}/service/rest/v19"
credentials = "{secrets}/rest"
port = {page_port(partner)}
store = "/var/lib/lz-mijnoverheid-{partner.name}/cases.sqlite"
bsns = "{secrets}/bsns"
xsd = "{XSD}"
"""


def files(program: bytes, bsns: bytes, xsds: dict[str, bytes]) -> dict[str, File]:
    """Return all files; ``xsds`` are by path below their folder.."""
    return {
        PROGRAM: File(program),
        "/etc/systemd/system/lz-mijnoverheid@.service": File(UNIT.encode()),
        BSNS: File(bsns, 0o600),
        **{f"{XSD}/{name}": File(data) for name, data in xsds.items()},
        **{
            f"{FOLDER}/{partner.name}/mijnoverheid.toml": File(settings(partner).encode())
            for partner in played()
        },
    }
