"""How findings are told: lines for people, JSON for machines, SARIF 2.1.0 for code scanners.

What stands in a file from anyone is shown as it is, but without control characters and without BSNs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lopendezaken import __version__
from lopendezaken.casemessage.bsn import mask, passes_eleven_test
from lopendezaken.lint.finding import Finding
from lopendezaken.lint.rule import Rule
from lopendezaken.lint.run import Judged, exit_code

FORMAT = "lopendezaken-lint/1"
_LEVELS = {"must": "error", "should": "warning"}
_LONGEST = 300
_NINE_DIGITS = re.compile(r"(?<!\d)\d{9}(?!\d)")


def plain(text: str) -> str:
    """``text`` on one line, of bounded length, without control characters and with BSNs masked."""
    words = " ".join(text.split())
    safe = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in words)
    masked = _NINE_DIGITS.sub(
        lambda found: mask(found[0]) if passes_eleven_test(found[0]) else found[0], safe
    )
    return masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}…"


def safe(finding: Finding) -> Finding:
    """The same finding with texts that can be shown anywhere."""
    found, expected, remedy = (
        None if text is None else plain(text) for text in (finding.found, finding.expected, finding.remedy)
    )
    return replace(finding, what=plain(finding.what), found=found, expected=expected, remedy=remedy)


# -- for people -----------------------------------------------------------------------------------


def text(judged: Sequence[Judged]) -> Iterator[str]:
    """Each finding on a line of its own, then a line about each file, then one about all."""
    for each in judged:
        name = plain(each.name)
        for finding in each.findings:
            place = name if finding.line is None else f"{name}:{finding.line}"
            yield f"{place}: {finding.rule} {finding.severity}: {safe(finding).message}"
        yield _verdict(name, each)
    if len(judged) > 1:
        yield _total(judged)


def _verdict(name: str, judged: Judged) -> str:
    if judged.error is not None:
        # The error may name the file itself, with a line.
        words = plain(str(judged.error))
        return f"{words if words.startswith(name) else f'{name}: {words}'} (not judged)"
    musts, shoulds = judged.count("must"), judged.count("should")
    advice = _counted(shoulds, "recommendation")
    if musts:
        return f"{name}: NOT sound: {_counted(musts, 'mistake')}" + (f", {advice}" if shoulds else "")
    return f"{name}: sound" + (f", {advice} not followed" if shoulds else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _total(judged: Sequence[Judged]) -> str:
    codes = [each.exit_code for each in judged]
    return f"{len(codes)} files: {codes.count(0)} sound, {codes.count(1)} not, {codes.count(2)} not judged"


# -- for machines ---------------------------------------------------------------------------------


def as_json(kind: str, judged: Sequence[Judged]) -> str:
    """One JSON document: every file with its findings."""
    files = [
        {
            "file": plain(each.name),
            "findings": [asdict(safe(finding)) for finding in each.findings],
            "error": None if each.error is None else plain(str(each.error)),
        }
        for each in judged
    ]
    told = {
        "format": FORMAT,
        "kind": kind,
        "files": files,
        "must": sum(each.count("must") for each in judged),
        "should": sum(each.count("should") for each in judged),
        "unreadable": sum(each.error is not None for each in judged),
        "exit_code": exit_code(judged),
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def as_sarif(kind: str, judged: Sequence[Judged], known: Sequence[Rule]) -> str:
    """SARIF 2.1.0: findings of must are errors, of should warnings; what could not be judged is told apart."""
    from lopendezaken.report.sarif import SCHEMA

    rules = {rule.id: rule for rule in known}
    order = {name: index for index, name in enumerate(sorted(rules))}
    unread = [_notification(each) for each in judged if each.error is not None]
    run = {
        "tool": {
            "driver": {
                "name": f"lz lint {kind}",
                "version": __version__,
                "rules": [_rule(rules[name]) for name in order],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not unread, "toolExecutionNotifications": unread}],
        "results": [_result(each, finding, order) for each in judged for finding in each.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": f"{rule.title} ({rule.source})"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(judged: Judged, finding: Finding, order: Mapping[str, int]) -> dict[str, Any]:
    place = "\n".join((judged.name, finding.rule, finding.what, finding.found or ""))
    return {
        "ruleId": finding.rule,
        **({"ruleIndex": order[finding.rule]} if finding.rule in order else {}),
        "kind": "fail",
        "level": _LEVELS[finding.severity],
        "message": {"text": safe(finding).message},
        "locations": [_location(judged.name, finding.line)],
        "partialFingerprints": {"finding/v1": hashlib.sha256(place.encode()).hexdigest()},
    }


def _notification(judged: Judged) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": plain(str(judged.error))},
        "locations": [_location(judged.name, None)],
    }


def _location(name: str, line: int | None) -> dict[str, Any]:
    path = Path(name)
    below = {"uri": quote(name), "uriBaseId": "SRCROOT"}
    artifact = {"uri": path.as_uri()} if path.is_absolute() else below
    region = {} if line is None else {"region": {"startLine": max(line, 1)}}
    return {"physicalLocation": {"artifactLocation": artifact, **region}}
