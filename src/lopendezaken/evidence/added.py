"""Evidence that a person has: a document, a mail, a report; and what Logius says in it.

Only the digest of the file is kept, who recorded it and when. The file itself stays where it is.
"""

from __future__ import annotations

import email
import getpass
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lopendezaken import __version__
from lopendezaken.casemessage.bsn import holds_bsn
from lopendezaken.dossier.place import repository
from lopendezaken.dossier.schema import Dossier
from lopendezaken.errors import LzError
from lopendezaken.evidence.chosen import choose
from lopendezaken.evidence.envelope import make, now, write
from lopendezaken.evidence.kinds import Mail
from lopendezaken.pki.private_key import lines_with_private_key

MAX_BYTES = 50_000_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Told:
    """What the person says of the file. ``dated`` is the day that the document itself bears.

    ``mail``: which mail it is or answers (``id``), its ``direction`` and what the other says (``outcome``).
    """

    kind: str
    environment: str
    dated: str
    partner: str = "mijnoverheid"
    title: str = ""
    by: str = ""
    outcome: str = ""
    report_sha256: str | None = None
    numbers_are_no_bsns: bool = False
    mail: Mail | None = None


def add(dossier: Dossier, file: Path, told: Told) -> list[Path]:
    """Record a file below the dossier's folder and give the evidence files that were written.

    Every file becomes a ``document``; an approval of the chain test (P3-20), a mail that a CPA was loaded
    (P2-32, P4-08), a Consumerspecificatie (P2-50) and a statement of the hoster of the adapter also become what
    controls judge. Raises :class:`LzError`.
    """
    name, content = _read(dossier, file)
    suspicious = sum(1 for _ in _places_of_bsns(name, content))
    if suspicious and not told.numbers_are_no_bsns:
        raise LzError(
            "this file may hold BSNs in the clear",
            where=next(_places_of_bsns(name, content)),
            found=f"{suspicious} lines with nine digits that pass the eleven test",
            expected="none: a BSN does not enter the dossier",
            remedy="Mask them; if you looked and they are none, add --no-bsn",
        )
    document = {
        "type": told.kind,
        "title": told.title or file.name,
        "document": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "dated": told.dated,
        "recorded_by": told.by or getpass.getuser(),
        "like_bsn": suspicious,
        "mail": told.mail,
    }
    facts = [("document", document), *_follows(dossier, name, told), *_specification(name, content, told)]
    stated = _stated(dossier, file, content, told)
    moment, folder = now(), dossier.folder / "evidence"
    subject = {
        "organisation": dossier.organisation.slug,
        "environment": told.environment,
        "host": "controller",
        "partner": told.partner,
    }
    collector = {"tool": "lz evidence add", "version": __version__, "commit": ""}
    made = [make(kind, subject, collector, moment, raw) for kind, raw in facts]
    return [write(folder, each) for each in (*made, *stated)]


def _read(dossier: Dossier, file: Path) -> tuple[str, bytes]:
    try:
        name = file.resolve().relative_to(dossier.folder.resolve())
        size = file.stat().st_size
        content = file.read_bytes() if size <= MAX_BYTES else b""
    except ValueError:
        raise LzError(
            "the file is not below the dossier's folder",
            found=str(file),
            expected=f"a file below {dossier.folder}",
            remedy="Put it there first, like received/approval.eml",
        ) from None
    except OSError as error:
        raise LzError("cannot read the file", where=str(file), found=error.strerror) from None
    if size > MAX_BYTES:
        raise LzError("the file is too big", where=str(file), found=f"{size} bytes", expected="at most 50 MB")
    if not content:
        raise LzError("the file holds nothing", where=str(file))
    return name.as_posix(), content


def _follows(dossier: Dossier, name: str, told: Told) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what Logius says with this file."""
    if told.kind == "chain-test-approval":
        if told.outcome not in {"approved", "refused"}:
            raise LzError(
                "what did Logius say?",
                found=told.outcome or "nothing",
                expected="--outcome approved or refused",
            )
        yield (
            "chain-test-approval",
            {
                "outcome": told.outcome,
                "dated": told.dated,
                "report_sha256": told.report_sha256,
                "document": name,
            },
        )
    if told.kind == "cpa-loaded":
        environments = {str(key): each for key, each in dossier.environments.items()}
        environment = environments.get(told.environment)
        partners = {str(key): each for key, each in environment.partners.items()} if environment else {}
        if told.partner not in partners:
            raise LzError(
                "the dossier has no such partner",
                found=f"{told.partner} in {told.environment}",
                expected=", ".join(partners) or None,
            )
        cpa_id = partners[told.partner].cpa.id
        yield "cpa-loaded", {"side": "partner", "cpa_id": cpa_id, "digest": None, "source": "mail"}


def _specification(name: str, content: bytes, told: Told) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give a Consumerspecificatie whole, since controls judge what is in it (P2-50); never a private key."""
    if told.kind != "consumer-spec":
        return
    for line in lines_with_private_key(content):
        raise LzError(
            "this file holds a private key, nothing recorded",
            where=f"{name}:{line}",
            expected="certificates only",
            remedy="Delete it. Was it sent: have the certificate revoked and make a new key",
        )
    try:
        xml = content.decode()
    except UnicodeDecodeError:
        raise LzError("not a Consumerspecificatie", where=name, expected="XML in UTF-8") from None
    yield "consumer-spec", {"document": name, "xml": xml, "sha256": hashlib.sha256(content).hexdigest()}


def _stated(dossier: Dossier, file: Path, content: bytes, told: Told) -> list[dict[str, Any]]:
    """Give what follows from a statement of the hoster of the adapter."""
    if told.kind != "adapter-statement":
        return []
    from lopendezaken.evidence import stated

    trust = choose(dossier.folder.parent, repository() / "policies")
    return stated.received(dossier, file, content, told.environment, trust)


def _places_of_bsns(name: str, content: bytes) -> Iterator[str]:
    """Name the places of what may be a BSN, never the number; a file that is not text has none to see."""
    for part, text in _texts(name, content):
        for number, line in enumerate(text.splitlines(), start=1):
            if holds_bsn(line):
                yield f"{part}:{number}"


def _texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if content.startswith(_UTF_16):
        yield name, content.decode("utf-16", "replace")
    else:
        # Digits are the same in every other encoding; what is no text gives lines that say nothing.
        yield name, content.decode("latin-1")
    if name.endswith(".eml"):
        message = email.message_from_bytes(content)  # the newer policies fail on odd headers
        for part in message.walk():
            if part.get_content_maintype() == "text" and part.get("content-transfer-encoding"):
                payload = part.get_payload(decode=True)
                if isinstance(payload, bytes):
                    yield f"{name} (text)", payload.decode("utf-8", "replace")
