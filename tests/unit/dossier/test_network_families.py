"""One plan for IPv4 and IPv6, internet and Diginetwerk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lopendezaken.dossier import load_network, network
from lopendezaken.dossier.problems import FileError
from tests.unit.dossier.test_network import flows

PLAN = Path(__file__).parent / "diginetwerk.yml"


@pytest.fixture(scope="module")
def plan() -> network.NetworkPlan:
    return load_network(PLAN)


def test_a_flow_of_both_families_is_a_rule_for_each(plan: network.NetworkPlan) -> None:
    rules = network.rules(plan, "adapter-preprod")
    assert {flow for flow in flows(rules["input"]) if flow[3] == 8443} == {
        ("192.0.2.1", "192.0.2.10", "tcp", 8443),
        ("2001:db8:1::1", "2001:db8:1::10", "tcp", 8443),
    }
    assert {flow for flow in flows(rules["output"]) if flow[3] == 3128} == {
        ("192.0.2.10", "192.0.2.1", "tcp", 3128),
        ("2001:db8:1::10", "2001:db8:1::1", "tcp", 3128),
    }


def test_a_flow_to_an_end_of_one_family_is_of_that_family(plan: network.NetworkPlan) -> None:
    rules = network.rules(plan, "dmz-preprod")["output"]
    assert {(each["source"], each["destination"]) for each in rules if each["flow"] == "to-compliance"} == {
        ("2001:db8:3::11", "2001:db8:4::30")
    }
    assert {(each["source"], each["destination"]) for each in rules if each["flow"] == "crl"} == {
        ("198.51.100.11", "203.0.113.40")
    }


def test_each_network_has_its_way_in_and_out(plan: network.NetworkPlan) -> None:
    """Messages go over Diginetwerk, CRLs over the internet; what partners must know is that of messages."""
    assert network.inbound_addresses(plan, "preprod") == ["198.51.100.74", "2001:db8:3::10"]
    assert network.outbound_address(plan, "preprod") == "198.51.100.75"
    assert network.outbound_addresses(plan, "preprod") == [
        "198.51.100.75",
        "2001:db8:3::11",
        "198.51.100.11",
        "2001:db8:2::11",
    ]
    by_name = {each["name"]: each for each in network.egress(plan, "preprod")}
    assert by_name["crl.pkioverheid.example"]["outgoing"] == ["198.51.100.11", "2001:db8:2::11"]
    assert by_name["ebms.preprod.mijnoverheid.example"]["outgoing"] == ["198.51.100.75", "2001:db8:3::11"]
    assert by_name["ebms.compliance.example"]["addresses"] == ["2001:db8:4::30"]


def test_who_may_call_and_who_may_use_the_proxy_are_of_both_families(plan: network.NetworkPlan) -> None:
    entry = network.ingress(plan, "preprod")[0]
    assert entry["sources"] == ["2001:db8:4::20", "2001:db8:4::30", "203.0.113.130"]
    forward = network.forward_proxy(plan, "preprod")
    assert forward["addresses"] == ["192.0.2.1", "2001:db8:1::1"]
    assert forward["clients"] == ["192.0.2.10", "2001:db8:1::10"]


def test_a_zone_without_a_kind_lies_where_its_systems_say(plan: network.NetworkPlan) -> None:
    plain = plan.model_copy(
        update={"zones": tuple(each.model_copy(update={"kind": None}) for each in plan.zones)}
    )
    assert [plain.kind(each) for each in plain.zones] == [
        "management",
        "internal",
        "dmz",
        "dmz",
        "internet",
        "internet",
    ]
    assert [plan.kind(each) for each in plan.zones][-1] == "diginetwerk"


@pytest.mark.parametrize(
    ("pattern", "new", "words"),
    [
        ("cidr6: .2001:db8:1::/64.", "cidr6: 192.0.2.0/27", "zones[1].cidr6: a zone of both families"),
        ("cidr: 192.0.2.0/27", 'cidr: "2001:db8:9::/64"', "expected a range of IPv4"),
        ("address6: .2001:db8:1::11.", 'address6: "2001:db8:2::12"', "not in zone internal"),
        ("address6: .2001:db8:1::11.", 'address6: "2001:db8:1::10"', "stands here twice (case-system has"),
        ("address: 203.0.113.40", 'address6: "2001:db8:4::40"', "expected cidr6 in the zone first"),
        ("address: 198.51.100.11, ", "", "no family of addresses"),
        ("zone: dmz, address: 198.51.100.11", "zone: koppelnet, address: 198.51.100.76", "direction 'out'"),
        (
            "name: internal, kind: internal, cidr: 192.0.2.0/27, cidr6: .2001:db8:1::/64., environment: preprod",
            'name: internal, kind: internal, cidr: 192.0.2.0/27, cidr6: "2001:db8:1::/64", environment: prod',
            "a system of preprod in a zone of prod",
        ),
        (
            "id: cases, environment: preprod, service: other, from: .system: case-system, address: internal.",
            "id: cases, environment: prod, service: other, from: {zone: dmz}",
            "a zone of preprod in a flow of prod",
        ),
        ("kind: dmz", "kind: outside", "management or internal or dmz or internet or diginetwerk"),
    ],
)
def test_a_contradiction_is_told(tmp_path: Path, pattern: str, new: str, words: str) -> None:
    text, count = re.subn(pattern, new, PLAN.read_text(), count=1)
    assert count == 1
    (tmp_path / "network.yml").write_text(text)
    with pytest.raises(FileError) as caught:
        load_network(tmp_path)
    assert words in str(caught.value)


def test_a_flow_of_one_environment_opens_no_host_of_the_other(plan: network.NetworkPlan) -> None:
    """Also when one end is a zone that both share."""
    other = plan.system("adapter-preprod").model_copy(
        update={
            "name": "adapter-prod",
            "environment": "prod",
            "addresses": plan.system("adapter-preprod").addresses[1:],
        }
    )
    flow = next(each for each in plan.flows if each.id == "ssh")
    ours = flow.model_copy(update={"id": "ssh-preprod", "environment": "preprod"})
    both = plan.model_copy(update={"systems": (*plan.systems, other), "flows": (*plan.flows, ours)})
    opened = {
        name: {each["flow"] for each in network.rules(both, name)["input"]}
        for name in ("adapter-preprod", "adapter-prod")
    }
    assert "ssh-preprod" in opened["adapter-preprod"]
    assert "ssh" in opened["adapter-prod"]
    assert "ssh-preprod" not in opened["adapter-prod"]
