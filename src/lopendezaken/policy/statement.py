"""Signed statements: a JSON document with the digests of all that it rests on, and a signature beside it.

``lz check --sign`` makes one of results, the gate of its decision. Verifying one tells whether the signature holds
and what has changed since: which file of the dossier, which evidence, which policy, which trust.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lopendezaken.errors import LzError
from lopendezaken.evidence import sshsig
from lopendezaken.evidence.chosen import choose
from lopendezaken.evidence.integrity import dossier_files
from lopendezaken.evidence.seal import signature_of
from lopendezaken.evidence.sealing import INSTANT, file_digest, numbered
from lopendezaken.evidence.sshsig import Namespace
from lopendezaken.evidence.trust import REVOKED, SIGNERS, Signer, Trust, UntrustedError
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.policies import digests

SUBJECTS = ("dossier", "evidence", "policies", "trust")
RESULTS: Namespace = "lz-results"
GATE: Namespace = "lz-gate"
ROLES = (RESULTS, GATE)
MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Change:
    """What is no longer as it was signed: ``path`` of ``subject`` was added, removed or changed."""

    subject: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.path} was {self.what} after it was signed"


@dataclass(frozen=True)
class Statement:
    """A statement of which the signature holds."""

    says: Mapping[str, Any]
    signer: Signer

    @property
    def made(self) -> datetime:
        """When, by the word of the signer."""
        return self.signer.when

    def changes(self, subjects: Mapping[str, Any]) -> list[Change]:
        """Tell what differs between what it rests on and ``subjects``, in every subject of either.

        The commit tells only where to look: files say themselves whether they changed.
        """
        return list(_changes(self.says["subjects"], subjects))


def subjects_of(assessment: Assessment) -> dict[str, Any]:
    """Give the digests of all that an assessment rests on: :func:`subjects_now`."""
    return subjects_now(assessment.organisation, assessment.policies.folder)


def subjects_now(organisation: Path, policies: Path) -> dict[str, Any]:
    """Give each subject with the SHA-256 of its files as they are now, and the commit.

    ``dossier`` and ``evidence`` are relative to the dossier's folder and to its evidence: all of it, counted or
    not, with the seals. ``policies`` is relative to policies/; of ``trust``, only who may sign.
    """
    return {"commit": commit(policies), **files_now(organisation, policies)}


def files_now(organisation: Path, policies: Path) -> dict[str, Any]:
    """Give the same without the commit, which takes longer than all the rest."""
    folder = organisation / "dossier"
    signers = {f"trust/{name}" for name in (SIGNERS, REVOKED)}
    return {
        "dossier": dossier_files(folder),
        "evidence": _evidence(folder / "evidence"),
        "policies": {name: each for name, each in digests(policies).items() if name not in signers},
        "trust": choose(organisation, policies).files,
    }


def write(
    path: Path,
    says: Mapping[str, Any],
    subjects: Mapping[str, Any],
    key: Path,
    role: Namespace,
    when: datetime | None = None,
) -> Path:
    """Write ``says`` with its subjects to ``path``, sign it, and give the path of the signature.

    A statement that is there already is replaced. Raises :class:`LzError`; then nothing is left behind.
    """
    moment = (when or datetime.now(UTC)).strftime(INSTANT)
    value = {**says, "made": moment, "subjects": subjects}
    signature = path.with_name(f"{path.name}.sig")
    signature.unlink(missing_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n", "utf-8")
    try:
        return sshsig.sign(path, key, role)
    except LzError:
        path.unlink()
        raise


def read(path: Path, trust: Trust, *roles: Namespace) -> Statement:
    """Read a statement that somebody in one of ``roles`` signed.

    Raises :class:`LzError`: exit code 1 when the signature does not count, else 2.
    """
    try:
        content = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
        says = json.loads(content)
        made = datetime.strptime(says["made"], INSTANT).replace(tzinfo=UTC)
        subjects = says["subjects"]
        sound = all(isinstance(subjects[each], dict) for each in SUBJECTS)
    except OSError as error:
        raise LzError(f"cannot read the file: {error.strerror}", where=str(path)) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise LzError("not a signed statement", where=str(path), expected="what lz check --sign wrote")
    try:
        return Statement(says, trust.signer(content, signature_of(path), roles, made))
    except UntrustedError as error:
        raise LzError(
            "the signature does not count",
            where=str(path),
            found=str(error),
            expected=f"one of a key in {trust.folder} that may sign {' or '.join(roles)}",
            remedy="Do not use it; make it again",
            exit_code=1,
        ) from None


def commit(folder: Path) -> str:
    """Give the commit of the repository around ``folder``, with ``+`` when files differ; empty without git."""
    told = [_git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain", "--", str(folder))]
    return f"{told[0]}+" if told[0] and told[1] else told[0]


def _git(folder: Path, *words: str) -> str:
    try:
        command = ["git", "-C", str(folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _evidence(folder: Path) -> dict[str, str]:
    """Give every file there, with the seals; drafts of collectors are none yet."""
    files = [path for path in folder.rglob("*.json") if not path.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in (*files, *numbered(folder))}


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for subject in sorted(each for each in {*then, *now} if each != "commit"):
        before, after = then.get(subject, {}), now.get(subject, {})
        for path in sorted({*before, *after}):
            if path not in before:
                yield Change(subject, path, "added")
            elif path not in after:
                yield Change(subject, path, "removed")
            elif before[path] != after[path]:
                yield Change(subject, path, "changed")
