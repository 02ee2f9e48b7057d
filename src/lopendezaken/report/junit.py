"""JUnit XML from results.json: a test suite for each environment, a test case for each control.

What does not pass is a failure, also what is not known yet; a check that could not be carried out is an
error; waived and not applicable are skipped, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lopendezaken.policy.control import Language
from lopendezaken.policy.outcomes import Outcome

_TAGS = {
    Outcome.ERROR: "error",
    Outcome.NOT_MET: "failure",
    Outcome.STALE: "failure",
    Outcome.UNKNOWN: "failure",
    Outcome.WAIVED: "skipped",
    Outcome.NOT_APPLICABLE: "skipped",
}
# What XML 1.0 cannot hold; it may stand in the message of an error.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: dict[str, Any], language: Language) -> bytes:
    """Give the results as JUnit XML, in UTF-8."""
    name = f"{results['organisation']['name']} {results['organisation']['number']}"
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', _tag("testsuites", name=name)]
    for environment in sorted({each["environment"] for each in results["results"]}):
        own = [each for each in results["results"] if each["environment"] == environment]
        lines.append(_tag("testsuite", **_counts(environment, own, results["date"])))
        for each in own:
            lines += _case(each, results["organisation"]["slug"], language)
        lines.append("</testsuite>")
    lines.append("</testsuites>\n")
    return _NOT_XML.sub("\ufffd", "\n".join(lines)).encode()


def _counts(environment: str, results: list[dict[str, Any]], date: str) -> dict[str, object]:
    tags = [_TAGS.get(Outcome(each["outcome"])) for each in results]
    return {
        "name": environment,
        "tests": len(results),
        "failures": tags.count("failure"),
        "errors": tags.count("error"),
        "skipped": tags.count("skipped"),
        "time": 0,
        "timestamp": f"{date}T00:00:00",
    }


def _case(result: dict[str, Any], slug: str, language: Language) -> Iterator[str]:
    name = f"{result['control']} {result['title'][language]}"
    yield _tag(
        "testcase", classname=f"{slug}.{result['environment']}.phase-{result['phase']}", name=name, time=0
    )
    tag = _TAGS.get(Outcome(result["outcome"]))
    told = list(_told(result, language))
    text = escape("\n".join(told))
    if tag is None:
        yield f"<system-out>{text}</system-out>"
    else:
        kind = {} if tag == "skipped" else {"type": result["outcome"]}
        yield f"{_tag(tag, message=told[0], **kind)}{text}</{tag}>"
    yield "</testcase>"


def _told(result: dict[str, Any], language: Language) -> Iterator[str]:
    """Give the findings that decide, each with its place."""
    for finding in result["findings"]:
        if finding["outcome"] == result["outcome"]:
            waiver = f"{finding['waiver']}: " if finding["waiver"] else ""
            yield f"{waiver}{finding['says'][language]} [dossier.yml:{finding['line']}:{finding['column']}]"


def _tag(name: str, /, **attributes: object) -> str:
    told = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{name}{told}>"
