"""The tap of the lab: what is shown of a message, and where it belongs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab import wire

ROW = {
    "engine": "mijnoverheid-preprod",
    "at": "2026-11-24T10:30:59.543Z",
    "direction": "in",
    "from": "urn:osb:oin:00000099100000001000",
    "to": "urn:osb:oin:00000099300000001000",
    "action": "Zaakbericht",
    "messageId": "e09b482b-c1ba-444a-a082-46faeb65490d@ebms.preprod.voorbeeldstad.example",
    "result": "204",
    "size": 4321,
    "payloads": [{"contentId": "zaak-1", "contentType": "application/xml", "size": 10, "sha256": "ab" * 32}],
}


def test_a_line_says_who_to_whom_and_how_it_went() -> None:
    shown = wire.line(ROW, wire.party_names())
    for part in (
        "10:30:59.543",
        "in ",
        "00000099100000001000 > mijnoverheid-preprod",
        "Zaakbericht",
        "e09b482b",
        "204",
        "4321 B",
    ):
        assert part in shown
    assert "application/xml 10 B abababababab" in shown


def test_what_is_no_message_has_a_line_too() -> None:
    nothing = {**ROW, "to": "", "action": "", "messageId": "", "result": "500 malformed XML", "payloads": []}
    shown = wire.line(nothing, {})
    assert "00000099100000001000 > ?" in shown
    assert "(no message)" in shown
    assert shown.endswith("500 malformed XML")


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90s", 1.5),
        ("10m", 10),
        ("2h", 120),
        ("1d", 1440),
        ("2026-11-24T11:00+00:00", 60),
        ("2026-11-24T11:00Z", 60),
    ],
)
def test_moments(text: str, minutes: float) -> None:
    assert wire.moment(text, NOW) == NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "gisteren", "10", "m", "-5m", "10 m"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(LzError, match="no moment"):
        wire.moment(text, NOW)


def test_from_a_moment_on() -> None:
    rows = [{"at": "2026-11-24T11:59:59.999Z"}, {"at": "2026-11-24T12:00:00.000Z"}]
    assert wire.later(rows, NOW) == rows[1:]


def test_engines_by_their_name_or_host() -> None:
    assert list(wire.engines(["compliance"])) == ["compliance"]
    assert list(wire.engines(["partner"])) == ["compliance", "mijnoverheid-preprod", "mijnoverheid-prod"]
    assert len(wire.engines([])) == 5
    with pytest.raises(LzError, match="no engine"):
        wire.engines(["mijnoverheid"])


@pytest.mark.parametrize(
    ("engine", "environment"),
    [
        ("mijnoverheid-preprod", "preprod"),
        ("mijnoverheid-prod", "prod"),
        ("compliance", "preprod"),
        ("adapter-prod", "prod"),
    ],
)
def test_what_belongs_to_which_environment(engine: str, environment: str) -> None:
    assert wire.environment_of(engine) == environment


def test_following_goes_on_where_it_was() -> None:
    batches = iter([[{"number": 2}], [], [{"number": 3}, {"number": 4}]])
    rows = [{"number": 1}]
    following = wire.follow(rows, lambda: next(batches))
    assert [next(following)["number"] for _ in range(4)] == [1, 2, 3, 4]
    assert [row["number"] for row in rows] == [1, 2, 3, 4]
