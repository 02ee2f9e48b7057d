"""What the inventory says of hosts and settings, as far as the management documentation may show it.

Nothing is decrypted and nothing that may be a secret is shown: only settings that are named here, and only
when they are plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lopendezaken.errors import LzError

# Settings that tell how a thing is arranged. A name that could hold a secret stays out, whatever it is.
_SHOWN = re.compile(
    r"adapter_engine|adapter_ebms_admin_version|backup_\w+|database_backup_\w+|monitoring_\w+"
)
_SECRET = re.compile(r"pass|secret|key|token|credential|login|vault|salt|private", re.IGNORECASE)
_ENCRYPTED = b"$ANSIBLE_VAULT"


class _Sealed:
    """A value in a vault."""


class _Loader(yaml.SafeLoader):
    """Plain YAML with the two tags of Ansible; what is in a vault stays there."""


_Loader.add_constructor("!vault", lambda _loader, _node: _Sealed())
_Loader.add_constructor("!unsafe", lambda _loader, _node: _Sealed())


@dataclass(frozen=True)
class Setting:
    """A plain setting: for which group or host, its name and its value."""

    scope: str
    name: str
    value: str


def hosts(organisation: Path) -> dict[str, tuple[str, ...]]:
    """Give each host of hosts.yml with its groups, as Ansible nests them. Raises :class:`LzError`."""
    found: dict[str, list[str]] = {}
    tree = _read(organisation / "hosts.yml")
    for name, group in (tree if isinstance(tree, dict) else {}).items():
        _walk(str(name), group, (), found)
    return {host: tuple(dict.fromkeys(groups)) for host, groups in found.items()}


def _walk(name: str, group: Any, above: tuple[str, ...], found: dict[str, list[str]]) -> None:
    group = group if isinstance(group, dict) else {}
    groups = above if name == "all" else (*above, name)
    for host in group.get("hosts") or {}:
        found.setdefault(str(host), []).extend(groups)
    children = group.get("children")
    for child, inside in (children if isinstance(children, dict) else {}).items():
        _walk(str(child), inside, groups, found)


def settings(organisation: Path) -> list[Setting]:
    """Give the settings that may be shown, sorted by group or host and name. Raises :class:`LzError`."""
    found = [
        Setting(scope, str(name), value)
        for scope, path in _files(organisation)
        for name, given in _pairs(_read(path))
        if _SHOWN.fullmatch(str(name)) and not _SECRET.search(str(name))
        for value in _plain(given)
    ]
    return sorted(found, key=lambda each: (each.scope, each.name))


def encrypted(organisation: Path) -> list[str]:
    """Give the files that are wholly in a vault, by name only."""
    return [
        path.relative_to(organisation).as_posix()
        for _, path in _files(organisation)
        if path.read_bytes().startswith(_ENCRYPTED)
    ]


def _files(organisation: Path) -> Iterator[tuple[str, Path]]:
    for folder in ("group_vars", "host_vars"):
        for path in sorted((organisation / folder).rglob("*.y*ml")):
            yield path.relative_to(organisation / folder).parts[0].removesuffix(path.suffix), path


def _pairs(content: Any) -> Iterator[tuple[Any, Any]]:
    yield from (content if isinstance(content, dict) else {}).items()


def _plain(value: Any) -> Iterator[str]:
    """Give a value as text; what is computed from others (a template) or sealed tells nothing here."""
    if isinstance(value, list) and value and all(isinstance(each, str | int) for each in value):
        value = ", ".join(map(str, value))
    if isinstance(value, bool):
        value = "ja" if value else "nee"
    if isinstance(value, str | int | float) and "{{" not in str(value) and "{%" not in str(value):
        yield str(value)


def _read(path: Path) -> Any:
    try:
        content = path.read_bytes()
        return None if content.startswith(_ENCRYPTED) else yaml.load(content, _Loader)  # noqa: S506 (safe)
    except OSError as error:
        raise LzError("cannot read the inventory", where=str(path), found=error.strerror) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        # Not what stands there: it may be a secret.
        raise LzError("not YAML that Ansible could read", where=where, remedy="Mend it there.") from None
