"""Plays the adapter behind the proxy: two-way TLS, and an answer in JSON that tells what reached it."""

from __future__ import annotations

import hashlib
import http.server
import json
import ssl
import sys
import urllib.parse
from pathlib import Path


def digest(text: str) -> str:
    """SHA-256 of a certificate in a header (PEM, percent-encoded), or the text when it is none."""
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(urllib.parse.unquote(text).strip())).hexdigest()
    except ValueError:
        return text


class Adapter(http.server.BaseHTTPRequestHandler):
    """Answers every request, however it is framed."""

    protocol_version = "HTTP/1.1"
    seen = 0

    def handle_any(self) -> None:
        """Read the body, count, tell."""
        length = self._chunks() if self.headers.get("Transfer-Encoding") else self._whole()
        Adapter.seen += 1
        told = {
            "line": self.requestline,
            "body": length,
            "seen": Adapter.seen,
            "headers": sorted(name.lower() for name in self.headers),
            "certificates": [digest(each) for each in self.headers.get_all("X-Client-Cert", [])],
        }
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815 (names of http.server)

    def _whole(self) -> int:
        return len(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _chunks(self) -> int:
        total = 0
        while size := int(self.rfile.readline() or b"0", 16):
            total += len(self.rfile.read(size))
            self.rfile.readline()
        return total


def main(address: str, port: int, folder: Path) -> None:
    """Serve, to who has a certificate of the same root."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    context.load_verify_locations(folder / "anchors.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = http.server.ThreadingHTTPServer((address, port), Adapter)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
