"""The example organisation at a point of its journey: a folder with dossier, network plan and evidence."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lopendezaken.cpa.meaning import digest
from lopendezaken.dossier import load
from lopendezaken.dossier.schema import Dossier, Partner, host_of
from lopendezaken.evidence import seal, waiting
from lopendezaken.evidence.envelope import make, write
from lopendezaken.evidence.integrity import to_sign
from lopendezaken.evidence.roles import load as load_roles
from lopendezaken.evidence.sshsig import Namespace, make_key
from lopendezaken.evidence.trust import Trust
from tests.unit.pki import made
from tests.unit.policies.example import HOSTS, ROOT, chain, cpa_xml, peer, revocation_list

COLLECTOR = {"tool": "test", "version": "1", "commit": ""}
PING = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:e="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"><s:Header>'
    "<e:MessageHeader><e:Service>urn:oasis:names:tc:ebxml-msg:service</e:Service></e:MessageHeader>"
    "</s:Header></s:Envelope>"
)
CHAIN_TEST = """chain_test:
  status: reported
  preparation: {plan: t/plan.pdf, data_ready_on: 2026-11-12, messages_ready_on: 2026-11-13}
  logins:
    - {name: account-1, citizen: burger-1, registered_on: 2026-11-13, seen_on: 2026-11-17, seen: t/1.png}
  own_parts: {document: t/own.pdf, checked_on: 2026-11-17}
"""
WRITTEN_UP = f"""
adapter: {{product: ebms-admin, version: "2.20.2", supplier: Voorbeeld BV, hosting: own}}
received:
  sender_id: VOORBEELD
  services: {{preprod: "voorbeeld:LopendeZaken:1.0", prod: "voorbeeld:LopendeZaken:1.0"}}
  documents:
    - {{title: Checklist Testen, kind: test-checklist, version: "1", received_on: 2026-11-02, sha256: {"a" * 64}}}
systems:
  changes: [{{what: Zaaksysteem, ready_on: 2026-11-12}}]
  access: {{document: access.pdf, checked_on: 2026-11-12}}
  production_like: {{document: like.pdf, checked_on: 2026-11-12}}
  asks_profile_service: false
"""
WRITTEN_UP += """
processes:
  sending: {owner: Team zaken, document: p/sending.pdf, ready_on: 2026-11-13}
  errors: {owner: Team zaken, document: p/errors.pdf, ready_on: 2026-11-13}
acceptance_test:
  design: t/design.pdf
  requirements: t/requirements.pdf
  report: t/report.pdf
  finished_on: 2026-11-13
  accepted_by: Teamleider zaken
"""
IN_PRODUCTION = """
limited_run:
  streams: [Omgevingsvergunning aanvragen, Melding openbare ruimte]
  participants: 4
  messages: 8
  finished_on: 2026-11-20
  reported_on: 2026-11-23
  document: lpr.pdf
  consent: {document: consent.pdf, checked_on: 2026-11-18}
management_documentation:
  document: beheer.pdf
  updated_on: 2026-11-23
  tells_of: [cpa, certificates, contacts]
helpdesk: {ready_on: 2026-11-20, instruction: helpdesk.pdf}
campaign: {wanted: false}
dap:
  document: dap.pdf
  signed_on: 2026-11-02
  checked_on: 2026-11-02
  calamity_phone: "+31 70 000 00 09"
  duties:
    - {of: own, role: Beheer, contact: Beheer integratie}
    - {of: logius, role: Ketenbeheer, contact: Servicecentrum}
