"""The drawing of the network, its table and the firewalls tell the same, and the drawing can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from lopendezaken.documents.network_drawing import draw
from lopendezaken.documents.network_flows import lines
from lopendezaken.dossier import load_network, network
from lopendezaken.dossier.network import NetworkPlan, together
from lopendezaken.dossier.network_problems import reference_problems
from tests.unit.documents.geometry import collisions, found
from tests.unit.dossier.conftest import EXAMPLE

DIGINETWERK = Path(__file__).parents[1] / "dossier/diginetwerk.yml"
Rule = tuple[str, str, str, str, str, str, str]  # system, chain, flow, source, destination, protocol, port


def drawn(plan: NetworkPlan, environment: str) -> Any:
    below = "Gemeenschappelijke Regeling met een lange naam, Lopende Zaken over internet, 24 november 2026"
    return etree.fromstring(draw(plan, environment, "Netwerkoverzicht", below))


def rules_of_drawing(picture: Any) -> set[Rule]:
    """Read back from what a reader sees what each system may receive and send."""
    zones: dict[str, dict[str, tuple[str, ...]]] = {}
    for box in found(picture, "box"):
        members = {
            each.get("data-member"): tuple(each.get("data-addresses").split())
            for each in box.xpath("*[@data-member]")
        }
        if box.get("data-zone"):
            zones.setdefault(box.get("data-zone"), {}).update(members)
    rules: set[Rule] = set()
    for flow in found(picture, "flow"):
        ends = {side: flow.xpath(f"*[@data-end='{side}']") for side in ("from", "to")}
        names = {side: texts[0].get("data-of") for side, texts in ends.items()}
        seen = {side: tuple(each.get("data-address") for each in texts) for side, texts in ends.items()}
        what = (flow.get("data-flow"), flow.get("data-protocol"), flow.get("data-port") or "None")
        for chain, own, other in (("input", "to", "from"), ("output", "from", "to")):
            here = zones.get(names[own]) or {names[own]: seen[own]}
            for system, addresses in here.items():
                if system == names[other]:
                    continue
                pairs = (seen[other], addresses) if chain == "input" else (addresses, seen[other])
                rules |= {
                    (system, chain, what[0], source, destination, *what[1:])
                    for source, destination in network.same_family(*pairs)
                }
    return rules


def rules_of_firewalls(plan: NetworkPlan, environment: str) -> set[Rule]:
    """What nftables lets through on the hosts of an environment in the end, by its flows and the shared ones."""
    flows = {each.id for each in plan.flows if together(each.environment, environment)}
    return {
        (
            system.name,
            chain,
            each["flow"],
            each["source"],
            each["destination"],
            each["protocol"],
            str(each["port"]),
        )
        for system in plan.systems
        for chain, rules in network.rules(plan, system.name, network.STAGES).items()
        for each in rules
        if together(system.environment, environment) and each["flow"] in flows
    }


def of_environment(plan: NetworkPlan, environment: str, rules: set[Rule]) -> set[Rule]:
    """Leave out what a flow that crosses says of a system of the other environment."""
    systems = {each.name for each in plan.systems if together(each.environment, environment)}
    return {rule for rule in rules if rule[0] in systems}


PLANS = [(EXAMPLE, "preprod"), (EXAMPLE, "prod"), (DIGINETWERK, "preprod")]


@pytest.fixture(params=PLANS, ids=["preprod", "prod", "diginetwerk"])
def case(request: pytest.FixtureRequest) -> tuple[NetworkPlan, str]:
    path, environment = request.param
    return load_network(path), environment


def test_the_drawing_shows_what_firewalls_let_through_and_no_more(case: tuple[NetworkPlan, str]) -> None:
    plan, environment = case
    rules = rules_of_firewalls(plan, environment)
    assert rules
    assert of_environment(plan, environment, rules_of_drawing(drawn(plan, environment))) == rules


def test_both_environments_together_are_the_whole_plan() -> None:
    plan = load_network(EXAMPLE)
    everything = {
        (system.name, chain, each["flow"])
        for system in plan.systems
        for chain, rules in network.rules(plan, system.name, network.STAGES).items()
        for each in rules
    }
    both = rules_of_drawing(drawn(plan, "preprod")) | rules_of_drawing(drawn(plan, "prod"))
    assert {rule[:3] for rule in both} == everything


def test_nothing_meets_what_it_should_not(case: tuple[NetworkPlan, str]) -> None:
    assert not [*collisions(drawn(*case))]


def test_a_drawing_can_be_read_without_seeing_it() -> None:
    plan = load_network(EXAMPLE)
    picture = drawn(plan, "preprod")
    assert picture.get("aria-labelledby") == "title desc"
    assert picture.get("lang") == "nl"
    told = picture.find("{*}desc").text
    titles = [flow.find("{*}title").text for flow in found(picture, "flow")]
    for line in lines(plan, "preprod"):
        assert f"{line.number}: van {line.source.name} naar {line.destination.name}" in told
        assert titles[line.number - 1].startswith(f"{line.number}: {line.source.name} naar ")
    sentence = "dmz-preprod naar compliance, tcp 443, van 198.51.100.11 naar 203.0.113.10"
    assert [each for each in titles if sentence in each]


def test_it_fits_on_a_page_and_its_letters_can_be_read_there() -> None:
    for path, environment in PLANS:
        picture = drawn(load_network(path), environment)
        width, height = (float(picture.get(side).removesuffix("mm")) for side in ("width", "height"))
        assert width <= 297
        assert height <= 210
        scale = width / float(picture.get("viewBox").split()[2])
        assert 11 * scale >= 2.4  # millimetres: the smallest letters, as in this project's other documents


def test_the_same_plan_gives_the_same_bytes() -> None:
    plan = load_network(EXAMPLE)
    assert draw(plan, "prod", "a", "b") == draw(plan, "prod", "a", "b")


def test_markup_in_a_plan_stays_text() -> None:
    plan = load_network(EXAMPLE)
    changed = plan.model_copy(
        update={
            "flows": tuple(each.model_copy(update={"why": "<script>&\"'"}) for each in plan.flows),
            "systems": tuple(
                each.model_copy(update={"owner": "<b>Stad & Land</b>"}) for each in plan.systems
            ),
        }
    )
    picture = drawn(changed, "preprod")
    assert "van <b>Stad & Land</b>" in picture.xpath("//text()")
    assert not picture.xpath("//*[local-name()='script' or local-name()='b']")


ZONES = {
    "management": ("shared", "management"),
    "internal-preprod": ("preprod", "internal"),
    "internal-prod": ("prod", "internal"),
    "dmz": ("shared", "dmz"),
    "outside": ("shared", "internet"),
    "koppelnet": ("shared", "diginetwerk"),
}


PROXY: dict[str, Any] = {
    "name": "proxy",
    "role": "proxy",
    "environment": "preprod",
    "owner": "Stad",
    "addresses": [
        {"id": "in", "zone": "dmz", "address": "198.51.100.120", "direction": "in", "purpose": "x"},
        {"id": "out", "zone": "dmz", "address": "198.51.100.121", "direction": "out", "purpose": "x"},
        {"id": "inside", "zone": "internal-preprod", "direction": "both", "purpose": "x"},
        {"id": "management", "zone": "management", "direction": "both", "purpose": "x"},
    ],
}


@st.composite
def plans(draw_: st.DrawFn) -> dict[str, Any]:
    """A plan of any shape: systems with legs anywhere, flows between any two of them or with a zone."""
    both = {name: draw_(st.booleans()) for name in ZONES}
    zones = []
    for index, (name, (environment, kind)) in enumerate(ZONES.items()):
        zone: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "cidr": f"198.51.100.{32 * index}/27",
            "environment": environment,
            "purpose": "x",
        }
        zones.append(zone | ({"cidr6": f"2001:db8:{index}::/64"} if both[name] else {}))
    systems: list[dict[str, Any]] = []
    long = draw_(st.sampled_from(["", "-met-een-naam-die-niet-op-een-regel-past"]))
    for number in range(draw_(st.integers(2, 8))):
        environment = draw_(st.sampled_from(["preprod", "prod", "shared"]))
        fits = [name for name, (of, _) in ZONES.items() if together(environment, of)]
        addresses = []
        for leg in draw_(st.lists(st.sampled_from(fits), min_size=1, max_size=3, unique=True)):
            place = [*ZONES].index(leg)
            v4, v6 = f"198.51.100.{32 * place + 1 + number}", f"2001:db8:{place}::{number + 1}"
            fixed = draw_(
                st.sampled_from(
                    [{}, {"address": v4}]
                    + ([{"address6": v6}, {"address": v4, "address6": v6}] if both[leg] else [])
                )
            )
            addresses.append({"id": leg, "zone": leg, "direction": "both", "purpose": "x", **fixed})
        role = draw_(st.sampled_from(["adapter", "partner", "crl", "controller", "other"]))
        systems.append(
            {
                "name": f"s{number}{long}",
                "role": role,
                "environment": environment,
                "owner": f"Stad{long.replace('-', ' ')}",
                "addresses": addresses,
            }
        )
    systems.append(PROXY)
    ends: list[dict[str, str]] = [
        {"system": each["name"], "address": leg["id"]} for each in systems for leg in each["addresses"]
    ]
    flows = []
    for number in range(draw_(st.integers(1, 14))):
        first = draw_(st.sampled_from(ends))
        second = draw_(st.sampled_from([*ends, *({"zone": name} for name in ZONES)]))
        ways = [first, second] if draw_(st.booleans()) else [second, first]
        over = draw_(
            st.sampled_from(
                [{"protocol": "icmp"}, {"protocol": "tcp", "port": "443"}, {"protocol": "udp", "port": "53"}]
            )
        )
        environment = draw_(st.sampled_from(["preprod", "prod", "shared"]))
        flow: dict[str, Any] = {
            "id": f"f{number}",
            "environment": environment,
            "service": "other",
            "from": ways[0],
            "to": ways[1],
            "why": "x",
            "since": "2026-11-01",
        }
        flows.append(flow | over)
    names = [{"name": f"{each['address']}.{each['system']}.example", **each} for each in ends]
    return {"zones": zones, "systems": systems, "names": names, "flows": flows}


def sound(plan: dict[str, Any]) -> NetworkPlan | None:
    """Keep the flows that a plan may have; ``None`` when none is left."""
    kept = []
    for flow in plan["flows"]:
        one = {**plan, "flows": [flow]}
        if not [*reference_problems(NetworkPlan.model_validate(one))]:
            kept.append(flow)
    return NetworkPlan.model_validate({**plan, "flows": kept}) if kept else None


@settings(max_examples=40, deadline=None)
@given(plans(), st.sampled_from(["preprod", "prod"]))
def test_for_any_plan_drawing_and_firewalls_agree_and_nothing_collides(
    made: dict[str, Any], environment: str
) -> None:
    plan = sound(made)
    assume(plan is not None)
    assert plan is not None
    picture = drawn(plan, environment)
    rules = rules_of_firewalls(plan, environment)
    assert of_environment(plan, environment, rules_of_drawing(picture)) == rules
    assert not [*collisions(picture)]
