"""The two environments of a dossier, flattened: one text for each value, by its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lopendezaken.dossier.schema import Dossier


def values(dossier: Dossier, environment: str) -> dict[str, str]:
    """Give every value of an environment by its place below it, like ``partners.mijnoverheid.cpa.retries``."""
    plain = dossier.plain()["environments"].get(environment, {})
    return dict(_flat(plain))


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{place}.{key}" if place else str(key))
    elif value is not None:
        yield place, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(inner)}" for key, inner in value.items()) + "}"
    return ", ".join(_text(each) for each in value) if isinstance(value, list) else str(value)
