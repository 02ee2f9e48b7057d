"""The engine's configuration: ``engine.toml``, read with an error for every key that is wrong."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from lopendezaken.ebms.security import KeyFiles
from lopendezaken.ebms.tls import TlsFiles
from lopendezaken.errors import LzError

_T = TypeVar("_T")

BODY_LIMIT = 20 * 1024 * 1024  # DK-EBMS2-026


@dataclass(frozen=True, slots=True)
class Listen:
    """Address and port to listen on."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Offloader:
    """Who ends TLS in front of the engine: it alone may tell, in ``header``, which certificate it saw.

    ``listen`` is a port without TLS for it; None when it comes to the port of ebMS, with a certificate of its own.
    """

    listen: Listen | None
    addresses: frozenset[str]
    header: str


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. Times are seconds, sizes bytes; ``proxy`` is the URL of the proxy for outgoing calls,
    ``source`` the own address that they leave from. What signs and decrypts is that of TLS unless told.
    """

    ebms: Listen
    path: str
    oin: str
    tls: TlsFiles
    rest: Listen
    credentials: Path
    health: Listen
    store: Path
    signing: KeyFiles
    encryption: KeyFiles
    mandates: Mapping[str, str] = field(default_factory=dict)
    offloader: Offloader | None = None
    strict_ping: bool = False
    json_errors: bool = False
    proxy: str | None = None
    source: str | None = None
    ping_timeout: float = 30
    connect_timeout: float = 30
    read_timeout: float = 30
    body_limit: int = BODY_LIMIT
    retention_days: int = 30


def load(path: Path) -> Config:
    """Read and check a configuration. Raises :class:`LzError` with the file and the key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LzError("configuration cannot be read", where=str(path), found=str(error.strerror)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LzError("malformed TOML", where=str(path), found=str(error)) from error
    reader = _Reader(path, data)
    config = _config(reader)
    reader.refuse_rest()
    return config


def _config(read: _Reader) -> Config:
    tls = _tls(read)
    return Config(
        ebms=read.value("ebms", "listen", _listen),
        path=read.value("ebms", "path", _url_path, "/ebms"),
        oin=read.value("party", "oin", _text),
        tls=tls,
        signing=_keys(read, "signing", tls),
        encryption=_keys(read, "encryption", tls),
        rest=read.value("rest", "listen", _loopback),
        credentials=read.value("rest", "credentials", _secret_file),
        health=read.value("health", "listen", _listen),
        store=read.value("store", "path", _path),
        mandates=read.table("mandates", _oin),
        offloader=_offloader(read),
        strict_ping=read.value("deviations", "expired_cpa_fails_ping", _boolean, False),
        json_errors=read.value("deviations", "json_errors", _boolean, False),
        proxy=read.value("proxy", "url", _proxy, ""),
        source=read.value("http", "source", _text_or_empty, "") or None,
        ping_timeout=read.value("ping", "timeout", _seconds, 30),
        connect_timeout=read.value("http", "connect_timeout", _seconds, 30),
        read_timeout=read.value("http", "read_timeout", _seconds, 30),
        body_limit=read.value("limits", "body", _positive, BODY_LIMIT),
        retention_days=read.value("store", "retention_days", _positive, 30),
    )


def _tls(read: _Reader) -> TlsFiles:
    check = read.value("tls", "crl_check", _boolean, True)
    folder = read.value("tls", "crls", _text_or_empty, "")
    if check and not folder:
        raise read.wrong(
            "tls", "crls", "no folder", "the folder with CRLs of every layer, or [tls] crl_check = false"
        )
    return TlsFiles(
        certificate=read.value("tls", "certificate", _path),
        key=read.value("tls", "key", _secret_file),
        anchors=read.value("tls", "anchors", _path),
        crls=Path(folder) if check else None,
    )


def _keys(read: _Reader, section: str, tls: TlsFiles) -> KeyFiles:
    return KeyFiles(
        certificate=read.value(section, "certificate", _path, str(tls.certificate)),
        key=read.value(section, "key", _secret_file, str(tls.key)),
    )


def _offloader(read: _Reader) -> Offloader | None:
    if not read.has("offloader"):
        return None
    return Offloader(
        listen=read.value("offloader", "listen", _listen_or_none, ""),
        addresses=read.value("offloader", "addresses", _addresses),
        header=read.value("offloader", "header", _header_name, "X-Client-Cert"),
    )


class _Reader:
    """Takes values out of the parsed file one by one, so that what is left over is unknown."""

    def __init__(self, path: Path, data: Mapping[str, object]) -> None:
        self._path = path
        self._left = {
            name: dict(section) if isinstance(section, dict) else section for name, section in data.items()
        }
        for name, section in self._left.items():
            if not isinstance(section, dict):
                raise LzError("a key outside every section", where=f"{path} {name}")

    def wrong(self, section: str, key: str, found: str, expected: str) -> LzError:
        return LzError(
            "wrong setting", where=f"{self._path} [{section}] {key}", found=found, expected=expected
        )

    def value(self, section: str, key: str, convert: Callable[[object], _T], default: object = None) -> _T:
        table = self._left.get(section, {})
        raw = table.pop(key, default) if isinstance(table, dict) else default
        if raw is None:
            raise LzError("missing setting", where=f"{self._path} [{section}] {key}")
        try:
            return convert(raw)
        except ValueError as error:
            raise self.wrong(section, key, repr(raw), str(error)) from error

    def has(self, section: str) -> bool:
        return section in self._left

    def table(self, section: str, convert: Callable[[object], str]) -> dict[str, str]:
        """A section whose keys are data too."""
        found = self._left.get(section, {})
        names = list(found) if isinstance(found, dict) else []
        return {self._key(section, name, convert): self.value(section, name, convert) for name in names}

    def _key(self, section: str, name: str, convert: Callable[[object], str]) -> str:
        try:
            return convert(name)
        except ValueError as error:
            raise self.wrong(section, name, repr(name), str(error)) from error

    def refuse_rest(self) -> None:
        for section, table in self._left.items():
            for key in table if isinstance(table, dict) else ():
                raise LzError("unknown setting", where=f"{self._path} [{section}] {key}")


def _text_or_empty(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is not empty")
    return value


def _path(value: object) -> Path:
    path = Path(_text(value))
    if not path.is_absolute():
        raise ValueError("an absolute path")
    return path


def _secret_file(value: object) -> Path:
    path = _path(value)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ValueError(f"a file that can be read ({error.strerror})") from error
    if mode & 0o007:
        raise ValueError(f"a file that others cannot reach: chmod o= {path}")
    return path


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _positive(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError("a whole number above 0")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError("a number of seconds above 0")
    return float(value)


def _oin(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(r"[0-9]{8}[0-9A-Z]{12}", text):
        raise ValueError("an OIN: 20 characters, between quotes")
    return text


def _addresses(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of addresses")
    try:
        return frozenset(str(ipaddress.ip_address(_text(each))) for each in value)
    except ValueError:
        raise ValueError("a list of addresses, such as ['127.0.0.1']") from None


def _header_name(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", text):
        raise ValueError("the name of a header, such as X-Client-Cert")
    return text


def _url_path(value: object) -> str:
    text = _text(value)
    if not text.startswith("/") or urlsplit(text).path != text:
        raise ValueError("the path of a URL, such as /ebms")
    return text


def _listen(value: object) -> Listen:
    host, colon, port = _text(value).rpartition(":")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        colon = ""
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("address:port, such as 127.0.0.1:8080")
    return Listen(str(address), int(port))


def _listen_or_none(value: object) -> Listen | None:
    return _listen(value) if _text_or_empty(value) else None


def _loopback(value: object) -> Listen:
    listen = _listen(value)
    if not ipaddress.ip_address(listen.host).is_loopback:
        raise ValueError("an address of the loopback interface: REST is for this host only")
    return listen


def _proxy(value: object) -> str | None:
    text = _text_or_empty(value)
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname or parts.port is None or parts.path not in {"", "/"}:
        raise ValueError("http://host:port, or an empty text for none")
    return text
