"""The adapter holds a CPA for each partner, and gives it to nobody without a login."""

from __future__ import annotations

import json

from testinfra.host import Host

from tests.testinfra.world import get

CPAS = "http://127.0.0.1:8080/service/rest/v19/cpas"
LOGIN = "/etc/lopendezaken/rest.credentials"


def test_a_cpa_for_each_partner(adapter: Host) -> None:
    partners = [name.split("_")[2] for name in json.loads(get(adapter, CPAS, LOGIN)[1])]
    assert sorted(partners) == ["00000099200000001000", "00000099300000001000"]


def test_each_cpa_is_agreed_and_ours(adapter: Host) -> None:
    for name in json.loads(get(adapter, CPAS, LOGIN)[1]):
        text = get(adapter, f"{CPAS}/{name}", LOGIN)[1]
        assert 'value="agreed"' in text
        assert "https://ebms.preprod.voorbeeldstad.example/ebms" in text
