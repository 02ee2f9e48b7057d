"""Which trust is in force: ``trust.yml`` of an organisation may choose that of an exercise.

Without that file it is policies/trust, which everybody sees change. Another folder counts only in an environment
of which every name lies below .example, which does not exist (RFC 2606): so never for a real organisation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from lopendezaken.dossier.fields import File
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.read import read_as
from lopendezaken.dossier.schema import Dossier, Environment
from lopendezaken.evidence.flaws import Flaw
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.sshsig import Namespace
from lopendezaken.evidence.trust import Trust

FILE = "trust.yml"


class Choice(Part):
    """trust.yml: the folder with allowed_signers, relative to that of the organisation."""

    folder: File


def choose(organisation: Path, policies: Path) -> Trust:
    """Give the trust in force. Raises :class:`lopendezaken.errors.LzError`."""
    path = organisation / FILE
    return Trust(organisation / read_as(Choice, path).folder if path.exists() else policies / "trust")


def own_keys(organisation: Path, role: Namespace) -> Path:
    """Give where the trust of an exercise keeps the private key of a role. Raises as :func:`choose`."""
    return organisation / read_as(Choice, organisation / FILE).folder / "keys" / role


def key_of(organisation: Path, role: Namespace) -> Path:
    """Give the private key with which somebody here signs in a role unless told otherwise.

    LZ_SIGNING_KEY, else that of an exercise, else ``~/.config/lopendezaken/<role>``.
    """
    if given := os.environ.get("LZ_SIGNING_KEY"):
        return Path(given)
    if (organisation / FILE).exists():
        return own_keys(organisation, role)
    return Path.home() / ".config/lopendezaken" / role


def is_exercise(environment: Environment) -> bool:
    """Whether every name and CRL of this environment lies below .example."""
    endpoints = [environment.endpoint, *(each.endpoint for each in environment.partners.values())]
    hosts = [urlsplit(each).hostname or "" for each in (*endpoints, *environment.trust.crls)]
    return all(host.endswith(".example") for host in (*hosts, *environment.certificate.names))


def confined(found: Integrity, dossier: Dossier, trust: Trust, policies: Path) -> Integrity:
    """Take away what the trust of an exercise vouches for where names are real."""
    real = list(_real(dossier)) if trust.folder.resolve() != (policies / "trust").resolve() else []
    if not real:
        return found
    flaws = tuple(Flaw(FILE, "exercise", name, environment=name) for name in real)
    signed_by = {path: by for path, by in found.signed_by.items() if path.split("/")[0] not in real}
    return replace(
        found,
        evidence=(*found.evidence, *flaws),
        signed_by=signed_by,
        dossier=(*found.dossier, *flaws),
        dossier_by=None,
    )


def _real(dossier: Dossier) -> Iterator[str]:
    return (str(name) for name, each in dossier.environments.items() if not is_exercise(each))
