"""Whether a file that goes to others holds a private key, in whatever dress: PEM, PKCS#1, #8, #12 or SEC1.

Standard library only. What a key looks like is told from its first bytes, so nothing secret is decoded whole.
"""

from __future__ import annotations

import base64
import re

_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
# A long word of base64 with what follows it: a short one is too short for a key.
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}(?:[ \t\r\n]+[A-Za-z0-9+/]+)*")
_START = 96
_VERSIONED = (
    b"\x02\x01\x00\x02",  # PKCS#1: version 0, then the modulus
    b"\x02\x01\x00\x30",  # PKCS#8: version 0, then the algorithm
    b"\x02\x01\x01\x30",  # PKCS#8, version 1
    b"\x02\x01\x01\x04",  # SEC1: version 1, then the key
    b"\x02\x01\x03\x30",  # PKCS#12: version 3, then what is in it
)
# PKCS#8 with a password: the object identifiers of PKCS#5 and PKCS#12 for encryption by password.
_ENCRYPTIONS = (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05", b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01")


def lines_with_private_key(data: bytes) -> list[int]:
    """Give the lines (from 1) on which a private key begins, in a text or in a file that is one."""
    places = [found.start() for found in _PEM.finditer(data)]
    places += [found.start() for found in _BASE64.finditer(data) if _is_key(_decoded(found.group()))]
    if _is_key(data[:_START]):
        places.append(0)
    return sorted({data.count(b"\n", 0, place) + 1 for place in places})


def _decoded(text: bytes) -> bytes:
    start = b"".join(text[: 2 * _START].split())
    return base64.b64decode(start[: len(start) // 4 * 4])


def _is_key(der: bytes) -> bool:
    """Tell it from the beginning: a sequence that starts as a private key does."""
    inner = _content(der)
    if inner is None:
        return False
    if inner.startswith(_VERSIONED):
        return True
    algorithm = _content(inner)
    return algorithm is not None and any(algorithm[2:].startswith(each) for each in _ENCRYPTIONS)


def _content(der: bytes) -> bytes | None:
    """Give what stands in a sequence, as far as it is there."""
    if len(der) < 2 or der[0] != 0x30:
        return None
    return der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :]
