"""A partner that keeps coming in: handshake after handshake, each with a request, until its time is over or it is told.

Runs on a host of the lab, with Python and nothing else. Ends with a line of JSON: how many, which failed, how long the
slowest took, and which certificates were shown.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import sys
import time
from pathlib import Path

PAUSE = 0.02


def once(context: ssl.SSLContext, address: str, name: str, source: str) -> str:
    """One connection up to an answer; the digest of the certificate that was shown."""
    with (
        socket.create_connection((address, 443), 60, (source, 0)) as plain,
        context.wrap_socket(plain, server_hostname=name) as tls,
    ):
        shown = tls.getpeercert(binary_form=True) or b""
        # In TLS 1.3 a client that is refused hears of it when it reads.
        tls.sendall(f"GET /nothing HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = tls.recv(64)
    if not answer.startswith(b"HTTP/1.1 404"):
        raise OSError(f"answered {answer[:40]!r}")
    return hashlib.sha256(shown).hexdigest()


def main(address: str, name: str, source: str, folder: Path, seconds: float, stop: Path) -> None:
    """Keep coming in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(folder / "anchors.pem")
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    durations: list[float] = []
    failures: list[str] = []
    shown: dict[str, int] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop.exists():
        start = time.monotonic()
        try:
            digest = once(context, address, name, source)
            shown[digest] = shown.get(digest, 0) + 1
            durations.append(time.monotonic() - start)
        except OSError as error:
            failures.append(f"{time.time():.1f} after {time.monotonic() - start:.2f} s: {error!r}")
        time.sleep(PAUSE)
    durations.sort()
    told = {
        "handshakes": len(durations),
        "failed": failures,
        "median": durations[len(durations) // 2],
        "slowest": durations[-1],
        "shown": shown,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), float(sys.argv[5]), Path(sys.argv[6]))
