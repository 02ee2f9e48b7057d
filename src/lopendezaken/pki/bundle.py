"""Files with certificates in any usual form: PEM, DER, bare base64, PKCS#7 and PKCS#12."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import UNREADABLE, Certificate, read

Form = Literal["PEM", "DER", "base64", "PKCS#7", "PKCS#12"]

# What stands in a block has no five dashes in it, so a file of BEGIN lines alone is soon done with.
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*(?:-(?!----)[^-]*)*-----END \1-----")
_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"}
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")
_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"  # the object identifiers of PKCS#7 begin with this


_INTEGER, _OCTETS, _CONSTRUCTED = 0x02, 0x04, 0x20
# A hostile file can ask for years of hashing; tools use thousands of rounds, at most some hundreds of thousands.
_MOST_ROUNDS = 2_000_000
_MOST_BYTES = 1_000_000
_DEEPEST = 20


@dataclass(frozen=True)
class Placed:
    """A certificate and the line on which it begins; ``None`` in a file without lines."""

    certificate: Certificate
    line: int | None


@dataclass(frozen=True)
class Bundle:
    """What a file holds. ``other_key``: a key in it is not that of the first certificate."""

    form: Form
    certificates: tuple[Placed, ...]
    has_key: bool = False
    other_key: bool = False


class NeedsPasswordError(LzError):
    """A PKCS#12 that opens with a password only, and not with the one that was given."""


def read_bundle(data: bytes, where: str, password: Callable[[], bytes | None] = lambda: None) -> Bundle:
    """Every certificate in ``data``, in order. ``password`` is asked only for a PKCS#12 that needs one.

    Raises :class:`LzError`; :class:`NeedsPasswordError` when the password is wrong or missing.
    """
    if not data.strip():
        raise LzError("the file is empty", where=where, expected="a certificate")
    if b"-----BEGIN " in data:
        return Bundle("PEM", tuple(_pem(data, where)), has_key=b" PRIVATE KEY-----" in data)
    if data[:1] == b"\x30":
        return _der(data, where, password)
    if _BASE64.fullmatch(data.strip()):
        return Bundle("base64", (Placed(read(_decoded(data, where), where), 1),))
    raise _unreadable(where, data)


def _unreadable(where: str, data: bytes) -> LzError:
    words = "XML" if data.lstrip()[:1] == b"<" else f"{len(data)} bytes of something else"
    return LzError(
        "not a certificate",
        where=where,
        found=words,
        expected="PEM, DER, PKCS#7 (.p7b) or PKCS#12 (.p12, .pfx)",
    )


def _pem(data: bytes, where: str) -> Iterator[Placed]:
    found, others = 0, []
    for block in _BLOCK.finditer(data):
        line, label = data.count(b"\n", 0, block.start()) + 1, block.group(1)
        if label in _CERTIFICATES:
            found += 1
            plain = block.group().replace(label, b"CERTIFICATE")
            yield Placed(read(plain, f"{where}:{line}"), line)
        elif label in {b"PKCS7", b"CMS"}:
            for each in _pkcs7(
                block.group().replace(label, b"PKCS7"), where, pkcs7.load_pem_pkcs7_certificates
            ):
                found += 1
                yield Placed(each, line)
        else:
            others.append(label.decode())
    if not found:
        raise LzError(
            "no certificate in the file",
            where=where,
            found=", ".join(others).lower() or "a BEGIN line without its END",
            expected="-----BEGIN CERTIFICATE-----",
        )


def _der(data: bytes, where: str, password: Callable[[], bytes | None]) -> Bundle:
    if _is_pkcs12(data):
        return _pkcs12(data, where, password)
    if _DATA in data[:32]:
        certificates = _pkcs7(data, where, pkcs7.load_der_pkcs7_certificates)
        return Bundle("PKCS#7", tuple(Placed(each, None) for each in certificates))
    return Bundle("DER", (Placed(read(data, where), None),))


def _is_pkcs12(data: bytes) -> bool:
    """Version 3 as the first thing in the outer sequence."""
    size = data[1] if len(data) > 1 else 0
    return data[2 + (size & 0x7F if size & 0x80 else 0) :].startswith(b"\x02\x01\x03")


def _pkcs7(data: bytes, where: str, load: Callable[[bytes], list[x509.Certificate]]) -> list[Certificate]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # BER that is no DER: said of files from Windows, and harmless here
            found = [read(each.public_bytes(Encoding.DER), where) for each in load(data)]
    except UNREADABLE as error:
        raise LzError(
            "not a readable PKCS#7", where=where, expected="a list of certificates (.p7b)"
        ) from error
    if not found:
        raise LzError("the PKCS#7 holds no certificate", where=where)
    return found


def _pkcs12(data: bytes, where: str, password: Callable[[], bytes | None]) -> Bundle:
    if len(data) > _MOST_BYTES or _rounds(data) > _MOST_ROUNDS:
        raise LzError(
            "the PKCS#12 would take too long to open",
            where=where,
            expected=f"at most {_MOST_BYTES} bytes, and {_MOST_ROUNDS} rounds of hashing the password",
        )
    loaded, secret = _opened(data, where, None), None
    if loaded is None:
        secret = password()
        loaded = _opened(data, where, secret) if secret is not None else None
    if loaded is None:
        wrong = "a password" if secret is None else "another password, or is damaged"
        raise NeedsPasswordError(
            f"the PKCS#12 needs {wrong}",
            where=where,
            remedy="Give the password by --password-file or LZ_LINT_PASSWORD, or at the prompt.",
        )
    own, others = loaded.cert, loaded.additional_certs
    certificates = [each.certificate for each in ((own, *others) if own else tuple(others))]
    if not certificates:
        raise LzError("the PKCS#12 holds no certificate", where=where, found="a key" if loaded.key else None)
    placed = tuple(Placed(read(each.public_bytes(Encoding.DER), where), None) for each in certificates)
    # The key stands with its own certificate; without one it belongs to none of them.
    return Bundle("PKCS#12", placed, has_key=loaded.key is not None, other_key=bool(loaded.key and not own))


def _rounds(der: bytes, depth: int = 0) -> int:
    """How often a password is hashed to open ``der``: the largest number that follows a salt."""
    most, before, position = 0, 0, 0
    while position + 2 <= len(der):
        tag, length, start = der[position], der[position + 1], position + 2
        if length & 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(der[start : start + size], "big"), start + size
        content = der[start : start + length]
        if tag == _INTEGER and before == _OCTETS:
            most = max(most, int.from_bytes(content, "big"))
        elif depth < _DEEPEST and (tag & _CONSTRUCTED or (tag == _OCTETS and content[:1] == b"\x30")):
            most = max(most, _rounds(content, depth + 1))
        before, position = tag, start + length
    return most


def _opened(data: bytes, where: str, password: bytes | None) -> pkcs12.PKCS12KeyAndCertificates | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pkcs12.load_pkcs12(data, password)
    except UnsupportedAlgorithm as error:
        raise LzError("the PKCS#12 uses a cipher that is not known here", where=where) from error
    except UNREADABLE:
        return None


def _decoded(data: bytes, where: str) -> bytes:
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable(where, data) from None
