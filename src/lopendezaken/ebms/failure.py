"""What is told of a message that cannot be trusted or read."""

from __future__ import annotations


class SecurityFailureError(Exception):
    """Its signature does not hold, or its payload does not open. ``location`` is that of the eb:Error."""

    def __init__(self, text: str, location: str = "//Header/Signature") -> None:
        super().__init__(text)
        self.location = location
