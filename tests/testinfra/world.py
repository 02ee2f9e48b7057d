"""What the tests ask of the example world, and how they ask it."""

from __future__ import annotations

from testinfra.host import Host

INBOUND = "198.51.100.10"
OUTBOUND = "198.51.100.11"
PROXY = "192.0.2.1"
ADAPTER = "192.0.2.10"
OWN_NAME = "ebms.preprod.voorbeeldstad.example"


def can_connect(host: Host, address: str, port: int) -> bool:
    """Say whether a TCP connection comes about within two seconds."""
    return host.run(f"timeout 2 bash -c '</dev/tcp/{address}/{port}'").rc == 0


def listening(host: Host) -> set[str]:
    """Give address:port of everything that listens on TCP."""
    return {line.split()[3] for line in host.check_output("ss --no-header -ltn").splitlines()}


def journal(host: Host, unit: str) -> str:
    """Give what a unit said, newest last."""
    return host.check_output(f"journalctl --no-pager --output=cat --unit={unit}")
