"""Network overview, firewall requests and planning as they leave, for an organisation and a supplier.

The organisation connects over the internet, the supplier over Diginetwerk and with IPv6.
``LZ_WRITE_GOLDEN=1`` writes them anew: then look at the difference before you commit it, and at the drawings in
a browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from lxml import etree

from lopendezaken.documents.document import File, files_of
from lopendezaken.documents.registry import document, each_for
from lopendezaken.documents.source import Source, read
from tests.unit.documents import golden, world
from tests.unit.documents.geometry import collisions, found
from tests.unit.documents.test_network import DIGINETWERK

GOLDEN = golden.GOLDEN / "drawings"
DOCUMENTS = ("planning", "network", "firewall-request")
CONTACT = (
    "  - {{organisation: {0}, role: technical, name: Netwerkbeheer, mail: netwerk@{1}.example,"
    ' phone: "+31 70 000 00 05", checked_on: 2026-11-02}}\n'
)
PLANNING = "planning: {document: plan.pdf, reviewed_on: 2026-11-02, start: 2026-10-05, live_on: 2027-02-01}\n"


def source(folder: Path, kind: world.Kind) -> Source:
    """Give an organisation of the golden documents with a planning, and the supplier on Diginetwerk."""
    made = world.create(folder, kind)
    path = made / "dossier/dossier.yml"
    text = path.read_text() + PLANNING
    if kind == "supplier":
        others = CONTACT.format("Rekencentrum Oost", "oost") + CONTACT.format("Diginetwerk", "koppelnet")
        text = text.replace("\ncontacts:\n", f"\ncontacts:\n{others}")
        plan = DIGINETWERK.read_text().replace("Gemeente Voorbeeldstad", "Voorbeeld Software BV")
        (made / "dossier/network.yml").write_text(plan)
    path.write_text(text)
    return read(made, world.DAY)


def made(source: Source) -> Iterator[File]:
    for name in DOCUMENTS:
        for copy in each_for(document(name), source):
            yield from files_of(document(name), copy)


@pytest.fixture(scope="module", params=world.KINDS)
def kind(request: pytest.FixtureRequest) -> world.Kind:
    found: world.Kind = request.param
    return found


@pytest.fixture(scope="module")
def files(kind: world.Kind, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return {each.name: each.content for each in made(source(tmp_path_factory.mktemp("world"), kind))}


def test_they_are_what_they_were(kind: world.Kind, files: dict[str, bytes]) -> None:
    golden.same(GOLDEN / kind, files)


def test_every_drawing_can_be_read(files: dict[str, bytes]) -> None:
    drawings = [name for name in files if name.endswith(".svg")]
    assert drawings
    for name in drawings:
        assert not [*collisions(etree.fromstring(files[name]))], name


def test_a_supplier_has_no_production(files: dict[str, bytes], kind: world.Kind) -> None:
    assert any(name.startswith("prod/") for name in files) == (kind == "organisation")
    told = files["planning.md"].decode()
    assert ("live in productie" in told) == (kind == "organisation")


def test_who_joins_us_to_diginetwerk_is_asked_too(files: dict[str, bytes], kind: world.Kind) -> None:
    requests = [Path(name) for name in files if name.startswith("preprod/firewallverzoek-")]
    asked = {each.name.removeprefix("firewallverzoek-") for each in requests if each.suffix == ".md"}
    if kind == "organisation":
        assert asked == {"gemeente-voorbeeldstad.md", "logius.md"}
    else:
        assert asked == {"voorbeeld-software-bv.md", "logius.md", "rekencentrum-oost.md", "diginetwerk.md"}


def test_no_request_tells_of_the_lab_or_asks_a_crl_server(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if "firewallverzoek" in name:
            assert b"3142" not in content
            assert name.split("firewallverzoek-")[1] != "tsp.md"


def rows(markdown: bytes, heading: str) -> Iterator[dict[str, str]]:
    """Give the rows of the tables whose head begins with a number, below a heading."""
    part = markdown.decode().partition(heading)[2]
    lines = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    head = next(line for line in lines if line[0] == "Nr")
    yield from (dict(zip(head, line, strict=True)) for line in lines if line[0].isdigit())


def test_the_table_tells_of_every_arrow(files: dict[str, bytes]) -> None:
    for name, drawing in files.items():
        if name.endswith("netwerkoverzicht.svg"):
            table = {row["Nr"]: row for row in rows(files[name[:-3] + "md"], "## Verbindingen")}
            arrows = found(etree.fromstring(drawing), "flow")
            assert table.keys() == {each.get("data-number") for each in arrows}
            for arrow in arrows:
                row = table[arrow.get("data-number")]
                assert row["Poort"] == (arrow.get("data-port") or "-")
                assert row["Protocol"].split()[0] == arrow.get("data-protocol")
                for side, column in (("from", "Van"), ("to", "Naar")):
                    ends = arrow.xpath(f"*[@data-end='{side}']")
                    told = " en ".join(each.get("data-address") for each in ends)
                    assert row[column].endswith(f": {told}")


def test_a_request_asks_for_nothing_that_is_not_in_the_overview(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if "firewallverzoek" in name and name.endswith(".md"):
            table = {
                row["Nr"]: row
                for row in rows(files[f"{name.partition('/')[0]}/netwerkoverzicht.md"], "## Verbindingen")
            }
            asked = [*rows(content, "#")]
            assert asked
            for row in asked:
                whole = table[row["Nr"]]
                assert row["Van"].split()[0] in whole["Van"]
                assert row["Naar"].split()[0] in whole["Naar"]
                assert (row["Protocol"], row["Poort"]) == (whole["Protocol"], whole["Poort"])


def test_a_mail_program_reads_every_request(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith(".eml"):
            message = message_from_bytes(content, _class=EmailMessage, policy=default)
            assert not message.defects
            asked = files[name[:-3] + "md"].decode()
            (addressee,) = message["To"].addresses
            assert addressee.addr_spec in asked
            body = message.get_body(("plain",))
            assert body is not None
            told = body.get_content()
            for row in rows(asked.encode(), "#"):
                assert row["Van"] in told
                assert row["Naar"] in told
