"""The way in: TLS by the right name, to the adapter, and nothing else."""

from __future__ import annotations

import shlex
import time

from testinfra.host import Host

from tests.testinfra.world import INBOUND, OWN_NAME, ask, journal, listening

_HELLO_IN_PIECES = """
import socket, ssl, sys, time
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
context = ssl.create_default_context()
session = context.wrap_bio(incoming, outgoing, server_hostname=sys.argv[2])
try:
    session.do_handshake()
except ssl.SSLWantReadError:
    hello = outgoing.read()
with socket.create_connection((sys.argv[1], 443), 5) as connection:
    for piece in (hello[:3], hello[3:90], hello[90:]):
        connection.sendall(piece)
        time.sleep(0.3)
    print(connection.recv(1)[0])
"""


def _certificate(partner: Host, name: str | None) -> bool:
    """Say whether a TLS server shows its certificate when asked for this name (None: for no name)."""
    ask = f"-servername {name}" if name else "-noservername"
    done = partner.run(f"timeout 8 openssl s_client -connect {INBOUND}:443 {ask} </dev/null 2>&1")
    return "BEGIN CERTIFICATE" in done.stdout


def test_own_name_reaches_the_adapter(partner: Host) -> None:
    assert _certificate(partner, OWN_NAME)
    assert _certificate(partner, OWN_NAME.upper()), "names have no case"


def test_a_hello_in_pieces_is_understood(partner: Host) -> None:
    """Modern handshakes (post-quantum keys) do not fit in one packet; the name may come in the second."""
    answer = partner.check_output(f"python3 -c {shlex.quote(_HELLO_IN_PIECES)} {INBOUND} {OWN_NAME}")
    assert answer == "22", "expected a TLS handshake record"


def test_other_names_are_refused(partner: Host) -> None:
    for name in ("www.example", f"x.{OWN_NAME}", OWN_NAME.removeprefix("ebms."), None):
        assert not _certificate(partner, name), name


def test_plain_http_is_refused_at_once(partner: Host) -> None:
    start = time.monotonic()
    assert ask(partner, INBOUND, 443, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") == ""
    assert time.monotonic() - start < 3


def test_listens_on_the_inbound_address_only(dmz: Host) -> None:
    assert {each for each in listening(dmz) if each.endswith(":443")} == {f"{INBOUND}:443"}


def test_admin_socket_is_for_root_only(dmz: Host) -> None:
    socket = dmz.file("/run/haproxy/root.sock")
    assert (socket.user, socket.mode) == ("root", 0o600)


def test_workers_do_not_run_as_root(dmz: Host) -> None:
    assert "haproxy" in dmz.check_output("ps -o user= -C haproxy").split()


def test_journal_says_who_came_for_which_name(dmz: Host, partner: Host) -> None:
    _certificate(partner, OWN_NAME)
    _certificate(partner, "www.example")
    lines = journal(dmz, "haproxy")
    assert f'name="{OWN_NAME}"' in lines
    assert 'name="www.example"' in lines


def test_runs_after_a_reboot(dmz: Host) -> None:
    assert dmz.service("haproxy").is_enabled
    assert dmz.service("haproxy").is_running
