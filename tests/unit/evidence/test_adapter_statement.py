"""Statements of who hosts the adapter: signed ones count, and nothing that was not stated and signed does."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.cpa.meaning import digest
from lopendezaken.errors import LzError
from lopendezaken.evidence import waiting
from lopendezaken.evidence.added import Told, add
from lopendezaken.evidence.awaited import awaited
from lopendezaken.evidence.envelope import make, write
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.roles import load as load_roles
from lopendezaken.evidence.sshsig import make_key
from lopendezaken.policy.assess import assess
from tests.unit.evidence import hoster
from tests.unit.evidence.hoster import STATED, hosted, state
from tests.unit.policies.example import ROOT
from tests.unit.policy.world import World, keys

STATED_KINDS = ["adapter-statement", "certificate-chain", "host-facts"]
PER_PARTNER = ["cpa-loaded", "ebms-ping", "tls-scan"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return hosted(tmp_path / "org")


def added(world: World, path: Path) -> list[Path]:
    return add(world.dossier, path, Told("adapter-statement", "preprod", "2026-11-24"))


def integrity(world: World) -> Integrity:
    return waiting.integrity_of(world.dossier, world.trust, load_roles(ROOT / "policies"))


def counted(world: World) -> list[str]:
    return sorted(each.kind for each in integrity(world).counted.items if each.kind != "document")


def test_what_is_stated_signed_and_sealed_counts_by_the_word_of_the_hoster(world: World) -> None:
    added(world, state(world))
    assert counted(world) == []
    world.sign()
    assert counted(world) == sorted(STATED_KINDS + 2 * PER_PARTNER)
    found = integrity(world)
    assert found.evidence == ()
    by = {found.signed_by[each.path].name for each in found.counted.items if each.kind != "document"}
    assert by == {"beheer@hoster.example"}


def outcomes(world: World) -> dict[str, str]:
    done = assess(world.folder, STATED.date(), ROOT / "policies")
    own = (each for each in done.results if each.environment == "preprod")
    return {each.control.facts.id: each.outcome.value for each in own}


def test_stock_tools_verify_a_statement(world: World) -> None:
    path = state(world)
    who = ["-I", "beheer@hoster.example", "-f", str(world.trust.folder / "allowed_signers")]
    ask = ["ssh-keygen", "-Y", "verify", "-n", "lz-hoster", *who, "-s", f"{path}.sig"]
    assert subprocess.run(ask, input=path.read_bytes(), check=False, capture_output=True).returncode == 0


def test_who_is_not_trusted_states_nothing(world: World, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger", "stranger")
    path = state(world, key=str(tmp_path / "stranger"))
    with pytest.raises(LzError, match="stranger: SHA256"):
        added(world, path)
    assert not world.evidence.exists()


def test_the_organisation_itself_cannot_state_it(world: World) -> None:
    path = state(world)
    hoster.sign(path, keys() / "recorder")
    with pytest.raises(LzError, match="not-for-this: recorder"):
        added(world, path)


def test_nobody_states_and_receives(world: World) -> None:
    """One key in both roles, or one person with two keys, vouches for nothing but themselves."""
    signers = world.trust.folder / "allowed_signers"
    signers.write_text(signers.read_text().replace("beheer@hoster.example", "beheer@hoster.example,recorder"))
    added(world, state(world))
    world.sign()
    assert counted(world) == []
    assert {each.detail for each in integrity(world).evidence} == {"recorder stated and received it"}


def test_an_unsigned_statement_is_refused(world: World) -> None:
    path = state(world)
    Path(f"{path}.sig").unlink()
    with pytest.raises(LzError, match="ssh-keygen -Y sign -n lz-hoster"):
        added(world, path)


def test_a_statement_that_was_changed_is_refused(world: World) -> None:
    path = state(world)
    path.write_text(path.read_text().replace("TLSv1.3", "TLSv1.2"))
    with pytest.raises(LzError, match="forged"):
        added(world, path)


def _other_cpa(filled: dict[str, Any]) -> None:
    filled["partners"]["mijnoverheid"]["cpa"]["sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda filled: filled.update(organisation="elders"), "another organisation"),
        (lambda filled: filled.update(environment="prod"), "another environment"),
        (lambda filled: filled.update(system="adapter-prod"), "another system"),
        (lambda filled: filled.update(endpoint="https://ebms.elders.example/ebms"), "another endpoint"),
        (_other_cpa, "another CPA is loaded than was sent"),
        (lambda filled: filled.update(certificate="niets"), "certificate: no certificate"),
        (lambda filled: filled.update(stated="gisteren"), "stated: not as expected"),
        (lambda filled: filled.update(stated="2026-11-01T10:00:00Z"), "not of these days"),
        (lambda filled: filled["partners"]["compliance"].pop("ping"), "a Pong without its Ping"),
        (lambda filled: filled["partners"]["compliance"].update(ping="<x/>"), "no envelope of ebMS"),
    ],
)
def test_what_does_not_fit_this_dossier_is_refused(world: World, change: hoster.Change, words: str) -> None:
    with pytest.raises(LzError, match=words):
        added(world, state(world, change))
    assert not world.evidence.exists()


def test_an_adapter_of_our_own_needs_no_statement(world: World) -> None:
    path = state(world)
    world.change("hosting: supplier", "hosting: own")
    with pytest.raises(LzError, match="not hosted by others"):
        added(world, path)


def test_a_form_that_was_not_filled_in_says_where(world: World) -> None:
    path = hoster.form(world)
    target = world.folder / "dossier/received" / path.name
    target.write_bytes(path.read_bytes())
    hoster.sign(target, world.folder / "hoster/key")
    with pytest.raises(LzError, match=r"stated: not as expected") as refused:
        added(world, target)
    assert "partners.compliance.tls" in str(refused.value)


def test_facts_that_nobody_stated_do_not_count(world: World) -> None:
    """Who records may seal them; without the hoster's word they are nothing."""
    paths = added(world, state(world, lambda filled: filled["partners"]["compliance"].pop("pong")))
    loaded = next(each for each in paths if each.parent.name == "cpa-loaded")
    fact = json.loads(loaded.read_text())
    made_up = {**fact["raw"], "digest": "0" * 64}
    write(world.evidence, make("cpa-loaded", fact["subject"], fact["collector"], fact["collected"], made_up))
    moved = {**fact["subject"], "partner": "mijnoverheid"}
    write(world.evidence, make("cpa-loaded", moved, fact["collector"], fact["collected"], fact["raw"]))
    world.sign()
    flaws = [(each.code, each.detail, each.kind) for each in integrity(world).evidence]
    assert flaws == [("statement", "it does not say this", "cpa-loaded")] * 2
    assert counted(world).count("cpa-loaded") == 2


