"""The settings of one played MijnOverheid."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.errors import LzError


@dataclass(frozen=True, slots=True)
class Config:
    """``rest`` is the base of the engine's REST interface; ``port`` is on loopback, for the page."""

    name: str
    oin: str
    rest: str
    credentials: Path
    port: int
    store: Path
    bsns: Path
    xsd: Path


def load(path: Path) -> Config:
    """Read the settings. Raises :class:`LzError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Config(
            name=str(data["name"]),
            oin=str(data["oin"]),
            rest=str(data["rest"]),
            credentials=Path(data["credentials"]),
            port=int(data["port"]),
            store=Path(data["store"]),
            bsns=Path(data["bsns"]),
            xsd=Path(data["xsd"]),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LzError("settings cannot be read", where=str(path), found=str(error)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise LzError("a setting is missing or wrong", where=str(path), found=str(error)) from error
