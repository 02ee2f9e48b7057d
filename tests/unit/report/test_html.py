"""The report for people: complete, sound HTML with an order of headings, and closed to what is hostile.

axe-core 4.14 found nothing in it when this was written; these tests hold what that rests on.
"""

from __future__ import annotations

import functools
import itertools
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from lxml import etree

from lopendezaken.policy.assess import assess
from lopendezaken.policy.control import Language
from lopendezaken.policy.results import of_assessment
from lopendezaken.report.html import html
from lopendezaken.report.markup import html as markup
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World
from tests.unit.report.points import POINTS, POLICIES, results_at, waived


@functools.cache
def page(point: str, language: Language = "en") -> str:
    return html(results_at(point), POLICIES, language).decode()


def tree(point: str, language: Language = "en") -> etree._Element:
    return etree.HTML(page(point, language))


def texts(found: etree._Element) -> str:
    return " ".join(" ".join(found.itertext()).split())


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("point", POINTS)
def test_it_is_sound_and_needs_nothing_but_itself(point: str, language: Language) -> None:
    found = tree(point, language)
    assert found.get("lang") == language
    ids = [str(each) for each in found.xpath("//@id")]
    assert len(ids) == len(set(ids))
    links = [str(each) for each in found.xpath("//@href")]
    assert {each.removeprefix("#") for each in links} <= set(ids)
    assert {str(each) for each in found.xpath("//@aria-labelledby")} <= set(ids)
    assert not found.xpath("//@src | //script | //link | //iframe | //@onclick")
    assert "{{" not in page(point, language)
    levels = [int(str(each.tag)[1]) for each in found.xpath("//h1|//h2|//h3|//h4|//h5")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(each.get("scope") for each in found.xpath("//th"))
    assert len(found.xpath("//table")) == len(found.xpath("//table/caption"))


@pytest.mark.parametrize("point", POINTS)
def test_the_decision_comes_first_and_names_what_keeps_it_closed(point: str) -> None:
    results = results_at(point)
    closed = [each for each in results["stages"] if not each["open"]]
    box = tree(point).xpath("//main//div[contains(@class, 'decision')]")[0]
    assert tree(point).xpath("//main//h2/@id")[0] == "decision"
    assert ("OPEN" in texts(box)) == (not closed)
    for criterion in closed[0]["unmet"] if closed else ():
        assert criterion in texts(box)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("point", POINTS)
def test_each_control_tells_requirement_way_fact_evidence_and_repair(point: str, language: Language) -> None:
    results = results_at(point)
    articles = {each.get("aria-labelledby"): each for each in tree(point, language).xpath("//article")}
    assert list(articles) == sorted({each["control"] for each in results["results"]})
    for each in results["results"]:
        told = texts(articles[each["control"]])
        for finding in each["findings"]:
            if "\x00" not in finding["says"][language]:
                assert " ".join(finding["says"][language].split()) in told
            for path in finding["evidence"]:
                assert path in told
                assert results["evidence"][path]["file"] in told
                assert results["evidence"][path]["expires"][:10] in told


def test_it_tells_what_is_not_covered_and_why() -> None:
    annex = texts(tree("live").xpath("//section[@aria-labelledby='uncovered']")[0])
    for each in POLICIES.requirements.all.values():
        if each.why and "government" in each.applies_to:
            assert each.text.en in annex
            assert POLICIES.requirements.reasons[each.why].en in annex


def test_a_waiver_stands_at_its_finding_and_in_the_annex() -> None:
    found = etree.HTML(html(waived(), POLICIES, "en").decode())
    control = texts(found.xpath("//article[@aria-labelledby='LZ-3.01']")[0])
    assert "Waiver W-2026-003, until 2026-12-31 included; the outcome itself is: not met." in control
    annex = texts(found.xpath("//section[@aria-labelledby='waivers']")[0])
    assert "De hertest is over drie dagen <b>klaar</b>." in annex
    assert "Approved by P. Pietersen" in annex


def test_the_commands_of_the_annex_verify_every_signature_with_stock_tools(tmp_path: Path) -> None:
    world = World(tmp_path / "org")
    world.record("host-facts", "adapter-preprod", {"hostname": "adapter"})
    world.approve()
    world.sign()
    page = html(of_assessment(assess(world.folder, DAY, POLICIES)), POLICIES, "en").decode()
    commands = unescape(page.split("The same signatures</h3>\n<pre>")[1].split("</pre>")[0])

    def run() -> subprocess.CompletedProcess[str]:
        shell = ["bash", "-euo", "pipefail", "-c", commands]
        return subprocess.run(shell, cwd=world.folder, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    good = [line.split("SHA256")[0] for line in done.stdout.splitlines()]
    assert good == [
        'Good "lz-dossier" signature for owner with ED25519 key ',
        'Good "lz-evidence" signature for machine with ED25519 key ',
        'Good "lz-record" signature for recorder with ED25519 key ',
    ]
    next(world.evidence.rglob("*.json")).write_text("{}")
    assert run().returncode != 0


def test_a_name_of_the_dossier_is_never_markup() -> None:
    assert "<script>" not in page("broken")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page("broken")


def test_every_outcome_has_a_symbol_beside_its_word() -> None:
    marks = tree("half_prepared").xpath(
        "//span[contains(@class, 'outcome ') and not(contains(@class, 'is-'))]"
    )
    assert marks
    assert all(re.fullmatch(r"\S (?:\w+ ?)+", texts(each)) for each in marks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo", "<p>one two</p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("see `a < b`", "<p>see <code>a &lt; b</code></p>"),
        ("a ` alone", "<p>a ` alone</p>"),
        ("two:\n- one\n  more\n- <b>", "<p>two:</p><ul><li>one more</li><li>&lt;b&gt;</li></ul>"),
        ("- only", "<ul><li>only</li></ul>"),
    ],
)
def test_markup(text: str, expected: str) -> None:
    assert markup(text) == expected
