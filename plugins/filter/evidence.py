"""Filters that turn what modules returned into records for ``evidence_record``.

``hostvars_of_a_host | lz_host_facts(engine)``
    Record host-facts; hosts outside group ``adapter`` run no engine.
``chains | lz_certificate_chains(host, anchors)``, ``partners | lz_partner_chains(host, anchors)``
    Records certificate-chain: our own from their facts, those of partners from their ``key`` and ``file``.
``output_of_pkioverheid_crl | lz_crls(host)``
    Records crl, from the line of JSON that its ``--show`` ends with.
``partners | lz_cpa_files``
    Records cpa-file for partners with ``key``, ``file`` and ``path``, with the digest of the meaning of the CPA.
``results | lz_cpa_loaded(host, side)``
    Records cpa-loaded for the results of a loop of ``ebms_cpa`` over partners.
``probes | lz_probe_records(host, partners)``
    Records network-reach, tls-scan and tls-settings for results of ``endpoint_probe``; a probe that bears the name of a
    partner is about that partner.
``ping | lz_ping_record(host, partner, own_party)``
    Record ebms-ping for a result of ``ebms_ping``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

from lopendezaken.errors import LzError


def _record(kind: str, host: str, raw: dict[str, Any], partner: str | None = None) -> dict[str, Any]:
    subject = {"partner": str(partner)} if partner else {}
    return {"kind": kind, "host": str(host), "raw": raw, **subject}


def lz_host_facts(host: Mapping[str, Any], engine: str) -> dict[str, Any]:
    facts = host["ansible_facts"]
    raw = {
        "hostname": facts["hostname"],
        "distribution": facts["distribution"],
        "version": facts["distribution_version"],
        "kernel": facts["kernel"],
        "addresses": sorted(facts.get("all_ipv4_addresses", [])),
        "services": {},
        "engine": engine if "adapter" in host["group_names"] else None,
    }
    return _record("host-facts", host["inventory_hostname"], raw)


def lz_certificate_chains(
    chains: list[dict[str, Any]], host: str, anchors: str, partner: str | None = None
) -> list[dict[str, Any]]:
    return [
        _record("certificate-chain", host, {**chain, "anchors": str(anchors)}, partner) for chain in chains
    ]


def lz_partner_chains(partners: list[Mapping[str, Any]], host: str, anchors: str) -> list[dict[str, Any]]:
    records = []
    for partner in partners:
        path = Path(str(partner["file"]))
        if path.is_file():
            raw = {"role": "partner", "pem": path.read_text(encoding="utf-8"), "names": []}
            records += lz_certificate_chains([raw], host, anchors, partner["key"])
    return records


def lz_crls(output: str, host: str) -> list[dict[str, Any]]:
    last = output.strip().rpartition("\n")[2]
    return [_record("crl", host, crl) for crl in json.loads(last)] if last.startswith("[") else []


def _digest(xml: str) -> str | None:
    from lopendezaken.cpa.meaning import digest

    try:
        return digest(xml) if xml else None
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None


def _id_of(xml: str) -> str:
    from lopendezaken.cpa.model import parse

    try:
        return parse(xml.encode()).id
    except LzError as error:
        raise AnsibleFilterError(str(error)) from None


def lz_cpa_files(partners: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    records = []
    for partner in partners:
        xml = Path(str(partner["file"])).read_text(encoding="utf-8")
        raw = {"cpa_id": _id_of(xml), "path": str(partner["path"]), "xml": xml, "digest": _digest(xml)}
        records.append(_record("cpa-file", "controller", raw, partner["key"]))
    return records


def lz_cpa_loaded(results: list[Mapping[str, Any]], host: str, side: str) -> list[dict[str, Any]]:
    records = []
    for result in results:
        raw = {
            "side": str(side),
            "cpa_id": str(result["cpa_id"]),
            "digest": _digest(str(result["loaded"])),
            "source": "rest",
        }
        records.append(_record("cpa-loaded", host, raw, result["item"]["key"]))
    return records


def lz_probe_records(probes: list[dict[str, Any]], host: str, partners: list[str]) -> list[dict[str, Any]]:
    records = []
    for probe in probes:
        partner = probe["name"] if probe["name"] in partners else None
        reach = {"from": str(host), "to": probe["host"], **{key: probe[key] for key in ("via", "dns", "tcp")}}
        records.append(_record("network-reach", host, reach, partner))
        records.extend(_record("tls-scan", host, dict(scan), partner) for scan in probe["tls"])
        if probe["settings"]:
            records.append(_record("tls-settings", host, dict(probe["settings"]), partner))
    return records


def lz_ping_record(
    result: Mapping[str, Any], host: str, partner: Mapping[str, Any], own: str
) -> dict[str, Any]:
    raw = {
        "cpa_id": str(partner["cpa_id"]),
        "from": str(own),
        "to": str(partner["party"]),
        "endpoint": str(partner["endpoint"]),
        **{key: result[key] for key in ("outcome", "ms", "ping", "pong", "diagnosis")},
    }
    return _record("ebms-ping", host, raw, partner["key"])


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lz_host_facts": lz_host_facts,
            "lz_certificate_chains": lz_certificate_chains,
            "lz_partner_chains": lz_partner_chains,
            "lz_crls": lz_crls,
            "lz_cpa_files": lz_cpa_files,
            "lz_cpa_loaded": lz_cpa_loaded,
            "lz_probe_records": lz_probe_records,
            "lz_ping_record": lz_ping_record,
        }
