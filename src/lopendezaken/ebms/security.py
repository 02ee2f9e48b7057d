"""What the profiles -s and -e ask of one party: its own keys, and the judgement of a partner's certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from lopendezaken.cpa.model import Encryption, Route, Signing
from lopendezaken.ebms import encryption, signature
from lopendezaken.ebms.envelope import Digest
from lopendezaken.ebms.failure import SecurityFailureError
from lopendezaken.ebms.mime import Attachment, Message
from lopendezaken.ebms.signature import SigningKey
from lopendezaken.errors import LzError

_P = ParamSpec("_P")
_T = TypeVar("_T")

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="security")


def _aside(work: Callable[_P, _T]) -> Callable[_P, _T]:
    """Do it in a thread of its own.

    OpenSSL keeps errors by thread until somebody asks for them. What a failed decryption leaves there would be
    taken for an error of the next TLS connection that is served, which is then ended.
    """

    @wraps(work)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        return _THREAD.submit(work, *args, **kwargs).result()

    return run


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where a key and its certificate (PEM, the leaf first) lie."""

    certificate: Path
    key: Path


def load(signing: KeyFiles, decryption: KeyFiles, trusted: Callable[[bytes], bool]) -> Security:
    """Read the keys of this party. Raises :class:`LzError` naming the file at fault."""
    certificate, key = _read(signing.certificate), _read(signing.key)
    try:
        own = SigningKey(key, certificate, ssl.PEM_cert_to_DER_cert(_first(certificate)))
    except ValueError as error:
        raise LzError("no certificate in PEM", where=str(signing.certificate), found=str(error)) from error
    return Security(own, _read(decryption.key), trusted)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LzError("cannot be read", where=str(path), found=str(error.strerror)) from error


def _first(pem: bytes) -> str:
    end = "-----END CERTIFICATE-----"
    text = pem.decode("ascii", errors="replace")
    return text[max(text.find("-----BEGIN CERTIFICATE-----"), 0) :].partition(end)[0] + end


@dataclass(frozen=True, slots=True)
class Opened:
    """A message as its sender wrote it. ``digests`` is what its signature covers, for the acknowledgement."""

    message: Message
    digests: tuple[Digest, ...] = ()


class Security:
    """The keys of this party; ``decryption`` is PEM. ``trusted`` tells whether a certificate (DER) leads to a trust anchor now."""

    def __init__(self, signing: SigningKey, decryption: bytes, trusted: Callable[[bytes], bool]) -> None:
        self._signing = signing
        self._decryption = decryption
        self.trusted = trusted

    @_aside
    def open(self, message: Message, route: Route, peer: bytes) -> Opened:
        """Decrypt and verify what came in, as the CPA asks. Raises :class:`SecurityFailureError`.

        ``peer`` is the DER of the TLS client's certificate, whose path was looked at in the handshake.
        """
        if route.encryption is not None:
            agreed = route.encryption
            attachments = tuple(
                encryption.decrypt(each, agreed, self._decryption) for each in message.attachments
            )
            message = replace(message, attachments=attachments)
        if route.signing is None:
            return Opened(message)
        self._check_path(route.signing, peer)
        return Opened(message, signature.verify(message.xml, message.attachments, route.signing))

    @_aside
    def verify_receipt(self, xml: bytes, sent: bytes, agreed: Signing | None, peer: bytes) -> None:
        """See that a signed acknowledgement is the partner's, and of the message that was sent (4.1.4)."""
        if agreed is None:
            raise SecurityFailureError("The CPA names no signing certificate for acknowledgements.")
        self._check_path(agreed, peer)
        signature.verify(xml, (), agreed)
        if signature.receipt_of(xml) != {(each.uri, each.value) for each in signature.digests_of(sent)}:
            raise SecurityFailureError(
                "The acknowledgement is of another message.", "//Header/Acknowledgment"
            )

    @_aside
    def sign(self, xml: bytes, attachments: tuple[Attachment, ...], agreed: Signing) -> bytes:
        """The envelope with our signature. ValueError when the CPA names another certificate than ours."""
        return signature.sign(xml, attachments, self._signing, agreed)

    @_aside
    def encrypt(self, attachments: tuple[Attachment, ...], agreed: Encryption) -> tuple[Attachment, ...]:
        """Payloads that only the partner can read. ValueError when its certificate is not to be trusted."""
        if agreed.certificate is not None and not self.trusted(agreed.certificate):
            raise ValueError(
                "the partner's encryption certificate does not lead to a trust anchor, or is revoked"
            )
        return tuple(encryption.encrypt(each, agreed) for each in attachments)

    def _check_path(self, agreed: Signing, peer: bytes) -> None:
        own = agreed.certificate
        if own is not None and own != peer and not self.trusted(own):
            raise SecurityFailureError(
                "The signing certificate does not lead to a trust anchor, or is revoked."
            )
