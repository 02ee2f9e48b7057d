"""What production hosts ask of who enters them.

``slug | lz_principals(stage)``
    The lines of sshd's list of principals: who may work from a stage of the gate on, and who may only look.
"""

from __future__ import annotations

from collections.abc import Callable

from lopendezaken.gate.delivery import principals


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"lz_principals": principals}
