"""lz message send and receive: who gets a message and who does not, what is kept of it, and that no BSN leaks."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lopendezaken.casemessage import check, cli
from lopendezaken.casemessage.model import CaseMessage, ErrorMessage
from lopendezaken.casemessage.refusal import Reason
from lopendezaken.casemessage.stuf import write_error
from lopendezaken.documents import limited_run_list
from lopendezaken.errors import LzError
from lopendezaken.evidence import chosen, store
from lopendezaken.lab import host_rest
from tests.unit.casemessage.adapter import LOGIN, FakeAdapter, served
from tests.unit.casemessage.samples import BSN, MO, NO_BSN, OTHER_BSN, RECEIVER, SENDER, STUF, UNKNOWN_BSN
from tests.unit.policies.example import ROOT

PREPROD = f"LopendeZaken-1-0_{SENDER}_{RECEIVER}_1"
PROD_OIN = "00000099400000001000"
PROD = f"LopendeZaken-1-0_{SENDER}_{PROD_OIN}_1"
STREAM = "Omgevingsvergunning aanvragen"
TO_PROD = replace(STUF, receiver_oin=PROD_OIN)


@dataclass
class World:
    """An organisation with an adapter."""

    folder: Path
    adapter: FakeAdapter

    @property
    def dossier(self) -> Path:
        return self.folder / "dossier"

    def list_of(self, text: str, mode: int = 0o600) -> None:
        path = self.dossier / "received/test-bsn.txt"
        path.write_text(text)
        path.chmod(mode)

    def message(self, message: CaseMessage) -> str:
        path = self.folder / "message.xml"
        path.write_bytes(check.write(message))
        return str(path)

    def lz(self, *words: str) -> Result:
        return CliRunner().invoke(cli.message_app, [*words, "--organisation", str(self.folder)])

    def send(self, message: CaseMessage, env: str = "preprod", *words: str) -> Result:
        return self.lz("send", self.message(message), "--env", env, "--errors-within", "0", *words)

    def refused(self, message: CaseMessage, env: str = "preprod", *words: str) -> LzError:
        done = self.send(message, env, *words)
        assert isinstance(done.exception, LzError), done.output
        return done.exception

    def evidence(self, kind: str) -> list[dict[str, Any]]:
        return [dict(each.raw) for each in store.load(self.dossier / "evidence").items if each.kind == kind]

    @property
    def sent(self) -> list[str]:
        return [each for each in self.adapter.messages if not each.startswith("e-")]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    folder = tmp_path / "voorbeeldstad"
    (folder / "dossier/received").mkdir(parents=True)
    for name in ("dossier.yml", "network.yml"):
        shutil.copy(ROOT / "inventories/voorbeeldstad/dossier" / name, folder / "dossier")
    login = tmp_path / "login"
    login.write_text(f"{LOGIN}\n")
    login.chmod(0o600)
    made = World(folder, FakeAdapter([PREPROD, PROD]))
    made.list_of(f"{BSN} burger-1\n{OTHER_BSN} burger-2\n")
    monkeypatch.setenv("LZ_SIGNING_KEY", str(tmp_path / "key"))
    with served(made.adapter) as url:
        for name in ("PREPROD", "PROD"):
            monkeypatch.setenv(f"LZ_REST_URL_{name}", url)
            monkeypatch.setenv(f"LZ_REST_CREDENTIALS_{name}", str(login))
        yield made


def foutbericht(detail: str = "") -> bytes:
    reason = Reason.UNKNOWN_BSN
    return write_error(
        ErrorMessage(
            *("stuf", "ref", datetime(2026, 11, 24, 10), RECEIVER, SENDER, STUF.reference),
            code=reason.code,
            text=reason.text,
            detail=detail,
        )
    )


@pytest.mark.parametrize("message", [STUF, MO], ids=["stuf", "mo"])
def test_a_message_to_a_test_bsn_is_delivered_and_recorded(world: World, message: CaseMessage) -> None:
    done = world.send(message)
    assert done.exit_code == 0, done.output
    (raw,) = world.evidence("message-delivered")
    (message_id,) = world.sent
    held = world.adapter.messages[message_id]
    assert held["properties"] | {"messageStatus": "x"} == {
        "cpaId": PREPROD,
        "fromPartyId": f"urn:osb:oin:{SENDER}",
        "fromRole": "SR",
        "toPartyId": f"urn:osb:oin:{RECEIVER}",
        "toRole": "SP",
        "service": "urn:osb:services:voorbeeld:LopendeZaken:1.0",
        "action": "Zaakbericht",
        "messageId": message_id,
        "conversationId": "c1",
        "messageStatus": "x",
    }
    assert re.fullmatch(r"[0-9a-f-]{36}@ebms\.preprod\.voorbeeldstad\.example", message_id)
    assert (raw["message_id"], raw["status"], raw["cpa_id"]) == (message_id, "DELIVERED", PREPROD)
    assert (raw["allowed_by"], raw["citizen"], raw["schema"]) == ("test-bsns", "burger-1", "example")
    assert raw["stream"] == STREAM
    assert raw["acknowledged"] >= raw["sent"]


def test_no_bsn_in_any_file_output_or_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world.adapter.error = foutbericht(f"BSN {BSN} en 0{BSN[:8]}")
    told = world.send(STUF, "preprod").output
    for wrong in (UNKNOWN_BSN, NO_BSN):
        told += str(world.refused(replace(STUF, bsn=wrong)))
    world.adapter.broken_after_send = True
    told += str(world.send(STUF).exception)
    written = [each for each in world.folder.rglob("*") if each.is_file()]
    written.remove(world.folder / "message.xml")
    written.remove(world.dossier / "received/test-bsn.txt")
    texts = [each.read_text() for each in written] + [str(each) for each in written] + [told, caplog.text]
    assert any("*******19" in text for text in texts)
    assert len(world.evidence("message-delivered")) == 2
    for bsn in (BSN, UNKNOWN_BSN, NO_BSN):
        assert not any(bsn in text for text in texts)


@pytest.mark.parametrize(
    ("bsn", "words"),
    [(UNKNOWN_BSN, "may not get a message now"), (NO_BSN, "eleven test")],
    ids=["not on the list", "not 11-proof"],
)
def test_nobody_else_gets_one(world: World, bsn: str, words: str) -> None:
    error = world.refused(replace(STUF, bsn=bsn))
    assert words in str(error)
    assert world.sent == []
    assert world.evidence("message-delivered") == []


@pytest.mark.parametrize(
    "where",
    [
        (b"Dakkapel", UNKNOWN_BSN.encode()),
        (b"Dakkapel", "".join(f"&#{ord(digit)};" for digit in UNKNOWN_BSN).encode()),
        (b"Dakkapel", b"<!-- " + UNKNOWN_BSN.encode() + b" -->"),
    ],
    ids=["another element", "in entities", "a comment"],
)
def test_a_message_names_nobody_else(world: World, where: tuple[bytes, bytes]) -> None:
    path = world.folder / "message.xml"
    path.write_bytes(check.write(STUF).replace(*where))
    done = world.lz("send", str(path), "--env", "preprod")
    assert "may name somebody else" in str(done.exception)
    assert UNKNOWN_BSN not in str(done.exception)
    assert world.sent == []


def test_a_message_may_name_another_citizen_of_the_list(world: World) -> None:
    assert (
        world.send(replace(STUF, case=replace(STUF.case, explanation=f"Ook voor {OTHER_BSN}"))).exit_code == 0
    )


def test_without_a_list_nothing_is_sent(world: World) -> None:
    (world.dossier / "received/test-bsn.txt").unlink()
    assert "the list of test BSNs cannot be read" in str(world.refused(STUF))
    assert world.adapter.asked == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_list_that_others_reach_is_no_list(world: World, mode: int) -> None:
    (world.dossier / "received/test-bsn.txt").chmod(mode)
    error = world.refused(STUF)
    assert "others can reach the list of test BSNs" in str(error)
    assert "chmod 600" in str(error)
    assert world.adapter.asked == []


def test_a_list_behind_a_link_is_no_list(world: World, tmp_path: Path) -> None:
    path = world.dossier / "received/test-bsn.txt"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert "cannot be read" in str(world.refused(STUF))


@pytest.mark.parametrize("names", [("burger", "burger"), (BSN, "burger-2")], ids=["same", "a BSN"])
def test_names_must_tell_citizens_apart_without_bsns(world: World, names: tuple[str, str]) -> None:
    world.list_of(f"{BSN} {names[0]}\n{OTHER_BSN} {names[1]}\n")
    error = world.refused(STUF)
    assert "do not tell citizens apart" in str(error)
    assert BSN not in str(error)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (replace(STUF, receiver_oin=PROD_OIN), "not for MijnOverheid of preprod"),
        (replace(STUF, sender_oin="00000099900000001000"), "another sender than the CPA"),
    ],
    ids=["wrong environment", "wrong sender"],
)
def test_parties_are_those_of_the_cpa(world: World, message: CaseMessage, words: str) -> None:
    assert words in str(world.refused(message))
    assert world.sent == []


def test_an_adapter_without_the_cpa_is_the_wrong_one(world: World) -> None:
    world.adapter.cpas = [PROD]
    error = world.refused(STUF)
    assert f"found {PROD}, expected {PREPROD}" in str(error)
    assert world.sent == []


@pytest.mark.parametrize("answer", ["CREATED", "DELIVERY_FAILED", "EXPIRED"])
def test_without_acknowledgement_the_exit_code_is_1_and_it_is_recorded(world: World, answer: str) -> None:
    world.adapter.answer = answer
    error = world.refused(STUF, "preprod", "--wait", "0")
    assert error.exit_code == 1
    assert f"found {answer}, expected DELIVERED" in str(error)
    (raw,) = world.evidence("message-delivered")
    assert (raw["status"], raw["acknowledged"]) == (answer, None)


def test_an_adapter_that_fails_after_sending_leaves_a_record(world: World) -> None:
    world.adapter.broken_after_send = True
    assert world.refused(STUF).exit_code == 1
    (raw,) = world.evidence("message-delivered")
    assert (raw["status"], raw["acknowledged"], raw["citizen"]) == ("not known", None, "burger-1")


def test_a_message_whose_answer_got_lost_is_followed(world: World) -> None:
    world.adapter.loses_answer = True
    assert world.send(STUF).exit_code == 0
    (raw,) = world.evidence("message-delivered")
    assert (raw["message_id"], raw["status"]) == (world.sent[0], "DELIVERED")


def test_what_the_adapter_refuses_was_not_sent(world: World) -> None:
    world.adapter.refuses = True
    assert "the adapter refuses POST /ebms/messages" in str(world.refused(STUF))
    assert world.evidence("message-delivered") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (check.write(MO).replace(b"Startdatum>", b"Begindatum>"), "XmlValidatieTegenXsdValtNegatiefUit"),
        (b"<Zaak/>", "BerichtsoortOnbekend"),
        (b"<!DOCTYPE a><a/>", "DtdNietToegestaan"),
        (b"x" * (1024 * 1024 + 1), "BerichtTeGroot"),
    ],
)
def test_a_wrong_message_is_told_as_the_other_side_would(world: World, content: bytes, code: str) -> None:
    path = world.folder / "message.xml"
    path.write_bytes(content)
    done = world.lz("send", str(path), "--env", "preprod")
    assert isinstance(done.exception, LzError)
    assert code in str(done.exception)
    assert world.sent == []


def test_which_action_and_stream_must_be_clear(world: World) -> None:
    path = world.dossier / "dossier.yml"
    more = "            - {name: Zaakbericht, direction: out}\n"
    path.write_text(path.read_text().replace(more, more + "            - {name: Vraag, direction: out}\n", 1))
    assert "which action" in str(world.refused(STUF))
    assert "of which stream" in str(
        world.refused(STUF, "preprod", "--action", "Vraag", "--stream", "Paspoort")
    )
    assert world.send(STUF, "preprod", "--action", "Vraag").exit_code == 0
    assert world.evidence("message-delivered")[0]["action"] == "Vraag"


# Seals


def test_what_was_sent_and_what_came_back_is_sealed_at_once(world: World, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    (world.folder / "trust").mkdir()
    (world.folder / "trust.yml").write_text("folder: trust\n")
    key = " ".join((tmp_path / "key.pub").read_text().split()[:2])
    line = f'test namespaces="lz-evidence",valid-after="20260101Z" {key}\n'
    (world.folder / "trust/allowed_signers").write_text(line)
    world.adapter.error = foutbericht()
    assert world.send(STUF).exit_code == 1
    listed = "".join(each.read_text() for each in (world.dossier / "evidence/seals").glob("*.sums"))
    items = store.load(world.dossier / "evidence").items
    assert sorted(each.kind for each in items) == ["message-delivered", "message-error"]
    assert all(f"  {each.path}\n" in listed for each in items)


def test_a_message_that_went_is_told_of_when_the_key_is_of_no_use(world: World, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key at all")
    done = world.send(STUF)
    assert done.exit_code == 0
    assert "evidence waits for lz evidence seal" in done.output
    assert "delivered under CPA" in done.output
    assert len(world.evidence("message-delivered")) == 1


# The adapter's address and credentials


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("LZ_REST_URL_PREPROD", "http://adapter.example:8080/service/rest/v19", "no safe address"),
        ("LZ_REST_URL_PREPROD", "ssh://-oProxyCommand=id", "no address of an adapter"),
        ("LZ_REST_URL_PREPROD", "ssh://user@host", "no address of an adapter"),
        ("LZ_REST_URL_PREPROD", "http://127.0.0.1:9/service/rest/v19", "does not answer"),
        ("LZ_REST_CREDENTIALS_PREPROD", "", "no credentials"),
        ("LZ_REST_CREDENTIALS_PREPROD", "/dev/null", "others can reach the file with credentials"),
    ],
)
def test_a_wrong_way_to_the_adapter(
    world: World, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert words in str(world.refused(STUF))


def test_an_adapter_is_asked_on_its_host(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """ssh runs what it is given; here it only tells what that is."""
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\necho "no such host" >&2\nexit 255\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("LZ_REST_URL_PREPROD", "ssh://adapter.example:8081")
    monkeypatch.delenv("LZ_REST_CREDENTIALS_PREPROD")
    monkeypatch.setattr(host_rest, "ENVIRONMENT", {"PATH": f"{program.parent}:/usr/bin:/bin"})
    error = world.refused(STUF)
    assert (error.exit_code, error.found) == (3, "no such host")
    words = (tmp_path / "words").read_text()
    assert words.startswith("-o\nBatchMode=yes\nadapter.example\n--\n")
    assert "http://127.0.0.1:8081/service/rest/v19 /etc/lopendezaken/rest.credentials" in words
    assert BSN not in words


def test_a_wrong_password_is_told_and_not_shown(world: World, tmp_path: Path) -> None:
    (tmp_path / "login").write_text("sender:an-other")
    error = world.refused(STUF)
    assert "HTTP 401" in str(error)
    assert "an-other" not in str(error)


def test_an_exercise_without_address_and_lab_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LZ_REST_URL_PREPROD")
    monkeypatch.setenv("LZ_LAB_DIR", str(tmp_path / "no-lab"))
    assert "where is the adapter?" in str(world.refused(STUF))


# Foutberichten


def test_a_foutbericht_that_answers_is_filed_and_ends_with_1(world: World) -> None:
    world.adapter.error = foutbericht(f"element bsn: {BSN}")
    done = world.send(STUF)
    assert done.exit_code == 1
    assert "BsnOnbekend" in done.output
    (raw,) = world.evidence("message-error")
    assert (raw["code"], raw["about"], raw["action"]) == (
        "BsnOnbekend",
        world.sent[0],
        "Foutbericht",
    )
    (path,) = (world.dossier / "received/errors/preprod").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "*******19" in path.read_text()
    assert world.adapter.waiting == []


def test_receive_files_all_that_waits_and_leaves_what_is_no_foutbericht(world: World) -> None:
    mine = {"cpaId": PREPROD, "action": "Foutbericht"}
    world.adapter.arrive("e1", foutbericht(), **mine)
    world.adapter.arrive("odd", b"<Zaak/>", **mine)
    world.adapter.arrive("e2", foutbericht(), **mine)
    world.adapter.arrive("other", foutbericht(), cpaId="another")
    done = world.lz("receive", "--env", "preprod")
    assert isinstance(done.exception, LzError)
    assert done.exception.exit_code == 1
    assert "odd: BerichtsoortOnbekend" in str(done.exception)
    assert world.adapter.waiting == ["odd", "other"]
    assert {each["message_id"] for each in world.evidence("message-error")} == {"e1", "e2"}
    world.adapter.waiting.remove("odd")
    assert "no messages wait" in world.lz("receive", "--env", "preprod").output


def test_an_acknowledgement_that_comes_later_is_recorded_later(world: World) -> None:
    world.adapter.answer = "CREATED"
    world.refused(STUF, "preprod", "--wait", "0")
    assert "after all" not in world.lz("receive", "--env", "preprod").output
    for _, held in world.adapter.messages.items():
        held["properties"]["messageStatus"] = "DELIVERED"
    assert f"{world.sent[0]}: DELIVERED after all" in world.lz("receive", "--env", "preprod").output
    assert "after all" not in world.lz("receive", "--env", "preprod").output
    first, last = sorted(world.evidence("message-delivered"), key=lambda raw: str(raw["status"]))
    assert last["acknowledged"] >= last["sent"]
    assert {**last, "status": "CREATED", "acknowledged": None} == first


# The limited run


def closed() -> None:
    raise LzError("the gate is closed", exit_code=1)


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Production with an open gate and a list of participants."""

    def make(agreed: date = date(2026, 1, 1), open_: bool = True) -> None:
        people = limited_run_list.Participants(
            b"s" * 32, (limited_run_list.Entry(bsn=BSN, agreed_on=agreed),)
        )
        monkeypatch.setattr(limited_run_list, "read", lambda _: people)
        monkeypatch.setattr(cli, "_ask_gate", lambda _: None if open_ else closed())

    return make


