"""The gate's statement: signed, about one stage of one organisation, bound to all that it rests on, for a day (to look: longer).

A statement that the gate is closed is signed too: it shows an auditor who asked when, and why not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lopendezaken.dossier import load
from lopendezaken.errors import LzError
from lopendezaken.evidence import chosen
from lopendezaken.evidence.sealing import INSTANT
from lopendezaken.gate import code, settings
from lopendezaken.policy import statement
from lopendezaken.policy.assess import Assessment

if TYPE_CHECKING:
    from lopendezaken.gate.judge import Judgement

FORMAT = "lopendezaken-gate-1"
ROLE = statement.GATE
VALID = timedelta(hours=24)
# To look is no risk to what is looked at, and must not wait for who holds the gate's key.
LOOKING = "verify"
LOOKING_VALID = timedelta(days=90)
FOLDER = "gate"
_NAME = re.compile(r"\d{8}T\d{6}Z-[a-z-]+\.json")


@dataclass(frozen=True)
class Given:
    """A statement that opens a stage now, and until when."""

    path: Path
    stage: str
    expires: datetime


def valid(stage: str) -> timedelta:
    """Give how long a statement about a stage holds."""
    return LOOKING_VALID if stage == LOOKING else VALID


def give(assessment: Assessment, judgement: Judgement, key: Path, now: datetime) -> Path:
    """Write and sign a statement in ``dossier/gate``. Raises :class:`LzError`."""
    organisation, decision = assessment.dossier.organisation, judgement.decision
    folder = assessment.dossier.folder / FOLDER
    folder.mkdir(exist_ok=True)
    says = {
        "format": FORMAT,
        "organisation": {"slug": organisation.slug, "number": organisation.number, "name": organisation.name},
        "stage": decision.stage.id,
        "open": judgement.open,
        "expires": (now + valid(decision.stage.id)).strftime(INSTANT),
        "not_met": [each.criterion.id for each in decision.unmet],
        "obstacles": [{"code": each.code, "detail": each.detail} for each in judgement.obstacles],
    }
    path = folder / f"{now:%Y%m%dT%H%M%SZ}-{decision.stage.id}.json"
    statement.write(path, says, judgement.subjects, key, ROLE, now)
    return path


def newest(organisation: Path, stage: str) -> Path | None:
    """Give the newest statement about a stage, whatever it says."""
    files = (organisation / "dossier" / FOLDER).glob(f"*-{stage}.json")
    return max(
        (path for path in files if _NAME.fullmatch(path.name) and path.stem[17:] == stage), default=None
    )


def ask(organisation: Path, stage: str, repository: Path, now: datetime) -> Given:
    """Give the statement that opens ``stage`` now. Raises :class:`LzError` that says why there is none."""
    path = newest(organisation, stage)
    if path is None:
        raise _closed(f"nobody asked about stage {stage}", organisation, stage)
    dossier = load(organisation)
    trust = chosen.choose(organisation, repository / "policies")
    found = statement.read(path, trust, ROLE)
    says = found.says
    if (says.get("format"), says.get("stage")) != (FORMAT, stage):
        raise _closed("this is no statement about this stage", path, stage)
    if not path.name.startswith(f"{found.made:%Y%m%dT%H%M%SZ}-"):
        raise _closed(f"it was made at {found.made:%Y-%m-%dT%H:%M:%SZ}, its name says otherwise", path, stage)
    if says["organisation"]["slug"] != dossier.organisation.slug:
        raise _closed(f"it is about {says['organisation']['slug']}", path, stage)
    if says["open"] is not True:
        raise _closed("not met: " + ", ".join([*says["not_met"], *_obstacles(says)]), path, stage)
    expires = found.made + valid(stage)
    if not found.made <= now < expires:
        raise _closed(
            f"it holds from {found.made:%Y-%m-%dT%H:%MZ} until {expires:%Y-%m-%dT%H:%MZ}", path, stage
        )
    _check_clock(organisation, now, path, stage)
    if stage == LOOKING:
        code.commit(repository)
        return Given(path, stage, expires)
    changes = list(_changes(found, organisation, repository))
    if changes:
        more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
        raise _closed("; ".join(changes[:3]) + more, path, stage)
    return Given(path, stage, expires)


def _obstacles(says: Mapping[str, Any]) -> Iterator[str]:
    for each in says["obstacles"]:
        yield f"{each['code']} ({each['detail']})"


def _changes(found: statement.Statement, organisation: Path, repository: Path) -> Iterator[str]:
    """Tell what is other than when it was signed. Evidence may be added: what was seen since opens nothing."""
    now = {
        **statement.files_now(organisation, repository / "policies"),
        "settings": settings.digests(organisation),
    }
    for change in found.changes(now):
        if change.subject != "evidence" or change.what != "added":
            yield str(change)
    head = code.commit(repository)
    if found.says["subjects"]["commit"] != head:
        yield f"it is about commit {found.says['subjects']['commit'][:12]}, this is {head[:12]}"


def _check_clock(organisation: Path, now: datetime, path: Path, stage: str) -> None:
    """A clock that runs behind what was seen already was set back. Evidence bears its instant as its name."""
    seen = (each.name.partition("-")[0] for each in (organisation / "dossier/evidence").glob("*/*/*.json"))
    last = max(seen, default="")
    if last > f"{now:%Y%m%dT%H%M%SZ}":
        raise _closed(f"evidence of {last} lies in the future: is the clock set back?", path, stage)


def _closed(why: str, where: Path, stage: str) -> LzError:
    return LzError(
        f"the gate of production is closed for stage {stage}",
        where=str(where),
        found=why,
        remedy=f"Ask again: lz gate --stage {stage}",
        exit_code=1,
    )
