"""Records a mail that was sent or received: its digest as evidence, and its day where the dossier has a place."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message
from pathlib import Path
from typing import Literal

from lopendezaken.cpa.meaning import UnreadableCpaError, differences
from lopendezaken.documents import chain_test_record
from lopendezaken.documents.mail_letters import LETTERS, MIJNOVERHEID, Copy, Letter, Setting
from lopendezaken.documents.mail_read import attached, read_mail
from lopendezaken.documents.registry import document, each_for
from lopendezaken.documents.source import Source
from lopendezaken.dossier.edit import change, path_of
from lopendezaken.dossier.read import dossier_of
from lopendezaken.errors import LzError
from lopendezaken.evidence.added import Told, add
from lopendezaken.evidence.kinds import Mail
from lopendezaken.evidence.vouch import LATER, vouch

Direction = Literal["sent", "received"]


@dataclass(frozen=True)
class Passed:
    """A mail that passed: which, on which day, in which file; ``outcome`` is what an answer says."""

    name: str
    direction: Direction
    day: date
    file: Path
    outcome: str | None = None
    by: str = ""
    numbers_are_no_bsns: bool = False


def record(source: Source, passed: Passed) -> Iterator[str]:
    """Record it and give a line for each thing done. Raises :class:`LzError` before anything is done."""
    letter, number = letter_of(passed.name)
    source = source.of(_environment(source, letter, number))
    if passed.day > source.day:
        raise LzError("this day is still to come", found=str(passed.day), expected=f"until {source.day}")
    outcome = _outcome(letter, passed)
    copy = Copy(passed.day, _name(source, passed.file), number)
    report = _attached(source, letter, passed, copy.file)
    told = Told(
        kind=letter.evidence if outcome else "mail",
        environment=source.environment,
        dated=passed.day.isoformat(),
        title=f"{document(letter.document).title}: {'antwoord' if outcome else 'verzonden'}",
        by=passed.by,
        outcome=outcome or "",
        report_sha256=_last_report(source),
        numbers_are_no_bsns=passed.numbers_are_no_bsns,
        mail=Mail(id=passed.name, direction=passed.direction, outcome=outcome),
    )
    written = add(source.dossier, passed.file, told)
    yield from map(str, written)
    if not vouch(source.dossier.folder, written, "lz-record"):
        yield LATER.format(role="lz-record")
    if report:
        yield _report_sent(source, passed, report)
    settings = letter.outcomes[outcome](source, copy) if outcome else letter.sent(source, copy)
    for each in settings:
        yield _set(source, each)


def letter_of(name: str) -> tuple[Letter, int]:
    """Give the letter and, of a change (``mail-change/0``), its place in the list. Raises :class:`LzError`."""
    identity, _, number = name.partition("/")
    known = LETTERS.get(identity)
    if known is None or bool(number) != (identity == "mail-change") or (number and not number.isdecimal()):
        expected = ", ".join(each if each != "mail-change" else "mail-change/N" for each in LETTERS)
        raise LzError("no such mail", found=name, expected=expected)
    return known, int(number or 0)


def _environment(source: Source, letter: Letter, number: int) -> str:
    if source.environment:
        chosen = source.environment
    elif letter.id == "mail-change":
        changes = source.dossier.changes
        if number >= len(changes):
            raise LzError("no such change", found=str(number), expected=f"0 to {len(changes) - 1}")
        chosen = changes[number].environment or next(iter(source.dossier.environments))
    else:
        known = [each.environment for each in each_for(document(letter.document), source)]
        if len(known) > 1:
            raise LzError(f"for which environment is {letter.id}?", expected=f"--env {' or '.join(known)}")
        chosen = (known and known[0]) or next(iter(source.dossier.environments))
    if chosen not in source.dossier.environments:
        raise LzError("no such environment in the dossier", found=chosen)
    return chosen


def _outcome(letter: Letter, passed: Passed) -> str | None:
    if passed.direction == "sent":
        return None
    outcome = passed.outcome or (next(iter(letter.outcomes)) if len(letter.outcomes) == 1 else None)
    if outcome not in letter.outcomes:
        raise LzError(
            "what does the answer say?",
            found=passed.outcome or "nothing",
            expected=f"--outcome {' or '.join(letter.outcomes)}",
        )
    return outcome


def _name(source: Source, file: Path) -> str:
    folder = source.dossier.folder.resolve()
    if not file.resolve().is_relative_to(folder):
        raise LzError(
            "the file is not below the dossier's folder",
            found=str(file),
            expected=f"a file below {source.dossier.folder}",
            remedy="Put it there first, like sent/mail-cpa.eml",
        )
    return file.resolve().relative_to(folder).as_posix()


def _attached(source: Source, letter: Letter, passed: Passed, name: str) -> bytes:
    """Give the report in a mail that has one, and refuse a mail that is none or holds another CPA than ours."""
    if letter.id == "form":
        return b""
    message = read_mail(passed.file)
    if passed.direction == "sent" and letter.id == "mail-cpa":
        _require_our_cpa(source, message, name)
    if passed.direction == "sent" and letter.id == "mail-test-report":
        return _report(message, passed.file)
    return b""


def _require_our_cpa(source: Source, message: Message, name: str) -> None:
    """What Logius loads must be what we load: the CPA in the mail means what that of the dossier means."""
    partner = {str(key): each for key, each in source.own.partners.items()}.get(MIJNOVERHEID)
    path = source.dossier.resolve(partner.cpa.file) if partner else None
    for file, content in attached(message, ".xml"):
        try:
            found = differences(path.read_bytes(), content, "here", "in the mail") if path else []
        except (OSError, UnreadableCpaError) as error:
            raise LzError(f"cannot compare {file}", where=name, found=str(error)) from None
        if found:
            raise LzError("another CPA was sent", where=f"{name}, {file}", found="; ".join(found[:3]))


def _report(message: Message, file: Path) -> bytes:
    found = [content for _, content in attached(message, ".pdf")]
    if len(found) != 1:
        raise LzError("which is the report?", where=str(file), found=f"{len(found)} PDFs", expected="one")
    beside = file.with_suffix(".pdf")
    if beside.exists() and beside.read_bytes() != found[0]:
        raise LzError(
            "another report is here already", where=str(beside), remedy="Give the mail a name of its own"
        )
    return found[0]


def _report_sent(source: Source, passed: Passed, content: bytes) -> str:
    """Keep the report as it was sent beside the mail, and record it as ``lz chain-test sent`` does."""
    path = passed.file.with_suffix(".pdf")
    path.write_bytes(content)
    try:
        return str(chain_test_record.sent(source.dossier.folder, path, passed.day))
    except LzError as error:
        command = shlex.join(["lz", "chain-test", "sent", str(path), "--on", str(passed.day)])
        return f"not set in the dossier ({error.what}); do it yourself: {command}"


def _last_report(source: Source) -> str | None:
    test = source.dossier.chain_test
    return test.reports[-1].sha256 if test and test.reports else None


def _set(source: Source, setting: Setting) -> str:
    """Set it, or tell the command that does: a dossier may be laid out in ways that only people see through."""
    path = source.dossier.folder / "dossier.yml"
    try:
        change(path, path_of(setting.path), setting.value, dossier_of)
    except LzError as error:
        command = shlex.join(["lz", "dossier", "set", setting.path, setting.value])
        return f"not set in the dossier ({error.what}); do it yourself: {command}"
    return f"{path}: {setting.path}: {setting.value}"
