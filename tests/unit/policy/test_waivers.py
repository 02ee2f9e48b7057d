"""Waivers: the check runs and its own outcome stays; each known bug of other tools' waivers is a test here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.evidence.flaws import Flaw
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.sshsig import make_key, sign
from lopendezaken.evidence.trust import Trust
from lopendezaken.policy.api import Case, Finding
from lopendezaken.policy.control import Check, Control
from lopendezaken.policy.control import load as load_control
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.run import Result, run
from lopendezaken.policy.waivers import Judged, State, apply, load
from lopendezaken.policy.words import Words
from tests.unit.policies.example import ROOT
from tests.unit.policy.world import World

DAY = date(2026, 11, 24)
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 31)
WAIVABLE = load_control(ROOT / "policies/controls/LZ-1.09-planning-reviewed")
IDENTITY = load_control(ROOT / "policies/controls/LZ-1.01-oin-in-certificate")
TEXT = """\
id: {id}
control: LZ-1.09
subject: {{environment: preprod}}
reason: The planning follows next week
risk: Late
compensating: Daily call
requested_by: Jan
approved_by: Piet
approved_on: 2026-10-20
from: 2026-11-01
until: 2026-12-31
"""


class Desk:
    """Where waivers are written and signed; Jan and Piet may both approve."""

    def __init__(self, root: Path, world: World) -> None:
        self.folder, self.world, self.root = root / "waivers", world, root
        self.folder.mkdir()
        lines = [f'{who} namespaces="lz-waiver" {make_key(root / who, who)}\n' for who in ("Jan", "Piet")]
        self.allowed = root / "trust/allowed_signers"
        self.allowed.parent.mkdir()
        self.allowed.write_text("".join(lines))

    def write(self, *changes: tuple[str, str], name: str = "W-1", signer: str | None = "Piet") -> Path:
        text = TEXT.format(id=name)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = self.folder / f"{name}.yml"
        path.write_text(text)
        if signer:
            sign(path, self.root / signer, "lz-waiver")
        return path

    def judge(
        self, day: date = DAY, outcome: Outcome = Outcome.NOT_MET, control: Control = WAIVABLE
    ) -> tuple[Result, tuple[Judged, ...]]:
        changed = replace(control, check=finds(outcome))
        results = run([changed], self.world.dossier, store.load(self.world.evidence), day, ["preprod"])
        trust = Trust(self.allowed.parent)
        (result,), judged = apply(results, load(self.folder, [WAIVABLE, IDENTITY], trust, day))
        return result, judged

    def state(self, day: date = DAY) -> State:
        """The state of the one waiver; nothing may be waived unless it is in force."""
        result, (judged,) = self.judge(day)
        assert (result.outcome is Outcome.WAIVED) == (judged.state is State.IN_FORCE)
        return judged.state


def finds(outcome: Outcome) -> Check:
    return lambda case: iter([Finding(outcome, "found", place(case), ())])


def place(case: Case) -> tuple[str | int, ...]:
    return case.at("partners", "compliance")


@pytest.fixture
def desk(tmp_path: Path, world: World) -> Desk:
    return Desk(tmp_path, world)


def test_a_waiver_waives_and_the_own_outcome_stays(desk: Desk) -> None:
    desk.write()
    result, (judged,) = desk.judge()
    (finding,) = result.findings
    assert (finding.outcome, finding.own, finding.waiver) == (Outcome.WAIVED, Outcome.NOT_MET, "W-1")
    assert judged.state is State.IN_FORCE


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.UNKNOWN, Outcome.MET, Outcome.NOT_APPLICABLE])
def test_only_what_is_not_met_or_stale_can_be_waived(desk: Desk, outcome: Outcome) -> None:
    desk.write()
    result, (judged,) = desk.judge(outcome=outcome)
    assert result.outcome is outcome
    assert judged.state is State.UNUSED


def test_identity_cannot_be_waived(desk: Desk) -> None:
    desk.write(("LZ-1.09", "LZ-1.01"))
    result, (judged,) = desk.judge(control=IDENTITY)
    assert (result.outcome, judged.state) == (Outcome.NOT_MET, State.NOT_WAIVABLE)


@pytest.mark.parametrize("name", ["Jan", "jan", '" Jan"'])
def test_the_requester_alone_cannot_approve(desk: Desk, name: str) -> None:
    desk.write(("approved_by: Piet", f"approved_by: {name}"), signer="Jan")
    assert desk.state() in {State.BY_REQUESTER, State.UNREADABLE}


def test_the_requester_cannot_sign_for_the_approver(desk: Desk) -> None:
    desk.write(signer="Jan")
    assert desk.state() is State.BY_REQUESTER


def test_unsigned(desk: Desk) -> None:
    desk.write(signer=None)
    assert desk.state() is State.UNSIGNED


def test_changed_after_it_was_signed(desk: Desk) -> None:
    path = desk.write()
    path.write_text(path.read_text().replace("2026-12-31", "2027-01-31"))
    assert desk.state() is State.UNSIGNED


def test_a_key_that_may_sign_evidence_only(desk: Desk) -> None:
    desk.allowed.write_text(desk.allowed.read_text().replace("lz-waiver", "lz-evidence"))
    desk.write()
    assert desk.state() is State.UNSIGNED


def test_the_last_day_counts_and_the_day_after_does_not(desk: Desk) -> None:
    desk.write()
    day = timedelta(days=1)
    assert [desk.state(each) for each in (FIRST - day, FIRST, LAST, LAST + day)] == [
        State.NOT_YET,
        State.IN_FORCE,
        State.IN_FORCE,
        State.EXPIRED,
    ]


def test_inspec_5570_a_date_of_this_year_is_that_date(desk: Desk) -> None:
    desk.write(("2026-12-31", "2026-11-23"))
    assert desk.state(date(2026, 11, 23)) is State.IN_FORCE
    assert desk.state() is State.EXPIRED


def test_inspec_5260_an_expired_waiver_is_not_shown_as_waived(desk: Desk) -> None:
    desk.write(("2026-12-31", "2026-11-23"))
    result, (judged,) = desk.judge()
    assert result.findings[0].waiver is None
    assert judged.state is State.EXPIRED


@pytest.mark.parametrize(
    "line", ["until: 2026-12-31\n", "reason: The planning follows next week\n", "risk: Late\n"]
)
def test_rego_libraries_90_what_is_left_out_is_told(desk: Desk, line: str) -> None:
    desk.write((line, ""))
    assert desk.state() is State.UNREADABLE


@pytest.mark.parametrize("change", [("risk:", "  risk:"), ("risk:", "risks:"), ("Late\n", "Late\nrisk: b\n")])
def test_scubagear_1819_and_1200_a_mistake_in_a_file_is_told(desk: Desk, change: tuple[str, str]) -> None:
    desk.write(change)
    _, (judged,) = desk.judge()
    assert judged.state is State.UNREADABLE
    assert "W-1.yml" in judged.problem
    assert str(desk.root) not in judged.problem, "results.json holds no path of this machine"


def test_conforma_2126_two_waivers_of_one_control(desk: Desk) -> None:
    desk.write(("preprod", "preprod, at: environments.preprod.partners.compliance"))
    desk.write(("preprod", "preprod, at: environments.preprod.partners.mijnoverheid"), name="W-2")
    _, judged = desk.judge()
    assert [each.state for each in judged] == [State.IN_FORCE, State.UNUSED]


def test_a_place_is_no_prefix_of_a_word(desk: Desk) -> None:
    desk.write(("preprod", "preprod, at: environments.preprod.partners.comp"))
    assert desk.state() is State.UNUSED


def test_another_environment(desk: Desk) -> None:
    desk.write(("preprod", "prod"))
    assert desk.state() is State.UNUSED


def test_a_waiver_without_environment_is_too_broad(desk: Desk) -> None:
    desk.write(("{environment: preprod}", "{}"))
    assert desk.state() is State.UNREADABLE


def test_no_such_control(desk: Desk) -> None:
    desk.write(("LZ-1.09", "LZ-9.99"))
    assert desk.state() is State.NO_CONTROL


def test_at_most_180_days_with_first_and_last(desk: Desk) -> None:
    desk.write(("2026-12-31", str(FIRST + timedelta(days=179))))
    assert desk.state() is State.IN_FORCE
    desk.write(("2026-12-31", str(FIRST + timedelta(days=180))), name="W-2")
    assert desk.judge()[1][1].state is State.TOO_LONG


def test_the_id_is_the_name_of_the_file(desk: Desk) -> None:
    desk.write(("id: W-1", "id: W-2"))
    assert desk.state() is State.UNREADABLE


def test_a_file_of_another_name_is_told(desk: Desk) -> None:
    desk.write().rename(desk.folder / "W-1.yaml")
    assert desk.state() is State.UNREADABLE


def test_the_requester_with_a_second_name_on_the_same_line(desk: Desk) -> None:
    desk.allowed.write_text(desk.allowed.read_text().replace("Piet ", "Piet,J.Jansen "))
    desk.write(("requested_by: Jan", "requested_by: J.Jansen"))
    assert desk.state() is State.BY_REQUESTER


def test_the_requester_with_a_second_name_for_the_same_key(desk: Desk) -> None:
    jan = desk.allowed.read_text().splitlines()[0]
    desk.allowed.write_text(f"{desk.allowed.read_text()}{jan.replace('Jan', 'Joris')}\n")
    desk.write(("approved_by: Piet", "approved_by: Joris"), signer="Jan")
    assert desk.state() is State.BY_REQUESTER


def test_the_requester_with_a_second_key(desk: Desk) -> None:
    make_key(desk.root / "second", "Jan")
    public = (desk.root / "second.pub").read_text()
    more = f'jan,Klaas namespaces="lz-waiver" {public}'
    desk.allowed.write_text(desk.allowed.read_text() + more)
    desk.write(("approved_by: Piet", "approved_by: Klaas"), signer="second")
    assert desk.state() is State.BY_REQUESTER


def test_a_requester_whom_nobody_knows_could_be_anybody(desk: Desk) -> None:
    desk.write(("requested_by: Jan", "requested_by: J. Jansen"))
    assert desk.state() is State.REQUESTER_UNKNOWN


def test_another_approver_than_the_one_named(desk: Desk) -> None:
    make_key(desk.root / "Klaas", "Klaas")
    line = f'Klaas namespaces="lz-waiver" {(desk.root / "Klaas.pub").read_text()}'
    desk.allowed.write_text(desk.allowed.read_text() + line)
    desk.write(signer="Klaas")
    assert desk.state() is State.UNSIGNED


def bounded(desk: Desk, option: str) -> None:
    text = desk.allowed.read_text().replace("Piet namespaces", f"Piet {option},namespaces")
    desk.allowed.write_text(text)


def test_a_key_is_judged_on_the_day_of_approval(desk: Desk) -> None:
    desk.write()
    bounded(desk, 'valid-before="20261110"')
    assert desk.state() is State.IN_FORCE, "it counted on 20 October"


@pytest.mark.parametrize("option", ['valid-before="20261019"', 'valid-after="20261021"'])
def test_a_key_that_did_not_count_on_the_day_of_approval(desk: Desk, option: str) -> None:
    desk.write()
    bounded(desk, option)
    _, (judged,) = desk.judge()
    assert (judged.state, judged.problem) == (State.UNSIGNED, "out-of-time: Piet, 2026-10-20")


def test_a_revoked_key_never_counts(desk: Desk) -> None:
    desk.write()
    (desk.allowed.parent / "revoked").write_text((desk.root / "Piet.pub").read_text())
    _, (judged,) = desk.judge()
    assert judged.state is State.UNSIGNED
    assert judged.problem.startswith("revoked: SHA256:")


def test_what_will_be_approved_later_is_not_approved(desk: Desk) -> None:
    desk.write(("approved_on: 2026-10-20", "approved_on: 2026-11-25"))
    assert desk.state() is State.NOT_APPROVED_YET


def test_fourteen_days_before_the_end_somebody_is_told(desk: Desk) -> None:
    desk.write()
    days = [LAST - timedelta(days=each) for each in (15, 14, 0)]
    judged = [(desk.judge(day)[1][0], day) for day in days]
    assert [each.ends_soon(day) for each, day in judged] == [False, True, True]
    assert [each.days_left(day) for each, day in judged] == [15, 14, 0]
    expired = desk.judge(LAST + timedelta(days=1))[1][0]
    assert (expired.days_left(LAST), expired.ends_soon(LAST)) == (None, False)


def test_evidence_that_does_not_count_cannot_be_waived(desk: Desk) -> None:
    desk.write()
    altered = Flaw("preprod/ebms-ping/a.json", "edited", "", "ebms-ping", "preprod")

    def asks(case: Case) -> Iterator[Finding]:
        case.latest("ebms-ping")
        yield Finding(Outcome.MET, "found", place(case), ())

    control = replace(WAIVABLE, check=asks)
    integrity = Integrity(evidence=(altered,))
    here = (desk.world.dossier, store.load(desk.world.evidence), DAY, ["preprod"], None, integrity)
    found = run([control], *here)
    (result,), (judged,) = apply(found, load(desk.folder, [WAIVABLE], Trust(desk.allowed.parent), DAY))
    assert (result.outcome, judged.state) == (Outcome.NOT_MET, State.UNUSED)


def test_every_state_has_its_words_in_both_languages() -> None:
    for language in ("nl", "en"):
        assert Words(ROOT / "policies", language).list.waivers.keys() == {state.value for state in State}


def test_a_signature_is_never_replaced(desk: Desk) -> None:
    path = desk.write()
    with pytest.raises(LzError, match="a signature already"):
        sign(path, desk.root / "Jan", "lz-waiver")
