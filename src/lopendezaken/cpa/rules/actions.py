"""Services and actions: their names, how both sides close on each other, and what security they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lopendezaken.cpa.model import Action
from lopendezaken.cpa.profile import profile_of
from lopendezaken.cpa.rules.document import Document
from lopendezaken.lint.finding import Finding, must, should

SERVICE_TYPE = "urn:osb:services"
_VERSION = re.compile(r"v?\d+([.$-]\d+)*", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")


def services(document: Document) -> Iterator[Finding]:
    """CPA-017 and CPA-018: type and name of the service, one finding for each service."""
    told = set()
    for _, action in document.actions:
        key = action.service_type, action.service
        if key in told:
            continue
        told.add(key)
        line = document.line_of_first("Service")
        if action.service_type != SERVICE_TYPE:
            yield should(
                line,
                "CPA-017",
                f"type of service {action.service}",
                found=str(action.service_type),
                expected=SERVICE_TYPE,
            )
        parts = action.service.split(":")
        if len(parts) < 3 or not any(_VERSION.fullmatch(part) for part in parts[1:]):
            yield should(
                line,
                "CPA-018",
                "name of the service",
                found=action.service,
                expected="[organisation]:[service]:[version]",
            )


def names(document: Document) -> Iterator[Finding]:
    """CPA-019: an action is named after the root element of its message."""
    for name, action in {action.name: action for _, action in document.actions}.items():
        if not _NAME.fullmatch(name):
            yield should(
                document.line(action.id),
                "CPA-019",
                "name of an action",
                found=name,
                expected="the name of the root element of its message",
            )


def mirror(document: Document) -> Iterator[Finding]:
    """CPA-020: every CanSend has its CanReceive across, and each names the other."""
    first, second = document.cpa.parties
    for this, that in ((first, second), (second, first)):
        for ours, theirs, what in (
            (this.can_send, that.can_receive, "CanReceive"),
            (this.can_receive, that.can_send, "CanSend"),
        ):
            across = {other.id: other for other in theirs}
            for action in ours:
                if not _answers(action, across.get(action.other_id or "")):
                    yield must(
                        document.line(action.id),
                        "CPA-020",
                        f"{action.name} of {this.name} has no {what} of {that.name} that points back",
                        found=f"OtherPartyActionBinding {action.other_id or 'absent'}",
                        expected=f"a {what} with the same service and action, both naming each other",
                    )


def _answers(action: Action, other: Action | None) -> bool:
    if other is None:
        return False
    mine, theirs = ((each.service_type, each.service, each.name) for each in (action, other))
    return mine == theirs and other.other_id == action.id


def characteristics(document: Document) -> Iterator[Finding]:
    """CPA-039: what security the action asks, which follows from the profile of its channel."""
    for _, action in document.actions:
        profile = profile_of(action.channel)
        for name, allowed in profile.characteristics.items():
            given = action.characteristics.get(name, "absent")
            value = {"1": "true", "0": "false"}.get(given, given)
            if value not in allowed:
                yield must(
                    document.line(action.id),
                    "CPA-039",
                    f"{name} of action {action.name}, profile {profile.name}",
                    found=value,
                    expected=" or ".join(sorted(allowed)),
                )


RULES = (services, names, mirror, characteristics)
