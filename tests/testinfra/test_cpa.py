"""The adapter holds a CPA for each partner, and gives it to nobody without a login."""

from __future__ import annotations

import json

from testinfra.host import Host

CPAS = "http://127.0.0.1:8080/service/rest/v19/cpas"
LOGIN = "/etc/lopendezaken/rest.credentials"

ASK = """
import base64, sys, urllib.request
request = urllib.request.Request(sys.argv[1])
token = base64.b64encode(open(sys.argv[2], "rb").read().strip()).decode()
request.add_header("Authorization", f"Basic {token}")
print(urllib.request.urlopen(request, timeout=5).read().decode())
"""


def _ask(host: Host, url: str) -> str:
    return host.check_output(f"python3 -c '{ASK}' {url} {LOGIN}")


def test_a_cpa_for_each_partner(adapter: Host) -> None:
    partners = [name.split("_")[2] for name in json.loads(_ask(adapter, CPAS))]
    assert sorted(partners) == ["00000099200000001000", "00000099300000001000"]


def test_each_cpa_is_agreed_and_ours(adapter: Host) -> None:
    for name in json.loads(_ask(adapter, CPAS)):
        text = _ask(adapter, f"{CPAS}/{name}")
        assert 'value="agreed"' in text
        assert "https://ebms.preprod.voorbeeldstad.example/ebms" in text
