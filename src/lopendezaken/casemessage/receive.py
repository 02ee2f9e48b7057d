"""Fetches Foutberichten from the adapter and files them, with every BSN in them masked (P2-20).

First the file, then the evidence, and only then the adapter is told that it was taken: a kill at any moment loses
nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from lopendezaken.casemessage.adapter import Adapter, Held
from lopendezaken.casemessage.bsn import mask_all
from lopendezaken.casemessage.check import read_error
from lopendezaken.casemessage.refusal import RefusedError
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.casemessage.send import partner_of, write_evidence
from lopendezaken.casemessage.xml import root_of
from lopendezaken.dossier.schema import Dossier
from lopendezaken.errors import LzError
from lopendezaken.evidence import envelope

FOLDER = "received/errors"


@dataclass(frozen=True)
class Filed:
    """A Foutbericht in its place. ``text`` is for people; BSNs in it are masked."""

    message_id: str
    about: str | None
    code: str
    text: str
    path: Path


@dataclass(frozen=True)
class Left:
    """A message that stays in the adapter, since it is no Foutbericht that we can read."""

    message_id: str
    why: str


def fetch(
    dossier: Dossier, environment: str, adapter: Adapter, schemas: Schemas, about: str | None = None
) -> Iterator[Filed | Left]:
    """Take what waits under the CPA with MijnOverheid; ``about``: only answers to this message.

    Raises :class:`LzError` when the adapter does not answer.
    """
    wanted = {"cpaId": partner_of(dossier, environment).cpa.id}
    if about:
        wanted["refToMessageId"] = about
    for message_id in adapter.unprocessed(**wanted):
        held = adapter.get(message_id)
        if held is not None:
            yield _take(dossier, environment, adapter, schemas, message_id, held)


def _take(
    dossier: Dossier, environment: str, adapter: Adapter, schemas: Schemas, message_id: str, held: Held
) -> Filed | Left:
    try:
        if len(held.payloads) != 1:
            return Left(message_id, f"{len(held.payloads)} payloads, not one")
        error = read_error(held.payloads[0], schemas)
    except RefusedError as refused:
        return Left(message_id, str(refused))
    code = mask_all(error.code)[:64]
    about = held.properties.get("refToMessageId")
    path = _file(dossier.folder / FOLDER / environment, message_id, held.payloads[0])
    raw: dict[str, object] = {
        "message_id": message_id,
        "about": str(about) if about else None,
        "conversation_id": str(held.properties.get("conversationId") or ""),
        "cpa_id": str(held.properties.get("cpaId") or ""),
        "action": str(held.properties.get("action") or ""),
        "code": code,
        "received": envelope.now(),
    }
    write_evidence(dossier, environment, "message-error", raw, "lz message receive")
    adapter.process(message_id)
    text = mask_all(" ".join(f"{error.text} {error.detail}".split()))
    return Filed(message_id, str(about) if about else None, code, text, path)


def _file(folder: Path, message_id: str, xml: bytes) -> Path:
    """Write a masked copy for its owner only; the same message has the same file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{hashlib.sha256(message_id.encode()).hexdigest()[:16]}.xml"
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_bytes(masked(xml))
    draft.replace(path)
    return path


def masked(xml: bytes) -> bytes:
    """Give the document with whatever could be a BSN masked, in text and attributes. Raises :class:`RefusedError`."""
    root = root_of(xml)
    for element in root.iter():
        element.text = element.text and mask_all(element.text)
        element.tail = element.tail and mask_all(element.tail)
        for name, value in element.attrib.items():
            element.set(name, mask_all(str(value)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def refuse_if_left(found: list[Filed | Left]) -> None:
    """Raise :class:`LzError` (exit code 1) when something stays in the adapter that nobody read."""
    left = [each for each in found if isinstance(each, Left)]
    if left:
        raise LzError(
            f"{len(left)} message{'s' if len(left) > 1 else ''} left in the adapter: no Foutbericht that can be read",
            found="\n  ".join(["", *(f"{each.message_id}: {each.why}" for each in left)]),
            remedy="\nThe XSDs of Logius in dossier/received/xsd may be missing (docs/chain-rehearsal.md)",
            exit_code=1,
        )
