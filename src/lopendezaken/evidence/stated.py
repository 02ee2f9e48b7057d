"""Whether a statement of the hoster counts: who signed it, and whether evidence really follows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lopendezaken.dossier import load_network
from lopendezaken.dossier.network import ingress
from lopendezaken.dossier.schema import Dossier
from lopendezaken.errors import LzError
from lopendezaken.evidence import adapter_statement
from lopendezaken.evidence.adapter_statement import KIND, ROLE, SOURCE, AdapterStatement
from lopendezaken.evidence.envelope import make
from lopendezaken.evidence.flaws import Flaw, of_evidence
from lopendezaken.evidence.store import Evidence
from lopendezaken.evidence.trust import SIGNERS, Signer, Trust, UntrustedError

FLAW = "statement"
_COLLECTOR = {"tool": "lz evidence add", "version": "1", "commit": ""}


@dataclass(frozen=True)
class Statement:
    """A statement that somebody signed who may: by whom, and the evidence that follows from it."""

    signer: Signer
    follows: tuple[Mapping[str, Any], ...]


class Statements:
    """The statements in the evidence of a dossier."""

    def __init__(self, items: Iterable[Evidence], trust: Trust) -> None:
        self._texts = {_digest(each): each for each in items if each.kind == KIND}
        self._trust = trust
        self._read: dict[str, Statement | str] = {}

    def vouched(self, item: Evidence, sealed_by: Signer) -> Signer | Flaw:
        """Tell who stated this piece of evidence, or why it does not count; nobody receives what they stated."""
        digest = _digest(item) if item.kind == KIND else str(item.raw.get("statement"))
        found = self._of(digest)
        if isinstance(found, str):
            return of_evidence(item.path, FLAW, found)
        if item.kind != KIND and not any(_same(item, each) for each in found.follows):
            return of_evidence(item.path, FLAW, "it does not say this")
        if self._trust.same_person(found.signer.name, sealed_by.name):
            return of_evidence(item.path, FLAW, f"{sealed_by.name} stated and received it")
        return found.signer

    def _of(self, digest: str) -> Statement | str:
        if digest not in self._read:
            self._read[digest] = self._judged(digest)
        return self._read[digest]

    def _judged(self, digest: str) -> Statement | str:
        if digest not in self._texts:
            return "no statement with this text"
        text, signature = (str(self._texts[digest].raw.get(name)).encode() for name in ("text", "signature"))
        try:
            return judge(text, signature, Path(self._texts[digest].path), self._trust)[1]
        except (LzError, UntrustedError) as error:
            return str(error)


def is_stated(item: Evidence) -> bool:
    """Whether a piece of evidence rests on a statement of the hoster."""
    return item.kind == KIND or item.raw.get("source") == SOURCE


def judge(text: bytes, signature: bytes, path: Path, trust: Trust) -> tuple[AdapterStatement, Statement]:
    """Read a statement and tell who signed it. Raises :class:`LzError`, :class:`UntrustedError`."""
    statement = adapter_statement.read(text, path)
    signer = trust.signer(text, signature, (ROLE,), statement.moment)
    return statement, Statement(signer, tuple(adapter_statement.follows(statement, text)))


def received(
    dossier: Dossier, file: Path, content: bytes, environment: str, trust: Trust
) -> list[dict[str, Any]]:
    """Give the evidence of a signed statement (``file``, and its signature in ``file``.sig), in envelopes.

    Raises :class:`LzError` when it is not signed by who may, or is about something else than this dossier.
    """
    signature = file.with_name(f"{file.name}.sig")
    try:
        sealed = signature.read_bytes()
    except OSError as error:
        remedy = f"The hoster makes it: ssh-keygen -Y sign -n {ROLE} -f KEY {file.name}"
        raise LzError("no signature", where=str(signature), found=error.strerror, remedy=remedy) from None
    try:
        statement, found = judge(content, sealed, file, trust)
    except UntrustedError as error:
        raise LzError(
            "this statement does not count",
            where=str(file),
            found=str(error),
            expected=f"signed as {ROLE} by a key in {trust.folder}/{SIGNERS}",
        ) from None
    _hold_against(statement, dossier, environment, file)
    raw = {
        "document": file.resolve().relative_to(dossier.folder.resolve()).as_posix(),
        "text": content.decode(),
        "signature": sealed.decode(),
    }
    whole = make(KIND, adapter_statement.subject(statement), _COLLECTOR, statement.stated, raw)
    return [whole, *map(dict, found.follows)]


def _hold_against(statement: AdapterStatement, dossier: Dossier, environment: str, file: Path) -> None:
    """Refuse what is about something else than this dossier."""
    adapter = dossier.adapter
    if adapter is None or adapter.hosting != "supplier":
        raise LzError(
            "the adapter is not hosted by others",
            where=dossier.where(("adapter",)),
            expected="hosting: supplier",
            remedy="A statement is for what this organisation cannot see itself",
        )
    here = next((each for name, each in dossier.environments.items() if name == environment), None)
    systems = [each["system"] for each in ingress(load_network(dossier.folder), environment)[0]["backends"]]
    system = statement.system if statement.system in systems else " or ".join(systems)
    facts = (
        ("organisation", statement.organisation, dossier.organisation.slug),
        ("number", statement.number, dossier.organisation.number),
        ("environment", statement.environment, environment),
        ("system", statement.system, system),
        ("endpoint", statement.endpoint, here.endpoint if here else ""),
    )
    for name, found, expected in facts:
        if found != expected:
            raise LzError(
                f"a statement about another {name}", where=str(file), found=found, expected=expected
            )
    partners = here.partners if here else {}
    for key, stated in statement.partners.items():
        if key not in partners:
            raise LzError("a statement about another partner", where=str(file), found=key)
        if stated.cpa:
            _hold_cpa(stated.cpa, dossier.resolve(partners[key].cpa.file), file)


def _hold_cpa(stated: adapter_statement.LoadedCpa, path: Path, file: Path) -> None:
    from lopendezaken.cpa.meaning import digest

    content = path.read_bytes() if path.is_file() else b""
    sent = hashlib.sha256(content).hexdigest()
    if stated.sha256 != sent or stated.digest != digest(content.decode()):
        raise LzError(
            "another CPA is loaded than was sent",
            where=str(file),
            found=f"{stated.id} {stated.sha256}",
            expected=f"{sent}, that of {path}",
            remedy="Have that one loaded, and stated anew",
        )


def _same(item: Evidence, envelope: Mapping[str, Any]) -> bool:
    about = {"organisation": item.organisation, "environment": item.environment, "host": item.host}
    if item.partner:
        about["partner"] = item.partner
    return (
        envelope["kind"] == item.kind
        and envelope["subject"] == about
        and datetime.fromisoformat(envelope["collected"]) == item.collected
        and datetime.fromisoformat(envelope["expires"]) == item.expires
        and envelope["sha256"] == item.sha256
    )


def _digest(statement: Evidence) -> str:
    return hashlib.sha256(str(statement.raw.get("text")).encode()).hexdigest()
