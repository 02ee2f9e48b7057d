"""Filters over the dossier and the network plan of an organisation.

The value on the left is always the dossier's folder (``dossier_dir``); files are read once per change.

``dossier_dir | lz_dossier``
    The dossier as a dict with the keys of dossier.yml (defaults filled in, absent parts ``None``), and
    ``folder``: its absolute path. Files in it are relative to that folder.
``dossier_dir | lz_performance_test(day)``
    Whether the dossier has Logius' permission for a performance test at MijnOverheid on that day (YYYY-MM-DD;
    today without it). Without one such tests are forbidden (P2-48, P2-49).
``dossier_dir | lz_network``
    The network plan as a dict with the keys of network.yml (zones, systems, names, flows).
``dossier_dir | lz_open_stages``
    The stages of production that the gate has opened, as a list; what went live stays live (docs/promote.md).
``dossier_dir | lz_network_rules(system, stages)``
    ``{"input": [...], "output": [...]}`` for the firewall of ``system``. Each rule is a dict: ``flow`` (id),
    ``service`` (ebms, rest, crl, proxy, database, health, ssh, dns, packages, echo,
    other), ``source`` and ``destination`` (an
    address, or a range like 192.0.2.128/25 where the zone gives addresses out), ``protocol`` (tcp, udp, or
    icmp: an echo request), ``port`` (int; None for icmp), ``peer`` (system or zone at the other end),
    ``why``, ``stage`` (of production, from which on it is open), ``lab`` (bool: only the lab has this flow).
    Without ``stages``, flows of production that wait for one are left out. A flow with IPv4 and IPv6 is a rule for each. ICMP
    errors and replies are not in it: the role
    always lets them through. An empty list means that nothing is allowed.
``dossier_dir | lz_egress(environment)``
    A list, sorted by name, of what the outgoing proxy may reach: ``name``, ``port`` (int), ``purpose``
    (``ebms``: CONNECT; ``crl``: GET), ``address`` (of the plan), ``addresses`` (all: IPv4 and IPv6),
    ``outgoing`` (list of our addresses that it goes out from), ``flow``, ``why``.
``dossier_dir | lz_ingress(environment)``
    A list of names that partners may call: ``name`` (SNI), ``listen_address``, ``listen_port``,
    ``backends`` (the adapters in the order of the plan: ``system``, ``address``, ``port``), ``sources`` (list of
    addresses of callers).
``dossier_dir | lz_forward_proxy(environment)``
    Where the adapter finds the outgoing proxy: ``address``, ``addresses`` (all), ``port``, ``clients`` (list of
    addresses).
``dossier_dir | lz_inbound_address(environment)``, ``dossier_dir | lz_outbound_address(environment)``
    The address that partners call, and the one that they see us come from, as text.
``dossier_dir | lz_inbound_addresses(environment)``, ``dossier_dir | lz_outbound_addresses(environment)``
    All of them, those for messages first: IPv4 and IPv6, internet and Diginetwerk.
``dossier_dir | lz_is_exercise(environment)``
    Whether every name of this environment lies below .example, so that it is a rehearsal and can be nothing else.
``dossier_dir | lz_settings_digest``, ``dossier_dir | lz_commit``
    What evidence bears, so that the gate knows what it was seen with: one SHA-256 of all settings, and the commit of
    this repository, with ``+`` when the tree differs from it.

A mistake in a file stops the play with file, line and column.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

from lopendezaken.dossier import load, load_network, network
from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.errors import LzError
from lopendezaken.evidence.chosen import is_exercise
from lopendezaken.gate import code, settings
from lopendezaken.gate.opened import opened


@functools.lru_cache(maxsize=16)
def _dossier(path: Path, _mtime_ns: int) -> dict[str, Any]:
    return load(path).plain()


@functools.lru_cache(maxsize=16)
def _plan(path: Path, _mtime_ns: int) -> NetworkPlan:
    return load_network(path)


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _telling(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Give a filter whose mistakes Ansible shows as they are."""

    @functools.wraps(filter_)
    def wrapped(folder: str, *arguments: str | list[str]) -> Any:
        try:
            return filter_(Path(str(folder)).resolve(), *map(_plain, arguments))
        except LzError as error:
            raise AnsibleFilterError(str(error)) from None

    return wrapped


def _plain(argument: str | list[str]) -> str | list[str]:
    """Give what Ansible hands over without the marks that it puts on it."""
    return [str(each) for each in argument] if isinstance(argument, list) else str(argument)


def _of_plan(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def of_folder(folder: Path, *arguments: str) -> Any:
        path = folder / "network.yml"
        return function(_plan(path, _stamp(path)), *arguments)

    return _telling(of_folder)


@functools.lru_cache(maxsize=16)
def _opened(organisation: Path, _statements: tuple[tuple[str, int], ...]) -> list[str]:
    return opened(organisation, Path(__file__).resolve().parents[2] / "policies")


@_telling
def lz_open_stages(folder: Path) -> list[str]:
    statements = sorted((path.name, _stamp(path)) for path in (folder / "gate").glob("*.json*"))
    return list(_opened(folder.parent, tuple(statements)))


@_telling
def lz_dossier(folder: Path) -> dict[str, Any]:
    path = folder / "dossier.yml"
    return _dossier(path, _stamp(path))


@_telling
def lz_is_exercise(folder: Path, environment: str) -> bool:
    return is_exercise(load(folder).environments[environment])  # type: ignore[index]


@_telling
def lz_settings_digest(folder: Path) -> str:
    return settings.digest(settings.digests(folder.parent))


@_telling
def lz_commit(_folder: Path) -> str:
    return code.described(Path(__file__).resolve().parents[2])


@_telling
def lz_performance_test(folder: Path, day: str = "") -> bool:
    today = day or date.today().isoformat()
    path = folder / "dossier.yml"
    return any(
        (test["target"], test["day"]) == ("mijnoverheid", today)
        and (test["permission"] or {"given_on": "never"})["given_on"] <= today
        for test in _dossier(path, _stamp(path))["performance_tests"]
    )


@_of_plan
def lz_network(plan: NetworkPlan) -> dict[str, Any]:
    return plan.model_dump(mode="json", by_alias=True)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lz_dossier": lz_dossier,
            "lz_performance_test": lz_performance_test,
            "lz_is_exercise": lz_is_exercise,
            "lz_settings_digest": lz_settings_digest,
            "lz_commit": lz_commit,
            "lz_network": lz_network,
            "lz_open_stages": lz_open_stages,
            "lz_network_rules": _of_plan(network.rules),
            "lz_egress": _of_plan(network.egress),
            "lz_ingress": _of_plan(network.ingress),
            "lz_forward_proxy": _of_plan(network.forward_proxy),
            "lz_inbound_address": _of_plan(network.inbound_address),
            "lz_outbound_address": _of_plan(network.outbound_address),
            "lz_inbound_addresses": _of_plan(network.inbound_addresses),
            "lz_outbound_addresses": _of_plan(network.outbound_addresses),
        }
