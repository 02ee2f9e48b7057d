"""The network plan: rules with concrete addresses, and a plan that contradicts itself is refused."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.dossier import load_network, network
from lopendezaken.dossier.problems import FileError
from lopendezaken.errors import LzError
from tests.unit.dossier.conftest import EXAMPLE, Change

MANAGEMENT = "192.0.2.128/25"


@pytest.fixture(scope="module")
def plan() -> network.NetworkPlan:
    return load_network(EXAMPLE)


def flows(rules: list[dict[str, Any]]) -> set[tuple[str, str, str, int | None]]:
    return {(rule["source"], rule["destination"], rule["protocol"], rule["port"]) for rule in rules}


def complaint(folder: Path) -> str:
    with pytest.raises(FileError) as caught:
        load_network(folder)
    return str(caught.value)


def test_the_adapter_hears_only_its_proxy_the_case_system_and_the_controller(
    plan: network.NetworkPlan,
) -> None:
    rules = network.rules(plan, "adapter-preprod")
    assert flows(rules["input"]) == {
        (MANAGEMENT, MANAGEMENT, "tcp", 22),
        (MANAGEMENT, MANAGEMENT, "icmp", None),
        (MANAGEMENT, MANAGEMENT, "tcp", 9100),
        ("192.0.2.1", "192.0.2.10", "tcp", 8443),
        ("192.0.2.20", "192.0.2.10", "tcp", 8444),
    }
    assert flows(rules["output"]) == {
        (MANAGEMENT, MANAGEMENT, "udp", 123),
        (MANAGEMENT, MANAGEMENT, "udp", 53),
        (MANAGEMENT, MANAGEMENT, "tcp", 53),
        (MANAGEMENT, MANAGEMENT, "tcp", 3142),
        ("192.0.2.10", "192.0.2.1", "tcp", 3128),
    }


@pytest.mark.parametrize(
    ("system", "stages", "open_"),
    [
        ("adapter-prod", (), False),
        ("adapter-prod", ("connect", "limited-run"), False),
        ("adapter-prod", ("live",), True),
        ("adapter-preprod", (), True),
    ],
)
def test_the_case_system_is_let_in_to_production_from_live_on(
    plan: network.NetworkPlan, system: str, stages: tuple[str, ...], open_: bool
) -> None:
    rules = network.rules(plan, system, stages)
    assert (8444 in {rule["port"] for rule in rules["input"]}) is open_
    assert 8443 in {rule["port"] for rule in rules["input"]}


def test_the_dmz_host_receives_and_sends_from_two_addresses(plan: network.NetworkPlan) -> None:
    rules = network.rules(plan, "dmz-prod")
    outside = {flow for flow in flows(rules["input"]) if flow[3] == 443}
    assert outside == {("203.0.113.30", "198.51.100.20", "tcp", 443)}
    assert ("198.51.100.21", "203.0.113.30", "tcp", 443) in flows(rules["output"])
    assert network.inbound_address(plan, "prod") == "198.51.100.20"
    assert network.outbound_address(plan, "prod") == "198.51.100.21"


def test_a_rule_says_why_and_whether_only_the_lab_has_it(plan: network.NetworkPlan) -> None:
    packages = next(r for r in network.rules(plan, "dmz-preprod")["output"] if r["flow"] == "packages")
    assert packages["lab"] is True
    assert packages["peer"] == "controller"
    assert packages["why"]


def test_no_rule_of_one_environment_names_an_address_of_the_other(plan: network.NetworkPlan) -> None:
    own = {"preprod": {"192.0.2.10", "192.0.2.1"}, "prod": {"192.0.2.42", "192.0.2.33"}}
    for environment, other in (("preprod", "prod"), ("prod", "preprod")):
        for host in ("adapter", "dmz"):
            rules = network.rules(plan, f"{host}-{environment}")
            named = {address for chain in rules.values() for flow in flows(chain) for address in flow[:2]}
            assert not named & own[other]


def test_egress_lists_names_and_no_more(plan: network.NetworkPlan) -> None:
    found = [(each["name"], each["port"], each["purpose"]) for each in network.egress(plan, "preprod")]
    assert found == [
        ("crl.pkioverheid.example", 80, "crl"),
        ("ebms.compliance.example", 443, "ebms"),
        ("ebms.preprod.mijnoverheid.example", 443, "ebms"),
    ]


def test_ingress_and_forward_proxy(plan: network.NetworkPlan) -> None:
    assert network.ingress(plan, "preprod") == [
        {
            "name": "ebms.preprod.voorbeeldstad.example",
            "listen_address": "198.51.100.10",
            "listen_port": 443,
            "backends": [{"system": "adapter-preprod", "address": "192.0.2.10", "port": 8443}],
            "sources": ["203.0.113.10", "203.0.113.20"],
        }
    ]
    expected = {
        "address": "192.0.2.1",
        "addresses": ["192.0.2.1"],
        "port": 3128,
        "clients": ["192.0.2.10"],
    }
    assert network.forward_proxy(plan, "preprod") == expected


def test_an_unknown_system_is_told_with_those_that_exist(plan: network.NetworkPlan) -> None:
    with pytest.raises(LzError, match=r"no such system: found adapter-x, expected one of controller"):
        network.rules(plan, "adapter-x")


@pytest.mark.parametrize(
    ("pattern", "new", "words"),
    [
        (r"    stage: live\n", "", r"flows[20].stage: case systems reach production: found at once"),
        (r"stage: live", "stage: limited-run", "flows[20].stage: case systems reach production"),
        (
            r"from: {system: adapter-preprod,",
            "from: {system: adapter-test,",
            "flows[7].from.system: unknown system",
        ),
        (
            r"from: {system: adapter-preprod,",
            "from: {system: adapter-prod,",
            "a system of prod in a flow of preprod",
        ),
        (
            r"system: adapter-preprod, address: internal",
            "system: adapter-preprod, address: x",
            "no such address",
        ),
        ("address: 192.0.2.42", "address: 192.0.2.10", "not in zone internal-prod"),
        (
            "address: 198.51.100.20",
            "address: 198.51.100.10",
            "this address stands here twice (dmz-preprod has it)",
        ),
        ("zone: internal-prod", "zone: internal-preprod", "a system of prod in a zone of preprod"),
        ("zone: internal-prod", "zone: inside", "unknown zone: found inside"),
        ("cidr: 198.51.100.0/24", "cidr: 198.51.100.1/24", "whose host part is zero"),
        ("id: preprod-crl", "id: ssh", "this flow stands here twice: found ssh"),
        ("direction: out", "direction: both", "addresses with direction 'out': found 0"),
        ("port: 443", "port: 70000", "a port from 1 to 65535"),
        ("    port: 443\n", "", "protocol tcp: found None, expected a port"),
        ("protocol: icmp", "protocol: icmp\n    port: 8", "expected no port"),
        (r"from: {system: controller, address: management}", "from: {zone: dmz}", "from zone to zone"),
        (
            r"to: {zone: management}",
            "to: {zone: management, system: x}",
            "either zone, or system and address",
        ),
        (r"to: {zone: management}", "to: {system: controller, address: management}", "the same system"),
        ("  - .name: ebms.compliance.example.*\n", "", "give this address one in 'names'"),
        ("lab: true", "lab: yes", "true or false"),
        ("why: ", "because: ", "unknown key"),
    ],
)
def test_a_contradiction_is_told(changed: Change, pattern: str, new: str, words: str) -> None:
    text = complaint(changed("network.yml", (pattern, new)))
    assert words in text
    assert "network.yml:" in text


def test_several_adapters_are_behind_one_name_in_the_order_of_the_plan(plan: network.NetworkPlan) -> None:
    first = plan.system("adapter-preprod")
    inside = first.addresses[0].model_copy(update={"address": IPv4Address("192.0.2.11")})
    second = first.model_copy(update={"name": "adapter-preprod-2", "addresses": (inside,)})
    (way,) = (flow for flow in plan.flows if flow.id == "preprod-adapter")
    to_second = way.model_copy(
        update={
            "id": "preprod-adapter-2",
            "destination": network.Side(system="adapter-preprod-2", address="internal"),
        }
    )
    wider = plan.model_copy(update={"systems": (*plan.systems, second), "flows": (*plan.flows, to_second)})
    (route,) = network.ingress(wider, "preprod")
    assert route["backends"] == [
        {"system": "adapter-preprod", "address": "192.0.2.10", "port": 8443},
        {"system": "adapter-preprod-2", "address": "192.0.2.11", "port": 8443},
    ]
