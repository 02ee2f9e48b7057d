"""What the hoster of an adapter is still to state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lopendezaken.dossier.schema import Dossier, Environment
from lopendezaken.errors import LzError
from lopendezaken.evidence.adapter_statement import SOURCE
from lopendezaken.evidence.store import Evidence, EvidenceSet

_OF_THE_ADAPTER = {
    "host-facts": "which adapter it is, and that it runs",
    "certificate-chain": "which certificate is installed, and which roots are trusted",
}
_OF_A_PARTNER = {
    "cpa-loaded": "the CPA is loaded",
    "tls-scan": "TLS comes about with our certificate",
    "ebms-ping": "a Ping was answered with a Pong",
}


def awaited(dossier: Dossier, environment: str, counted: EvidenceSet, now: datetime) -> list[str]:
    """Tell what no statement that counts says at this moment; nothing: all is stated. Raises :class:`LzError`."""
    here = next((each for name, each in dossier.environments.items() if name == environment), None)
    if here is None:
        raise LzError("no such environment in the dossier", found=environment)
    return list(_missing(here, environment, counted, now))


def _missing(here: Environment, environment: str, counted: EvidenceSet, now: datetime) -> Iterator[str]:
    for kind, what in _OF_THE_ADAPTER.items():
        why = _why(counted.latest(kind, environment, source=SOURCE), now)
        if why:
            yield f"adapter: {what} ({why})"
    for key, partner in here.partners.items():
        for kind, what in _OF_A_PARTNER.items():
            seen = counted.latest(kind, environment, str(key), source=SOURCE)
            why = _why(seen, now) or _other(seen, counted.latest("cpa-file", environment, str(key)))
            if why:
                yield f"{partner.name}: {what} ({why})"


def _why(seen: Evidence | None, now: datetime) -> str:
    if seen is None:
        return "not stated"
    return f"stated on {seen.collected:%Y-%m-%d}, too long ago" if seen.expires < now else ""


def _other(seen: Evidence | None, file: Evidence | None) -> str:
    """Say why what was stated is not enough."""
    if seen and seen.kind == "ebms-ping" and seen.raw["outcome"] != "pong":
        return f"stated that none came: {seen.raw['diagnosis']['says']}"
    if seen and file and seen.kind == "cpa-loaded" and seen.raw["digest"] != file.raw["digest"]:
        return "the CPA is another one since it was stated"
    return ""
