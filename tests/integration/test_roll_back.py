"""What was changed and does not work, or should not have been: back to what did, and partners answer again."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Rehearsal
from tests.integration.test_faults import message
from tests.integration.world import ENGINE, World

pytestmark = pytest.mark.lab

SETTINGS = {
    "embedded": "/etc/lopendezaken/engine.toml",
    "ebms_admin": "/etc/lopendezaken/ebms-admin/ebms-admin.embedded.properties",
}[ENGINE]
# A proxy where there is none: nothing goes out any more.
WRONG = "http://192.0.2.1:3129"


@pytest.fixture
def broken(rehearsal: Rehearsal) -> World:
    """A connected world, in which the adapter then got a setting with which no partner answers."""
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    deployed = rehearsal.world.play(
        "deploy-adapter", "-e", f"adapter_proxy={WRONG}", "--tags", "adapter_configure"
    )
    assert deployed.returncode == 0, deployed.stdout[-3000:]
    return rehearsal.world


def test_a_wrong_setting_is_gone_and_partners_answer(broken: World) -> None:
    assert "3129" in broken.on("adapter-preprod", "cat", SETTINGS).stdout
    predicted = broken.play("rollback", "--check", "--diff")
    assert f"~ {SETTINGS}" in predicted.stdout
    assert "3129" in broken.on("adapter-preprod", "cat", SETTINGS).stdout
    done = broken.play("rollback")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Pong from MijnOverheid preproductie" in message(done.stdout)
    assert "3129" not in broken.on("adapter-preprod", "cat", SETTINGS).stdout
