"""The dossier while certificates are renewed: beside each file that is in use may lie its successor.

The partner must know a new certificate before it is used (CPA-037), and a CPA has room for one. So the successor has
a CPA of its own, with the next number, which both sides load beside the one in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lopendezaken.dossier.edit import change
from lopendezaken.dossier.read import dossier_of
from lopendezaken.dossier.schema import Dossier, Environment, EnvironmentName
from lopendezaken.errors import LzError


def next_file(file: str) -> str:
    """Where the successor of a file lies: ``certificate.pem`` has ``certificate-next.pem``."""
    return _beside(file, "next")


def next_id(cpa_id: str) -> str:
    """The CPAId after this one: its last number one higher (CPA-008)."""
    found = re.fullmatch(r"(.*_)([0-9]{1,4})", cpa_id)
    return f"{found[1]}{int(found[2]) + 1}" if found else f"{cpa_id}_2"


def renewed(dossier: Dossier, environment: EnvironmentName) -> Dossier:
    """Give the dossier as it will be: certificates that have a successor replaced by it, and all CPAs by theirs.

    Raises :class:`LzError` when no certificate of ours has a successor.
    """
    ours = _environment(dossier, environment)
    if not list(_certificates(dossier, ours)):
        raise LzError(
            "no certificate is being renewed",
            where=str(dossier.resolve(next_file(ours.certificate.file))),
            remedy="Put there what the TSP sent, leaf first.",
        )
    update = {
        "certificate": ours.certificate.model_copy(update={"file": _newest(dossier, ours.certificate.file)}),
        "server_certificate": ours.server_certificate and _newest(dossier, ours.server_certificate),
        "partners": {
            key: partner.model_copy(
                update={
                    "cpa": partner.cpa.model_copy(
                        update={"id": next_id(partner.cpa.id), "file": next_file(partner.cpa.file)}
                    )
                }
            )
            for key, partner in ours.partners.items()
        },
    }
    environments = {**dossier.environments, environment: ours.model_copy(update=update)}
    return dossier.model_copy(update={"environments": environments})


def adopt(dossier: Dossier, environment: EnvironmentName) -> list[str]:
    """Make what was next current, in the files and in dossier.yml; what was current becomes previous.

    To be repeated after a cut-off: the number of a CPA is set before its file moves. The moves, in words.
    """
    ours = _environment(dossier, environment)
    done = []
    for key, partner in ours.partners.items():
        if dossier.resolve(next_file(partner.cpa.file)).exists():
            at = ("environments", environment, "partners", key, "cpa", "id")
            new = _id_in(dossier.resolve(next_file(partner.cpa.file)))
            if new != partner.cpa.id:
                change(dossier.folder / "dossier.yml", at, new, dossier_of, as_text=True)
            done += _move(dossier, partner.cpa.file)
    for file in _certificates(dossier, ours):
        done += _move(dossier, file)
    return done


def _environment(dossier: Dossier, environment: EnvironmentName) -> Environment:
    if environment not in dossier.environments:
        raise LzError(
            "no such environment in the dossier",
            found=environment,
            expected=" or ".join(dossier.environments),
        )
    return dossier.environments[environment]


def _certificates(dossier: Dossier, ours: Environment) -> Iterator[str]:
    """Certificates of ours that have a successor."""
    for file in (ours.certificate.file, ours.server_certificate):
        if file and dossier.resolve(next_file(file)).exists():
            yield file


def _newest(dossier: Dossier, file: str) -> str:
    return next_file(file) if dossier.resolve(next_file(file)).exists() else file


def _id_in(path: Path) -> str:
    from lopendezaken.cpa.model import parse

    return parse(path.read_bytes(), str(path)).id


def _move(dossier: Dossier, file: str) -> list[str]:
    current, new, old = (dossier.resolve(each) for each in (file, next_file(file), _beside(file, "previous")))
    if current.exists():
        old.write_bytes(current.read_bytes())
    new.replace(current)
    return [f"{file}: renewed; the former one is {old.name}"]


def _beside(file: str, word: str) -> str:
    path = Path(file)
    return str(path.with_name(f"{path.stem}-{word}{path.suffix}"))
