"""The report of the limited production run (P4-11 to P4-16): numbers and digests, never who took part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.limited_run_coverage import Run
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.evidence.store import Evidence

_AT = "dossier.yml limited_run"


def _missing(source: Source) -> Iterator[Missing]:
    run, found = source.dossier.limited_run, Run(source)
    yield from _missing_evidence(found)
    for each in found.links:
        if not each.covered:
            remedy = "Send one, or tell why not: lz dossier set limited_run.gaps '[{link: …, why: …}]'."
            yield Missing(f"nothing passed on the link '{each.name}'", "evidence", remedy)
    if run is None:
        yield Missing(
            "no limited production run", _AT, "Record streams, participants, messages and document."
        )
        return
    if run.finished_on is None or run.finished_on > source.day:
        yield Missing(
            "the run has not ended", f"{_AT}.finished_on", "lz dossier set limited_run.finished_on DAY."
        )
    if run.consent is None:
        yield Missing(
            "no consent of the participants", f"{_AT}.consent", "Record document and checked_on (P4-13)."
        )
    counted = {"participants": len(found.people), "messages": len(found.sent)}
    for key, number in counted.items():
        if getattr(run, key) != number:
            yield Missing(
                f"{getattr(run, key)} where the evidence has {number}",
                f"{_AT}.{key}",
                f"lz dossier set limited_run.{key} {number}.",
            )


def _missing_evidence(found: Run) -> Iterator[Missing]:
    if not found.people:
        yield Missing("no list of participants", "evidence limited-run-list", "lz limited-run record.")
    for person in found.people:
        if not person.reached:
            yield Missing(
                f"participant {person.number} ({person.digest[:8]}) got no message that arrived",
                "evidence message-delivered",
                "lz message send --env prod (P4-14).",
            )


def _make(source: Source) -> Iterator[File]:
    found = Run(source)
    text = fill(
        "limited_run_report.md.j2",
        dossier=source.dossier,
        cpas=[each.cpa.id for each in source.own.partners.values()],
        day=source.day,
        found=found,
        first=_moment(found.sent[0].raw["sent"]).date() if found.sent else None,
        numbers={each.digest: each.number for each in found.people},
        seconds={each.raw["message_id"]: _seconds(each) for each in found.sent},
        moment=lambda text: f"{_moment(text):%Y-%m-%d %H:%M:%S}",
    )
    yield File("prod/limited-run-report.md", text.encode())


def _seconds(sent: Evidence) -> str:
    if not sent.raw["acknowledged"]:
        return "niet bevestigd"
    return f"na {(_moment(sent.raw['acknowledged']) - _moment(sent.raw['sent'])).total_seconds():.0f} s"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


DOCUMENTS = (
    Document(
        "limited-run-report",
        "Verslag beperkte productierun",
        _missing,
        _make,
        environments=("prod",),
        kinds=("government",),
    ),
)
