"""The filters as Ansible calls them."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from tests.unit.dossier.conftest import EXAMPLE, ROOT, Change


@pytest.fixture(scope="module")
def filters() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("filter_dossier", ROOT / "plugins/filter/dossier.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.FilterModule().filters()
    return found


def test_the_folder_goes_in_and_plain_data_comes_out(filters: dict[str, Any]) -> None:
    folder = str(EXAMPLE)
    assert filters["lz_dossier"](folder)["organisation"]["oin"] == "00000099100000001000"
    assert filters["lz_network"](folder)["flows"][0]["from"]["system"] == "controller"
    assert filters["lz_network_rules"](folder, "dmz-preprod").keys() == {"input", "output"}
    assert filters["lz_egress"](folder, "prod")[0]["name"] == "crl.pkioverheid.example"
    assert filters["lz_ingress"](folder, "prod")[0]["name"] == "ebms.voorbeeldstad.example"
    assert filters["lz_forward_proxy"](folder, "prod")["port"] == 3128
    assert filters["lz_inbound_address"](folder, "prod") == "198.51.100.20"
    assert filters["lz_outbound_address"](folder, "prod") == "198.51.100.21"


def test_a_performance_test_is_allowed_on_its_day_only(filters: dict[str, Any], changed: Change) -> None:
    allowed = filters["lz_performance_test"]
    folder = changed("dossier.yml")
    assert not allowed(folder, "2026-12-01")
    permission = "permission: {given_on: 2026-11-20, document: received/allowed.pdf}"
    with (folder / "dossier.yml").open("a") as file:
        file.write(
            "\nperformance_tests:\n"
            f"  - {{day: 2026-12-01, target: mijnoverheid, {permission}}}\n"
            "  - {day: 2026-12-02, target: mijnoverheid}\n"
            f"  - {{day: 2026-12-03, target: own, {permission}}}\n"
            f"  - {{day: 2026-11-19, target: mijnoverheid, {permission}}}\n"
        )
    days = ("2026-11-19", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03")
    assert [day for day in days if allowed(folder, day)] == ["2026-12-01"]


def test_a_change_of_the_file_is_seen(filters: dict[str, Any], changed: Change) -> None:
    folder = changed("dossier.yml")
    assert filters["lz_dossier"](folder)["organisation"]["name"] == "Gemeente Voorbeeldstad"
    changed("dossier.yml", ("name: Gemeente Voorbeeldstad", "name: Gemeente Anders"))
    os.utime(folder / "dossier.yml", ns=(1, 1))
    assert filters["lz_dossier"](folder)["organisation"]["name"] == "Gemeente Anders"


def test_a_mistake_is_an_error_of_the_filter_with_its_place(filters: dict[str, Any], changed: Change) -> None:
    folder = changed("dossier.yml", ("slug: voorbeeldstad", "slug: V"))
    with pytest.raises(AnsibleFilterError, match=r"dossier.yml:6:9: organisation.slug"):
        filters["lz_dossier"](folder)
    with pytest.raises(AnsibleFilterError, match="no such system"):
        filters["lz_network_rules"](folder, "x")
