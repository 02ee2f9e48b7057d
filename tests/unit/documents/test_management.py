"""Contact sheets, management documentation and helpdesk instruction: what is stale or unknown shows, no secret does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from runpy import run_path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as reader

from lopendezaken.documents.contacts import CHECK_AFTER
from lopendezaken.documents.document import files_of
from lopendezaken.documents.management_inventory import encrypted, hosts
from lopendezaken.documents.management_inventory import settings as shown
from lopendezaken.documents.page import html
from lopendezaken.documents.registry import document
from lopendezaken.documents.source import Source, read
from lopendezaken.errors import LzError
from tests.unit.documents import world

ROOT = Path(__file__).parents[3]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return world.source(tmp_path)


def text(name: str, source: Source) -> str:
    return "\n".join(each.content.decode() for each in files_of(document(name), source))


def written(folder: Path, name: str, content: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)


def test_a_contact_that_was_not_checked_of_late_is_marked(source: Source) -> None:
    last = date(2026, 11, 2) + CHECK_AFTER
    assert "verlopen" not in text("contacts", replace(source, day=last))
    stale = text("contacts", replace(source, day=last + timedelta(days=1)))
    assert stale.count(f"**verlopen** sinds {last}") == 6  # three contacts on two sheets
    assert "**verlopen** sinds" in text("management", replace(source, day=last + timedelta(days=1)))


def test_the_term_is_that_of_the_control() -> None:
    control = run_path(str(ROOT / "policies/controls/LZ-2.11-contacts-up-to-date/check.py"))
    assert timedelta(days=control["MAX_DAYS"]) == CHECK_AFTER


def test_one_side_makes_no_contact_sheet(source: Source) -> None:
    ours = tuple(each for each in source.dossier.contacts if each.organisation != "Logius")[:1]
    alone = replace(source, dossier=source.dossier.model_copy(update={"contacts": ours}))
    with pytest.raises(LzError, match=r"2 things[\s\S]*no functional contact[\s\S]*nobody of the other side"):
        text("contacts", alone)


def test_an_expired_certificate_and_what_was_not_seen_are_told(source: Source) -> None:
    assert "31 oktober 2029 (nog 1072 dagen)" in text("management", source)
    assert "31 oktober 2029 (**verlopen**)" in text("management", replace(source, day=date(2030, 1, 1)))
    before = text("management", replace(source, day=date(2026, 11, 1)))
    assert before.count("Nog niet gezien: er zijn nog geen bewijsstukken van certificaten") == 2
    assert "adapter: ebms" not in before


def test_loaded_is_since_the_adapter_last_had_it_not(source: Source) -> None:
    cpa_id = source.dossier.environments["preprod"].partners["mijnoverheid"].cpa.id
    assert "| Geladen bij ons | sinds 23 november 2026, laatst gezien 23 november 2026 |" in text(
        "management", source
    )
    absent = {"cpa_id": cpa_id, "digest": None, "side": "here", "source": "rest"}
    where = {"partner": "mijnoverheid", "host": "adapter-preprod", "collected": "2026-11-23T11:00:00Z"}
    world.evidence(source.folder, "cpa-loaded", absent, **where)
    assert "| Geladen bij ons | sinds" not in text("management", read(source.folder, world.DAY))


def test_no_secret_shows(source: Source) -> None:
    made = text("management", source)
    assert "backup\\_keep\\_days | 30" in made
    for secret in ("ten-onrechte", "6162636465", "passphrase", "srv/backup", "ANSIBLE_VAULT"):
        assert secret not in made
    assert encrypted(source.folder) == ["group_vars/all/vault.yml"]


@given(name=st.from_regex(r"(backup|monitoring)_[a-z_]{0,20}", fullmatch=True), value=st.text(max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_setting_whose_name_may_mean_a_secret_never_shows(tmp_path: Path, name: str, value: str) -> None:
    secrets = {f"{name}_password": value, f"{name}_key_file": value}
    written(tmp_path, "group_vars/all.yml", yaml.safe_dump(secrets))
    assert shown(tmp_path) == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("30", ["30"]),
        ("true", ["ja"]),
        ("[a, b]", ["a, b"]),
        ("{a: b}", []),
        ('"{{ lookup(1) }}"', []),
        ("!vault x", []),
        ("!unsafe x", []),
        ("null", []),
    ],
)
def test_only_plain_values_show(tmp_path: Path, value: str, found: list[str]) -> None:
    written(tmp_path, "host_vars/adapter-prod/a.yml", f"backup_what: {value}\nother_setting: 1\n")
    assert [each.value for each in shown(tmp_path)] == found
    assert all(each.scope == "adapter-prod" for each in shown(tmp_path))


def test_an_inventory_that_cannot_be_read_is_told_without_what_stands_there(source: Source) -> None:
    (source.folder / "hosts.yml").unlink()
    written(source.folder, "group_vars/all/bad.yml", 'backup_x: "geheim\n  : [')
    with pytest.raises(LzError, match=r"2 things missing[\s\S]*cannot read[\s\S]*bad.yml:\d+") as caught:
        text("management", source)
    assert "geheim" not in str(caught.value)


def test_an_unknown_tag_makes_no_object(tmp_path: Path) -> None:
    written(tmp_path, "group_vars/all.yml", "backup_x: !!python/object/apply:os.system [true]\n")
    with pytest.raises(LzError, match="not YAML"):
        shown(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "[]", "all:", "all: {hosts: }", "all: {children: {preprod: }}", "a: 1"]
)
def test_an_empty_inventory_has_no_hosts(tmp_path: Path, content: str) -> None:
    written(tmp_path, "hosts.yml", content)
    assert hosts(tmp_path) == {}


def test_groups_within_groups_count(tmp_path: Path) -> None:
    written(
        tmp_path,
        "hosts.yml",
        "all: {children: {preprod: {children: {adapter: {hosts: {a: {x: 1}}}}}, dmz: {hosts: {a: }}}}",
    )
    assert hosts(tmp_path) == {"a": ("preprod", "adapter", "dmz")}


@pytest.mark.parametrize("name", ["management", "contacts", "helpdesk", "form-data"])
def test_whatever_a_name_holds_tables_keep_their_shape(source: Source, name: str) -> None:
    odd = "x | y <b>*z*</b> [l](http://evil.example)\n\n# Kop"
    contacts = tuple(each.model_copy(update={"name": odd}) for each in source.dossier.contacts)
    streams = tuple(each.model_copy(update={"name": odd}) for each in source.dossier.service.streams)
    service = source.dossier.service.model_copy(update={"streams": streams})
    changed = replace(
        source, dossier=source.dossier.model_copy(update={"contacts": contacts, "service": service})
    )
    for before, after in zip(
        files_of(document(name), source), files_of(document(name), changed), strict=True
    ):
        pages = [reader.fromstring(html(each.content.decode(), "t")) for each in (before, after)]
        plain, made = ([each.tag for each in page.iter()] for page in pages)
        assert plain == made
