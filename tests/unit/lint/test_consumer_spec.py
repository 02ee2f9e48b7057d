"""The Consumerspecificatie on the command line; its rules have tests of their own beside them.

The guide's own example, as it is printed, must fail with exactly its true defects.
"""

from __future__ import annotations

import re
from pathlib import Path

from lopendezaken.documents import consumer_spec_read, consumer_spec_rules, keyinfo
from lopendezaken.lint.consumer_spec import RULES, check
from tests.unit.documents.guide import GUIDE
from tests.unit.lint.conftest import NOW, Lint, source


def test_the_guides_own_fails_with_its_true_defects() -> None:
    found = check(source(GUIDE), NOW)
    assert [(each.rule, each.found) for each in found] == [
        ("X-12", "2 blanks"),
        ("X-09", "[uw_organisatie_naam]"),
        ("X-09", "[uw_oin]"),
        ("X-09", "[uw_endpoint_voor_lopendezaken_koppeling]"),
        ("X-09", "[uw_client_certificaat_data]"),
        ("X-09", "[uw_server_certificaat_data]"),
    ]
    lines = GUIDE.splitlines()
    for each in found[1:]:
        assert (each.found or "") in "".join(lines[(each.line or 0) - 1 : (each.line or 0) + 2])


def test_on_the_command_line(lint: Lint, tmp_path: Path) -> None:
    file = tmp_path / "spec.xml"
    file.write_text(GUIDE)
    told = lint("consumer-spec", file)
    assert told.exit_code == 1
    assert f"{file}:1: X-12 must: blanks stand before the XML declaration" in told.output
    assert told.output.endswith("NOT sound: 6 mistakes\n")


def test_the_list_of_rules_is_that_of_the_code() -> None:
    modules = (consumer_spec_rules, consumer_spec_read, keyinfo)
    code = "".join(Path(module.__file__ or "").read_text() for module in modules)
    assert set(re.findall(r'"(X-\d\d)"', code)) == {rule.id for rule in RULES}
