"""To whom a message may go now. Preproduction: the test BSNs of Logius (P3-07). Production: who agreed (P4-15).

Fails closed: no list, no message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from lopendezaken.casemessage.bsn import holds_bsn, mask, parse_test_bsns, passes_eleven_test
from lopendezaken.casemessage.secret_file import read_secret
from lopendezaken.dossier.schema import Dossier
from lopendezaken.errors import LzError

TEST_BSNS = "received/test-bsn.txt"


@dataclass(frozen=True)
class Allowed:
    """A list of citizens: BSN, and the name that evidence knows each by."""

    by: Literal["test-bsns", "participants"]
    citizens: Mapping[str, str] = field(repr=False)
    digest: Callable[[bytes], str] = field(repr=False)

    def citizen(self, bsn: str) -> str:
        """Give the name of a citizen on the list. Raises :class:`LzError` for anybody else."""
        if not passes_eleven_test(bsn):
            raise LzError("not a BSN", found=mask(bsn), expected="nine digits that pass the eleven test")
        if bsn not in self.citizens:
            raise LzError(
                "this citizen may not get a message now",
                found=f"BSN {mask(bsn)}",
                expected="a test BSN of the list"
                if self.by == "test-bsns"
                else "somebody who agreed to take part",
                exit_code=1,
            )
        return self.citizens[bsn]


def in_preproduction(folder: Path) -> Allowed:
    """Give the test BSNs that Logius handed out. Raises :class:`LzError` without a list that is ours alone."""
    path = folder / TEST_BSNS
    citizens = parse_test_bsns(read_secret(path, "the list of test BSNs"), path)
    names = list(citizens.values())
    if len(set(names)) < len(names) or any(map(holds_bsn, names)):
        raise LzError(
            "the names in the list of test BSNs do not tell citizens apart",
            where=str(path),
            expected="one name each, without a BSN in it, like: burger-1",
        )
    return Allowed("test-bsns", citizens, lambda content: hashlib.sha256(content).hexdigest())


def in_production(dossier: Dossier, day: date, *, ask_gate: Callable[[], None]) -> Allowed:
    """Give those who agreed to take part in the limited run, for as long as it lasts. Raises :class:`LzError`.

    ``ask_gate`` raises when the gate is closed for it.
    """
    from lopendezaken.documents import limited_run_list

    ran = dossier.limited_run
    if ran is not None and ran.finished_on is not None and ran.finished_on <= day:
        raise LzError(
            "the limited run is over: from now on only the case system sends to production",
            where=dossier.where(("limited_run", "finished_on")),
            found=str(ran.finished_on),
            exit_code=1,
        )
    ask_gate()
    people = limited_run_list.read(dossier.folder)
    return Allowed("participants", people.agreed(day), people.digest)
