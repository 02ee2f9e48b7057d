"""The ruleset that the role firewall renders from flows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parents[3] / "roles/firewall/templates"


def flow(name: str, **other: Any) -> dict[str, Any]:
    return {
        "flow": name,
        "source": "192.0.2.128/25",
        "destination": "192.0.2.131",
        "protocol": "tcp",
        "port": 22,
        "why": "ssh",
        **other,
    }


def render(
    incoming: list[dict[str, Any]], outgoing: list[dict[str, Any]], paces: Sequence[dict[str, Any]] = ()
) -> str:
    # Ansible's own settings for templates.
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), trim_blocks=True, undefined=StrictUndefined, autoescape=False
    )
    return environment.get_template("nftables.conf.j2").render(
        ansible_managed="Ansible managed",
        firewall_paces=paces,
        firewall_rules={"input": incoming, "output": outgoing},
        __firewall_table="inet lopendezaken",
        __firewall_ssh_rules=[each for each in incoming if each["port"] == 22],
    )


def lines_of(text: str, comment: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if f'comment "{comment}"' in line]


def test_every_flow_is_one_counted_rule() -> None:
    text = render([flow("ssh")], [flow("names", protocol="udp", port=53)])
    assert lines_of(text, "ssh") == [
        'ip saddr 192.0.2.128/25 ip daddr 192.0.2.131 tcp dport 22 counter accept comment "ssh"'
    ]
    assert "udp dport 53" in lines_of(text, "names")[0]


def test_ipv6_and_echo_requests() -> None:
    six = {"source": "2001:db8::/64", "destination": "2001:db8::1"}
    text = render([flow("ssh"), flow("six", **six), flow("echo", protocol="icmp", port=None, **six)], [])
    assert lines_of(text, "six")[0].startswith("ip6 saddr 2001:db8::/64 ip6 daddr 2001:db8::1 tcp dport 22")
    assert "icmpv6 type echo-request" in lines_of(text, "echo")[0]


def test_no_rule_accepts_without_naming_both_ends() -> None:
    """The essentials aside: an `accept` that forgets an end is a hole."""
    text = render([flow("ssh"), flow("ebms", port=443)], [flow("names", protocol="udp", port=53)])
    accepts = [line for line in text.splitlines() if re.search(r"\baccept comment", line)]
    assert len(accepts) == 4
    assert all(" saddr " in line and " daddr " in line for line in accepts)


def test_answers_of_older_ssh_sessions_go_back_to_the_controller_only() -> None:
    text = render([flow("ssh"), flow("ebms", port=443)], [])
    assert lines_of(text, "ssh-answer") == [
        "ip saddr 192.0.2.131 ip daddr 192.0.2.128/25 tcp sport 22 tcp flags & (syn | ack) == ack"
        ' counter accept comment "ssh-answer"'
    ]
    assert lines_of(text, "ebms-answer") == []


def test_default_is_drop_and_only_the_own_table_goes() -> None:
    text = render([flow("ssh")], [])
    assert text.count("policy drop;") == 3
    assert "flush ruleset" not in text
    assert text.index("delete table inet lopendezaken") < text.index("table inet lopendezaken {")


def test_a_flow_with_a_pace_is_bounded_before_what_is_established_passes() -> None:
    pace = {"flow": "out", "new_per_minute": 60, "kbytes_per_second": 1024}
    text = render([flow("ssh")], [flow("out", port=443)], [pace, {**pace, "flow": "of-another-host"}])
    (often,), (fast,) = lines_of(text, "out-too-often"), lines_of(text, "out-too-fast")
    assert "ct state new limit rate over 60/minute" in often
    assert "limit rate over 1024 kbytes/second" in fast
    output = text[text.index("hook output") :]
    assert output.index("out-too-fast") < output.index("established : accept")
    assert "of-another-host" not in text


def test_a_reason_of_two_lines_stays_a_remark() -> None:
    text = render([flow("ssh", why="first\nip saddr 0.0.0.0/0 accept")], [])
    assert "# first ip saddr 0.0.0.0/0 accept" in text
