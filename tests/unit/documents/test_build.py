"""One document and all of them: what is written, what waits, and that nothing is ever half done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lopendezaken.documents import build, registry
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.source import Source, read
from lopendezaken.errors import LzError
from tests.unit.policies.example import ROOT
from tests.unit.policy.world import World

DAY = date(2026, 11, 24)


def _files(source: Source) -> Iterator[File]:
    yield File(f"{source.environment}/letter.md", b"# Brief\n")


READY = Document("ready", "Klaar", lambda _: (), _files, ("preprod", "prod"))
WAITING = Document(
    "waiting",
    "Wacht",
    lambda _: (Missing("no answer yet", "dossier.yml form", "Ask"), Missing("no | mail", "mails", "Send")),
    _files,
)
PUBLIC = Document("public", "Overheid", lambda _: (), _files, kinds=("government",))


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    made = {each.id: each for each in (READY, WAITING, PUBLIC)}
    monkeypatch.setattr(registry, "documents", lambda: made)
    monkeypatch.setattr(build, "documents", lambda: made)
    return read(ROOT / "inventories/voorbeeldstad", DAY)


def test_a_document_is_made_for_each_environment(source: Source, tmp_path: Path) -> None:
    assert build.render("ready", source, None, tmp_path) == [
        tmp_path / "preprod/letter.md",
        tmp_path / "prod/letter.md",
    ]
    assert (tmp_path / "prod/letter.md").read_bytes() == b"# Brief\n"


def test_or_for_the_one_that_was_asked(source: Source, tmp_path: Path) -> None:
    build.render("ready", source, "preprod", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["preprod"]


def test_everything_that_is_missing_is_told_at_once_and_nothing_is_written(
    source: Source, tmp_path: Path
) -> None:
    with pytest.raises(LzError, match=r"2 things missing, nothing written[\s\S]*Ask[\s\S]*Send") as caught:
        build.render("waiting", source, None, tmp_path)
    assert caught.value.exit_code == 2
    assert not any(tmp_path.iterdir())


def test_an_unknown_document_and_an_unknown_environment_are_refused(source: Source, tmp_path: Path) -> None:
    with pytest.raises(LzError, match="no such document: found letter, expected ready, waiting"):
        build.render("letter", source, None, tmp_path)
    with pytest.raises(LzError, match="not made for this environment"):
        build.render("public", source, "preprod", tmp_path)


def test_a_supplier_does_not_get_what_is_for_government(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supplier = source.dossier.model_copy(
        update={"organisation": source.dossier.organisation.model_copy(update={"kind": "supplier"})}
    )
    other = Source(source.folder, supplier, DAY)
    with pytest.raises(LzError, match="not for a supplier"):
        build.render("public", other, None, tmp_path)
    assert [state.name for state in build.states(other)] == ["ready (preprod)", "ready (prod)", "waiting"]


def test_what_is_not_needed_now_is_neither_made_nor_waited_for(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = replace(READY, id="later", needed=lambda copy: copy.environment == "prod")
    never = replace(WAITING, id="never", needed=lambda _: False)
    made = {each.id: each for each in (later, never)}
    monkeypatch.setattr(registry, "documents", lambda: made)
    monkeypatch.setattr(build, "documents", lambda: made)
    assert [state.name for state in build.states(source)] == ["later (prod)"]
    with pytest.raises(LzError, match="never is not needed now"):
        build.render("never", source, None, tmp_path)
    with pytest.raises(LzError, match="not made for this environment"):
        build.render("later", source, "preprod", tmp_path)


def test_build_makes_what_it_can_and_tells_what_waits(source: Source, tmp_path: Path) -> None:
    told = "\n".join(build.build(source, tmp_path))
    assert "waits for\n  dossier.yml form: no answer yet. Ask" in told
    index = (tmp_path / "index.md").read_text()
    assert "24 november 2026" in index
    assert "[preprod/letter.md](preprod/letter.md)" in index
    assert "wacht op dossier.yml form; mails" in index
    assert "handtekening" not in index + told


def test_evidence_that_nobody_vouches_for_is_named(source: Source, tmp_path: Path) -> None:
    world = World(tmp_path / "organisation")
    world.record("host-facts", "adapter-preprod", {"services": {}})
    world.sign()
    last = world.record("host-facts", "dmz-preprod", {"services": {}})
    found = read(world.folder, DAY)
    (unvouched,) = found.unvouched
    assert world.evidence / unvouched == last
    assert "nobody vouches for 1 pieces of evidence" in "\n".join(build.build(found, tmp_path / "made"))
    index = (tmp_path / "made/index.md").read_text()
    assert "Voor dit bewijs staat nog niemand in" in index
    assert f"- `{unvouched}`" in index


def test_evidence_that_was_edited_makes_no_document(tmp_path: Path) -> None:
    world = World(tmp_path / "organisation")
    path = world.record("host-facts", "adapter-preprod", {"services": {}})
    world.sign()
    path.write_text(path.read_text().replace("adapter-preprod", "adapter-prod"))
    with pytest.raises(LzError, match="evidence cannot be trusted"):
        read(world.folder, DAY).of("preprod").evidence.of("host-facts", "preprod")


def test_pdf_is_made_of_what_is_markdown(source: Source, tmp_path: Path) -> None:
    build.render("ready", source, "prod", tmp_path, as_pdf=True)
    assert (tmp_path / "prod/letter.pdf").read_bytes().startswith(b"%PDF-")
