"""What the limited run touched, from the evidence: every link that was made, and everybody who takes part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from lopendezaken.documents.source import Source
from lopendezaken.evidence.store import Evidence

NOT_IN_THE_RUN = "compliance"


@dataclass(frozen=True)
class Link:
    """A way that was made: messages of a stream to a partner, or Foutberichten back. ``gap``: why it was not touched."""

    name: str
    touched: tuple[Evidence, ...]
    gap: str | None

    @property
    def covered(self) -> bool:
        """Whether something passed here, or the dossier tells why not."""
        return bool(self.touched) or self.gap is not None


@dataclass(frozen=True)
class Person:
    """Somebody who takes part: a digest, and what was delivered and not refused."""

    number: int
    digest: str
    agreed_on: date
    reached: tuple[Evidence, ...]


@dataclass(frozen=True)
class Run:
    """The limited run as the evidence of production tells it."""

    source: Source

    @cached_property
    def sent(self) -> tuple[Evidence, ...]:
        """Messages that were sent, oldest first; each as it was last seen."""
        return _each_once(self.source.evidence.of("message-delivered", "prod"))

    @cached_property
    def errors(self) -> tuple[Evidence, ...]:
        """Foutberichten that came back, each once."""
        return _each_once(self.source.evidence.of("message-error", "prod"))

    @cached_property
    def people(self) -> list[Person]:
        """Everybody on the list as it was last recorded."""
        listed = self.source.evidence.latest("limited-run-list", "prod")
        return [
            Person(
                number,
                each["digest"],
                date.fromisoformat(each["agreed_on"]),
                tuple(sent for sent in self.delivered if sent.raw["citizen"] == each["digest"]),
            )
            for number, each in enumerate(listed.raw["participants"] if listed else (), start=1)
        ]

    @cached_property
    def delivered(self) -> tuple[Evidence, ...]:
        """Messages that were acknowledged and that no Foutbericht refused."""
        refused = {each.raw["about"] for each in self.errors}
        return tuple(
            each for each in self.sent if each.raw["acknowledged"] and each.raw["message_id"] not in refused
        )

    @cached_property
    def strangers(self) -> list[Evidence]:
        """Messages to somebody who is not on the list, or who agreed only later: there should be none (P4-15)."""
        agreed = {each.digest: each.agreed_on for each in self.people}
        return [
            each
            for each in self.sent
            if agreed.get(each.raw["citizen"], date.max) > datetime.fromisoformat(each.raw["sent"]).date()
        ]

    @cached_property
    def links(self) -> list[Link]:
        """Every stream to every partner, and the way back of each partner (P4-12)."""
        return list(self._links())

    def _links(self) -> Iterator[Link]:
        run = self.source.dossier.limited_run
        gaps = {each.link: each.why for each in (run.gaps if run else ())}
        for key, partner in self.source.of("prod").own.partners.items():
            if key == NOT_IN_THE_RUN:
                continue
            for stream in self.source.dossier.service.streams:
                name = f"{stream.name}, naar {partner.name}"
                touched = (each for each in self.delivered if each.raw["stream"] == stream.name)
                yield Link(name, tuple(each for each in touched if each.partner == key), gaps.get(name))
            name = f"foutbericht, van {partner.name}"
            yield Link(name, tuple(each for each in self.errors if each.partner == key), gaps.get(name))


def _each_once(found: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    return tuple({each.raw["message_id"]: each for each in found}.values())
