"""Who came in past the gate, from a host's journal: logins, and not what else login(1) says."""

from __future__ import annotations

import json

from tests.unit.plugins.conftest import load


def line(identifier: str, message: str, seconds: int) -> str:
    return json.dumps(
        {"SYSLOG_IDENTIFIER": identifier, "MESSAGE": message, "__REALTIME_TIMESTAMP": f"{seconds}000123"}
    )


def test_each_way_in_is_there_once_with_its_moment() -> None:
    journal = [
        "1795600000",
        line(
            "login",
            "pam_unix(login:session): session opened for user root(uid=0) by LOGIN(uid=0)",
            1795600100,
        ),
        line("login", "ROOT LOGIN  on '/dev/tty1'", 1795600100),
        line("login", "FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure", 1795600200),
        line("console", "root at the console: /bin/true", 1795600300),
    ]
    record = load("filter/gate.py").lz_ways_in("\n".join(journal), "adapter-prod")
    assert (record["kind"], record["host"]) == ("ways-in", "adapter-prod")
    assert [(way["at"], way["how"]) for way in record["raw"]["ways"]] == [
        ("2026-11-25T09:46:40Z", "first start"),
        ("2026-11-25T09:48:20Z", "ROOT LOGIN  on '/dev/tty1'"),
        ("2026-11-25T09:51:40Z", "root at the console: /bin/true"),
    ]
