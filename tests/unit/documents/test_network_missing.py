"""What network overview and firewall requests wait for: told at once, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lopendezaken.documents import build
from lopendezaken.documents.source import read
from lopendezaken.errors import LzError
from tests.unit.documents import world

NETWORK = "dossier/network.yml"
DOSSIER = "dossier/dossier.yml"


def refused(folder: Path, document: str, *changes: tuple[str, str, str]) -> str:
    """Give what is told of an organisation in which patterns in files were replaced."""
    made = world.create(folder)
    for file, pattern, new in changes:
        text, count = re.subn(pattern, new, (made / file).read_text(), flags=re.DOTALL)
        assert count
        (made / file).write_text(text)
    output = folder / "out"
    with pytest.raises(LzError) as caught:
        build.render(document, read(made, world.DAY), "preprod", output)
    assert caught.value.exit_code == 2
    assert not output.exists()
    return str(caught.value)


def test_all_that_the_plan_lacks_is_told_at_once(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "network",
        (NETWORK, r"  - id: preprod-from-mijnoverheid.*?(?=  - id:)", ""),
        (DOSSIER, "https://ebms.preprod.voorbeeldstad.example", "https://new.preprod.voorbeeldstad.example"),
        (DOSSIER, r"names: \[ebms.preprod", "names: [new.preprod"),
        (DOSSIER, "connection: internet", "connection: diginetwerk"),
    )
    assert "3 things missing, nothing written" in told
    assert "no name new.preprod.voorbeeldstad.example" in told
    assert "no flow of ebMS from MijnOverheid preproductie" in told
    assert "no zone of Diginetwerk" in told


def test_every_mistake_in_the_plan_is_told_with_its_place(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "network",
        (NETWORK, "port: 443", "port: 70000"),
        (NETWORK, "protocol: icmp", "protocol: sctp"),
    )
    assert told.count("network.yml:") > 2
    assert "sctp" in told


def test_a_plan_that_is_not_there_is_told(tmp_path: Path) -> None:
    made = world.create(tmp_path)
    (made / NETWORK).unlink()
    with pytest.raises(LzError, match=r"1 thing missing[\s\S]*network.yml"):
        build.render("network", read(made, world.DAY), "prod", tmp_path / "out")


def test_somebody_must_be_there_to_send_a_request_to(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "firewall-request",
        (DOSSIER, "organisation: Logius", "organisation: Ander"),
        (NETWORK, "owner: Logius", "owner: Rekencentrum"),
    )
    assert "nobody to send the request to at Rekencentrum" in told
    assert "dossier.yml:" in told
