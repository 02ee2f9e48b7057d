"""The envelope around one piece of evidence, and how it is written: append-only.

Standard library only: Ansible modules use this very file (plugins/module_utils/evidence_envelope.py).
What the raw part of each kind holds: lopendezaken/evidence/kinds.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# How many days each kind speaks for itself; after that it is stale and must be collected again.
LIFETIME_DAYS = {
    "host-facts": 30,
    "certificate-chain": 30,
    "crl": 30,
    "cpa-file": 30,
    "cpa-loaded": 30,
    "network-reach": 30,
    "tls-scan": 30,
    "tls-settings": 30,
    "ebms-ping": 30,
    "message-traffic": 30,
    "message-delivered": 365,
    "message-error": 365,
    "limited-run-list": 365,
    "chain-test-approval": 365,
    "consumer-spec": 365,
    "document": 365,
    "restore-rehearsal": 365,
    "ways-in": 30,
    "adapter-statement": 30,
}
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_WORD = re.compile(r"[a-z0-9][a-z0-9-]*")


class EvidenceError(ValueError):
    """An envelope that cannot be made or written as asked; the text says which part is wrong."""


def canonical_json(value: Any) -> bytes:
    """Give the one spelling of ``value`` in JSON: keys sorted, no blanks, UTF-8, no NaN."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def digest(value: Any) -> str:
    """Give the SHA-256 of the canonical JSON of ``value``, as 64 hexadecimal characters."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def now() -> str:
    """Give this moment as envelopes write it: UTC, whole seconds (``2026-11-24T10:00:00Z``)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def expiry(kind: str, collected: str) -> str:
    """Give the moment at which evidence of ``kind`` becomes stale."""
    moment = datetime.fromisoformat(collected) + timedelta(days=LIFETIME_DAYS[kind])
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def make(
    kind: str,
    subject: dict[str, str],
    collector: dict[str, str],
    collected: str,
    raw: dict[str, Any],
    *,
    expires: str | None = None,
) -> dict[str, Any]:
    """Put ``raw`` in its envelope.

    ``subject`` names ``organisation`` (the slug), ``environment`` (preprod or prod), ``host`` and, where it
    concerns one, ``partner`` (its key in the dossier); ``collector`` names ``tool``, ``version``,
    ``commit`` (empty when not known) and, if it is known, the digest of all ``settings``. Instants are UTC;
    ``expires`` follows from the kind unless given. Raises :class:`EvidenceError`.
    """
    if kind not in LIFETIME_DAYS:
        raise EvidenceError(f"unknown kind of evidence {kind!r}, expected one of {', '.join(LIFETIME_DAYS)}")
    _require(subject, {"organisation", "environment", "host"}, {"partner"}, "subject")
    _require(collector, {"tool", "version", "commit"}, {"settings"}, "collector")
    if not _WORD.fullmatch(subject["environment"]):
        raise EvidenceError(f"subject: environment is {subject['environment']!r}, expected preprod or prod")
    _require_instant("collected", collected)
    expires = expires or expiry(kind, collected)
    _require_instant("expires", expires)
    return {
        "kind": kind,
        "subject": dict(subject),
        "collector": dict(collector),
        "collected": collected,
        "expires": expires,
        "sha256": digest(raw),
        "raw": raw,
    }


def relative_path(envelope: dict[str, Any]) -> Path:
    """Give the file of an envelope below the evidence folder.

    The name ends in eight characters of the digest of the whole envelope, so that a changed date or subject
    shows too, and the same facts about two hosts are two files.
    """
    stamp = re.sub(r"[-:]", "", envelope["collected"])
    name = f"{stamp}-{digest(envelope)[:8]}.json"
    return Path(str(envelope["subject"]["environment"]), str(envelope["kind"]), name)


def encode(envelope: dict[str, Any]) -> bytes:
    """Give the bytes of an evidence file: readable JSON, the same for the same envelope."""
    return (json.dumps(envelope, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8")


def write(folder: str | Path, envelope: dict[str, Any]) -> Path:
    """Append ``envelope`` to ``folder`` and give the path of its file.

    The file appears whole or not at all and never replaces another: writing the very same envelope again
    gives the file that is there, another one under the same name raises :class:`EvidenceError`.
    """
    path = Path(folder).joinpath(relative_path(envelope))
    content = encode(envelope)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, path)  # unlike a rename, a link refuses to replace
    except FileExistsError:
        if path.read_bytes() != content:
            raise EvidenceError(
                f"{path} exists and holds something else; evidence is never replaced"
            ) from None
    finally:
        draft.unlink()
    return path


def _require(part: dict[str, str], needed: set[str], optional: set[str], name: str) -> None:
    missing = sorted(needed - part.keys())
    unknown = sorted(part.keys() - needed - optional)
    if missing or unknown:
        raise EvidenceError(f"{name}: missing {missing or 'nothing'}, unknown {unknown or 'nothing'}")


def _require_instant(name: str, value: str) -> None:
    if not _INSTANT.fullmatch(value):
        raise EvidenceError(f"{name} is {value!r}, expected UTC like 2026-11-24T10:00:00Z")
