"""One thing that is wrong with a certificate, a chain or an endpoint: a code with facts; sentences are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """What is wrong. ``code`` names it for machines; ``values`` are the facts for a sentence in any language."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **values: object) -> Problem:
        """Make a problem from facts of any type."""
        return cls(code, {name: str(value) for name, value in values.items()})
