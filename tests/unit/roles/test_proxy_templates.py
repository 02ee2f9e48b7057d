"""What both proxies are told where a plan has two networks and two families of addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lopendezaken.dossier import load_network, network

ROOT = Path(__file__).resolve().parents[3]
PLAN = load_network(ROOT / "tests/unit/dossier/diginetwerk.yml")
WAYS = network.egress(PLAN, "preprod")


def render(role: str, template: str, **told: Any) -> list[str]:
    """The lines that a role makes with its defaults and what it is told."""
    folder = ROOT / "roles" / role
    environment = Environment(
        loader=FileSystemLoader(folder / "templates"),
        trim_blocks=True,
        undefined=StrictUndefined,
        autoescape=False,
    )
    words = {
        "ansible_managed": "Ansible managed",
        **yaml.safe_load((folder / "defaults/main.yml").read_text()),
        **told,
    }
    internal = yaml.safe_load((folder / "vars/main.yml").read_text())
    words |= {
        name: environment.from_string(str(text)).render(words)
        for name, text in internal.items()
        if name not in told
    }
    return [line.strip() for line in environment.get_template(template).render(words).splitlines()]


def squid(**more: Any) -> list[str]:
    forward = network.forward_proxy(PLAN, "preprod")
    return render(
        "proxy_outbound",
        "squid.conf.j2",
        proxy_outbound_listen_addresses=forward["addresses"],
        proxy_outbound_clients=forward["clients"],
        proxy_outbound_outgoing=[{"name": each["name"], "addresses": each["outgoing"]} for each in WAYS],
        proxy_outbound_tls_names=[each["name"] for each in WAYS if each["purpose"] == "ebms"],
        proxy_outbound_http_names=[each["name"] for each in WAYS if each["purpose"] == "crl"],
        __proxy_outbound_names=[],
        **more,
    )


def haproxy(mode: str) -> list[str]:
    routes = network.ingress(PLAN, "preprod")
    return render(
        "proxy_inbound",
        "haproxy.cfg.j2",
        proxy_inbound_mode=mode,
        proxy_inbound_addresses=network.inbound_addresses(PLAN, "preprod"),
        proxy_inbound_source_address=network.forward_proxy(PLAN, "preprod")["address"],
        proxy_inbound_routes=routes,
        __proxy_inbound_names=[route["name"] for route in routes],
    )


def test_each_name_is_reached_from_the_addresses_of_its_network() -> None:
    lines = squid()
    ways = {}
    for line in lines:
        if line.startswith("acl out_"):
            ways[line.split()[1]] = line.split()[-1]
    found = {
        (ways[line.split()[2]], line.split()[1]) for line in lines if line.startswith("tcp_outgoing_address")
    }
    assert ("crl.pkioverheid.example", "198.51.100.11") in found
    assert ("ebms.preprod.mijnoverheid.example", "198.51.100.75") in found
    assert ("ebms.preprod.mijnoverheid.example", "2001:db8:3::11") in found
    assert ("ebms.preprod.mijnoverheid.example", "198.51.100.11") not in found
    assert "http_port [2001:db8:1::1]:3128" in lines


def test_denial_comes_before_what_is_allowed() -> None:
    lines = squid(proxy_outbound_bounded_names=["ebms.preprod.mijnoverheid.example"])
    assert lines.index("http_access deny tunnel bounded crowd") < lines.index(
        "http_access allow tunnel partner port_tls"
    )
    assert [line for line in lines if line.startswith("http_access")][-1] == "http_access deny all"


def test_partners_of_both_families_are_counted_and_let_in() -> None:
    for mode in ("passthrough", "offload"):
        lines = haproxy(mode)
        assert (
            len(
                [
                    line
                    for line in lines
                    if line.startswith(("bind 198.51.100.74:443", "bind [2001:db8:3::10]:443"))
                ]
            )
            == 2
        )
        assert any(line.startswith("stick-table type ipv6") for line in lines)


def test_a_header_of_the_partner_goes_before_ours_comes() -> None:
    lines = haproxy("offload")
    removed = lines.index("http-request del-header X-Client-Cert")
    assert lines[removed + 1].startswith("http-request set-header X-Client-Cert ")


def test_offload_never_verifies_less_than_all() -> None:
    tls = [line for line in haproxy("offload") if " ssl crt " in line]
    assert len(tls) == 3, "two addresses and the adapter"
    for line in tls:
        assert "verify required" in line
        assert "crl-file /etc/pkioverheid/crls.pem" in line
        assert "ignore-err" not in line


def behind(mode: str, *backends: dict[str, Any]) -> list[str]:
    """The lines about the adapters behind the name."""
    lines = render(
        "proxy_inbound",
        "haproxy.cfg.j2",
        proxy_inbound_mode=mode,
        proxy_inbound_addresses=["198.51.100.10"],
        proxy_inbound_source_address="192.0.2.1",
        proxy_inbound_routes=[{"name": "ebms.example", "backends": backends}],
        proxy_inbound_agent_port=8446,
        __proxy_inbound_names=["ebms.example"],
    )
    start = lines.index("backend ebms.example")
    return lines[start : lines.index("", start)]


FIRST, SECOND = (
    {"system": f"adapter-{number}", "address": f"192.0.2.1{number}", "port": 8443} for number in (0, 1)
)


@pytest.mark.parametrize("mode", ["passthrough", "offload"])
def test_of_two_adapters_the_first_that_works_is_used(mode: str) -> None:
    lines = behind(mode, FIRST, SECOND)
    assert "balance first" in lines
    assert "option redispatch 1" in lines
    assert "tcp-check connect port 8446" in lines
    one, other = (line for line in lines if line.startswith("server "))
    assert one.startswith("server adapter-0 192.0.2.10:8443")
    assert one.endswith("fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down")
    assert other.startswith("server adapter-1 192.0.2.11:8443")
    assert other.endswith("fall 60 rise 1"), "the last one is waited for"


@pytest.mark.parametrize("mode", ["passthrough", "offload"])
def test_one_adapter_is_waited_for_and_asked_nothing(mode: str) -> None:
    lines = behind(mode, FIRST)
    assert [line for line in lines if "balance" in line or "tcp-check" in line] == []
    (only,) = (line for line in lines if line.startswith("server "))
    assert only.startswith("server adapter 192.0.2.10:8443")
    assert only.endswith("check inter 5s fall 24 rise 1")
