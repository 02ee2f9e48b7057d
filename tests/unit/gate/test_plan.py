"""Promotion means the same thing: exactly the differences that exist, and a planted one is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lopendezaken.cli import app
from lopendezaken.errors import LzError
from lopendezaken.gate import cli
from lopendezaken.gate.plan import plan
from tests.unit.policies.example import ROOT

POLICIES = ROOT / "policies"
MEANT = {
    "settings *[1].ansible_connection",
    "settings *[1].ansible_control_path_dir",
    "settings *[1].ansible_private_key_file",
    "settings *[1].base_ssh_principals",
    "settings *[1].base_ssh_user_ca_keys",
    "settings *[1].gate_key_file",
    "settings *[1].gate_look_key_file",
    "settings *[1].gate_organisation",
    "settings *[1].gate_stage",
    "settings *[1].gate_user_key_file",
    "settings *[1].target_environment",
    "dossier certificate.file",
    "dossier certificate.names",
    "dossier endpoint",
    "dossier partners.mijnoverheid.certificate",
    "dossier partners.mijnoverheid.cpa.file",
    "dossier partners.mijnoverheid.cpa.id",
    "dossier partners.mijnoverheid.endpoint",
    "dossier partners.mijnoverheid.name",
    "dossier partners.mijnoverheid.oin",
    "network compliance (public) to proxy (inbound), ebms",
    "network proxy (outbound) to compliance (public), ebms",
}


@pytest.fixture
def organisation(tmp_path: Path) -> Path:
    left = shutil.ignore_patterns("evidence", "received", "requests", "cpa", "documents", "trust")
    return Path(shutil.copytree(ROOT / "inventories/voorbeeldstad", tmp_path / "stad", ignore=left))


def edit(path: Path, old: str, new: str, last: bool = False) -> None:
    text = path.read_text()
    assert old in text
    first, _, rest = text.rpartition(old) if last else text.partition(old)
    path.write_text(first + new + rest)


def test_the_example_differs_exactly_where_it_is_meant_to(organisation: Path) -> None:
    found = plan(organisation, POLICIES)
    assert not found.forbidden
    keys = {f"{each.area} {each.key}" for each in found.differences if "partners.compliance." not in each.key}
    assert {key.replace("adapter[", "*[").replace("dmz[", "*[") for key in keys} == MEANT


def setting(name: str, value: str, folder: str = "group_vars/prod") -> Callable[[Path], None]:
    def plant(organisation: Path) -> None:
        (organisation / folder).mkdir(parents=True, exist_ok=True)
        (organisation / folder / "planted.yml").write_text(f"{name}: {value}\n")

    return plant


def retries(organisation: Path) -> None:
    edit(organisation / "dossier/dossier.yml", "retries: 8", "retries: 3", last=True)


def firewall_rule(organisation: Path) -> None:
    edit(
        organisation / "dossier/network.yml",
        "  - id: prod-adapter\n",
        """  - id: prod-planted
    environment: prod
    service: other
    from: {system: dmz-prod, address: internal}
    to: {system: adapter-prod, address: internal}
    protocol: tcp
    port: 9999
    why: nobody knows
    since: 2026-11-01
  - id: prod-adapter
""",
    )


def port(organisation: Path) -> None:
    edit(organisation / "dossier/network.yml", "port: 443\n", "port: 8443\n", last=True)


def second_host(organisation: Path) -> None:
    edit(
        organisation / "hosts.yml",
        "        adapter-prod:\n",
        "        adapter-prod:\n        adapter-2-prod:\n",
    )
    edit(
        organisation / "hosts.yml",
        "        adapter-preprod:\n        adapter-prod:\n",
        "        adapter-preprod:\n        adapter-prod:\n        adapter-2-prod:\n",
    )


@pytest.mark.parametrize(
    ("plant", "key"),
    [
        (setting("adapter_tls_minimum", "TLSv1.2"), "settings adapter[1].adapter_tls_minimum"),
        (setting("adapter_ebms_admin_version", "'2.19.0'"), "settings adapter[1].adapter_ebms_admin_version"),
        (setting("proxy_inbound_max_body", "1"), "settings dmz[1].proxy_inbound_max_body"),
        (setting("ansible_connection", "ssh"), "settings adapter[1].ansible_connection"),
        (
            setting("gate_organisation", "/elsewhere", "host_vars/adapter-prod"),
            "settings adapter[1].gate_organisation",
        ),
        (retries, "dossier partners.mijnoverheid.cpa.retries"),
        (firewall_rule, "network proxy (internal) to adapter (internal), other"),
        (port, "network mijnoverheid (public) to proxy (inbound), ebms"),
        (second_host, "settings adapter[2].adapter_engine"),
    ],
)
def test_a_planted_difference_is_found(organisation: Path, plant: Callable[[Path], None], key: str) -> None:
    # Read last of the files of its group, so that it wins.
    plant(organisation)
    planted = organisation / "group_vars/prod/planted.yml"
    if planted.exists():
        planted.rename(planted.with_name("zz-planted.yml"))
    assert key in {f"{each.area} {each.key}" for each in plan(organisation, POLICIES).forbidden}


def test_a_secret_is_shown_as_a_fingerprint(organisation: Path) -> None:
    setting("adapter_database_password", "hunter2hunter2")(organisation)
    cli.register(app)
    done = CliRunner().invoke(app, ["plan", "--organisation", str(organisation), "--json"])
    assert done.exit_code == 1, done.output
    assert "hunter2" not in done.output
    found = {each["key"]: each for each in json.loads(done.stdout)["differences"]}
    assert found["adapter[1].adapter_database_password"]["prod"].startswith("secret ")


def test_people_read_what_must_not_differ_first(organisation: Path) -> None:
    cli.register(app)
    same = CliRunner().invoke(app, ["plan", "--organisation", str(organisation)])
    assert same.exit_code == 0
    assert same.stdout.startswith("Nothing differs that must not.\nDiffers, and may (")
    retries(organisation)
    other = CliRunner().invoke(app, ["plan", "--organisation", str(organisation), "--lang", "nl"])
    assert other.exit_code == 1
    assert other.stdout.splitlines()[1:4] == [
        "  dossier partners.mijnoverheid.cpa.retries",
        "      preprod: 8",
        "      prod:    3",
    ]


def test_the_files_of_each_host_are_rendered_and_held_side_by_side(organisation: Path) -> None:
    setting("proxy_inbound_idle_seconds", "77")(organisation)
    done = CliRunner().invoke(app, ["plan", "--organisation", str(organisation), "--files", "--json"])
    assert done.exit_code == 1, done.output
    files = json.loads(done.stdout)["files"]
    assert "--- dmz-preprod/haproxy.cfg" in files
    assert "-    bind 198.51.100.10:443" in files
    assert "+    bind 198.51.100.20:443" in files
    assert [line for line in files if line.startswith("+") and "77s" in line]
    assert "--- adapter-preprod/nftables.conf" in files


def test_what_a_new_host_is_delivered_with(organisation: Path, tmp_path: Path) -> None:
    cli.register(app)
    key = tmp_path / "gate.pub"
    key.write_text("ssh-ed25519 AAAA gate\n")
    words = ["host-data", "--gate-key", str(key), "--stage", "network", "--organisation", str(organisation)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "      ssh-ed25519 AAAA gate\n" in done.stdout
    assert "      voorbeeldstad-network\n" in done.stdout
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    with pytest.raises(LzError, match="not a public key of ours"):
        CliRunner().invoke(app, words, catch_exceptions=False)
