"""What people record in a dossier: sent, received, agreed, done. All of it is optional.

Dates are the days on which it happened. Documents are files relative to the dossier's folder.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lopendezaken.dossier.fields import Day, File, Mail, Phone, Sha256, Text, Whole, Word, Yes
from lopendezaken.dossier.part import Part


class Registration(Part):
    """Digikoppeling: when registered, or since when there are an OIN and an adapter (P1-11, P1-23)."""

    registered_on: Day
    document: File


class SupplierAgreement(Part):
    """What was agreed with the supplier that hosts the adapter (P2-52)."""

    document: File
    signed_on: Day


class AdapterProduct(Part):
    """The adapter that was chosen (P1-14), and the report that it complies (P1-15)."""

    product: Text
    version: Text
    supplier: Text
    hosting: Literal["own", "supplier"]
    compliance_report: File | None = None
    agreement: SupplierAgreement | None = None


class Form(Part):
    """The application form as sent, and how it went on (P2-07 to P2-15)."""

    sent_on: Day
    document: File
    number: Text
    connection: Literal["internet", "diginetwerk"]
    processed_on: Day | None = None
    data_received_on: Day | None = None


class ReceivedDocument(Part):
    """A document that Logius gave; it may be confidential, so only its digest is kept (A-15)."""

    title: Text
    kind: Literal["xsd", "connectivity", "test-checklist", "public"]
    version: Text
    received_on: Day
    sha256: Sha256


class ServiceNames(Part):
    """The name of the service that Logius gave, as it stands in the CPA, per environment (P2-12, P4-05)."""

    preprod: Text | None = None
    prod: Text | None = None


class Received(Part):
    """What Logius gave after registration (P2-11 to P2-14)."""

    sender_id: Text | None = None
    services: ServiceNames | None = None
    documents: tuple[ReceivedDocument, ...] = ()


class Reading(Part):
    """A public document that somebody read, and what it is about (A-14, P1-01, P2-02)."""

    about: Literal["lopende-zaken", "mijnoverheid", "digikoppeling"]
    title: Text
    version: Text
    read_by: Text
    read_on: Day


class Choices(Part):
    """The documents with the reasons of what was chosen (A-12, P1-04, P1-10)."""

    connection: File | None = None
    impact: File | None = None
    stuf_support: File | None = None


class NetworkChange(Part):
    """A change that was asked of whoever manages a firewall (P2-16)."""

    number: Text
    asked_of: Text
    asked_on: Day


class Diginetwerk(Part):
    """Diginetwerk: told to Logius, registered, and the changes asked for (P1-06, P1-07, P2-16, P2-18)."""

    announced_on: Day
    registered_on: Day | None = None
    document: File
    changes: tuple[NetworkChange, ...] = ()


class Member(Part):
    """Somebody of the team: by role, not by name; hours until the connection is live (A-11, A-13)."""

    organisation: Text
    role: Text
    hours: Whole
    knows: tuple[Literal["ebms", "network", "certificates", "case-system"], ...]
    stays: Yes = False


class Checked(Part):
    """Something that was looked at, and the document that tells of it."""

    document: File
    checked_on: Day


class SystemChange(Part):
    """What was bought, made or changed for the connection (P2-22)."""

    what: Text
    ready_on: Day | None = None


class Systems(Part):
    """The own systems: changed, closed to others, like production; asks the Profielservice or not (P2-44)."""

    changes: tuple[SystemChange, ...] = ()
    access: Checked | None = None
    production_like: Checked | None = None
    asks_profile_service: Yes | None = None


class Permission(Part):
    """What Logius allowed (P2-49)."""

    given_on: Day
    document: File


class PerformanceTest(Part):
    """A performance test, and at whom it was aimed (P2-48, P2-49)."""

    day: Day
    target: Literal["own", "mijnoverheid"]
    permission: Permission | None = None


class Contact(Part):
    """Somebody to reach at an organisation that manages a part of the chain (P2-39, P4-22)."""

    organisation: Text
    role: Literal["technical", "functional", "security", "management"]
    name: Text
    mail: Mail
    phone: Phone
    always_reachable: Yes = False
    checked_on: Day


class Planning(Part):
    """The plan, and when it was last looked at (P1-02, P2-54, P2-56).

    ``start``: when the work began or begins; ``live_on``: the wish; ``working_days``: what a step of
    policies/data/planning.yml takes here, by its id.
    """

    document: File
    reviewed_on: Day
    start: Day | None = None
    live_on: Day | None = None
    working_days: dict[Word, Whole] = Field(default_factory=dict)


class Process(Part):
    """A process with somebody who answers for it (P2-20)."""

    owner: Text
    document: File
    ready_on: Day | None = None


class Processes(Part):
    """Making and sending case messages, and handling error messages (P2-20, P2-57)."""

    sending: Process
    errors: Process


class AcceptanceTest(Part):
    """The internal user acceptance test (P2-24 to P2-26, P2-58)."""

    design: File
    requirements: File
    report: File
    finished_on: Day | None = None
    accepted_by: Text | None = None


class CpaSent(Part):
    """The mail to Logius with a CPA: the contact and the number that it gives (P2-30, P2-31)."""

    on: Day
    contact: Text
    number: Text
    document: File


class Period(Part):
    """An agreed period (P3-14)."""

    start: Day
    end: Day
    agreed_on: Day
    document: File


class Proposal(Part):
    """The period that we propose for the chain test, and when we did (P3-14)."""

    start: Day
    end: Day
    sent_on: Day | None = None


class Accounts(Part):
    """Test DigiD accounts: with a DigiD connection of our own we have them, else Logius is asked (P3-09)."""

    own_digid: Yes = False
    needed: Whole = 2
    asked_on: Day | None = None


class ChecklistItem(Part):
    """An item of the checklist and its last result (P3-16)."""

    id: Text
    result: Literal["passed", "failed", "not-applicable", "open"]


class Report(Part):
    """A report as sent to Logius (P3-17, P3-18)."""

    document: File
    sha256: Sha256
    sent_on: Day


class Login(Part):
    """A test DigiD by labels, never by number: the account, and the test citizen of Logius that it is (P3-06).

    ``seen``: pictures of the portal, as that citizen sees it (P3-08, P3-22).
    """

    name: Word
    citizen: Word
    registered_on: Day | None = None
    seen_on: Day | None = None
    seen: File | None = None


class Preparation(Part):
    """What was made ready for the chain test (P3-10, P3-12)."""

    plan: File
    data_ready_on: Day
    messages_ready_on: Day


class ChainTest(Part):
    """Where the chain test stands according to us; the approval itself is evidence (P3-20).

    Every report that was sent stays in the list: a retest adds one (P3-19).
    """

    status: Literal["planned", "running", "reported", "refused", "approved"]
    approved_on: Day | None = None
    accounts: Accounts | None = None
    proposal: Proposal | None = None
    period: Period | None = None
    preparation: Preparation | None = None
    logins: tuple[Login, ...] = ()
    own_parts: Checked | None = None
    checklist: tuple[ChecklistItem, ...] = ()
    reports: tuple[Report, ...] = ()


class Gap(Part):
    """A link that the limited run did not touch, as `lz limited-run coverage` names it, and why (P4-12)."""

    link: Text
    why: Text


class LimitedRun(Part):
    """The limited production run (LPR); numbers only, never who the participants are (P4-11 to P4-16)."""

    streams: Annotated[tuple[Text, ...], Field(min_length=1)]
    participants: Whole
    messages: Whole
    finished_on: Day | None = None
    reported_on: Day | None = None
    document: File
    consent: Checked | None = None
    gaps: tuple[Gap, ...] = ()


class ManagementDocumentation(Part):
    """The documentation for those who manage the connection, and what it tells of (P4-17, P4-27)."""

    document: File
    updated_on: Day
    tells_of: tuple[Literal["cpa", "certificates", "contacts", "network"], ...]


class Helpdesk(Part):
    """The helpdesk that answers citizens (P4-19)."""

    ready_on: Day
    instruction: File


class Campaign(Part):
    """Whether there is a campaign, and what Logius agreed to (P4-20)."""

    wanted: Yes
    agreed_on: Day | None = None
    document: File | None = None


class Duty(Part):
    """Who does what, and how to reach them: ``of`` is our side or that of Logius (P4-21)."""

    of: Literal["own", "logius"]
    role: Text
    contact: Text


class Agreement(Part):
    """A DAP or SNO (P4-23, P4-24); ``calamity_phone`` answers day and night (P4-22)."""

    document: File
    signed_on: Day
    checked_on: Day
    duties: tuple[Duty, ...] = ()
    calamity_phone: Phone | None = None
    notice_days: Whole = 10


class EmergencyAccess(Part):
    """An access to a host of production past the gate: its delivery, or its console. ``checked_by``: who looked at it afterwards."""

    host: Text
    on: Day
    who: Text
    why: Text
    checked_by: Text


class Change(Part):
    """A change of the connection that Logius must know of beforehand (P4-25).

    ``document``: the new certificate or CPA itself.
    """

    what: Text
    kind: Literal["certificate", "address", "name", "contact", "cpa", "other"] = "other"
    environment: Literal["preprod", "prod"] | None = None
    before: Text | None = None
    after: Text | None = None
    document: File | None = None
    planned_for: Day
    reported_on: Day | None = None