def test_a_participant_gets_a_message_in_production(world: World, run: Callable[..., None]) -> None:
    run()
    assert world.send(TO_PROD, "prod").exit_code == 0
    (raw,) = world.evidence("message-delivered")
    assert (raw["allowed_by"], raw["cpa_id"], raw["stream"]) == ("participants", PROD, STREAM)
    assert len(raw["citizen"]) == 64
    assert BSN not in json.dumps(raw)


def test_nobody_else_gets_one_in_production(world: World, run: Callable[..., None]) -> None:
    run()
    error = world.refused(replace(TO_PROD, bsn=OTHER_BSN), "prod")
    assert "expected somebody who agreed" in str(error)
    assert error.exit_code == 1
    assert world.sent == []


def test_who_agrees_later_gets_none_now(world: World, run: Callable[..., None]) -> None:
    run(agreed=datetime.now(UTC).date() + timedelta(days=1))
    assert "somebody who agreed" in str(world.refused(TO_PROD, "prod"))


def test_a_closed_gate_closes_the_sender(world: World, run: Callable[..., None]) -> None:
    run(open_=False)
    error = world.refused(TO_PROD, "prod")
    assert "the gate is closed" in str(error)
    assert world.adapter.asked == []


def test_the_gate_of_the_example_is_closed(world: World) -> None:
    assert "nobody asked about stage limited-run" in str(world.refused(TO_PROD, "prod"))


