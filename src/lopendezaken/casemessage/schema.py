"""Validates messages: by the XSDs of Logius and StuF where an organisation has them, else by grammars of our own.

The XSDs are handed out after registration (P2-13) and are not ours to spread. They go, as they are, into
``inventories/<organisation>/dossier/received/xsd/``, which git ignores.
"""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path
from typing import Any

from lxml import etree

from lopendezaken.casemessage import mo, stuf
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.errors import LzError

XSD = "http://www.w3.org/2001/XMLSchema"
MAX_XSD_BYTES = 5 * 1024 * 1024
_OWN = {mo.MO: "mo.rng", stuf.ZKN: "stuf.rng", stuf.STUF: "stuf.rng"}


class Schemas:
    """The schemas by root element. ``folder`` holds XSDs; it may be missing or empty."""

    def __init__(self, folder: Path | None = None) -> None:
        self._own = {name: _grammar(name) for name in sorted(set(_OWN.values()))}
        self._given = _given(folder) if folder is not None and folder.is_dir() else {}

    @property
    def given(self) -> list[str]:
        """The root elements for which there is an XSD."""
        return sorted(self._given)

    def validate(self, root: etree._Element) -> None:
        """Raise :class:`RefusedError`: of an unknown kind, or not valid, with line and element."""
        name = etree.QName(root)
        validator = self._given.get(name.text) or self._own.get(_OWN.get(name.namespace or "", ""))
        if validator is None or name.text not in {stuf.ROOT, *stuf.ERROR_ROOTS, mo.ROOT, mo.ERROR_ROOT}:
            raise RefusedError(Reason.UNKNOWN_KIND)
        if not validator.validate(root):
            raise RefusedError(Reason.INVALID, _first(validator))


def _first(validator: etree.RelaxNG | etree.XMLSchema) -> str:
    """Where it is and why, without the values that libxml2 quotes."""
    log: Any = validator.error_log
    if not len(log):
        return ""
    # RELAX NG tries other ways after the first error: what it says of those only confuses.
    words = re.sub(r"value '.*'", "value", str(log[0].message), flags=re.DOTALL)
    return f"regel {log[0].line}: {words}"


def _grammar(name: str) -> etree.RelaxNG:
    data = pkgutil.get_data(__package__, f"schema/{name}")
    return etree.RelaxNG(etree.fromstring(data or b""))


class _Local(etree.Resolver):
    """Finds what an XSD imports: beside it, else by its bare name anywhere in the folder; never outside.

    The packages that Logius hands out are known to import names that they do not ship in that place.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._names = {path.name: path for path in sorted(folder.rglob("*.xsd"))}

    def resolve(self, system_url: str, _: str, context: object) -> Any:  # type: ignore[override]
        path = Path(system_url.removeprefix("file://"))
        if not (path.is_file() and path.resolve().is_relative_to(self._folder)):
            found = self._names.get(path.name)
            if found is None:
                raise LzError(
                    "an XSD imports what is not in its folder",
                    where=str(self._folder),
                    found=path.name,
                    remedy="Put the whole package that you received there, all its files.",
                )
            path = found
        return self.resolve_filename(str(path), context)  # type: ignore[attr-defined]


def _given(folder: Path) -> dict[str, etree.XMLSchema]:
    """The XSDs by the root elements that we read and they declare. Raises :class:`LzError` with the file."""
    known = {stuf.ROOT, *stuf.ERROR_ROOTS, mo.ROOT, mo.ERROR_ROOT}
    found: dict[str, etree.XMLSchema] = {}
    for path in sorted(folder.rglob("*.xsd")):
        document = _document(path, folder)
        root = document.getroot()
        space = root.get("targetNamespace")
        names = {f"{{{space}}}{one.get('name')}" for one in root.findall(f"{{{XSD}}}element")} & known
        if not names:
            continue
        try:
            schema = etree.XMLSchema(document)
        except etree.XMLSchemaParseError as error:
            raise LzError(
                "the XSD cannot be used",
                where=str(path),
                found=str(error)[:300],
                remedy="Put the whole package that you received in this folder, all its files.",
            ) from error
        found |= dict.fromkeys(names, schema)
    return found


def _document(path: Path, folder: Path) -> etree._ElementTree:
    if path.stat().st_size > MAX_XSD_BYTES:
        raise LzError("too large for an XSD", where=str(path), expected=f"at most {MAX_XSD_BYTES} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_Local(folder))
    try:
        return etree.parse(str(path), parser)
    except etree.XMLSyntaxError as error:
        raise LzError("the XSD is no XML", where=f"{path}:{error.position[0]}") from error
