"""Outgoing HTTP: one POST on one connection, two-sided TLS, host name checked, no redirect followed.

The failure texts are those of ebms-admin 2.20.2, so that whoever reads them can be served by either.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass, field

import aiohttp
from aiohttp import hdrs
from yarl import URL

from lopendezaken import __version__
from lopendezaken.ebms.mime import Encoded
from lopendezaken.ebms.names import SOAP_ACTION

MAX_RESPONSE = 1_000_000  # bytes of an answer that are read
# Of 4xx only these are worth another try, of 5xx these are not.
_RETRIED_4XX = frozenset({408, 429})
_FINAL_5XX = frozenset({501, 505, 510})

_HANDSHAKE = "javax.net.ssl.SSLHandshakeException: "
_PATH = _HANDSHAKE + "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
_ALERT = re.compile(r"(?:TLSV1|TLSV13|SSLV3|TLS)_ALERT_([A-Z_0-9]+)")
# X509_V_ERR_* of OpenSSL
_UNTRUSTED = frozenset({2, 18, 19, 20, 21})
_NO_CRL = frozenset({3, 8, 11, 12, 33, 44})
_EXPIRED = frozenset({9, 10})
_REVOKED = 23
_NAMES = frozenset({62, 64})


@dataclass(frozen=True, slots=True)
class Sent:
    """How a POST ended. ``status`` None: there was no answer, ``failure`` says why."""

    status: int | None
    failure: str | None = None
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""

    @property
    def ok(self) -> bool:
        """The partner's adapter has taken it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def final(self) -> bool:
        """Not taken, and trying again is of no use (DK-EBMS2-018)."""
        if self.status is None or self.ok:
            return False
        if self.status >= 500:
            return self.status in _FINAL_5XX
        return self.status not in _RETRIED_4XX


class Client:
    """Sends to partners, through the CONNECT proxy when there is one."""

    def __init__(
        self, proxy: str | None, connect_timeout: float, read_timeout: float, source: str | None = None
    ) -> None:
        self._proxy = proxy
        self._source = (source, 0) if source else None
        self._timeout = aiohttp.ClientTimeout(
            total=connect_timeout + 4 * read_timeout,
            connect=connect_timeout,
            sock_connect=connect_timeout,
            sock_read=read_timeout,
        )

    async def post(self, url: str, message: Encoded, context: ssl.SSLContext) -> Sent:
        """POST a message; never raises for what the network or the partner does."""
        target = _https(url)
        if target is None:
            return Sent(None, "java.lang.IllegalArgumentException: endpoint is no https URL")
        try:
            async with (
                self._session() as session,
                session.post(
                    target,
                    data=message.body,
                    headers={
                        hdrs.USER_AGENT: f"lopendezaken/{__version__}",
                        hdrs.CONTENT_TYPE: message.content_type,
                        "SOAPAction": SOAP_ACTION,
                    },
                    chunked=True if message.multipart else None,
                    ssl=context,
                    proxy=self._proxy,
                    allow_redirects=False,
                ) as response,
            ):
                body = await _body(response)
                kind = response.headers.get(hdrs.CONTENT_TYPE, "")
                return Sent(response.status, _status_text(response), body, kind)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return Sent(None, failure_text(error, target.host or ""))

    def _session(self) -> aiohttp.ClientSession:
        """A connection for each message: one that lay idle may be dead, and best effort has no second try.

        It also means that certificates and CRLs of both sides are looked at for each message, and that a
        Ping proves the way as it is now. (``force_close`` would add a header that no adapter sends.)
        """
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(local_addr=self._source),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=[hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT, hdrs.CONTENT_TYPE],
        )


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while len(body) < MAX_RESPONSE and (piece := await response.content.read(MAX_RESPONSE - len(body))):
        body += piece
    return bytes(body)


def _https(text: str) -> URL | None:
    """DK-EBMS2-004: nothing else is spoken."""
    try:
        url = URL(text)
    except ValueError:
        return None
    return url if url.scheme == "https" and url.host else None


def _status_text(response: aiohttp.ClientResponse) -> str | None:
    if 200 <= response.status < 300:
        return None
    headers = ", ".join(f"{name.lower()}=[{value}]" for name, value in sorted(response.headers.items()))
    return f"StatusCode={response.status}\nHeaders={{{headers}}}"


def failure_text(error: BaseException, host: str) -> str:
    """What ebms-admin's ping says when the connection fails like this."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"java.io.IOException: Tunnel failed, got: {error.status}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate_text(error.certificate_error, host)
    cause = _tls_cause(error)
    if cause is not None:
        return _tls_text(cause, host)
    if isinstance(error, TimeoutError):
        return _timeout_text(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return "java.net.ConnectException"
    return "java.io.IOException: HTTP/1.1 header parser received no bytes"


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    seen: BaseException | None = error
    while seen is not None:
        # aiohttp's own errors are SSLErrors too, without what OpenSSL said: look inside first.
        nested = getattr(seen, "os_error", None)
        if isinstance(nested, ssl.SSLError):
            return nested
        if isinstance(seen, ssl.SSLError):
            return seen
        seen = seen.__cause__ or seen.__context__
    # aiohttp copies only the words of an error that comes after the handshake (TLS 1.3 client certificates).
    return ssl.SSLError(str(error)) if _ALERT.search(str(error)) else None


def _tls_text(error: ssl.SSLError, host: str) -> str:
    alert = _ALERT.search(str(error))
    if alert:
        return f"{_HANDSHAKE}Received fatal alert: {alert.group(1).lower()}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_text(error, host)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return f"{_HANDSHAKE}Remote host terminated the handshake"
    return f"{_HANDSHAKE}{getattr(error, 'reason', None) or error}"


def _certificate_text(error: BaseException, host: str) -> str:
    code = getattr(error, "verify_code", None)
    detail = str(getattr(error, "verify_message", error))
    if code in _UNTRUSTED:
        return f"{_HANDSHAKE}No trusted certificate found"
    if code in _NAMES:
        return f"{_HANDSHAKE}No subject alternative {_name_kind(host)} {host} found"
    if code == _REVOKED:
        return f"{_PATH}Certificate has been revoked"
    if code in _EXPIRED:
        return f"{_PATH}validity check failed"
    if code in _NO_CRL:
        return f"{_PATH}Could not determine revocation status ({detail})"
    return f"{_PATH}{detail}"


def _name_kind(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "DNS name matching"
    return "names matching IP address"


def _timeout_text(error: BaseException) -> str:
    if "reading" in str(error).lower():
        return "java.net.http.HttpTimeoutException: request timed out"
    return "java.net.http.HttpConnectTimeoutException: HTTP connect timed out"
