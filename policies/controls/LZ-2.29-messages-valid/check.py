"""The last case message of every stream was valid by the XSD of Logius, and MijnOverheid took it."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Look at the last message of each stream."""
    for n, each in enumerate(case.dossier.service.streams):
        at, stream = ("service", "streams", n), each.name
        sent = case.latest("message-delivered", "mijnoverheid", stream=stream)
        if sent is None:
            yield unknown("no-message", at, stream=stream)
            continue
        error = case.latest("message-error", "mijnoverheid", about=sent.raw["message_id"])
        if sent.raw["schema"] != "xsd":
            yield not_met("only-example", at, sent, stream=stream)
        elif sent.raw["status"] != "DELIVERED":
            yield not_met("not-acknowledged", at, sent, stream=stream)
        elif error is not None:
            yield not_met("refused", at, sent, error, stream=stream, reason=error.raw["code"])
        else:
            yield met("valid", at, sent, stream=stream)
