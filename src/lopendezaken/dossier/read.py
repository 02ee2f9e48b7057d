"""From a file to a checked dossier or network plan, with every mistake told at its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lopendezaken.dossier import loader
from lopendezaken.dossier.loader import Document
from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.network_problems import reference_problems
from lopendezaken.dossier.problems import At, Problem, dotted
from lopendezaken.dossier.schema import Cpa, Dossier, host_of

Model = TypeVar("Model", bound=BaseModel)


def load(path: Path) -> Dossier:
    """Read a dossier: ``dossier.yml`` itself, its folder, or the folder of an organisation.

    Raises :class:`lopendezaken.errors.LzError` (exit code 2) that names every mistake with file:line:column.
    """
    return dossier_of(loader.load(_find(path, "dossier.yml")))


def dossier_of(document: Document) -> Dossier:
    """Check a document and give its dossier. Raises :class:`lopendezaken.errors.LzError`."""
    dossier = _checked(Dossier, document)
    loader.refuse(document, list(_dossier_problems(dossier)))
    dossier._document = document
    return dossier


def load_network(path: Path) -> NetworkPlan:
    """Read a network plan: ``network.yml`` itself, or one of the folders that :func:`load` takes."""
    return plan_of(loader.load(_find(path, "network.yml")))


def plan_of(document: Document) -> NetworkPlan:
    """Check a document and give its network plan. Raises :class:`lopendezaken.errors.LzError`."""
    plan = _checked(NetworkPlan, document)
    loader.refuse(document, list(reference_problems(plan)))
    return plan


def read_as(model: type[Model], path: Path) -> Model:
    """Read any file of ours of that shape (policies). Raises :class:`lopendezaken.errors.LzError`."""
    return _checked(model, loader.load(path))


def parse_as(model: type[Model], document: Document) -> Model:
    """Check a document that was read already. Raises :class:`lopendezaken.errors.LzError`."""
    return _checked(model, document)


def _find(path: Path, name: str) -> Path:
    if path.is_dir():
        return path / name if (path / name).exists() else path / "dossier" / name
    return path.with_name(name) if path.name in {"dossier.yml", "network.yml"} else path


def _checked(model: type[Model], document: Document) -> Model:
    if not isinstance(document.value, dict):
        loader.refuse(document, [Problem((), "another shape than expected", expected="keys with values")])
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        loader.refuse(document, _worth_telling(_problem(detail, model, document) for detail in details))
        raise


def _worth_telling(problems: Iterable[Problem]) -> list[Problem]:
    """Leave out what is wrong below a key that is itself unknown."""
    found = list(problems)
    unknown = [each.at for each in found if each.at_key]
    hidden = [any(each.at[: len(at)] == at for at in unknown if each.at != at) for each in found]
    return [each for each, below in zip(found, hidden, strict=True) if not below]


def _problem(detail: ErrorDetails, model: type[BaseModel], document: Document) -> Problem:
    """Tell an error of pydantic in the words of this project."""
    at = tuple(key for key in detail["loc"] if key != "[key]")
    context: dict[str, Any] = detail.get("ctx", {})
    written = _value(document.value, at)
    match detail["type"]:
        case "wrong" | "unquoted":
            problem = Problem(
                at, detail["msg"], context["found"], context["expected"], context["remedy"] or None
            )
        case "missing":
            problem = Problem(at[:-1], f"the key '{at[-1]}' is missing", remedy=f"Add it: {at[-1]}: …")
        case "extra_forbidden":
            problem = _unknown(at, _known_keys(model, at[:-1]))
        case "literal_error":
            known = re.findall(r"'([^']*)'", context["expected"])
            problem = (
                _unknown(at, known)
                if detail["loc"][-1] == "[key]"
                else Problem(
                    at, "not a known word", f"'{written}'", " or ".join(known), remedy=_near(written, known)
                )
            )
        case "too_short":
            problem = Problem(at, "too few", expected="at least one")
        case kind:
            shape = {"tuple_type": "a list", "string_type": "text"}.get(kind, "keys with values")
            problem = Problem(at, "another shape than expected", _shape(written), shape)
    return problem


def _unknown(at: At, known: list[str]) -> Problem:
    near = _near(str(at[-1]), known)
    return Problem(
        at, "unknown key", expected=f"one of {', '.join(known)}" if known else None, remedy=near, at_key=True
    )


def _near(word: Any, known: list[str]) -> str | None:
    near = difflib.get_close_matches(str(word), known, n=1)
    return f"Did you mean '{near[0]}'?" if near else None


def _known_keys(model: type[BaseModel], at: At) -> list[str]:
    """Give the keys that the schema knows at ``at``, by walking the types of the fields."""
    here: Any = model
    for key in at:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(key))
            here = field.annotation if field else None
        here = _inner(here)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _inner(kind: Any) -> Any:
    """Give the model inside ``kind``: of a list, of a mapping's values, or of something optional."""
    arguments = [each for each in getattr(kind, "__args__", ()) if each is not type(None) and each is not ...]
    return _inner(arguments[-1]) if arguments else kind


