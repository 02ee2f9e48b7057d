"""Types of single fields. All input is text; a type checks it and says what was expected."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from lopendezaken.casemessage.bsn import holds_bsn
from lopendezaken.dossier.loader import Plain
from lopendezaken.errors import LzError
from lopendezaken.pki.oin import Oin, parse_hrn, parse_oin

_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_DURATION = re.compile(r"P(?=[0-9T])(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MAIL = re.compile(r"[^\s@<>]+@(?:[a-z0-9-]+\.)+[a-z]{2,}")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,20}[0-9]")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# An advice for file names too: no dots or odd characters in a CPAId (CPA-008, CPA-009).
_CPA_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def wrong(found: Any, expected: str, remedy: str = "") -> PydanticCustomError:
    """Make the error of a field that holds something else than ``expected``."""
    context = {"found": str(found), "expected": expected, "remedy": remedy}
    return PydanticCustomError("wrong", "not as expected", context)


def _quoted(value: Any) -> Any:
    """Refuse an identifier without quotes: other tools read it as a number and change it."""
    if isinstance(value, Plain):
        kind = "number" if re.fullmatch(r"[\d.+-]+", value) else "text"
        raise PydanticCustomError(
            "unquoted",
            "without quotes",
            {
                "found": f"{value} as an unquoted {kind}",
                "expected": "text between quotes",
                "remedy": f'Put it between quotes: "{value}"',
            },
        )
    return value


def _some(value: str) -> str:
    if not value.strip() or value != value.strip():
        raise wrong(f"'{value}'", "text, without blanks around it")
    if holds_bsn(value):
        raise wrong(
            "what may be a BSN", "no BSN, ever", "Name a test citizen by a label; see how many, not who"
        )
    return value


def _parsed(parse: Callable[[str], Oin]) -> AfterValidator:
    def check(value: str) -> str:
        try:
            return parse(value).value
        except LzError as error:
            message = {"found": error.found, "expected": error.expected, "remedy": error.remedy or ""}
            raise PydanticCustomError("wrong", "{what}", {"what": error.what, **message}) from None

    return AfterValidator(check)


def _matching(pattern: re.Pattern[str], expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise wrong(f"'{value}'", expected)
        return value

    return AfterValidator(check)


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise wrong(f"'{value}'", "a full domain name in lower case, like ebms.voorbeeldstad.example")
    return value


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    try:
        port_is_fine = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        port_is_fine = False
    odd = parts.query or parts.fragment or "@" in parts.netloc or not port_is_fine or parts.path in {"", "/"}
    if parts.scheme != "https" or odd or not _HOST.fullmatch(parts.hostname or ""):
        raise wrong(
            f"'{value}'", "https, a domain name and a path, like https://ebms.voorbeeldstad.example/ebms"
        )
    return value


def _crl_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "http" or parts.port or not _HOST.fullmatch(parts.hostname or "") or parts.query:
        raise wrong(f"'{value}'", "the http address of a CRL, like http://crl.pkioverheid.example/tsp.crl")
    return value


def _file(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or str(path) != value or value == ".":
        raise wrong(f"'{value}'", "a file below the dossier's folder, like received/preprod/certificate.pem")
    return value


def _date(value: Any) -> Any:
    if isinstance(value, str):
        if not _DATE.fullmatch(value):
            raise wrong(f"'{value}'", "a date like 2026-11-24")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise wrong(f"'{value}'", "a date that exists, like 2026-11-24") from None
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"0|[1-9]\d{0,8}", value):
            raise wrong(f"'{value}'", "a whole number, like 443")
        return int(value)
    return value


def _port(value: int) -> int:
    if not 0 < value < 65536:
        raise wrong(value, "a port from 1 to 65535")
    return value


def _yes(value: Any) -> Any:
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise wrong(f"'{value}'", "true or false")
        return value == "true"
    return value


def _ip_address(value: Any) -> IPv4Address | IPv6Address:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        raise wrong(f"'{value}'", "an IP address, like 198.51.100.10") from None


def _ip_network(value: Any) -> IPv4Network | IPv6Network:
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        raise wrong(f"'{value}'", "an address range whose host part is zero, like 198.51.100.0/24") from None


Text = Annotated[str, AfterValidator(_some)]
Word = Annotated[str, _matching(_WORD, "a word of small letters, digits and hyphens")]
OinText = Annotated[str, BeforeValidator(_quoted), _parsed(parse_oin)]
HrnText = Annotated[str, BeforeValidator(_quoted), _parsed(parse_hrn)]
HostName = Annotated[str, AfterValidator(_host)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
CrlUrl = Annotated[str, AfterValidator(_crl_url)]
File = Annotated[str, AfterValidator(_file)]
CpaId = Annotated[str, _matching(_CPA_ID, "letters, digits, - and _ only (CPA-008, CPA-009)")]
Duration = Annotated[str, _matching(_DURATION, "a duration like PT3H or P1D")]
Mail = Annotated[str, _matching(_MAIL, "an e-mail address, like beheer@voorbeeldstad.example")]
Phone = Annotated[
    str, BeforeValidator(_quoted), _matching(_PHONE, "a telephone number, like +31 70 000 00 00")
]
Sha256 = Annotated[str, _matching(_SHA256, "a SHA-256: 64 hexadecimal digits")]
Day = Annotated[date, BeforeValidator(_date)]
Whole = Annotated[int, BeforeValidator(_whole)]
Port = Annotated[int, BeforeValidator(_whole), AfterValidator(_port)]
Yes = Annotated[bool, BeforeValidator(_yes)]
Address = Annotated[
    IPv4Address | IPv6Address, BeforeValidator(_ip_address), PlainSerializer(str, return_type=str)
]
Range = Annotated[
    IPv4Network | IPv6Network, BeforeValidator(_ip_network), PlainSerializer(str, return_type=str)
]
