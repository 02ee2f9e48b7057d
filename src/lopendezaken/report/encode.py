"""JSON for machines: no blanks, UTF-8, keys in the order in which they were put there; the same value, the same bytes."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json


def encode(value: dict[str, Any]) -> bytes:
    """Give the bytes of a JSON file."""
    return to_json(value) + b"\n"