def _value(value: Any, at: At) -> Any:
    for key in at:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _shape(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value[:60]}'"
    return "nothing" if value is None else "a list" if isinstance(value, list) else "keys with values"


def _dossier_problems(dossier: Dossier) -> Iterator[Problem]:
    organisation = dossier.organisation
    at: At = ("organisation",)
    if organisation.kind == "government" and not organisation.oin:
        yield Problem(at, "a government organisation has an OIN", remedy='Add oin: "…", between quotes')
    if organisation.kind == "government" and organisation.hrn:
        yield Problem((*at, "hrn"), "only a supplier has an HRN", remedy="Remove it; the OIN is what counts")
    if organisation.kind == "supplier" and not organisation.number:
        yield Problem(at, "a supplier has an HRN or an OIN", remedy='Add hrn: "…", between quotes')
    if organisation.oin and organisation.hrn:
        yield Problem(
            (*at, "hrn"), "OIN and HRN both given", remedy="Keep the one that stands in the certificate"
        )
    for name, environment in dossier.environments.items():
        here: At = ("environments", name)
        names = environment.certificate.names
        if host_of(environment.endpoint) not in names:
            yield Problem(
                (*here, "endpoint"),
                "its name is not in our certificate",
                host_of(environment.endpoint),
                f"one of {dotted((*here, 'certificate', 'names'))}: {', '.join(names)}",
            )
        for key, partner in environment.partners.items():
            if partner.oin == organisation.number:
                yield Problem((*here, "partners", key, "oin"), "the partner has our own number", partner.oin)
            yield from _cpa_problems(partner.cpa, (*here, "partners", key, "cpa"))
    yield from _repeated(_cpa_ids(dossier), "another CPA has this id already")


def _cpa_problems(cpa: Cpa, at: At) -> Iterator[Problem]:
    if cpa.start and cpa.end and cpa.end <= cpa.start:
        yield Problem((*at, "end"), "ends before it starts", str(cpa.end), f"a day after {cpa.start}")
    if cpa.roles.own == cpa.roles.partner:
        yield Problem((*at, "roles", "partner"), "both sides have the same role", cpa.roles.partner)
    named = [((*at, "actions", index, "name"), action.name) for index, action in enumerate(cpa.actions)]
    yield from _repeated(named, "this action stands here twice")


def _cpa_ids(dossier: Dossier) -> Iterator[tuple[At, str]]:
    for name, environment in dossier.environments.items():
        for key, partner in environment.partners.items():
            yield ("environments", name, "partners", key, "cpa", "id"), partner.cpa.id


def _repeated(items: Iterable[tuple[At, str]], what: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, value in items:
        if value in seen:
            yield Problem(at, what, value)
        seen.add(value)
