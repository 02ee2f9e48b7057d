"""ebms-admin from one version to a later one, and back: messages, CPAs and tables go along.

Needs a jar of an earlier version that has REST v19 (2.19.0 or later).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lopendezaken.dossier import load
from lopendezaken.lab.host_rest import HostRest
from tests.integration.conftest import Rehearsal
from tests.integration.test_faults import message
from tests.integration.test_messages import OWN, PARTNER, PAYLOAD, arrived, send, wait
from tests.integration.test_outages import ADAPTER, UNIT, rest, shell
from tests.integration.world import ENGINE, JAR, World, use_ebms_admin, version_of

EARLIER = "LZ_EBMS_ADMIN_EARLIER_JAR"
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(
        ENGINE != "ebms_admin" or not os.environ.get(EARLIER), reason=f"{JAR} and {EARLIER} name no two jars"
    ),
]

LATER_JAR, EARLIER_JAR = Path(os.environ.get(JAR, "")), Path(os.environ.get(EARLIER, ""))
STATE = "/var/lib/lopendezaken"
DUMPS = f"{STATE}/dumps"
# 2.19 brings Apache Ignite, which wants parts of Java 17 that are closed.
DROP_IN = f"/etc/systemd/system/{UNIT}.service.d"
OPENED = " ".join(
    f"--add-opens={part}=ALL-UNNAMED"
    for part in (
        *(
            f"java.base/{name}"
            for name in ("jdk.internal.misc", "sun.nio.ch", "sun.reflect.generics.reflectiveObjects")
        ),
        *(f"java.base/java.{name}" for name in ("io", "lang", "net", "nio", "util")),
        "java.management/com.sun.jmx.mbeanserver",
        "jdk.internal.jvmstat/sun.jvmstat.monitor",
        "jdk.management/com.sun.management.internal",
    )
)
# What a later version may do: a column that the earlier one needs has another name, and there is a table more.
MIGRATION = """
SET ROLE ebms_owner;
ALTER TABLE ebms_message RENAME COLUMN status TO state;
CREATE TABLE later (message_id text REFERENCES ebms_message (message_id));
INSERT INTO flyway_schema_history SELECT 99, '99.0.0', 'Later', 'SQL', 'V99', 0, 'ebms_owner', now(), 1, true;
"""


@pytest.fixture(scope="module")
def earlier(rehearsal: Rehearsal) -> World:
    """A host that knows the earlier version only, on which every partner answered."""
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    world = rehearsal.world
    shell(
        world,
        ADAPTER,
        f"mkdir -p {DROP_IN}; printf '[Service]\\nEnvironment=\"JDK_JAVA_OPTIONS={OPENED}\"\\n' > {DROP_IN}/older.conf",
    )
    shell(world, ADAPTER, f"rm -rf {STATE}/dumps {STATE}/migrated-* {STATE}-releases")
    use_ebms_admin(world.organisation, EARLIER_JAR)
    for name in ("deploy-adapter --tags adapter", "ping-partners", "keep-release"):
        done = world.play(*name.split())
        assert done.returncode == 0, done.stdout[-4000:]
    assert runs(world) == version_of(EARLIER_JAR)
    return world


def runs(world: World) -> str:
    """Version that answers now."""
    program = shell(
        world, ADAPTER, f"cat /proc/$(systemctl show -p MainPID --value {UNIT})/environ | tr '\\0' '\\n'"
    )
    return next(
        line.partition("=")[2] for line in program.splitlines() if line.startswith("ADAPTER_VERSION=")
    )


def each_way(world: World) -> str:
    """A message there and one back, of which the last one stays unprocessed; its id."""
    cpa_id = load(world.organisation).environments["preprod"].partners["compliance"].cpa.id
    with rest(world, "own") as own, rest(world, "compliance") as compliance:
        arrived(own, compliance, send(own, OWN, "SR", "EchoRequest", cpa_id))
        back = send(compliance, PARTNER, "SP", "EchoResponse", cpa_id)
        wait(lambda: compliance.delivered(back), "its acknowledgement")
    return back


def has(own: HostRest, message_id: str) -> bool:
    """Whether a message is there, whole and once."""
    found = own.get(message_id)
    there = own.unprocessed(messageId=message_id) == [message_id]
    return there and found is not None and found.payloads == (PAYLOAD,)


def test_an_upgrade_keeps_all_and_so_does_the_way_back(earlier: World) -> None:
    world = earlier
    before = each_way(world)
    with rest(world, "own") as own:
        cpas = own.cpa_ids()

    use_ebms_admin(world.organisation, LATER_JAR)
    done = world.play("deploy-adapter", "--tags", "adapter")
    assert done.returncode == 0, done.stdout[-4000:]
    assert runs(world) == version_of(LATER_JAR)
    assert f"before-{version_of(LATER_JAR)}.dump" in shell(world, ADAPTER, f"ls {DUMPS}")
    since = each_way(world)

    done = world.play("rollback")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "Pong from MijnOverheid preproductie" in message(done.stdout)
    assert runs(world) == version_of(EARLIER_JAR)
    with rest(world, "own") as own:
        assert own.cpa_ids() == cpas
        # The tables were the same, so what came in since is there too.
        assert has(own, before)
        assert has(own, since)
    each_way(world)


def test_tables_that_changed_go_back_with_consent_only(earlier: World) -> None:
    """The migration is played, since the versions at hand have the same tables."""
    world = earlier
    before = each_way(world)
    assert world.play("deploy-adapter", "--tags", "adapter").returncode == 0
    since = each_way(world)
    shell(
        world,
        ADAPTER,
        f"cd /; runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 ebms <<'END'\n{MIGRATION}\nEND",
    )

    refused = world.play("rollback")
    assert refused.returncode != 0
    assert f"rollback_over={ADAPTER}" in message(refused.stdout)
    assert runs(world) == version_of(LATER_JAR)

    done = world.play("rollback", "-e", f"rollback_over={ADAPTER}")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "Pong from MijnOverheid preproductie" in message(done.stdout)
    assert runs(world) == version_of(EARLIER_JAR)
    with rest(world, "own") as own:
        assert has(own, before)
        assert own.get(since) is None
    kept = f"pg_restore --data-only --table=ebms_message --file=- {DUMPS}/after-{version_of(LATER_JAR)}.dump"
    assert since in shell(world, ADAPTER, kept)
    each_way(world)
