"""What a dossier may hold (dossier.yml). Unknown keys are mistakes.

Files are named relative to the dossier's folder and need not exist yet: most are received later.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr

from lopendezaken.dossier.fields import (
    CpaId,
    CrlUrl,
    Day,
    Duration,
    Endpoint,
    File,
    HostName,
    HrnText,
    OinText,
    Text,
    Whole,
    Word,
)
from lopendezaken.dossier.loader import Document
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.problems import At
from lopendezaken.dossier.records import (
    AcceptanceTest,
    AdapterProduct,
    Agreement,
    Campaign,
    ChainTest,
    Change,
    Choices,
    Contact,
    CpaSent,
    Diginetwerk,
    EmergencyAccess,
    Form,
    Helpdesk,
    LimitedRun,
    ManagementDocumentation,
    Member,
    PerformanceTest,
    Planning,
    Processes,
    Reading,
    Received,
    Registration,
    Systems,
)

EnvironmentName = Literal["preprod", "prod"]
PartnerName = Literal["compliance", "mijnoverheid"]


class Organisation(Part):
    """Who connects. A supplier has an HRN, or an OIN since private parties may register (L-04)."""

    name: Text
    slug: Word
    kind: Literal["government", "supplier"]
    oin: OinText | None = None
    hrn: HrnText | None = None

    @property
    def number(self) -> str:
        """The OIN, or for a supplier without one the HRN (L-06)."""
        return self.oin or self.hrn or ""


class Stream(Part):
    """A kind of cases that citizens will see (P1-08)."""

    name: Text
    owner: Text


class Service(Part):
    """What is connected, over which network and in which message standard (P1-03, P1-09)."""

    name: Text
    connection: Literal["internet", "diginetwerk"]
    standard: Literal["stuf", "mo-bericht"]
    streams: Annotated[tuple[Stream, ...], Field(min_length=1)]


class OwnCertificate(Part):
    """Our certificate: the names that it is asked for, and leaf and chain as received (P1-16, P1-19)."""

    names: Annotated[tuple[HostName, ...], Field(min_length=1)]
    file: File
    origin: Literal["new", "reused"] = "new"
    requested_on: Day | None = None
    needed_on: Day | None = None
    received_on: Day | None = None


class Trust(Part):
    """The roots that we trust in an environment, and where each layer publishes its CRL."""

    anchors: File
    crls: Annotated[tuple[CrlUrl, ...], Field(min_length=1)]


class Action(Part):
    """One action of the service; ``out``: we send it."""

    name: Text
    direction: Literal["out", "in"]


class Roles(Part):
    """Who plays what in the service: requester SR, provider SP."""

    own: Text
    partner: Text


class Cpa(Part):
    """The agreement with one partner. Defaults: reliable messaging as Digikoppeling advises.

    ``origin``: made by us from this dossier (then ``file`` is where it is written), by the CPA Register, or
    by Logius (then it is received as ``file``). Without ``start`` or ``end`` the CPA follows the
    certificates in it: from the last ``not before`` until the first ``not after`` (CPA-006).
    Durations are those of XML Schema (``PT3H``). ``sync_reply_mode`` other than ``none`` needs the consent of the
    partner (CPA-026).
    """

    id: CpaId
    origin: Literal["own", "register", "logius"]
    file: File
    service: Text
    start: Day | None = None
    end: Day | None = None
    profile: Literal["osb-rm", "osb-be", "osb-rm-s", "osb-be-s", "osb-rm-e", "osb-be-e"] = "osb-rm"
    retries: Whole = 8
    retry_interval: Duration = "PT3H"
    persist_duration: Duration = "P5D"
    sync_reply_mode: Literal["none", "mshSignalsOnly"] = "none"
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]
    roles: Roles
    sent: CpaSent | None = None


class Partner(Part):
    """The other side of a connection: its certificate serves as client and as server."""

    name: Text
    oin: OinText
    endpoint: Endpoint
    certificate: File
    cpa: Cpa


class Environment(Part):
    """Preproduction or production: our side of the connection, and whom it reaches.

    ``server_certificate``: leaf and chain of the proxy, where TLS of partners ends there (DK-ROUTE-007); without
    it, our certificate serves as client and as server.
    """

    endpoint: Endpoint
    certificate: OwnCertificate
    server_certificate: File | None = None
    trust: Trust
    partners: Annotated[dict[PartnerName, Partner], Field(min_length=1)]


class Dossier(Part):
    """All that people decided. Read it with :func:`lopendezaken.dossier.load`."""

    organisation: Organisation
    service: Service
    environments: Annotated[dict[EnvironmentName, Environment], Field(min_length=1)]
    reading: tuple[Reading, ...] = ()
    choices: Choices | None = None
    team: tuple[Member, ...] = ()
    digikoppeling: Registration | None = None
    diginetwerk: Diginetwerk | None = None
    adapter: AdapterProduct | None = None
    form: Form | None = None
    received: Received | None = None
    contacts: tuple[Contact, ...] = ()
    planning: Planning | None = None
    processes: Processes | None = None
    systems: Systems | None = None
    performance_tests: tuple[PerformanceTest, ...] = ()
    acceptance_test: AcceptanceTest | None = None
    chain_test: ChainTest | None = None
    limited_run: LimitedRun | None = None
    management_documentation: ManagementDocumentation | None = None
    helpdesk: Helpdesk | None = None
    campaign: Campaign | None = None
    dap: Agreement | None = None
    sno: Agreement | None = None
    changes: tuple[Change, ...] = ()
    emergency_access: tuple[EmergencyAccess, ...] = ()

    _document: Document = PrivateAttr()

    @property
    def folder(self) -> Path:
        """The folder that the files of this dossier are relative to."""
        return self._document.path.parent

    def resolve(self, file: str) -> Path:
        """Give the path of a file that the dossier names."""
        return self.folder / file

    def position(self, at: At) -> tuple[int, int]:
        """Give line and column of a place in the dossier, or of the nearest thing around it."""
        return self._document.position(at)

    def where(self, at: At) -> str:
        """Give ``file:line:column`` of a place in the dossier, or of the nearest thing around it."""
        return self._document.where(at)

    def plain(self) -> dict[str, Any]:
        """Give the dossier as dicts, lists and text, with ``folder``; as Ansible reads it."""
        return {**self.model_dump(mode="json"), "folder": str(self.folder.resolve())}


def host_of(endpoint: str) -> str:
    """Give the domain name of an endpoint."""
    return urlsplit(endpoint).hostname or ""
