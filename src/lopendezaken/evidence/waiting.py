"""What waits for a signature."""

from __future__ import annotations

from lopendezaken.dossier.schema import Dossier
from lopendezaken.evidence import integrity
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.roles import Roles
from lopendezaken.evidence.sshsig import Namespace
from lopendezaken.evidence.trust import Trust

# A file with another flaw than these was tampered with; nobody can vouch for that.
_MENDABLE = {"unsealed", "in-seal", "wrong-role"}


def integrity_of(dossier: Dossier, trust: Trust, roles: Roles) -> Integrity:
    """Hold a dossier and its evidence against their seals."""
    return integrity.read(dossier.folder, dossier.organisation.slug, trust, roles)


def of(dossier: Dossier, trust: Trust, roles: Roles, role: Namespace) -> dict[str, str]:
    """Give the evidence that this role must vouch for and nobody did: path and SHA-256."""
    found = integrity_of(dossier, trust, roles)
    waiting = {each.path for each in found.evidence if each.code in _MENDABLE}
    return {
        each.path: each.file
        for each in found.items.items
        if each.path in waiting and roles.needed(each.kind, each.raw) == role
    }
