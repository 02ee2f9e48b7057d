"""A certificate renewed while a partner keeps coming in: no handshake fails, and the partner knows it beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Rehearsal
from tests.integration.test_faults import message
from tests.integration.world import ENGINE, ROOT, World

pytestmark = pytest.mark.lab

STOP, TOLD = "/run/handshakes.stop", "/run/handshakes.json"
PARTNER = "mijnoverheid-preprod"
COME_IN = (
    f"rm -f {STOP}; systemd-run --quiet --collect --unit=handshakes -p StandardOutput=truncate:{TOLD} python3 /run/handshakes.py"
    f" 198.51.100.10 ebms.preprod.voorbeeldstad.example 203.0.113.20 /etc/lz-partner/{PARTNER} 600 {STOP}"
)


@pytest.fixture
def visited(rehearsal: Rehearsal) -> Iterator[World]:
    """A connected world in which a partner keeps coming in."""
    world = rehearsal.world
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    program = (ROOT / "tests/integration/handshakes.py").read_text()
    assert (
        world.on("partner", "sh", "-c", f"cat > /run/handshakes.py <<'END'\n{program}\nEND").returncode == 0
    )
    assert world.on("partner", "sh", "-c", COME_IN).returncode == 0
    yield world
    world.on("partner", "touch", STOP)


def told(world: World) -> dict[str, object]:
    """End the visits; what became of them."""
    done = world.on(
        "partner",
        "sh",
        "-c",
        f"touch {STOP}; while systemctl -q is-active handshakes; do sleep 0.2; done; cat {TOLD}",
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def key_of(world: World) -> str:
    return world.on("adapter-preprod", "sha256sum", "/etc/pkioverheid/key.pem").stdout.split()[0]


def test_the_proxy_reloads_under_load(visited: World, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(10):
        assert visited.on("dmz-preprod", "systemctl", "reload", "haproxy").returncode == 0
    seen = told(visited)
    with capsys.disabled():
        print(f"\nten reloads of the proxy: {json.dumps(seen)}")
    assert seen["failed"] == []
    assert int(str(seen["handshakes"])) > 20


def test_nothing_is_switched_when_a_partner_does_not_know(rehearsal: Rehearsal) -> None:
    """The next CPA is kept from the partner: the playbook stays with the certificate in use, and says why.

    The next test goes on from there.
    """
    world = rehearsal.world
    before = key_of(world)
    done = world.run("ansible-playbook", "playbooks/rotate-certificates.yml", "-e", "target_environment=preprod",
                     "--limit", "localhost,preprod")  # fmt: skip
    assert done.returncode != 0
    assert "Nothing was switched" in message(done.stdout)
    assert "ebms.preprod.mijnoverheid.example:443 answered HTTP 500" in message(done.stdout)
    assert key_of(world) == before


def test_a_certificate_is_renewed_under_live_traffic(
    visited: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = key_of(visited)
    done = visited.play("rotate-certificates", "-e", "target_environment=preprod")
    assert done.returncode == 0, message(done.stdout)[-4000:]
    assert re.search(r"Pong from MijnOverheid preproductie .* under CPA \S+_2", message(done.stdout))
    seen = told(visited)
    with capsys.disabled():
        print(f"\nrotation, passthrough, {ENGINE}: {json.dumps(seen | {'shown': len(seen['shown'])})}")  # type: ignore[arg-type]
    assert seen["failed"] == []
    assert len(seen["shown"]) == 2, "the former certificate, and then the next"  # type: ignore[arg-type]
    assert key_of(visited) != before
    kept = visited.on(
        "adapter-preprod", "sh", "-c", "stat -c %a /etc/pkioverheid/previous; ls -d /etc/pkioverheid/next"
    )
    assert kept.stdout.startswith("700\n")
    assert "No such file" in kept.stdout


def test_the_grace_period_ends_the_former_key(rehearsal: Rehearsal) -> None:
    """systemd removes it when it is old enough; a clock is not waited for, so the key is made old."""
    script = (
        "cd /etc/pkioverheid/previous; systemd-tmpfiles --clean; ls key.pem;"
        " touch -d '8 days ago' *; systemd-tmpfiles --clean; ls key.pem"
    )
    done = rehearsal.world.on("adapter-preprod", "sh", "-c", script)
    assert done.stdout.startswith("key.pem\n")
    assert "No such file" in done.stdout