sno: {document: sno.pdf, signed_on: 2026-11-02, checked_on: 2026-11-02}
"""
START = datetime(2026, 11, 24, 10)


PEOPLE: dict[str, Namespace] = {
    "machine": "lz-evidence",
    "recorder": "lz-record",
    "owner": "lz-dossier",
    "approver": "lz-waiver",
    "teller": "lz-results",
}


@functools.cache
def keys() -> Path:
    """Make a key for each role, once for all tests; allowed_signers lies beside them."""
    folder = Path(tempfile.mkdtemp(prefix="lz-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    lines = [f'{name} namespaces="{role}" {make_key(folder / name, name)}\n' for name, role in PEOPLE.items()]
    (folder / "allowed_signers").write_text("".join(lines))
    return folder


class World:
    """Collects evidence as the playbooks do, a second apart. Nothing counts before :meth:`sign`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.moment = START
        (folder / "dossier").mkdir(parents=True)
        for name in ("dossier.yml", "network.yml"):
            shutil.copy(ROOT / "inventories/voorbeeldstad/dossier" / name, folder / "dossier" / name)
        (folder / "trust").mkdir()
        shutil.copy(keys() / "allowed_signers", folder / "trust/allowed_signers")
        (folder / "trust.yml").write_text("folder: trust\n")

    @classmethod
    def at(cls, folder: Path) -> World:
        """Go on in a folder that another one made."""
        world = cls.__new__(cls)
        world.folder, world.moment = folder, START + timedelta(hours=1)
        return world

    @property
    def trust(self) -> Trust:
        """Whose signature counts."""
        return Trust(self.folder / "trust")

    def sign(self, *but: str) -> None:
        """Everybody signs what is theirs to sign, except those named."""
        self.moment += timedelta(seconds=1)
        when = self.moment.replace(tzinfo=UTC)
        dossier, roles = self.dossier, load_roles(ROOT / "policies")
        for name in ("machine", "recorder"):
            found = waiting.of(dossier, self.trust, roles, PEOPLE[name])
            if found and name not in but:
                seal.make(self.evidence, found, keys() / name, PEOPLE[name], when)
        if "owner" not in but and waiting.integrity_of(dossier, self.trust, roles).dossier:
            files = to_sign(self.evidence.parent)
            seal.make(self.evidence.parent, files, keys() / "owner", PEOPLE["owner"], when)

    @property
    def dossier(self) -> Dossier:
        """The dossier as it is now."""
        return load(self.folder)

    @property
    def evidence(self) -> Path:
        """The folder of all evidence."""
        return self.folder / "dossier/evidence"

    def change(self, old: str, new: str) -> None:
        """Change the dossier."""
        path = self.folder / "dossier/dossier.yml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def record(
        self,
        kind: str,
        host: str,
        raw: Mapping[str, Any],
        partner: str | None = None,
        environment: str = "preprod",
    ) -> Path:
        """Record one observation."""
        subject = {"organisation": "voorbeeldstad", "environment": environment, "host": host}
        if partner:
            subject["partner"] = partner
        self.moment += timedelta(seconds=1)
        return write(
            self.evidence,
            make(kind, subject, COLLECTOR, self.moment.strftime("%Y-%m-%dT%H:%M:%SZ"), dict(raw)),
        )

    def build(self, environment: str = "preprod") -> None:
        """Hosts, certificate and CPAs as `make preprod` leaves them."""
        for host, engine in (("adapter", "embedded"), ("dmz", None)):
            facts: dict[str, Any] = {
                "hostname": f"{host}-{environment}",
                "distribution": "Debian",
                "version": "12.7",
                "kernel": "6.1",
                "addresses": [],
                "services": {"nftables.service": "active", "other.service": "active"},
                "engine": engine,
            }
            self.record("host-facts", f"{host}-{environment}", facts, environment=environment)
        here = {str(name): each for name, each in self.dossier.environments.items()}[environment]
        names = " ".join(here.certificate.names)
        pem = chain(self.dossier.organisation.number, key=environment, names=names)
        own = {"role": "own", "pem": pem, "names": [], "anchors": made.pem(made.authority("root"))}
        self.record("certificate-chain", f"adapter-{environment}", own, environment=environment)
        for layer in ("root", "domain", "tsp"):
            self.fetch_crl(environment, layer)
        for key, partner in self.partners(environment).items():
            self.load_cpa(key, partner, environment)
            self.scan(environment, f"adapter-{environment}", True, key, self.leaf_of(partner))
            self.reach(environment, key, partner)
        self.scan(environment, "partner", True)
        self.scan(environment, "partner", False)
        self.survey(environment, pem)

    def fetch_crl(self, environment: str, layer: str, **facts: Any) -> None:
        """Fetch the CRL of a layer."""
        raw = {
            "url": f"http://crl.pkioverheid.example/{layer}.crl",
            "fetched": self.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "error": None,
            "der": revocation_list(layer, **facts),
            "this_update": None,
            "next_update": None,
        }
        self.record("crl", f"adapter-{environment}", raw, environment=environment)

    def reach(self, environment: str, key: str, partner: Partner) -> None:
        """Look up the name of a partner and connect."""
        tcp = {"address": "203.0.113.10", "port": 443, "outcome": "open", "error": None, "ms": 5.2}
        raw = {
            "from": f"adapter-{environment}",
            "to": host_of(partner.endpoint),
            "via": "192.0.2.1:3128",
            "dns": {"outcome": "found", "addresses": ["203.0.113.10"], "error": None},
            "tcp": tcp,
        }
        self.record("network-reach", f"adapter-{environment}", raw, key, environment)

    def leaf_of(self, partner: Partner) -> dict[str, str]:
        """Give the facts of the certificate that a partner shows and that is in the CPA."""
        return {"oin": partner.oin, "names": HOSTS["partner"]}

    def survey(self, environment: str, pem: str) -> None:
        """Find out from outside what our endpoint accepts and shows."""
        none = dict.fromkeys(("sha1_signature", "compression", "client_renegotiation"), False)
        raw: dict[str, Any] = {
            "direction": "in",
            "host": "ebms.example",
            "port": 443,
            "protocols": {"SSLv3": False, "TLSv1": False, "TLSv1.1": False, "TLSv1.2": True, "TLSv1.3": True},
            "suites": {
                "TLSv1.2": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
                "TLSv1.3": ["TLS_AES_256_GCM_SHA384"],
            },
            "groups": {"TLSv1.2": ["x25519"], "TLSv1.3": ["x25519"]},
            **none,
            "secure_renegotiation": True,
            "extended_master_secret": True,
            "early_data": 0,
            "certificate_requested": True,
            "certificate_authorities": [],
            "chain": [pem],
            "not_established": {},
        }
        self.record("tls-settings", "partner", raw, environment=environment)

    def scan(
        self,
        environment: str,
        host: str,
        with_certificate: bool,
        partner: str | None = None,
        leaf: dict[str, str] | None = None,
    ) -> None:
        """Make a TLS connection: out to a partner, or from outside to us."""
        raw = {
            "direction": "out" if partner else "in",
            "host": "ebms.example",
            "port": 443,
            "with_client_certificate": with_certificate,
            "outcome": "accepted" if with_certificate else "refused",
            "protocol": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
            "peer": peer(**leaf) if leaf else None,
            "chain": [chain(**leaf)] if leaf else [],
            "error": None if with_certificate else "alert certificate required",
        }
        self.record("tls-scan", host, raw, partner, environment)

    def partners(self, environment: str) -> dict[str, Partner]:
        """The partners of an environment."""
        found = {str(name): each for name, each in self.dossier.environments.items()}[environment]
        return {str(key): partner for key, partner in found.partners.items()}

    def load_cpa(self, key: str, partner: Partner, environment: str) -> None:
        """Make a CPA and load it at both sides."""
        number = self.dossier.organisation.number
        here = {str(name): each for name, each in self.dossier.environments.items()}[environment]
        host = host_of(here.endpoint)
        own = {"number": number, "certificate": number, "key": environment, "host": host}
        theirs = {"number": partner.oin, "certificate": partner.oin}
        xml = cpa_xml(partner.cpa.id, own, theirs)
        file = {"cpa_id": partner.cpa.id, "path": partner.cpa.file, "xml": xml, "digest": digest(xml)}
        self.record("cpa-file", "controller", file, key, environment)
        for side, source, found in (("here", "rest", digest(xml)), ("partner", "mail", None)):
            loaded = {"side": side, "cpa_id": partner.cpa.id, "digest": found, "source": source}
            self.record("cpa-loaded", f"adapter-{environment}", loaded, key, environment)

    def ping(self, environment: str = "preprod", *failing: str) -> None:
        """Ping every partner; those in ``failing`` give no Pong."""
        for key, partner in self.partners(environment).items():
            own, theirs = (f"urn:osb:oin:{n}" for n in (self.dossier.organisation.number, partner.oin))
            uuid = "3f1c2f6e-6a52-4d3c-9d9a-0e7f6b0a1c01"
            sent, back = (
                f"{uuid}@ebms.preprod.voorbeeldstad.example",
                f"{uuid}@ebms.preprod.mijnoverheid.example",
            )
            signal = {"cpaId": partner.cpa.id, "conversationId": "1", "timestamp": "", "envelope": PING}
            ping = {**signal, "direction": "out", "action": "Ping", "messageId": sent, "refToMessageId": None}
            pong = {**signal, "direction": "in", "action": "Pong", "messageId": back, "refToMessageId": sent}
            failed = key in failing
            raw = {
                "cpa_id": partner.cpa.id,
                "from": own,
                "to": theirs,
                "endpoint": partner.endpoint,
                "outcome": "failed" if failed else "pong",
                "ms": 131.7,
                "ping": {**ping, "from": own, "to": theirs},
                "pong": None if failed else {**pong, "from": theirs, "to": own},
                "diagnosis": {"leg": "port", "says": "ConnectException: refused", "look_at": "the firewall"}
                if failed
                else None,
            }
            self.record("ebms-ping", f"adapter-{environment}", raw, key, environment)

    def approve(self, outcome: str = "approved") -> None:
        """Logius judges the report of the chain test."""
        raw = {
            "outcome": outcome,
            "dated": "2026-11-24",
            "report_sha256": None,
            "document": "received/mail.eml",
        }
        self.record("chain-test-approval", "controller", raw, "mijnoverheid")

    def write_up(self) -> None:
        """People record what they did: the mail with the CPA, processes, the acceptance test."""
        number = self.dossier.organisation.number
        role = "          roles: {own: SR, partner: SP}\n\n  prod:"
        sent = f'sent: {{on: 2026-11-16, contact: Beheer, number: "{number}", document: sent/cpa.eml}}'
        self.change(role, role.replace("\n\n", f"\n          {sent}\n\n"))
        self.change("chain_test:\n  status: planned\n", CHAIN_TEST)
        path = self.folder / "dossier/dossier.yml"
        path.write_text(path.read_text() + WRITTEN_UP)
        for stream in self.dossier.service.streams:
            self.send(stream.name, "burger-1")

    def send(self, stream: str, citizen: str, environment: str = "preprod") -> None:
        """A case message is delivered."""
        raw = {
            "message_id": f"{self.moment:%H%M%S}@voorbeeldstad.example",
            "stream": stream,
            "status": "DELIVERED",
            "sent": "2026-11-19T10:00:00Z",
            "schema": "xsd",
            "allowed_by": "participants" if environment == "prod" else "test-bsns",
            "citizen": citizen,
        }
        self.record("message-delivered", "controller", raw, "mijnoverheid", environment)

    def write_up_production(self) -> None:
        """People record what they did in production, and Logius accepted the limited run."""
        roles, number = "          roles: {own: SR, partner: SP}\n\n# Pre", self.dossier.organisation.number
        sent = f'sent: {{on: 2026-11-16, contact: Beheer, number: "{number}", document: sent/cpa.eml}}'
        self.change(roles, roles.replace("\n\n", f"\n          {sent}\n\n"))
        path = self.folder / "dossier/dossier.yml"
        path.write_text(path.read_text() + IN_PRODUCTION)
        people = [str(number) * 64 for number in range(4)]
        listed = [{"digest": each, "agreed_on": "2026-11-18"} for each in people]
        self.record("limited-run-list", "controller", {"participants": listed}, environment="prod")
        for stream in self.dossier.service.streams:
            for each in people:
                self.send(stream.name, each, "prod")
