"""JUnit XML from results.json: a test suite for each environment, a test case for each control.

What does not pass is a failure, also what is not known yet; a check that could not be carried out is an
error; waived and not applicable are skipped, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

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
    root = ET.Element("testsuites", {"name": _xml(name)})
    for environment in sorted({each["environment"] for each in results["results"]}):
        own = [each for each in results["results"] if each["environment"] == environment]
        suite = ET.SubElement(root, "testsuite", _counts(environment, own, results["date"]))
        for each in own:
            _case(suite, each, results["organisation"]["slug"], language)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"


def _counts(environment: str, results: list[dict[str, Any]], date: str) -> dict[str, str]:
    tags = [_TAGS.get(Outcome(each["outcome"])) for each in results]
    return {
        "name": environment,
        "tests": str(len(results)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "skipped": str(tags.count("skipped")),
        "time": "0",
        "timestamp": f"{date}T00:00:00",
    }


def _case(suite: ET.Element, result: dict[str, Any], slug: str, language: Language) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": f"{slug}.{result['environment']}.phase-{result['phase']}",
            "name": _xml(f"{result['control']} {result['title'][language]}"),
            "time": "0",
        },
    )
    tag = _TAGS.get(Outcome(result["outcome"]))
    told = list(_told(result, language))
    if tag:
        found = ET.SubElement(case, tag, {"message": _xml(told[0])})
        if tag != "skipped":
            found.set("type", result["outcome"])
        found.text = _xml("\n".join(told))
    else:
        ET.SubElement(case, "system-out").text = _xml("\n".join(told))


def _told(result: dict[str, Any], language: Language) -> Iterator[str]:
    """Give the findings that decide, each with its place."""
    for finding in result["findings"]:
        if finding["outcome"] == result["outcome"]:
            yield f"{finding['says'][language]} [dossier.yml:{finding['line']}:{finding['column']}]"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
