"""The one error that people see: what is wrong, where, what was expected and how to mend it."""

from __future__ import annotations


class LzError(Exception):
    """Bad input or an impossible request, told so that the reader can mend it.

    ``where`` is ``file:line:column`` or another place a person can go to. ``exit_code`` follows the
    contract of ``lz check``: 1 not met, 2 bad input, 3 tool error.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        remedy: str | None = None,
        exit_code: int = 2,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        parts = [
            f"{label} {value}"
            for label, value in (("found", self.found), ("expected", self.expected))
            if value is not None
        ]
        text = f"{head}: {', '.join(parts)}" if parts else head
        return f"{text}. {self.remedy}" if self.remedy else text
