"""Which stages the gate has opened at some time.

What went live stays live: the 24 hours of a statement are for changing production, not for using it. So the case
system is let in from the first statement that opened ``live``, and a gate that closes later cuts no citizen off.
"""

from __future__ import annotations

from pathlib import Path

from lopendezaken.dossier import load
from lopendezaken.dossier.network import STAGES
from lopendezaken.errors import LzError
from lopendezaken.evidence import chosen
from lopendezaken.evidence.trust import Trust
from lopendezaken.gate.statement import FOLDER, FORMAT, ROLE
from lopendezaken.policy import statement


def opened(organisation: Path, policies: Path) -> list[str]:
    """Give the stages of which a statement of the gate says that they are open; what does not count opens nothing.

    Raises :class:`LzError` when dossier or trust cannot be read.
    """
    folder = organisation / "dossier" / FOLDER
    if not folder.is_dir():
        return []
    trust, slug = chosen.choose(organisation, policies), load(organisation).organisation.slug
    return [
        stage
        for stage in STAGES
        if any(
            _opens(path, stage, slug, trust) for path in sorted(folder.glob(f"*Z-{stage}.json"), reverse=True)
        )
    ]


def _opens(path: Path, stage: str, slug: str, trust: Trust) -> bool:
    try:
        says = statement.read(path, trust, ROLE).says
        of = says["organisation"]["slug"]
    except (LzError, KeyError, TypeError):
        return False
    return (says.get("format"), says.get("stage"), of, says.get("open")) == (FORMAT, stage, slug, True)
