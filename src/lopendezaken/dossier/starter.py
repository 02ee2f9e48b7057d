"""The folder of a new organisation, made from the example and the few things that cannot be derived.

What only Logius, the TSP or the network can tell is not known yet. Such a value is one that cannot be taken for
real (a name below .example, a number 00000099…, an address of RFC 5737) and the files say so.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.dossier.edit import quoted
from lopendezaken.dossier.place import EXAMPLE
from lopendezaken.errors import LzError

_NAME, _SLUG, _NUMBER = "Gemeente Voorbeeldstad", "voorbeeldstad", "00000099100000001000"
_HOSTS = {"preprod": "ebms.preprod.voorbeeldstad.example", "prod": "ebms.voorbeeldstad.example"}
# What of group_vars is of the lab: from this line to before that one, or to the end.
_OF_THE_LAB = {
    "all/backup.yml": ("# The lab makes the pair", "backup_store:"),
    "all/connectivity.yml": ("# In the lab a partner", None),
    "all/pkioverheid.yml": ("# The lab plays the TSP", "# Their certificates become"),
    "prod/connection.yml": ("# In the lab one person", "base_ssh_principals:"),
}
_ADDED = {
    "all/backup.yml": "# Whom backups are for (age public keys); the private part lies where they are restored.\n"
    "backup_recipients: []\n",
    "all/pkioverheid.yml": "# Keep pkioverheid_keystore_passphrase in a vault.\n",
    "prod/connection.yml": "# The public key of the gate, laid beside hosts.yml: its certificates and nothing else open these hosts\n"
    "# (docs/promote.md).\n"
    "base_ssh_user_ca_keys: [\"{{ lookup('ansible.builtin.file', inventory_dir ~ '/gate.pub') }}\"]\n"
    "gate_look_key_file: /etc/lopendezaken/look\n"
    "# A connection that may only look is never taken for one that may do more.\n"
    "ansible_control_path_dir: \"~/.ansible/{{ 'look' if gate_stage == 'verify' else '' }}cp\"\n",
}
_HEAD = """\
# The dossier of {name}: what people decide, send and receive.
# Numbers that identify (OIN, HRN, KvK, phone) stand between quotes. Files are relative to this folder.
# Not known yet, and therefore not real: every name below .example, every number 00000099…, each service
# `voorbeeld:…`. Logius and the TSP give them; change them then: lz dossier set PATH VALUE.
# lz dossier schema knows every section; lz check says which are still missing.
organisation:
  name: {name}
  slug: {slug}
  kind: {kind}
  {register}: "{number}"

service:
  name: Lopende Zaken
  connection: {connection}
  standard: {standard}
  streams:
"""
_NETWORK_HEAD = """\
# The network plan of {name}: every zone, system, address, name and flow of the chain.
# What is not in it is not allowed: firewalls and proxies are made from this file.
# Every address is still to be filled in: those here are of RFC 5737 and reach nobody.
# ICMP errors (needed for path MTU) are always let through; an echo request needs a flow of its own.
"""
_CONNECTION = """\
# How Ansible reaches the hosts. Set ansible_host for each of them in hosts.yml.
ansible_user: root
"""
_HOSTS_FILE = """\
# The hosts of {name}. `preprod` and `prod` hold the same roles.
all:
  children:
    preprod:
      hosts:
        adapter-preprod:
        dmz-preprod:
{prod}    adapter:
      hosts:
        adapter-preprod:
{adapter}    dmz:
      hosts:
        dmz-preprod:
{dmz}    # PostgreSQL on hosts of its own, for several adapters.
    database:
