"""The database: each role does what it is for, and nothing else."""

from __future__ import annotations

import re

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host

from tests.testinfra.world import ADAPTER, journal, knock, listening

FOLDER = "/etc/lopendezaken/database"


def _as(host: Host, role: str, sql: str, database: str = "ebms") -> CommandResult:
    """Ask as the adapter or its migrations would: over loopback, with the password on the host."""
    password = f'PGPASSWORD="$(cat {FOLDER}/{role}.password)"'
    return host.run(
        f"{password} psql -h 127.0.0.1 -U {role} -d {database} -qtA -v ON_ERROR_STOP=1 -c %s", sql
    )


@pytest.fixture(autouse=True)
def _has_a_database(adapter: Host) -> None:
    if not adapter.package("postgresql-15").is_installed:
        pytest.skip("the engine of this adapter keeps its messages without PostgreSQL")


@pytest.fixture(scope="module")
def table(adapter: Host) -> str:
    """A table that the owner made, as a migration does."""
    _as(adapter, "ebms_owner", "create table if not exists probe (number serial primary key, word text)")
    return "probe"


def test_user_reads_and_writes_rows(adapter: Host, table: str) -> None:
    for sql in (
        f"insert into {table} (word) values ('a')",
        f"update {table} set word = 'b'",
        f"delete from {table}",
    ):
        assert _as(adapter, "ebms", sql).rc == 0, sql
    assert _as(adapter, "ebms", f"select count(*) from {table}").stdout.strip() == "0"


@pytest.mark.parametrize(
    "sql",
    [
        "create table mine (number int)",
        "create temporary table mine (number int)",
        "drop table {table}",
        "alter table {table} add column more text",
        "truncate {table}",
        "create schema mine",
        "create role other",
        "copy {table} to program 'id'",
        "select pg_read_file('/etc/passwd')",
    ],
)
def test_user_does_nothing_else(adapter: Host, table: str, sql: str) -> None:
    done = _as(adapter, "ebms", sql.format(table=table))
    assert re.search(r"permission denied|must be (owner|superuser)", done.stderr)


@pytest.mark.parametrize("role", ["ebms", "ebms_owner"])
def test_nobody_gets_into_another_database(adapter: Host, role: str) -> None:
    assert "no pg_hba.conf entry" in _as(adapter, role, "select 1", database="postgres").stderr


def test_a_wrong_password_is_refused(adapter: Host) -> None:
    done = adapter.run("PGPASSWORD=wrong psql -h 127.0.0.1 -U ebms -d ebms -c 'select 1'")
    assert "password authentication failed" in done.stderr


@pytest.mark.parametrize("user", ["nobody", "root"])
def test_other_users_of_the_system_are_refused(adapter: Host, user: str) -> None:
    done = adapter.run(f"runuser -u {user} -- psql -U ebms_owner -d ebms -c 'select 1'")
    assert "no pg_hba.conf entry" in done.stderr


def test_backups_read_everything_and_write_nothing(adapter: Host, table: str) -> None:
    assert adapter.run("runuser -u backup -- pg_dump --dbname=ebms --schema-only").stdout.count(table) > 0
    done = adapter.run(f"runuser -u backup -- psql -d ebms -c \"insert into {table} (word) values ('x')\"")
    assert "permission denied" in done.stderr


def test_passwords_are_hashed_and_kept_from_others(adapter: Host) -> None:
    hashes = adapter.check_output(
        "runuser -u postgres -- psql -qtA -c"
        " \"select count(*) from pg_authid where rolpassword like 'SCRAM-SHA-256$%'\""
    )
    assert hashes == "2"
    assert adapter.run(f"runuser -u nobody -- cat {FOLDER}/ebms.password").rc != 0
    assert adapter.file(f"{FOLDER}/ebms.password").mode == 0o640


def test_listens_on_loopback_only(adapter: Host, partner: Host) -> None:
    assert {place for place in listening(adapter) if place.endswith(":5432")} == {"127.0.0.1:5432"}
    assert knock(adapter, (ADAPTER, 5432)) == {(ADAPTER, 5432): "refused"}


def test_data_has_checksums(adapter: Host) -> None:
    assert adapter.check_output("runuser -u postgres -- psql -qtA -c 'show data_checksums'") == "on"


def test_log_says_who_came_and_not_what_they_wrote(adapter: Host, table: str) -> None:
    _as(adapter, "ebms", f"insert into {table} (nothing) values ('kanarie')")
    log = adapter.check_output("cat /var/log/postgresql/postgresql-15-main.log")
    assert "connection authorized: user=ebms database=ebms" in log
    assert "kanarie" not in log + journal(adapter, "postgresql@15-main")


def test_runs_after_a_reboot(adapter: Host) -> None:
    assert adapter.service("postgresql@15-main").is_running
    assert adapter.service("postgresql@15-main").is_enabled
