"""The ebMS ping: both messages when it goes well, the leg that failed when not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.plugins.adapter import PASSWORD, Adapter, running
from tests.unit.plugins.conftest import Run

OWN, THEM = "urn:osb:oin:00000099100000001000", "urn:osb:oin:00000099300000001000"


def signal(direction: str, action: str, **more: str | None) -> dict[str, Any]:
    return {
        "direction": direction,
        "action": action,
        "messageId": f"{action}@x",
        "refToMessageId": None,
        "to": THEM if direction == "out" else OWN,
        "timestamp": "2026-11-24T10:00:00Z",
        **more,
    }


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    with running() as adapter:
        yield adapter


@pytest.fixture
def options(adapter: Adapter) -> dict[str, object]:
    return {
        "base_url": adapter.url,
        "username": "lab",
        "password": PASSWORD,
        "cpa_id": "A/B",
        "from_party": OWN,
        "to_party": THEM,
        "partner": "MijnOverheid",
    }


def test_pong_with_both_messages(run: Run, adapter: Adapter, options: dict[str, object]) -> None:
    adapter.signals = [
        signal("out", "Ping", messageId="old@x", timestamp="2026-11-24T09:00:00Z"),
        signal("out", "Ping"),
        signal("in", "Pong", refToMessageId="Ping@x"),
        signal("in", "Pong", messageId="other@x", refToMessageId="old@x"),
    ]
    result = run("ebms_ping", **options)
    assert (result["outcome"], result["changed"], result["trace"]) == ("pong", False, True)
    assert (result["ping"]["messageId"], result["pong"]["messageId"]) == ("Ping@x", "Pong@x")
    assert adapter.calls[0] == (
        "POST /service/rest/v19/ebms/ping/A%2FB/from/urn%3Aosb%3Aoin%3A00000099100000001000"
        "/to/urn%3Aosb%3Aoin%3A00000099300000001000"
    )


def test_adapter_without_a_trace(run: Run, options: dict[str, object]) -> None:
    result = run("ebms_ping", **options)
    assert (result["outcome"], result["trace"], result["ping"]) == ("pong", False, None)


def test_no_pong_fails_with_the_leg(run: Run, adapter: Adapter, options: dict[str, object]) -> None:
    adapter.ping = (500, "No response received!")
    adapter.signals = [signal("out", "Ping")]
    result = run("ebms_ping", **options)
    assert result["failed"]
    assert result["diagnosis"]["leg"] == "way-back"
    assert result["msg"].startswith("No Pong from MijnOverheid [way-back]: our Ping reached MijnOverheid")
    assert result["ping"]["messageId"] == "Ping@x"


def test_no_pong_is_only_told_when_asked(run: Run, adapter: Adapter, options: dict[str, object]) -> None:
    adapter.ping = (500, "StatusCode=500\nHeaders=x")
    result = run("ebms_ping", **options, fail_on_no_pong=False)
    assert (result["failed"], result["outcome"]) == (False, "failed")
    assert result["diagnosis"]["says"] == "StatusCode=500\nHeaders=x"


def test_own_adapter_down(run: Run, options: dict[str, object]) -> None:
    result = run("ebms_ping", **(options | {"base_url": "http://127.0.0.1:1/x"}))
    assert result["failed"]
    assert result["diagnosis"]["leg"] == "adapter"


def test_check_mode_sends_nothing(run: Run, adapter: Adapter, options: dict[str, object]) -> None:
    assert run("ebms_ping", check=True, **options)["outcome"] == "not sent"
    assert not adapter.calls