"""


@dataclass(frozen=True)
class Answers:
    """What cannot be derived. ``streams``: kinds of cases, each with its owner; ``hosts`` by environment."""

    slug: str
    name: str
    kind: str
    number: str
    number_is_hrn: bool
    connection: str
    standard: str
    streams: tuple[tuple[str, str], ...]
    hosts: dict[str, str]


def start(repository: Path, answers: Answers) -> Path:
    """Make inventories/<slug> and give it; it appears whole or not at all and never replaces another.

    Raises :class:`LzError`.
    """
    from lopendezaken.dossier import load, load_network

    example, target = repository / EXAMPLE, repository / "inventories" / answers.slug
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", answers.slug):
        raise LzError(
            "not a name for a folder", found=answers.slug, expected="small letters, digits and hyphens"
        )
    if target.exists() or target.is_symlink():
        raise LzError("this organisation is there already", where=str(target), remedy="Choose another name")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{answers.slug}.") as draft:
        folder = Path(draft) / answers.slug
        _write(folder, example, answers)
        load(folder)
        load_network(folder)
        folder.rename(target)
    return target


def _write(folder: Path, example: Path, answers: Answers) -> None:
    environments = tuple(answers.hosts)
    shutil.copytree(example / "group_vars", folder / "group_vars", ignore=_left_out(environments))
    (folder / "group_vars/all/connection.yml").write_text(_CONNECTION)
    for path in (folder / "group_vars").rglob("*.yml"):
        path.write_text(
            _settings(path.relative_to(folder / "group_vars").as_posix(), path.read_text(), answers)
        )
    (folder / "dossier").mkdir()
    for name, text in (("dossier.yml", _dossier), ("network.yml", _network)):
        source = (example / "dossier" / name).read_text()
        (folder / "dossier" / name).write_text(_own(text(source, answers), answers))
    (folder / "hosts.yml").write_text(_hosts(answers))


def _left_out(environments: tuple[str, ...]) -> Callable[[str, list[str]], set[str]]:
    unwanted = {"chain_partner", "preprod", "prod"} - set(environments)
    return lambda _folder, names: {name for name in names if name in unwanted}


def _settings(name: str, source: str, answers: Answers) -> str:
    if name in _OF_THE_LAB:
        source = _without(source, *_OF_THE_LAB[name]) + _ADDED.get(name, "")
    return source.replace(f"{_SLUG}.example", f"{answers.slug}.example")


def _without(text: str, first: str, last: str | None) -> str:
    start_of = text.index(first)
    return text[:start_of] + (text[text.index(last, start_of) :] if last else "")


def _dossier(source: str, answers: Answers) -> str:
    head = _HEAD.format(
        name=quoted(answers.name),
        slug=answers.slug,
        kind=answers.kind,
        register="hrn" if answers.number_is_hrn else "oin",
        number=answers.number,
        connection=answers.connection,
        standard=answers.standard,
    )
    for stream, owner in answers.streams:
        head += f"    - name: {quoted(stream)}\n      owner: {quoted(owner)}\n"
    environments = source[
        source.index("environments:\n") : source.index("# Preproduction is connected first")
    ]
    if "prod" not in answers.hosts:
        environments = environments[: environments.index("\n  prod:\n") + 1]
    return f"{head}\n{environments.rstrip()}\n"


def _network(source: str, answers: Answers) -> str:
    body = source[source.index("zones:\n") :]
    parts = re.split(r"(?m)^(?=  - )", body)
    kept = [part for part in parts if "lab: true" not in part]
    return _NETWORK_HEAD.format(name=quoted(answers.name)) + "".join(kept)


def _own(text: str, answers: Answers) -> str:
    for environment, host in answers.hosts.items():
        text = text.replace(_HOSTS[environment], host)
    text = text.replace(f"owner: {_NAME}", f"owner: {quoted(answers.name)}")
    return text.replace(_NUMBER, answers.number)


def _hosts(answers: Answers) -> str:
    prod = "prod" in answers.hosts
    return _HOSTS_FILE.format(
        name=quoted(answers.name),
        prod="    prod:\n      hosts:\n        adapter-prod:\n        dmz-prod:\n" if prod else "",
        adapter="        adapter-prod:\n" if prod else "",
        dmz="        dmz-prod:\n" if prod else "",
    )
