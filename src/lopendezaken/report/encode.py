"""JSON for machines: keys sorted, no blanks, UTF-8; the same value gives the same bytes."""

from __future__ import annotations

import json
from typing import Any


def encode(value: dict[str, Any]) -> bytes:
    """Give the bytes of a JSON file."""
    # Sorted, so that results read back from a file give the same bytes as those that were just made.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"
