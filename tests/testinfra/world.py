"""What the tests ask of the example world, and how they ask it."""

from __future__ import annotations

import json
import shlex

from testinfra.host import Host

INBOUND = "198.51.100.10"
OUTBOUND = "198.51.100.11"
PROXY = "192.0.2.1"
ADAPTER = "192.0.2.10"
OWN_NAME = "ebms.preprod.voorbeeldstad.example"

# Runs on the host, which has python3 and little else. All places are tried at the same time.
KNOCK = """
import concurrent.futures, json, socket, sys
def knock(place):
    try:
        socket.create_connection((place[0], place[1]), 1.5, (place[2], 0) if place[2] else None).close()
        return "open"
    except TimeoutError:
        return "silent"
    except OSError as error:
        return "refused" if error.errno in (111, 113) else str(error)
places = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(knock, places))))
"""

_ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 8) as connection:
    connection.sendall(sys.argv[3].encode())
    print(connection.recv(4096).decode(errors="replace").split("\\r\\n")[0])
"""


def knock(host: Host, *places: tuple[str, int], source: str = "") -> dict[tuple[str, int], str]:
    """Try TCP connections from a host, also from one of its addresses: open, refused or silent."""
    asked = json.dumps([[address, port, source] for address, port in places])
    answers = host.check_output(f"python3 -c {shlex.quote(KNOCK)} {shlex.quote(asked)}")
    return dict(zip(places, json.loads(answers), strict=True))


def ask(host: Host, address: str, port: int, text: str) -> str:
    """Send this text from a host and give the first line of the answer; empty when the connection ends."""
    return host.check_output(f"python3 -c {shlex.quote(_ASK)} {address} {port} {shlex.quote(text)}")


def listening(host: Host) -> set[str]:
    """Give address:port of everything that listens on TCP."""
    return {line.split()[3] for line in host.check_output("ss --no-header -ltn").splitlines()}


def journal(host: Host, unit: str) -> str:
    """Give what a unit said, newest last."""
    return host.check_output(f"journalctl --no-pager --output=cat --unit={unit}")


# A host of the chain need not have curl.
_GET = """
import base64, sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1])
if len(sys.argv) > 2:
    token = base64.b64encode(open(sys.argv[2], "rb").read().strip()).decode()
    request.add_header("Authorization", f"Basic {token}")
try:
    answer = urllib.request.urlopen(request, timeout=5)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status)
print(answer.read().decode())
"""


def get(host: Host, url: str, login_file: str = "") -> tuple[str, str]:
    """What the host is answered at ``url``: status and body; with the login in ``login_file`` on the host."""
    status, _, body = host.check_output(f"python3 -c '{_GET}' {url} {login_file}").partition("\n")
    return status, body
