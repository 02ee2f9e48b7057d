"""What the list makes of adapters that do it wrong; a good one is in tests/integration."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from lopendezaken.cpa.render import CpaRequest
from lopendezaken.errors import LzError
from lopendezaken.lab import chain_compliance
from lopendezaken.lab.chain_direct import Posted
from lopendezaken.lab.chain_report import NOT_RUN, PASSED, Report
from lopendezaken.lab.host_rest import Fetched, Place
from lopendezaken.lab.layout import Layout


class Net:
    """Two adapters that hand each other messages; ``faults`` says what goes wrong."""

    def __init__(self) -> None:
        self.faults: set[str] = set()
        self.sides: list[Side] = []
        self.count = 0
        self.direct_status: int | None = 204

    def other(self, side: Side) -> Side:
        return next(one for one in self.sides if one is not side)


class Side:
    """What :class:`HostRest` is to the list."""

    def __init__(self, net: Net, name: str) -> None:
        self.net, self.name = net, name
        self.cpas: dict[str, bytes] = {"theirs-already": b""}
        self.inbox: list[tuple[str, Fetched]] = []
        self.processed: set[str] = set()
        self.acknowledged: set[str] = set()
        self.rows: list[dict[str, object]] = []
        net.sides.append(self)

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def cpa_ids(self) -> list[str]:
        return sorted(self.cpas)

    def put_cpa(self, xml: bytes) -> None:
        if self.name == "ours" and "refuses -e" in self.net.faults and b"xmlenc11" in xml:
            raise LzError("no such algorithm")
        text = xml.decode()
        self.cpas[text.partition('cpaid="')[2].partition('"')[0]] = xml

    def delete_cpa(self, cpa_id: str) -> None:
        self.cpas.pop(cpa_id, None)

    def ping(self, *_: str) -> None:
        if "no pong" in self.net.faults:
            raise LzError("refused", found="HTTP 500: No response received!")

    def send(self, properties: Mapping[str, str], payload: bytes, _: str) -> str:
        self.net.count += 1
        message_id = f"m{self.net.count}"
        other = self.net.other(self)
        content = payload + b"!" if "changes content" in self.net.faults else payload
        copies = 2 if "delivers twice" in self.net.faults else 0 if "loses" in self.net.faults else 1
        other.inbox += [(message_id, Fetched(properties, (content,)))] * copies
        if "no acknowledgement" not in self.net.faults:
            self.acknowledged.add(message_id)
        return message_id

    def unprocessed(self, messageId: str = "", cpaId: str = "") -> list[str]:  # noqa: N803
        return [
            one
            for one, message in self.inbox
            if one not in self.processed
            and messageId in {"", one}
            and cpaId in {"", message.properties["cpaId"]}
        ]

    def get(self, message_id: str) -> Fetched | None:
        return dict(self.inbox).get(message_id)

    def delivered(self, message_id: str) -> bool:
        return message_id in self.acknowledged

    def process(self, message_id: str) -> None:
        self.processed.add(message_id)

    def traffic(self, after: int = 0) -> list[dict[str, object]]:
        return [row for row in self.rows if int(str(row["number"])) > after]


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch, cpa_request: CpaRequest) -> Net:
    net = Net()

    def host_rest(_: Layout, place: Place) -> Side:
        return Side(net, "ours" if place.host.startswith("adapter") else "theirs")

    def post(*_: object, times: int = 1, wrong: str = "") -> Posted:
        ours, theirs = net.sides
        net.count += 1
        message_id = f"direct{net.count}"
        message = Fetched({"cpaId": "CPA"}, (base64.b64encode(b"x"),))
        if not wrong:
            ours.inbox += [(message_id, message)] * (times if "delivers twice" in net.faults else 1)
        elif "delivers anything" in net.faults:
            ours.inbox.append((message_id, message))
        if net.direct_status and net.direct_status < 300 and "says nothing" not in net.faults:
            for _number in range(times):
                row = {"direction": "in", "action": "MessageError" if wrong else "Acknowledgment"}
                theirs.rows.append({**row, "number": len(theirs.rows) + 1, "refToMessageId": message_id})
        return Posted(message_id, [net.direct_status] * times)

    @contextmanager
    def stopped(*_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr(chain_compliance, "HostRest", host_rest)
    monkeypatch.setattr(chain_compliance.chain_direct, "post", post)
    monkeypatch.setattr(chain_compliance, "_stopped", stopped)
    monkeypatch.setattr(chain_compliance, "request_for", lambda *_: cpa_request)
    monkeypatch.setattr(chain_compliance, "PATIENCE", 0.0)
    monkeypatch.setattr(chain_compliance.time, "sleep", lambda _: None)
    return net


def run(net: Net) -> Report:
    dossier = SimpleNamespace(organisation=SimpleNamespace(name="Gemeente", number="00000099100000001000"))
    return chain_compliance.run(Layout(Path("/nowhere"), 0), dossier, "preprod", lambda _: None)  # type: ignore[arg-type]


def not_passed(report: Report) -> dict[str, str]:
    return {item.id: item.found for item in report.items if item.outcome != PASSED}


def test_a_good_adapter_passes_and_keeps_its_own_cpas(net: Net) -> None:
    assert not_passed(run(net)) == {}
    assert [side.cpa_ids() for side in net.sides] == [["theirs-already"], ["theirs-already"]]


RELIABLE = {"CV-05", "CV-06", "CV-09", "CV-10", "CV-13", "CV-14", "CV-16"}
EXCHANGES = {f"CV-{number:02}" for number in range(3, 15)} | {"CV-16"}


@pytest.mark.parametrize(
    ("fault", "items"),
    [
        ("no pong", {"CV-01", "CV-02"}),
        ("loses", EXCHANGES),
        ("changes content", EXCHANGES),
        ("delivers twice", EXCHANGES | {"CV-15"}),
        ("no acknowledgement", RELIABLE),
        ("delivers anything", {"CV-17", "CV-18", "CV-19"}),
        ("says nothing", {"CV-15", "CV-17", "CV-18", "CV-19"}),
        ("refuses -e", {"CV-11", "CV-12", "CV-13", "CV-14"}),
    ],
)
def test_each_fault_is_found_where_it_is(net: Net, fault: str, items: set[str]) -> None:
    net.faults = {fault}
    assert set(not_passed(run(net))) == items


def test_what_cannot_run_says_why(net: Net) -> None:
    net.faults = {"refuses -e"}
    item = next(item for item in run(net).items if item.id == "CV-11")
    assert (item.outcome, item.found) == (NOT_RUN, "no such algorithm")


@pytest.mark.parametrize("status", [None, 502, 503])
def test_no_judgement_is_no_refusal(net: Net, status: int | None) -> None:
    net.direct_status = status
    assert {"CV-17", "CV-18", "CV-19"} <= set(not_passed(run(net)))


def test_a_refusal_at_once_is_fine(net: Net) -> None:
    net.direct_status = 500
    assert set(not_passed(run(net))) == {"CV-15"}


def test_interrupted_it_takes_its_cpas_and_messages_away(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(chain_compliance, "_acknowledged", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(net)
    assert [side.cpa_ids() for side in net.sides] == [["theirs-already"], ["theirs-already"]]
    assert [side.unprocessed() for side in net.sides] == [[], []]


def test_ids_stand_still() -> None:
    assert [test.id for test in chain_compliance.tests()] == [f"CV-{number:02}" for number in range(1, 20)]
