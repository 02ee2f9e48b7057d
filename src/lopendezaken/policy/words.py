"""The words for people, in Dutch and English: apart from code, in policies/data/words.<language>.yml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lopendezaken.dossier.fields import Text
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.read import read_as
from lopendezaken.policy.api import Finding
from lopendezaken.policy.control import Control, Language
from lopendezaken.policy.outcomes import Outcome


class WordList(Part):
    """A file of words: outcomes, states of waivers, and whatever programs say to people."""

    outcomes: dict[Text, Text]
    severities: dict[Text, Text]
    methods: dict[Text, Text]
    coverage: dict[Text, Text]
    waivers: dict[Text, Text]
    findings: dict[Text, Text]
    labels: dict[Text, Text]


class Words:
    """Says things in one language."""

    def __init__(self, folder: Path, language: Language) -> None:
        self.language: Language = language
        self.list = read_as(WordList, folder / "data" / f"words.{language}.yml")

    def outcome(self, outcome: Outcome) -> str:
        """Name an outcome."""
        return self.list.outcomes[outcome.value]

    def label(self, key: str, **values: object) -> str:
        """Give a text of the programs, with values filled in."""
        return fill(self.list.labels[key], {name: str(value) for name, value in values.items()})

    def finding(self, control: Control, finding: Finding) -> str:
        """Tell what was found, in one sentence; of old evidence also that it is old."""
        both = control.facts.findings.get(finding.code)
        sentence = both.in_(self.language) if both else self.list.findings[finding.code]
        text = fill(sentence, finding.values)
        if Outcome.STALE in {finding.outcome, finding.own}:
            oldest = min(each.collected for each in finding.evidence)
            text += " " + fill(self.list.findings["stale"], {"collected": oldest.date().isoformat()})
        return text


def fill(sentence: str, values: Mapping[str, str]) -> str:
    """Put ``values`` in the places of a sentence (``{name}``)."""
    return sentence.format_map(values)
