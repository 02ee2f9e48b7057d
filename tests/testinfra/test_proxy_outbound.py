"""The way out: the adapter, to the listed names, from the address that partners know."""

from __future__ import annotations

import shlex

import pytest
from testinfra.host import Host

from tests.testinfra.world import OUTBOUND, PROXY, ask, journal, listening

CRL = "http://crl.pkioverheid.example/tsp.crl"


def _status(host: Host, method: str, target: str) -> str:
    """Give the proxy's status code for one request."""
    name = target.removeprefix("http://").split("/")[0]
    line = ask(host, PROXY, 3128, f"{method} {target} HTTP/1.1\r\nHost: {name}\r\nContent-Length: 0\r\n\r\n")
    return line.split()[1]


@pytest.mark.parametrize("name", ["ebms.compliance.example", "ebms.preprod.mijnoverheid.example"])
def test_partners_are_reached(adapter: Host, name: str) -> None:
    assert _status(adapter, "CONNECT", f"{name}:443") == "200"


def test_crls_are_fetched(adapter: Host) -> None:
    assert _status(adapter, "GET", CRL) == "200"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        # Another environment's partner, anybody, a name below an allowed one.
        ("CONNECT", "ebms.mijnoverheid.example:443"),
        ("CONNECT", "www.example:443"),
        ("CONNECT", "x.ebms.compliance.example:443"),
        # An allowed name, but another port, another protocol, or its address.
        ("CONNECT", "ebms.compliance.example:8443"),
        ("CONNECT", "ebms.compliance.example:80"),
        ("CONNECT", "203.0.113.10:443"),
        ("CONNECT", "crl.pkioverheid.example:443"),
        ("CONNECT", "crl.pkioverheid.example:80"),
        ("GET", "http://ebms.compliance.example/"),
        ("GET", "http://ebms.compliance.example:443/"),
        ("GET", "http://203.0.113.40/tsp.crl"),
        ("GET", "http://crl.pkioverheid.example:8080/"),
        ("POST", CRL),
        # The proxy itself.
        ("GET", "http://127.0.0.1:22/"),
        ("GET", f"http://{PROXY}:3128/squid-internal-mgr/menu"),
        ("CONNECT", "localhost:22"),
    ],
)
def test_all_else_is_denied(adapter: Host, method: str, target: str) -> None:
    assert _status(adapter, method, target) == "403"


_TUNNELS = """
import socket, sys
held, answers = [], []
for name in sys.argv[1:]:
    tunnel = socket.create_connection(("192.0.2.1", 3128), 8)
    tunnel.sendall(f"CONNECT {name}:443 HTTP/1.1\\r\\n\\r\\n".encode())
    answers.append(tunnel.recv(200).split()[1].decode())
    held.append(tunnel)
print(" ".join(answers))
"""


def test_tunnels_to_mijnoverheid_are_bounded(adapter: Host) -> None:
    """Performance tests there are forbidden (P2-48); another partner still gets its tunnel."""
    bounded, other = "ebms.preprod.mijnoverheid.example", "ebms.compliance.example"
    names = " ".join([bounded] * 20 + [other])
    answers = adapter.check_output(f"python3 -c {shlex.quote(_TUNNELS)} {names}").split()
    assert answers[:16] == ["200"] * 16
    assert set(answers[17:20]) == {"403"}
    assert answers[20] == "200"


def test_only_the_adapter_may_ask(dmz: Host) -> None:
    assert _status(dmz, "CONNECT", "ebms.compliance.example:443") == "403"


def test_partner_sees_the_outgoing_address(adapter: Host, partner: Host) -> None:
    """A tunnel is held open; the partner's kernel says who is at the other end."""
    hold = (
        "import socket, time; tunnel = socket.create_connection(('192.0.2.1', 3128));"
        " tunnel.sendall(b'CONNECT ebms.compliance.example:443 HTTP/1.1\\r\\n\\r\\n'); time.sleep(5)"
    )
    adapter.check_output(f'systemd-run --quiet --collect --unit=tunnel python3 -c "{hold}"')
    look = "ss --no-header -tn state established src 203.0.113.10:443"
    peers = partner.check_output(f"for i in 1 2 3 4 5 6 7 8; do sleep 0.2; {look}; done")
    adapter.run("systemctl stop tunnel")
    assert {line.split()[3].rsplit(":", 1)[0] for line in peers.splitlines()} == {OUTBOUND}


def test_listens_on_the_inside_leg_only(dmz: Host) -> None:
    assert {each for each in listening(dmz) if each.endswith(":3128")} == {f"{PROXY}:3128"}


def test_workers_do_not_run_as_root(dmz: Host) -> None:
    assert "proxy" in dmz.check_output("ps -o user= -C squid").split()


def test_journal_says_what_was_asked_without_queries(adapter: Host, dmz: Host) -> None:
    _status(adapter, "GET", "http://www.example/?token=kanarie")
    lines = journal(dmz, "squid")
    assert "TCP_DENIED/403" in lines
    assert "kanarie" not in lines


def test_runs_after_a_reboot(dmz: Host) -> None:
    assert dmz.service("squid").is_enabled
    assert dmz.service("squid").is_running
