"""Which steps of the planning were begun and done, and when: from dossier and evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from lopendezaken.dossier.schema import Dossier, EnvironmentName, OwnCertificate, Partner
from lopendezaken.evidence.store import EvidenceSet

MIJNOVERHEID = "mijnoverheid"
READING = 3  # about Lopende Zaken, MijnOverheid and Digikoppeling
BEFORE = date.min  # done before the work began, nobody says when


@dataclass(frozen=True)
class Fact:
    """When a step was begun and done; ``None``: not yet, or nobody recorded it.

    ``proved``: nobody recorded it, but something was done that cannot be done without it.
    """

    begun: date | None = None
    done: date | None = None
    proved: bool = False


@dataclass(frozen=True)
class Known:
    """What there is to look into."""

    dossier: Dossier
    evidence: EvidenceSet

    def certificate(self, name: EnvironmentName) -> OwnCertificate | None:
        """Give what is recorded of our certificate in an environment."""
        found = self.dossier.environments.get(name)
        return found.certificate if found else None

    def partner(self, name: EnvironmentName) -> Partner | None:
        """Give MijnOverheid in an environment."""
        found = self.dossier.environments.get(name)
        return found.partners.get("mijnoverheid") if found else None


def facts(dossier: Dossier, evidence: EvidenceSet, day: date) -> dict[str, Fact]:
    """Give what is known on ``day`` of each step, by its id; what is dated later did not happen yet."""
    known = Known(dossier, evidence)
    found = {name: read(known) for name, read in READERS.items()}
    return {name: Fact(_until(each.begun, day), _until(each.done, day)) for name, each in found.items()}


def _until(happened: date | None, day: date) -> date | None:
    return happened if happened and happened <= day else None


def _last(days: Iterable[date | None], least: int = 1) -> date | None:
    """Give the last of some days when all of them, and at least ``least``, are there."""
    all_ = [*days]
    known = [each for each in all_ if each]
    return max(known) if len(known) == len(all_) >= least else None


def _reading(known: Known) -> Fact:
    days = {each.about: each.read_on for each in reversed(known.dossier.reading)}
    return Fact(min(days.values(), default=None), _last(days.values(), READING))


def _digikoppeling(known: Known) -> Fact:
    registered = known.dossier.digikoppeling
    return Fact(done=registered.registered_on if registered else None)


def _diginetwerk(known: Known) -> Fact:
    found = known.dossier.diginetwerk
    return Fact(found.announced_on, found.registered_on) if found else Fact()


def _certificate(environment: EnvironmentName) -> Callable[[Known], Fact]:
    def read(known: Known) -> Fact:
        asked = known.certificate(environment)
        if asked is None:
            return Fact()
        seen = known.evidence.of("certificate-chain", environment, role="own")
        first = min((each.collected.date() for each in seen), default=None)
        had = BEFORE if asked.origin == "reused" else None
        return Fact(asked.requested_on, asked.received_on or first or had)

    return read


def _form(known: Known) -> Fact:
    return Fact(done=known.dossier.form.sent_on if known.dossier.form else None)


def _registration(known: Known) -> Fact:
    form = known.dossier.form
    return Fact(form.sent_on, form.processed_on) if form else Fact()


def _data(known: Known) -> Fact:
    form = known.dossier.form
    return Fact(form.processed_on, form.data_received_on) if form else Fact()


def _network(environment: EnvironmentName) -> Callable[[Known], Fact]:
    def read(known: Known) -> Fact:
        arranged = known.dossier.diginetwerk
        asked = min((each.asked_on for each in arranged.changes), default=None) if arranged else None
        seen = known.evidence.of("network-reach", environment, MIJNOVERHEID)
        reached = [each for each in seen if each.raw["tcp"] and each.raw["tcp"]["outcome"] == "open"]
        return Fact(asked, min((each.collected.date() for each in reached), default=None))

    return read


def _adapter(known: Known) -> Fact:
    return Fact(done=_pong(known, "preprod", "compliance"))


def _processing(known: Known) -> Fact:
    found = known.dossier.processes
    return Fact(done=_last([found.sending.ready_on, found.errors.ready_on]) if found else None)


def _acceptance(known: Known) -> Fact:
    test = known.dossier.acceptance_test
    return Fact(done=test.finished_on if test and test.accepted_by else None)


def _cpa(environment: EnvironmentName) -> Callable[[Known], Fact]:
    """A CPA that is loaded there was made and sent, also when nobody recorded that."""
    return lambda known: Fact(done=_sent(known, environment) or _loaded(environment)(known).done)


def _loaded(environment: EnvironmentName) -> Callable[[Known], Fact]:
    def read(known: Known) -> Fact:
        partner = known.partner(environment)
        if partner is None:
            return Fact()
        told = {"side": "partner", "cpa_id": partner.cpa.id}
        seen = known.evidence.latest("cpa-loaded", environment, MIJNOVERHEID, **told)
        there = seen and not (seen.raw["source"] == "rest" and seen.raw["digest"] is None)
        return Fact(_sent(known, environment), seen.collected.date() if seen and there else None)

    return read


def _sent(known: Known, environment: EnvironmentName) -> date | None:
    partner = known.partner(environment)
    return partner.cpa.sent.on if partner and partner.cpa.sent else None


def _ping(environment: EnvironmentName) -> Callable[[Known], Fact]:
    return lambda known: Fact(done=_pong(known, environment, MIJNOVERHEID))


def _pong(known: Known, environment: EnvironmentName, partner: str) -> date | None:
    seen = known.evidence.of("ebms-ping", environment, partner, outcome="pong")
    return min((each.collected.date() for each in seen), default=None)


def _test_accounts(known: Known) -> Fact:
    test = known.dossier.chain_test
    return Fact(done=_last(each.registered_on for each in test.logins) if test else None)


def _preparation(known: Known) -> Fact:
    made = known.dossier.chain_test and known.dossier.chain_test.preparation
    return Fact(done=_last([made.data_ready_on, made.messages_ready_on]) if made else None)


def _period(known: Known) -> Fact:
    test = known.dossier.chain_test
    return Fact(done=test.period.agreed_on if test and test.period else None)


def _chain_test(known: Known) -> Fact:
    test = known.dossier.chain_test
    if test is None:
        return Fact()
    begun = test.period.start if test.period else None
    return Fact(begun, max((each.sent_on for each in test.reports), default=None))


def _approval(known: Known) -> Fact:
    test = known.dossier.chain_test
    sent = max((each.sent_on for each in test.reports), default=None) if test else None
    answers = known.evidence.of("chain-test-approval", "preprod")
    last = answers[-1].raw if answers else None
    approved = last and last["outcome"] == "approved"
    return Fact(sent, date.fromisoformat(last["dated"]) if last and approved else None)


def _limited_run(known: Known) -> Fact:
    ran = known.dossier.limited_run
    return Fact(done=_last([ran.finished_on, ran.reported_on]) if ran else None)


def _agreements(known: Known) -> Fact:
    both = [known.dossier.dap, known.dossier.sno]
    return Fact(done=_last(each.signed_on if each else None for each in both))


def _helpdesk(known: Known) -> Fact:
    return Fact(done=known.dossier.helpdesk.ready_on if known.dossier.helpdesk else None)


def _management(known: Known) -> Fact:
    written = known.dossier.management_documentation
    return Fact(done=written.updated_on if written else None)


READERS: dict[str, Callable[[Known], Fact]] = {
    "reading": _reading,
    "digikoppeling": _digikoppeling,
    "diginetwerk": _diginetwerk,
    "certificate-preprod": _certificate("preprod"),
    "certificate-prod": _certificate("prod"),
    "form": _form,
    "registration": _registration,
    "data": _data,
    "network-preprod": _network("preprod"),
    "adapter": _adapter,
    "processing": _processing,
    "acceptance": _acceptance,
    "cpa-preprod": _cpa("preprod"),
    "cpa-loaded-preprod": _loaded("preprod"),
    "ping-preprod": _ping("preprod"),
    "test-accounts": _test_accounts,
    "preparation": _preparation,
    "period": _period,
    "chain-test": _chain_test,
    "approval": _approval,
    "network-prod": _network("prod"),
    "cpa-prod": _cpa("prod"),
    "cpa-loaded-prod": _loaded("prod"),
    "ping-prod": _ping("prod"),
    "limited-run": _limited_run,
    "agreements": _agreements,
    "helpdesk": _helpdesk,
    "management": _management,
}
