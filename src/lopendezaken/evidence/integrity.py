"""Whether evidence and dossier are as somebody signed them who may: what counts, by whom, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lopendezaken.evidence import seal, store
from lopendezaken.evidence.flaws import Flaw, of_evidence
from lopendezaken.evidence.roles import Roles
from lopendezaken.evidence.seal import SKEW, Seal
from lopendezaken.evidence.sealing import SEALS, file_digest, numbered
from lopendezaken.evidence.sshsig import Namespace
from lopendezaken.evidence.stated import FLAW, Statements, is_stated
from lopendezaken.evidence.store import Evidence, EvidenceSet
from lopendezaken.evidence.trust import Signer, Trust

# What is wrong with these is mended when somebody who counts seals all that they list.
_SUPERSEDED = {"no-signature", "stranger", "not-for-this", "out-of-time", "revoked"}
EVIDENCE_ROLES: tuple[Namespace, ...] = ("lz-evidence", "lz-record")
DOSSIER_ROLE: Namespace = "lz-dossier"
DOSSIER_FILES = ("dossier.yml", "network.yml", "waivers/*.yml")


@dataclass(frozen=True)
class Integrity:
    """What holds and what does not; by default nobody signed anything.

    ``items``: all evidence that is sound, counted or not; ``signed_by``: who signed for each piece that counts;
    ``dossier_by``: who signed the dossier last.
    """

    evidence: tuple[Flaw, ...] = ()
    signed_by: Mapping[str, Signer] = field(default_factory=dict)
    dossier: tuple[Flaw, ...] = (Flaw("dossier.yml", "unsigned"),)
    dossier_by: Signer | None = None
    items: EvidenceSet = field(default_factory=lambda: EvidenceSet(()))

    @property
    def counted(self) -> EvidenceSet:
        """The evidence that counts."""
        return EvidenceSet(each for each in self.items.items if each.path in self.signed_by)


def read(folder: Path, organisation: str, trust: Trust, roles: Roles) -> Integrity:
    """Read the evidence of a dossier, and hold both against their seals; ``folder`` is that of the dossier."""
    by, changes = _dossier(folder, trust)
    seals = seal.read(folder / "evidence", trust, EVIDENCE_ROLES)
    listed, good = _listing(seals), _listing([each for each in seals if not each.flaws])
    sealed = {path: own[0].files[path] for path, own in good.items()}
    items, unsound = store.read(folder / "evidence", sealed)
    files = _Files(
        folder / "evidence",
        {each.path: each for each in items.items},
        {each.path: each.why for each in unsound},
        Statements(items.items, trust),
    )
    flaws = [flaw for each in seals for flaw in each.flaws if not _superseded(flaw, each, good)]
    signed_by: dict[str, Signer] = {}
    for path in sorted({*files.items, *files.unsound, *listed}):
        found = files.judged(path, good.get(path, []), listed.get(path, []), organisation, roles)
        if isinstance(found, Flaw):
            flaws.append(found)
        else:
            signed_by[path] = found
    flaws = [each for each in flaws if each.code != FLAW or not _stated_anew(items, each, signed_by)]
    return Integrity(tuple(flaws), signed_by, tuple(changes), by, items)


def _listing(seals: list[Seal]) -> dict[str, list[Seal]]:
    found: dict[str, list[Seal]] = {}
    for each in seals:
        for path in each.files:
            found.setdefault(path, []).append(each)
    return found


@dataclass(frozen=True)
class _Files:
    """What there is in the evidence folder."""

    folder: Path
    items: Mapping[str, Evidence]
    unsound: Mapping[str, str]
    statements: Statements

    def judged(
        self, path: str, good: list[Seal], listed: list[Seal], organisation: str, roles: Roles
    ) -> Signer | Flaw:
        """Tell who signed for a file, or what is wrong with it."""
        by = next((each.told for each in (*good, *listed)), "")
        item = self.items.get(path)
        if flaw := self._broken(path, good, by):
            return flaw
        if item is None:
            return of_evidence(path, "unsound", self.unsound[path])
        if item.organisation != organisation:
            return of_evidence(path, "foreign", item.organisation)
        if not good:
            return of_evidence(path, "in-seal", by) if listed else of_evidence(path, "unsealed")
        by_seal = _signer(item, good, roles)
        if isinstance(by_seal, Signer) and is_stated(item):
            return self.statements.vouched(item, by_seal)
        return by_seal

    def _broken(self, path: str, good: list[Seal], by: str) -> Flaw | None:
        if path not in self.items and path not in self.unsound:
            return of_evidence(path, "deleted", by)
        if any(each.files[path] != self._digest(path) for each in good):
            return of_evidence(path, "edited", by)
        return None

    def _digest(self, path: str) -> str:
        item = self.items.get(path)
        return item.file if item else file_digest(self.folder / path)


def _signer(item: Evidence, good: list[Seal], roles: Roles) -> Signer | Flaw:
    needed = roles.needed(item.kind, item.raw)
    signers = [each.signer for each in good if each.signer]
    fitting = [each for each in signers if each.role == needed]
    if not fitting:
        return of_evidence(item.path, "wrong-role", f"{signers[0].name}: {signers[0].role}, {needed}")
    if item.collected > fitting[0].when + SKEW:
        return of_evidence(item.path, "seal-early", f"{fitting[0].when:%Y-%m-%d}")
    return fitting[0]


def _superseded(flaw: Flaw, of: Seal, good: Mapping[str, list[Seal]]) -> bool:
    return flaw.code in _SUPERSEDED and bool(of.files) and all(path in good for path in of.files)


def _stated_anew(items: EvidenceSet, flaw: Flaw, signed_by: Mapping[str, Signer]) -> bool:
    """Whether a later statement that counts says of the same what an earlier one, of a lost key, may have made up."""
    old = next(each for each in items.items if each.path == flaw.path)
    about = (old.kind, old.environment, old.partner)
    return any(
        (each.kind, each.environment, each.partner) == about
        and each.collected > old.collected
        and each.path in signed_by
        and is_stated(each)
        for each in items.items
    )


def _dossier(folder: Path, trust: Trust) -> tuple[Signer | None, list[Flaw]]:
    """Only the newest seal counts: people change a dossier and sign it again."""
    seals = seal.read(folder, trust, (DOSSIER_ROLE,))
    if not seals:
        return None, [Flaw("dossier.yml", "unsigned")]
    last = seals[-1]
    older = [flaw for each in seals[:-1] for flaw in each.flaws if flaw.code not in _SUPERSEDED]
    return last.signer, [*older, *last.flaws, *(_changes(last, folder) if last.signer else ())]


def to_sign(folder: Path) -> dict[str, str]:
    """Give what somebody signs who answers for a dossier: its files, and the newest seal over its evidence.

    So the newest seals cannot go away together with what they list.
    """
    newest = {path.relative_to(folder).as_posix(): path for path in numbered(folder / "evidence")[-1:]}
    return {**dossier_files(folder), **{name: file_digest(path) for name, path in newest.items()}}


def dossier_files(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of each file that people answer for when they sign the dossier."""
    paths = sorted(path for pattern in DOSSIER_FILES for path in folder.glob(pattern))
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in paths}


def _changes(last: Seal, folder: Path) -> Iterator[Flaw]:
    """Evidence goes on after a dossier was signed: of its seals, only that the one then is still there."""
    then = [folder / path for path in last.files if path.startswith(f"evidence/{SEALS}/")]
    seals = {path.relative_to(folder).as_posix(): file_digest(path) for path in then if path.is_file()}
    present = {**dossier_files(folder), **seals}
    for path in sorted({*last.files, *present}):
        if last.files.get(path) != present.get(path):
            code = "changed" if path in present and path in last.files else "added"
            yield Flaw(path, code if path in present else "removed", last.told)
