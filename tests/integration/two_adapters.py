"""The example organisation with a second adapter, and a database on a host of its own that both use."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.integration.world import World

FIRST, SECOND, DATABASE, DMZ = "adapter-preprod", "adapter-preprod-2", "database-preprod", "dmz-preprod"
HOSTS = f"""\
all:
  children:
    preprod:
      hosts:
        {FIRST}:
        {SECOND}:
        {DATABASE}:
        {DMZ}:
    prod:
      hosts:
        adapter-prod:
        dmz-prod:
    adapter:
      hosts:
        {FIRST}:
        {SECOND}:
        adapter-prod:
    database:
      hosts:
        {DATABASE}:
    dmz:
      hosts:
        {DMZ}:
        dmz-prod:
    vantage:
      hosts:
        partner:
    chain_partner:
      hosts:
        partner:
"""
# PostgreSQL listens at two ports: the test makes the second one a copy that takes over.
PORTS = (5432, 5433)


def _system(name: str, role: str, address: str) -> str:
    return f"""\
  - name: {name}
    role: {role}
    environment: preprod
    owner: Gemeente Voorbeeldstad
    addresses:
      - {{id: internal, zone: internal-preprod, address: {address}, direction: both, purpose: {role}}}
      - {{id: management, zone: management, direction: both, purpose: beheer}}
"""


def _flow(name: str, service: str, source: str, destination: str, port: int) -> str:
    return f"""\
  - id: preprod-{name}
    environment: preprod
    service: {service}
    from: {{system: {source}, address: internal}}
    to: {{system: {destination}, address: internal}}
    protocol: tcp
    port: {port}
    why: twee adapters op een database
    since: 2026-11-24
"""


SYSTEMS = _system(SECOND, "adapter", "192.0.2.11") + _system(DATABASE, "database", "192.0.2.12")
FLOWS = (
    _flow("adapter-2", "ebms", DMZ, SECOND, 8443)
    + _flow("proxy-2", "proxy", SECOND, DMZ, 3128)
    + _flow("rest-2", "rest", "case-system-preprod", SECOND, 8444)
    + "".join(_flow(f"health-{host}", "health", DMZ, host, 8446) for host in (FIRST, SECOND))
    + "".join(
        _flow(f"database-{host}-{port}", "database", host, DATABASE, port)
        for host in (FIRST, SECOND)
        for port in PORTS
    )
)


def extend_plan(plan: str) -> str:
    """The example's network plan with the second adapter and the database in it."""
    return plan.replace(f"  - name: {DMZ}\n", f"{SYSTEMS}  - name: {DMZ}\n", 1) + FLOWS


def extend(world: World) -> None:
    """Give the organisation both, and messages that are soon tried again."""
    plan, dossier = world.dossier / "network.yml", world.dossier / "dossier.yml"
    plan.write_text(extend_plan(plan.read_text()))
    dossier.write_text(
        dossier.read_text()
        .replace("retries: 8\n", "retries: 20\n")
        .replace("retry_interval: PT3H\n", "retry_interval: PT15S\n")
    )
    (world.organisation / "hosts.yml").write_text(HOSTS)
    folder = world.organisation / "database-tls"
    _certificates(folder)
    settings = world.organisation / "group_vars"
    (settings / "database/tls.yml").write_text(
        f"database_tls_certificate_file: {folder}/certificate.pem\ndatabase_tls_key_file: {folder}/key.pem\n"
    )
    (settings / "all/tls.yml").write_text(f"database_anchors_file: {folder}/anchors.pem\n")


def _certificates(folder: Path) -> None:
    """What the organisation's own CA would give the database."""
    script = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.pem -out anchors.pem -days 2 -subj '/CN=Eigen CA'
openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=database
printf 'subjectAltName = IP:192.0.2.12' > extensions
openssl x509 -req -in request.pem -CA anchors.pem -CAkey ca.pem -CAcreateserial -days 2 -extfile extensions -out certificate.pem
cat certificate.pem >> anchors.pem
"""
    folder.mkdir()
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True, capture_output=True)
