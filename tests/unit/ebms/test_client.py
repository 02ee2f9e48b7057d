"""The failure texts are those of ebms-admin."""

from __future__ import annotations

import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from lopendezaken.ebms.client import Client, failure_text
from lopendezaken.ebms.mime import Encoded

KEY = ConnectionKey("b.example", 443, True, True, None, None, None)
HANDSHAKE = "javax.net.ssl.SSLHandshakeException: "
PATH = HANDSHAKE + "PKIX path validation failed: java.security.cert.CertPathValidatorException: "


def verification(code: int, message: str = "text of OpenSSL") -> aiohttp.ClientConnectorCertificateError:
    error = ssl.SSLCertVerificationError(1, message)
    error.verify_code, error.verify_message = code, message
    return aiohttp.ClientConnectorCertificateError(KEY, error)


def proxy(status: int) -> aiohttp.ClientHttpProxyError:
    info = aiohttp.RequestInfo(URL("https://b.example"), "CONNECT", None, URL("https://b.example"))  # type: ignore[arg-type]
    return aiohttp.ClientHttpProxyError(info, (), status=status, message="no")


@pytest.mark.parametrize(
    ("error", "host", "text"),
    [
        (
            aiohttp.ClientConnectorError(KEY, OSError(111, "refused")),
            "b.example",
            "java.net.ConnectException",
        ),
        (proxy(503), "b.example", "java.io.IOException: Tunnel failed, got: 503"),
        (
            aiohttp.ServerTimeoutError("Connection timeout to host https://b.example"),
            "b.example",
            "java.net.http.HttpConnectTimeoutException: HTTP connect timed out",
        ),
        (
            aiohttp.ServerTimeoutError("Timeout on reading data from socket"),
            "b.example",
            "java.net.http.HttpTimeoutException: request timed out",
        ),
        (verification(20), "b.example", HANDSHAKE + "No trusted certificate found"),
        (verification(18), "b.example", HANDSHAKE + "No trusted certificate found"),
        (
            verification(62),
            "b.example",
            HANDSHAKE + "No subject alternative DNS name matching b.example found",
        ),
        (
            verification(64),
            "127.0.0.2",
            HANDSHAKE + "No subject alternative names matching IP address 127.0.0.2 found",
        ),
        (verification(23), "b.example", PATH + "Certificate has been revoked"),
        (verification(10), "b.example", PATH + "validity check failed"),
        (verification(3), "b.example", PATH + "Could not determine revocation status (text of OpenSSL)"),
        (verification(26), "b.example", PATH + "text of OpenSSL"),
        (
            aiohttp.ClientOSError(1, "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] ssl/tls alert bad certificate"),
            "b.example",
            HANDSHAKE + "Received fatal alert: bad_certificate",
        ),
        (
            aiohttp.ServerDisconnectedError(),
            "b.example",
            "java.io.IOException: HTTP/1.1 header parser received no bytes",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, ssl.SSLEOFError(8, "EOF")),
            "b.example",
            HANDSHAKE + "Remote host terminated the handshake",
        ),
    ],
)
def test_failure_texts(error: BaseException, host: str, text: str) -> None:
    assert failure_text(error, host) == text


@pytest.mark.parametrize(
    "url", ["http://b.example/ebms", "https:///ebms", "ftp://b.example", "", "https://b:99999/"]
)
async def test_only_https_is_spoken(url: str) -> None:
    client = Client(None, 1, 1)
    sent = await client.post(url, Encoded("text/xml", b""), ssl.create_default_context())
    assert sent.status is None
    assert sent.failure
