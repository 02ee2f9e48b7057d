"""What every rule looks at: a CPA as it was read, its elements, and the lines on which they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lxml import etree

from lopendezaken.cpa.model import Action, Channel, Cpa, Party
from lopendezaken.cpa.xml import TNS

Environment = Literal["preprod", "prod"]

_IDS = tuple(
    f"{{{TNS}}}{name}"
    for name in ("id", "channelId", "docExchangeId", "transportId", "certId", "securityId", "partyName")
)
_OWNERS = frozenset(
    f"{{{TNS}}}{name}"
    for name in (
        "ThisPartyActionBinding",
        "DeliveryChannel",
        "DocExchange",
        "Transport",
        "Certificate",
        "SecurityDetails",
        "PartyInfo",
        "SimplePart",
        "Packaging",
        "Composite",
        "Encapsulation",
    )
)


@dataclass(frozen=True)
class Document:
    """A CPA with the lines on which its parts stand; ``now`` is aware, ``environment`` None when it is not told."""

    cpa: Cpa
    root: etree._Element
    now: datetime
    environment: Environment | None
    lines: Mapping[str, int]

    @classmethod
    def of(cls, cpa: Cpa, root: etree._Element, now: datetime, environment: Environment | None) -> Document:
        """Note the line of everything with an id, and of both parties."""
        lines: dict[str, int] = {}
        for element in root.iter(*_OWNERS):
            own = next(filter(None, map(element.get, _IDS)), None)
            if own is not None:
                lines.setdefault(own, line_of(element))
        return cls(cpa, root, now, environment, lines)

    def line(self, name: str) -> int:
        """The line of what has this id; a party goes by its name."""
        return self.lines.get(name, 1)

    def line_of_first(self, name: str) -> int:
        """The line of the first element with this name."""
        return next(map(line_of, self.elements(name)), 1)

    def elements(self, name: str) -> Iterator[etree._Element]:
        """All elements of CPPA with this name."""
        return self.root.iter(f"{{{TNS}}}{name}")

    @property
    def actions(self) -> Iterator[tuple[Party, Action]]:
        """Every CanSend and CanReceive, with its party."""
        for party in self.cpa.parties:
            for action in (*party.can_send, *party.can_receive):
                yield party, action

    @property
    def channels(self) -> Iterator[Channel]:
        """The channels of both parties."""
        for party in self.cpa.parties:
            yield from party.channels.values()


def attribute(element: etree._Element, name: str) -> str | None:
    """The value of an attribute, which in a CPA has the namespace of CPPA."""
    return element.get(f"{{{TNS}}}{name}")


def line_of(element: etree._Element) -> int:
    """The line on which ``element`` starts."""
    line: int | None = getattr(element, "sourceline", None)
    return line or 0


def bare(oin: str) -> str:
    """The OIN without the suffix of an environment, whatever that says (CPA-014)."""
    return oin.partition("_")[0]
