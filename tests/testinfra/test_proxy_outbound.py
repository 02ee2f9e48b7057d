"""The way out: the adapter, to the listed names, from the address that partners know."""

from __future__ import annotations

import pytest
from testinfra.host import Host

from tests.testinfra.world import OUTBOUND, PROXY, listening

CRL = "http://crl.pkioverheid.example/tsp.crl"


def _through(host: Host, url: str, more: str = "") -> str:
    """Give the proxy's answer to this request (CONNECT's for https), 000 if there was none."""
    field = "http_connect" if url.startswith("https") else "http_code"
    return host.run(
        f"curl --silent --insecure --max-time 8 --output /dev/null --write-out '%{{{field}}}' {more}"
        f" --proxy http://{PROXY}:3128 {url}"
    ).stdout


@pytest.mark.parametrize("name", ["ebms.compliance.example", "ebms.preprod.mijnoverheid.example"])
def test_partners_are_reached(adapter: Host, name: str) -> None:
    assert _through(adapter, f"https://{name}/") == "200"


def test_crls_are_fetched(adapter: Host) -> None:
    assert _through(adapter, CRL) == "200"


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("https://ebms.mijnoverheid.example/", ""),
        ("https://www.example/", ""),
        ("https://x.ebms.compliance.example/", ""),
        ("https://ebms.compliance.example:8443/", ""),
        ("https://203.0.113.10/", ""),
        ("https://crl.pkioverheid.example/", ""),
        ("http://ebms.compliance.example/", ""),
        ("http://ebms.compliance.example:443/", ""),
        ("http://203.0.113.40/tsp.crl", ""),
        ("http://crl.pkioverheid.example:8080/", ""),
        (CRL, "--request POST --data x"),
        ("http://127.0.0.1:22/", ""),
        (f"http://{PROXY}:3128/squid-internal-mgr/menu", ""),
    ],
)
def test_all_else_is_denied(adapter: Host, url: str, more: str) -> None:
    assert _through(adapter, url, more) == "403"


def test_tunnel_to_the_crl_port_is_denied(adapter: Host) -> None:
    assert (
        _through(
            adapter, "http://crl.pkioverheid.example/tsp.crl", "--proxytunnel --write-out '%{http_connect}'"
        )
        != "200"
    )


def test_only_the_adapter_may_ask(dmz: Host) -> None:
    assert _through(dmz, "https://ebms.compliance.example/") == "403"


def test_partner_sees_the_outgoing_address(adapter: Host, partner: Host) -> None:
    """A tunnel is held open; the partner's kernel says who is at the other end."""
    adapter.check_output(
        "systemd-run --quiet --collect --unit=tunnel sh -c"
        f" 'sleep 3 | openssl s_client -proxy {PROXY}:3128 -connect ebms.compliance.example:443'"
    )
    adapter.run("sleep 1")
    peers = partner.check_output("ss --no-header -tn state established src 203.0.113.10")
    adapter.run("systemctl stop tunnel")
    assert {line.split()[3].rsplit(":", 1)[0] for line in peers.splitlines()} == {OUTBOUND}


def test_listens_on_the_inside_leg_only(dmz: Host) -> None:
    assert {each for each in listening(dmz) if each.endswith(":3128")} == {f"{PROXY}:3128"}


def test_workers_do_not_run_as_root(dmz: Host) -> None:
    assert "proxy" in dmz.check_output("ps -o user= -C squid").split()


def test_journal_says_what_was_asked_without_queries(adapter: Host, dmz: Host) -> None:
    _through(adapter, "http://www.example/?token=kanarie")
    lines = dmz.check_output("journalctl --no-pager --output=cat --unit=squid")
    assert "TCP_DENIED/403" in lines
    assert "kanarie" not in lines


def test_runs_after_a_reboot(dmz: Host) -> None:
    assert dmz.service("squid").is_enabled
    assert dmz.service("squid").is_running