def test_a_lost_key_takes_its_statements_along_until_they_are_stated_anew(world: World) -> None:
    added(world, state(world))
    world.sign()
    (world.trust.folder / "revoked").write_text((world.folder / "hoster/key.pub").read_text())
    assert counted(world) == []
    assert {each.code for each in integrity(world).evidence} == {"statement"}
    public = make_key(world.folder / "hoster/next", "hoster")
    with (world.trust.folder / "allowed_signers").open("a") as stream:
        stream.write(f'beheer@hoster.example namespaces="lz-hoster" {public}\n')
    later = STATED + timedelta(minutes=20)
    added(world, state(world, stated=later, key=str(world.folder / "hoster/next")))
    world.sign()
    assert integrity(world).evidence == ()
    assert counted(world) == sorted(STATED_KINDS + 2 * PER_PARTNER)


def test_controls_judge_by_a_statement(world: World) -> None:
    for key, partner in world.partners("preprod").items():
        told = {"side": "partner", "cpa_id": partner.cpa.id, "digest": None, "source": "mail"}
        world.moment = STATED.replace(tzinfo=None) - timedelta(hours=1)
        world.record("cpa-loaded", "controller", told, key)
        xml = world.dossier.resolve(partner.cpa.file).read_text()
        made = {"cpa_id": partner.cpa.id, "path": partner.cpa.file, "xml": xml, "digest": digest(xml)}
        world.record("cpa-file", "controller", made, key)
    added(world, state(world))
    world.sign()
    found = outcomes(world)
    wanted = ("LZ-1.01", "LZ-1.15", "LZ-1.21", "LZ-2.02", "LZ-2.04", "LZ-2.14", "LZ-2.27")
    assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, "met")


def test_no_pong_is_stated_too(world: World) -> None:
    def silent(filled: dict[str, Any]) -> None:
        partner = filled["partners"]["mijnoverheid"]
        partner.pop("pong")
        partner["no_pong"] = "handshake_failure"

    added(world, state(world, silent))
    world.sign()
    assert outcomes(world)["LZ-2.04"] == "not met"


def missing(world: World, days: int = 0) -> list[str]:
    now = STATED + timedelta(hours=1, days=days)
    return awaited(world.dossier, "preprod", integrity(world).counted, now)


def test_what_is_awaited_is_told_until_it_is_stated_and_again_when_that_is_old(world: World) -> None:
    path = state(world, lambda filled: filled["partners"]["mijnoverheid"].pop("pong"))
    added(world, path)
    assert len(missing(world)) == 2 + 2 * 3, "nothing counts before somebody vouches for what was received"
    world.sign()
    assert missing(world) == ["MijnOverheid preproductie: a Ping was answered with a Pong (not stated)"]
    assert len(missing(world, days=31)) == 2 + 2 * 3


def test_a_cpa_that_changed_since_is_awaited_again(world: World) -> None:
    added(world, state(world))
    (key, partner), *_ = world.partners("preprod").items()
    newer = {"cpa_id": partner.cpa.id, "path": partner.cpa.file, "xml": "<x/>", "digest": "0" * 64}
    world.record("cpa-file", "controller", newer, key)
    world.sign()
    assert missing(world) == [
        f"{partner.name}: the CPA is loaded (the CPA is another one since it was stated)"
    ]


def test_the_request_tells_what_to_set_up_and_asks_for_no_key(world: World) -> None:
    folder = hoster.form(world).parent
    text = (folder / "opdracht.md").read_text()
    for fact in ("192.0.2.10", "3128", "00000099100000001000", "ssh-keygen -Y sign -n lz-hoster"):
        assert fact in text
    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter-verklaring.yml",
        "anchors.pem",
        "cpa-compliance.xml",
        "cpa-mijnoverheid.xml",
        "opdracht.md",
    ]
