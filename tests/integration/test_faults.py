"""Each thing that goes wrong in practice ends in its own clear message and a non-zero exit, and can be mended."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.conftest import Rehearsal
from tests.integration.world import World

pytestmark = pytest.mark.lab

NO_ISSUER = ("-e", '{"pkioverheid_issue_command": []}')


@pytest.fixture
def connected(rehearsal: Rehearsal) -> World:
    """A connected world; whatever a test broke, it must have mended."""
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    return rehearsal.world


@contextmanager
def kept(path: Path) -> Iterator[Path]:
    """Put a file back as it was."""
    copy = path.with_suffix(".kept")
    shutil.copy2(path, copy)
    try:
        yield path
    finally:
        copy.replace(path)


def message(output: str) -> str:
    """What Ansible said, folded to one line: a long message is wrapped when it is printed as YAML."""
    return re.sub(r"\s+", " ", output)


def verify(world: World) -> tuple[int, str]:
    done = world.play("verify-connection")
    return done.returncode, message(done.stdout)


def test_partner_down(connected: World) -> None:
    connected.on("partner", "systemctl", "stop", "lz-partner@mijnoverheid-preprod")
    try:
        code, said = verify(connected)
    finally:
        connected.on("partner", "systemctl", "start", "lz-partner@mijnoverheid-preprod")
    assert code != 0
    assert "MijnOverheid preproductie" in said
    assert "ebms.preprod.mijnoverheid.example:443" in said


def test_partner_without_our_cpa(connected: World) -> None:
    play = ("ansible", "partner", "-m", "ebms_cpa", "-a")
    cpa_id = "LopendeZaken-1-0_00000099100000001000_00000099300000001000_1"
    where = "base_url=http://127.0.0.1:8102/service/rest/v19 credentials_file=/etc/lz-partner/mijnoverheid-preprod/rest.credentials"
    gone = connected.run(*play, f"state=absent cpa_id={cpa_id} {where}")
    assert gone.returncode == 0, gone.stdout
    code, said = verify(connected)
    assert code != 0
    assert "CPA" in said
    assert "MijnOverheid preproductie" in said
    mended = connected.play("load-cpa")
    assert mended.returncode == 0, mended.stdout
    assert verify(connected)[0] == 0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("revoked", "revoked"),
        ("expired", "expired"),
        ("other-oin", "00000099100000001000"),
        ("no-oin", "OIN"),
        ("other-root", "trust anchor"),
        ("no-client-auth", "PKIO-015"),
    ],
)
def test_certificate_that_does_not_fit_is_refused(connected: World, kind: str, expected: str) -> None:
    """The TSP sends a bad certificate for our own key: it is refused, before it reaches the host where that can be seen."""
    received = connected.dossier / "received/preprod/certificate.pem"
    on_host = connected.on("adapter-preprod", "cat", "/etc/pkioverheid/certificate.pem").stdout
    with kept(received):
        connected.lz(
            "lab", "pki", "issue", "--kind", kind,
            "--csr", str(connected.dossier / "requests/preprod.csr"), "--out", str(received),
        )  # fmt: skip
        done = connected.play("install-certificates", *NO_ISSUER)
    said = message(done.stdout)
    assert done.returncode != 0, said
    assert expected in said
    if kind == "revoked":  # seen by the CRLs that are fetched next, so it is on the host by then
        assert connected.play("install-certificates", *NO_ISSUER).returncode == 0
    else:
        assert "received/preprod/certificate.pem" in said
    assert connected.on("adapter-preprod", "cat", "/etc/pkioverheid/certificate.pem").stdout == on_host


def test_firewall_closed_for_the_way_back(connected: World) -> None:
    """The Ping arrives, the Pong cannot: the inbound flow is missing on the DMZ host."""
    plan = connected.dossier / "network.yml"
    with kept(plan):
        plan.write_text(
            re.sub(r"(?m)^  - id: preprod-from-mijnoverheid\n(?:    .*\n)+", "", plan.read_text())
        )
        assert "preprod-from-mijnoverheid" not in plan.read_text()
        assert connected.play("prepare-network").returncode == 0
        code, said = verify(connected)
    mended = connected.play("prepare-network")
    assert mended.returncode == 0, mended.stdout
    assert code != 0
    assert "way back" in said
    assert "198.51.100.10" in said
    assert verify(connected)[0] == 0


def test_wrong_sni(connected: World) -> None:
    """The proxy does not know the name that the partner asks for."""
    wrong = (
        "-e",
        '{"proxy_inbound_routes": [{"name": "ebms.elders.example", "listen_address": "198.51.100.10", "listen_port": 443,'
        ' "backends": [{"system": "adapter-preprod", "address": "192.0.2.10", "port": 8443}], "sources": []}]}',
    )
    assert connected.play("prepare-network", *wrong).returncode == 0
    code, said = verify(connected)
    assert connected.play("prepare-network").returncode == 0
    assert code != 0
    assert "SNI" in said
    assert "ebms.preprod.voorbeeldstad.example" in said
    assert verify(connected)[0] == 0


def test_unquoted_oin(connected: World) -> None:
    dossier = connected.dossier / "dossier.yml"
    with kept(dossier):
        dossier.write_text(
            dossier.read_text().replace('oin: "00000099100000001000"', "oin: 00000099100000001000", 1)
        )
        line = dossier.read_text().splitlines().index("  oin: 00000099100000001000") + 1
        done = connected.play("preprod")
    assert done.returncode != 0
    assert f"dossier.yml:{line}:8" in message(done.stdout)
    assert "quotes" in message(done.stdout)
    assert "adapter-preprod" not in done.stdout.split("PLAY RECAP")[1]


def test_malformed_yaml(connected: World) -> None:
    dossier = connected.dossier / "dossier.yml"
    with kept(dossier):
        dossier.write_text(dossier.read_text().replace("  slug: voorbeeldstad", "  slug: [voorbeeldstad", 1))
        done = connected.play("preprod")
    assert done.returncode != 0
    assert re.search(r"dossier\.yml:\d+:\d+", message(done.stdout))
    assert "Traceback" not in done.stdout


def test_certificate_revoked_while_in_use_and_replaced(connected: World) -> None:
    """Revocation is seen on our side before the partner tells; a new key, certificate and CPA mend it."""
    received = connected.dossier / "received/preprod/certificate.pem"
    connected.lz("lab", "pki", "revoke", str(received))
    code, said = verify(connected)
    assert code != 0
    assert "our certificate" in said.lower()
    done = connected.play("install-certificates", *NO_ISSUER)
    assert done.returncode != 0
    assert "revoked" in message(done.stdout)
    connected.on("adapter-preprod", "rm", "/etc/pkioverheid/key.pem")
    received.unlink()
    mended = connected.play("preprod")
    assert mended.returncode == 0, mended.stdout[-4000:]
    assert connected.lz("status").count("Pong") >= 2
