from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import html

from lopendezaken.casemessage.model import Status
from lopendezaken.lab.mijnoverheid import service
from lopendezaken.lab.mijnoverheid.cases import Cases
from lopendezaken.lab.mijnoverheid.config import Config
from lopendezaken.lab.mijnoverheid.page import Pages
from tests.unit.casemessage.samples import BSN, OTHER_BSN, STUF

PEOPLE = {BSN: "A. de Vries", OTHER_BSN: "M. <i>Jansen</i>"}
EVIL = "<script>alert(1)</script>\"'&"
CASE = replace(
    STUF.case,
    title=EVIL,
    explanation=EVIL,
    id=EVIL,
    kind=EVIL,
    statuses=(Status("1", EVIL, date(2026, 11, 2)),),
)


def filled(path: Path | str) -> Cases:
    cases = Cases(path)
    cases.accept("CPA", "m1@a.example", "Zaakbericht", STUF)
    cases.accept("CPA", f"{EVIL}@a.example", "Zaakbericht", replace(STUF, case=CASE))
    cases.refuse(
        *("CPA", "m3@a.example", "Zaakbericht", STUF.sender_oin),
        code="BsnOnbekend",
        detail=EVIL,
        answer="f3@b.example",
        error=b"",
    )
    return cases


@pytest.fixture
def pages() -> Pages:
    return Pages("MijnOverheid", PEOPLE, filled(":memory:"))


def all_targets(pages: Pages) -> list[str]:
    found, todo = set[str](), ["/"]
    while todo:
        target = todo.pop()
        found.add(target)
        links = html.fromstring(pages.get(target).body).xpath("//a/@href")
        todo += [link for link in links if link.startswith("/") and link not in found]
    return sorted(found)


def test_a_citizen_sees_cases_and_their_history(pages: Pages) -> None:
    text = pages.get("/burger/1").body.decode()
    assert "Omgevingsvergunning aanvragen" in text
    link = html.fromstring(text).xpath("//a[text()='Omgevingsvergunning aanvragen']/@href")[0]
    page = html.fromstring(pages.get(link).body)
    history = [" ".join(item.text_content().split()) for item in page.xpath("//ol/li")]
    assert history == ["In behandeling10 november 2026", "Ontvangen2 november 2026"]
    assert page.xpath("//ol//time/@datetime") == ["2026-11-10", "2026-11-02"]


def test_another_citizen_sees_none_of_them(pages: Pages) -> None:
    link = html.fromstring(pages.get("/burger/1").body).xpath("//main//a/@href")[0]
    assert pages.get(link).status == 200
    assert pages.get(link.replace("/burger/1/", "/burger/2/")).status == 404
    assert "nog geen zaken" in pages.get("/burger/2").body.decode()


def test_all_pages_hang_together_and_are_whole(pages: Pages) -> None:
    targets = all_targets(pages)
    assert len(targets) == 6
    for target in targets:
        answer = pages.get(target)
        page = html.fromstring(answer.body)
        assert answer.status == 200
        assert page.xpath("/html/@lang") == ["nl"]
        assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
        assert page.xpath("//title/text()")[0].endswith("(nagespeeld)")


def test_nothing_of_a_message_is_taken_for_html(pages: Pages) -> None:
    for target in all_targets(pages):
        page = html.fromstring(pages.get(target).body)
        assert page.xpath("//script | //i | //*[@style] | //@*[starts-with(name(), 'on')]") == []


def test_no_bsn_on_any_page_or_in_any_address(pages: Pages) -> None:
    for target in [*all_targets(pages), "/berichten.json"]:
        assert BSN not in target
        assert BSN not in pages.get(target).body.decode()


def test_nothing_from_elsewhere(pages: Pages) -> None:
    for target in all_targets(pages):
        assert not re.search(rb"https?://|//[a-z]|url\(|@import", pages.get(target).body)


@pytest.mark.parametrize(
    "target",
    [
        "/x",
        "/burger",
        "/burger/0",
        "/burger/3",
        "/burger/-1",
        "/burger/1/zaak/0",
        "/burger/²",
        "/../etc/passwd",
        "//x/y",
    ],
)
def test_what_is_not_there(pages: Pages, target: str) -> None:
    assert pages.get(target).status == 404


def test_messages_for_machines(pages: Pages) -> None:
    rows = json.loads(pages.get("/berichten.json?na=1").body)
    assert [row["outcome"] for row in rows] == ["accepted", "refused"]
    assert len(json.loads(pages.get("/berichten.json?na=x").body)) == 3


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    store = tmp_path / "cases.sqlite"
    filled(store).close()
    settings = Config("MijnOverheid", "", "", tmp_path, 0, store, tmp_path, tmp_path)
    server = service.serve_page(settings, PEOPLE)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def ask(port: int, method: str, host: str = "127.0.0.1") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, "/", headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_headers_leave_a_browser_nothing_to_do(port: int) -> None:
    answer = ask(port, "GET")
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_only_get_and_only_by_the_name_of_this_host(port: int) -> None:
    assert ask(port, "POST").status == 501
    assert ask(port, "GET", host="kwaad.example").status == 421
    assert ask(port, "GET", host="localhost:1234").status == 200
