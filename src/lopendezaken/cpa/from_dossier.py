"""Makes the request for a CPA from the dossier and the certificates that it names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lopendezaken.cpa.render import ActionRequest, CpaRequest, PartyRequest
from lopendezaken.cpa.xml import duration
from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import Certificate, read_file

if TYPE_CHECKING:
    from lopendezaken.dossier.schema import Dossier, Environment, Partner

_T = TypeVar("_T")


def request_for(
    dossier: Dossier, environment: str, partner: str, moment: datetime | None = None
) -> CpaRequest:
    """Give the CPA with ``partner`` in ``environment``, as the dossier has it at ``moment`` (aware; default: now).

    Without ``start`` or ``end`` it follows the certificates: from the last that begins until the first
    that ends (CPA-006). Raises :class:`LzError` for a name that is not there, a CPA that others make,
    and a certificate that is not received yet.
    """
    ours, theirs = sides(dossier, environment, partner)
    agreed = theirs.cpa
    if agreed.origin != "own":
        raise LzError(
            f"the CPA with {theirs.name} is not ours to make",
            where=dossier.where(("environments", environment, "partners", partner, "cpa", "origin")),
            found=agreed.origin,
            remedy=f"Put the CPA that you received at {dossier.resolve(agreed.file)}; lz cpa check holds it against the "
            "dossier.",
        )
    own_leaf = _leaf(dossier.resolve(ours.certificate.file), "our certificate", moment)
    partner_leaf = _leaf(dossier.resolve(theirs.certificate), f"the certificate of {theirs.name}", moment)
    server_leaf = own_leaf
    if ours.server_certificate:
        server_leaf = _leaf(dossier.resolve(ours.server_certificate), "the certificate of our proxy", moment)
    leaves = (own_leaf, server_leaf, partner_leaf)
    return CpaRequest(
        cpa_id=agreed.id,
        start=_day(agreed.start, time.min) or max(leaf.not_before for leaf in leaves),
        end=_day(agreed.end, time(23, 59, 59)) or min(leaf.not_after for leaf in leaves),
        parties=(
            PartyRequest(
                name=dossier.organisation.name,
                oin=dossier.organisation.number,
                role=agreed.roles.own,
                endpoint=ours.endpoint,
                client_certificate=own_leaf.der,
                server_certificate=server_leaf.der,
            ),
            PartyRequest(
                name=theirs.name,
                oin=theirs.oin,
                role=agreed.roles.partner,
                endpoint=theirs.endpoint,
                client_certificate=partner_leaf.der,
                server_certificate=partner_leaf.der,
            ),
        ),
        service=agreed.service,
        actions=tuple(
            ActionRequest(
                action.name, agreed.roles.own if action.direction == "out" else agreed.roles.partner
            )
            for action in agreed.actions
        ),
        profile=agreed.profile,
        retries=agreed.retries,
        retry_interval=duration(agreed.retry_interval),
        persist_duration=duration(agreed.persist_duration),
        sync_reply_mode=agreed.sync_reply_mode,
        anchors=b"".join(
            anchor.pem for anchor in _chain(dossier.resolve(ours.trust.anchors), "the trust anchors")
        ),
    )


def file_of(dossier: Dossier, environment: str, partner: str) -> Path:
    """Give the file where the dossier keeps that CPA. Raises :class:`LzError` for an unknown name."""
    return dossier.resolve(sides(dossier, environment, partner)[1].cpa.file)


def sides(dossier: Dossier, environment: str, partner: str) -> tuple[Environment, Partner]:
    """Give our side and that of the partner. Raises :class:`LzError` for an unknown name."""
    ours = _one(dossier.environments, environment, "environment")
    return ours, _one(ours.partners, partner, f"partner in {environment}")


def _one(known: Mapping[Any, _T], name: str, what: str) -> _T:
    if name not in known:
        raise LzError(f"no such {what} in the dossier", found=name, expected=" or ".join(known))
    return known[name]


def _leaf(path: Path, what: str, moment: datetime | None) -> Certificate:
    leaf = _chain(path, what)[0]
    if not leaf.valid_at(moment or datetime.now(UTC)):
        raise LzError(
            f"{what} is not valid {f'on {moment:%Y-%m-%d}' if moment else 'now'} (PKIO-003)",
            where=str(path),
            found=f"{leaf.not_before:%Y-%m-%d} until {leaf.not_after:%Y-%m-%d}",
            remedy="Renew it with a new key (PKIO-026), then make the CPA.",
        )
    return leaf


def _chain(path: Path, what: str) -> tuple[Certificate, ...]:
    if not path.exists():
        raise LzError(
            f"{what} is not here yet",
            where=str(path),
            remedy="Put it there in PEM, the certificate itself first.",
        )
    return read_file(path)


def _day(day: date | None, moment: time) -> datetime | None:
    return None if day is None else datetime.combine(day, moment, UTC)