def test_after_the_limited_run_only_the_case_system_sends(world: World, run: Callable[..., None]) -> None:
    run()
    path = world.dossier / "dossier.yml"
    ended = f"\nlimited_run: {{streams: [{STREAM}], participants: 1, messages: 1, document: l.pdf, finished_on: 2026-11-20}}\n"
    path.write_text(path.read_text() + ended)
    assert "the limited run is over" in str(world.refused(TO_PROD, "prod"))


def test_real_production_needs_the_xsds_of_logius(
    world: World, run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    monkeypatch.setattr(chosen, "is_exercise", lambda _: False)
    assert "no XSD to hold this message against" in str(world.refused(TO_PROD, "prod"))
    assert world.sent == []
    folder = world.dossier / "received/xsd"
    folder.mkdir()
    (folder / "zkn.xsd").write_text(
        '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.egem.nl/StUF/sector/zkn/0310">'
        '<x:element name="zakLk01"/></x:schema>'
    )
    assert world.send(TO_PROD, "prod").exit_code == 0
    assert world.evidence("message-delivered")[0]["schema"] == "xsd"


def test_a_message_of_no_stream_does_not_go_to_production(world: World, run: Callable[..., None]) -> None:
    run()
    other = replace(TO_PROD, case=replace(STUF.case, title="Anders"))
    assert "of which stream" in str(world.refused(other, "prod"))
    assert world.send(other, "prod", "--stream", STREAM).exit_code == 0
