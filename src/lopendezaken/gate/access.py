"""What a decision gives: a signed statement, and while it is open the certificate that hosts ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lopendezaken.evidence.sealing import file_digest
from lopendezaken.gate import certificate, statement
from lopendezaken.gate.judge import Judgement
from lopendezaken.policy.assess import Assessment


@dataclass(frozen=True)
class Signed:
    """The statement, the certificate if the gate is open and one was asked for, and until when both count."""

    statement: Path
    certificate: Path | None
    expires: datetime


def give(
    assessment: Assessment, judgement: Judgement, key: Path, user_key: Path | None, now: datetime
) -> Signed:
    """Sign a decision. A closed gate takes away a certificate for its stage. Raises :class:`LzError`."""
    path = statement.give(assessment, judgement, key, now)
    expires = now + statement.valid(judgement.decision.stage.id)
    if user_key is None:
        return Signed(path, None, expires)
    slug, stage = assessment.dossier.organisation.slug, judgement.decision.stage.id
    # Where ssh itself looks for the certificate of this key.
    beside = user_key.with_name(f"{user_key.stem}-cert.pub")
    if not judgement.open:
        if certificate.principal(slug, stage) in certificate.principals(beside):
            beside.unlink()
        return Signed(path, None, expires)
    name = f"lz {slug} {stage} statement {file_digest(path)[:16]}"
    principals = tuple(certificate.principal(slug, each) for each in _until(assessment, stage))
    beside.unlink(missing_ok=True)
    beside.write_bytes(certificate.issue(key, user_key, name, principals, now, expires))
    return Signed(path, beside, expires)


def _until(assessment: Assessment, stage: str) -> list[str]:
    """Give this stage and those before it: who may do this may do that. Who may look may do nothing else."""
    if stage == assessment.phases.looking.id:
        return [stage]
    stages = [each.id for each in assessment.phases.stages]
    return stages[: stages.index(stage) + 1]
