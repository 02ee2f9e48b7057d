"""The chapters of a government organisation's journey, in the order of the guide."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import ansible.plugins.connection.ssh

from lopendezaken.lab.journey.papers import CITIZEN, STRANGER, UNKNOWN_CITIZEN, Papers
from lopendezaken.lab.journey.stage import DAYS
from lopendezaken.lab.journey.story import Story

STREAMS = ("Omgevingsvergunning aanvragen", "Melding openbare ruimte")
_PLAYBOOK = "ansible-playbook"
_CASE_SYSTEM = ("lz", "lab", "case-system", "prod")
_KEY = "inventories/voorbeeldstad/trust/keys/lz-gate"
GATE = ("lz", "gate", "--key", _KEY)
_NO_KEY = r"Permission denied \(publickey\)"


def preparation(story: Story, papers: Papers) -> None:
    """Phase 1: choices, Digikoppeling, the order for certificates."""
    story.chapter("Phase 1. Preparation")
    story.day(1)
    story.does(
        "The dossier holds what was chosen: connection, streams of cases, standard.", "lz", "dossier", "check"
    )
    story.is_refused(
        "Is production open already? No: phase 1 is not complete.",
        *("lz", "gate", "--stage", "network"),
        told="CLOSED.*\n(.*\n)*.*P1-23",
    )
    papers.document("received/digikoppeling.pdf")
    story.sets(
        "Digikoppeling: registered, with an OIN.",
        digikoppeling=f"{{registered_on: {story.date}, document: received/digikoppeling.pdf}}",
    )
    choices(story, papers)


def choices(story: Story, papers: Papers) -> None:
    """What everybody chooses and reads, who does the work, and what is ordered."""
    for name in ("choices/connection.pdf", "choices/impact.pdf", "received/stuf-support.pdf"):
        papers.document(name)
    story.sets(
        "Reasons of the choices, what was read, and who does the work.",
        choices="{connection: choices/connection.pdf, impact: choices/impact.pdf, stuf_support: received/stuf-support.pdf}",
        reading=_reading(story.date),
        team=_team(story.stage.name),
        contacts=_contacts(story.stage.name, story.stage.day(85).isoformat()),
        adapter='{product: adapter, version: "1", supplier: Voorbeeld BV, hosting: own}',
    )
    story.does("What to order at the TSP, per environment.", "lz", "render", "csr-request")
    story.does("A planning with the lead times of the guide.", "lz", "documents", "build")


def application(story: Story, papers: Papers) -> None:
    """The form, and what Logius gives after it."""
    story.chapter("Phase 2. Connecting to preproduction")
    story.day(10)
    story.does("The data for the Aanvraagformulier.", "lz", "render", "form-data")
    form = papers.sent("aanvraagformulier.md", "aanvraagformulier.md")
    mail = papers.answer("form-sent", "Aanvraagformulier", f"Ingestuurd formulier: {form}", 10)
    _mail(story, "The form went to Logius.", "sent", "form", mail)
    story.day(15)
    told = papers.answer("form-processed", "Aanvraag verwerkt", "Uw aanvraag is verwerkt.", 15)
    _mail(story, "Logius processed it.", "received", "form", told, "--outcome", "processed")
    story.day(19)
    told = papers.answer(
        "form-data", "Gegevens", "Bijgaand afzenderID, Service-ID en technische bestanden.", 19
    )
    _mail(
        story,
        "Logius sent afzenderID, Service-ID, XSDs and Handreiking.",
        "received",
        "form",
        told,
        "--outcome",
        "data",
    )
    story.sets(
        "What Logius gave is in the dossier; of confidential documents only the digest.",
        received='{sender_id: VOORBEELD, services: {preprod: "voorbeeld:LopendeZaken:1.0", prod: "voorbeeld:LopendeZaken:1.0"}, '
        f'documents: [{{title: Checklist Testen, kind: test-checklist, version: "1", received_on: {story.date}, sha256: {"a" * 64}}}]}}',
    )


def preproduction(story: Story, papers: Papers) -> None:
    """Hosts, network, certificates, CPA, Ping; the Compliance Voorziening first."""
    connection(story)
    story.does(
        "Again, and nothing changes.",
        _PLAYBOOK,
        "playbooks/preprod.yml",
        shows=r"adapter-preprod +: ok=\d+ +changed=0",
    )
    report = str(story.stage.dossier / "sent/dcv.md")
    story.does(
        "The list of the Compliance Voorziening, all six profiles.",
        *("lz", "lab", "partner", "--as", "compliance", "--report", report),
    )
    story.sets("The report of it is in the dossier.", adapter__compliance_report="sent/dcv.md")
    exchange(story, papers)


def connection(story: Story) -> None:
    """Hosts, and on those of preproduction all that is needed for a Ping."""
    story.day(30)
    story.does("Hosts for preproduction and production were delivered.", "lz", "lab", "up", "all", "--fresh")
    story.does("What we ask of others who manage a firewall.", "lz", "render", "firewall-request")
    story.does(
        "Preproduction: network, certificates, adapter, CPA; Ping and Pong with both partners.",
        *(_PLAYBOOK, "playbooks/preprod.yml"),
        shows=r"failed=0",
    )


def exchange(story: Story, papers: Papers) -> None:
    """The CPA goes to Logius and is loaded there; processes and the own acceptance test."""
    story.day(34)
    story.does("The mail with the CPA.", "lz", "render", "mail-cpa", "--env", "preprod")
    mail = papers.sent("preprod/mail-cpa.eml", "preprod-cpa.eml")
    _mail(story, "The CPA went to Logius.", "sent", "mail-cpa", mail, "--env", "preprod")
    told = papers.answer("cpa-loaded-preprod", "CPA ingeladen", "Uw CPA is ingeladen op preproductie.", 36)
    story.day(36)
    _mail(story, "Logius loaded it.", "received", "mail-cpa", told, "--env", "preprod")
    story.day(45)
    for name in ("p/sending.pdf", "p/errors.pdf", "t/design.pdf", "t/requirements.pdf", "t/report.pdf"):
        papers.document(name)
    papers.document("access.pdf")
    papers.document("like.pdf")
    date = story.date
    story.sets(
        "Processes for case messages and errors are in place; the own acceptance test was accepted.",
        systems=f"{{changes: [{{what: Zaaksysteem, ready_on: {date}}}], access: {{document: access.pdf, checked_on: {date}}}, "
        f"production_like: {{document: like.pdf, checked_on: {date}}}, asks_profile_service: false}}",
        processes=f"{{sending: {{owner: Team zaken, document: p/sending.pdf, ready_on: {date}}}, "
        f"errors: {{owner: Team zaken, document: p/errors.pdf, ready_on: {date}}}}}",
        acceptance_test="{design: t/design.pdf, requirements: t/requirements.pdf, report: t/report.pdf, "
        f"finished_on: {date}, accepted_by: Teamleider zaken}}",
    )


def not_yet(story: Story, papers: Papers) -> None:
    """Production is tried too early."""
    story.day(46)
    story.is_refused(
        "To production? No: Logius has not approved the chain test.",
        *("lz", "gate", "--stage", "connect"),
        told=r"CLOSED.*\n(.*\n)*.*P3-20",
    )
    story.is_refused(
        "playbooks/prod.yml prepares the hosts in front, and stops before the adapter.",
        *(_PLAYBOOK, "playbooks/prod.yml"),
        told=r"(?s)P3-20.*dmz-prod +: ok=\d+",
    )
    story.is_refused(
        "Round the gate, by plain ssh: the adapter trusts no key, and the certificate is for the hosts in front.",
        *("ansible", "adapter-prod", "-e", "ansible_connection=ssh", "-m", "ansible.builtin.raw", "-a", "id"),
        told=_NO_KEY,
    )
    story.is_refused(
        "Round the gate, by an ad-hoc command.",
        *("ansible", "adapter-prod", "-m", "ansible.builtin.raw", "-a", "id"),
        told="closed for stage connect",
    )
    ways_round(story, papers)


def ways_round(story: Story, papers: Papers) -> None:
    """Past the connection plugin, as root on the controller can: then sshd of the host asks for the gate's certificate."""
    raw = ("-m", "ansible.builtin.raw", "-a", "id")
    story.is_refused(
        "Round the gate, by asking for the stage of the hosts in front, which is open.",
        *("ansible", "adapter-prod", "-e", "gate_stage=network", *raw),
        told=_NO_KEY,
    )
    inventory = papers.tool(
        "elsewhere.yml",
        "all: {hosts: {adapter-prod: {ansible_ssh_common_args: "
        f"'-F {story.stage.layout.ssh_config}', ansible_user: root}}}}}}\n",
    )
    story.is_refused(
        "Round the gate, by another inventory file that says plain ssh.",
        *("ansible", "adapter-prod", "-i", inventory, *raw),
        told=_NO_KEY,
    )
    plugin = papers.tool("plugins/gated_ssh.py", Path(ansible.plugins.connection.ssh.__file__).read_text())
    story.is_refused(
        "Round the gate, by a connection plugin of one's own (ANSIBLE_CONNECTION_PLUGINS).",
        *("env", f"ANSIBLE_CONNECTION_PLUGINS={Path(plugin).parent}", "ansible", "adapter-prod", *raw),
        told=_NO_KEY,
    )
    story.is_refused(
        "Round the gate, with a certificate of one's own authority.",
        *(
            "ssh",
            "-F",
            str(story.stage.layout.ssh_config),
            "-i",
            papers.own_certificate(),
            "adapter-prod",
            "id",
        ),
        told=_NO_KEY,
    )


def test_period(story: Story, papers: Papers) -> None:
    """Phase 3: accounts, data, a period; case messages to test citizens and to nobody else."""
    story.chapter("Phase 3. The chain test")
    story.day(48)
    papers.private("received/test-bsn.txt", f"{CITIZEN} burger-1\n{UNKNOWN_CITIZEN} burger-2\n")
    papers.document("t/plan.pdf")
    date = story.date
    story.sets(
        "Test accounts, test data and messages are ready; a period is proposed.",
        chain_test="{status: planned}",
        chain_test__logins=f"[{{name: account-1, citizen: burger-1, registered_on: {date}}}, "
        f"{{name: account-2, citizen: burger-2, registered_on: {date}}}]",
        chain_test__preparation=f"{{plan: t/plan.pdf, data_ready_on: {date}, messages_ready_on: {date}}}",
        chain_test__proposal=f"{{start: {story.stage.day(DAYS + 7)}, end: {story.stage.day(DAYS + 17)}}}",
    )
    story.does("The mail that proposes it.", "lz", "render", "mail-test-period", "--env", "preprod")
    mail = papers.sent("preprod/mail-test-period.eml", "test-period.eml")
    _mail(story, "It went to Logius.", "sent", "mail-test-period", mail, "--env", "preprod")
    told = papers.answer("period", "Periode ketentest", "De voorgestelde periode is akkoord.", 50)
    story.day(50)
    _mail(story, "Logius agrees.", "received", "mail-test-period", told, "--env", "preprod")
    # What was proposed lies ahead of the machine's own clock; the story is told in days that have been.
    story.sets(
        "There is room earlier: the period moves.",
        chain_test__period__start=story.stage.day(55).isoformat(),
        chain_test__period__end=story.stage.day(70).isoformat(),
    )
    story.day(56)
    for stream in STREAMS:
        story.does(
            f"A case message to a test citizen: {stream}.",
            *(
                "lz",
                "message",
                "send",
                papers.message(stream, CITIZEN, "preprod"),
                "--env",
                "preprod",
                "--stream",
                stream,
            ),
        )
    story.is_refused(
        "One to somebody who is no test citizen does not leave.",
        *("lz", "message", "send", papers.message(STREAMS[0], STRANGER, "preprod"), "--env", "preprod"),
        told="may not get a message",
    )


def chain_test(story: Story, papers: Papers) -> None:
    """Refused once, then approved."""
    test_period(story, papers)
    story.is_refused(
        "One to a citizen whom MijnOverheid does not know comes back as a Foutbericht.",
        *(
            "lz",
            "message",
            "send",
            papers.message(STREAMS[0], UNKNOWN_CITIZEN, "preprod"),
            "--env",
            "preprod",
        ),
        told="BsnOnbekend",
    )
    test_round(story, papers, 1, {"V-01": "passed", "V-02": "failed", "V-03": "passed"}, "refused")
    story.is_refused(
        "To production? No: Logius refused the report.",
        *("lz", "gate", "--stage", "connect"),
        told=r"CLOSED.*\n(.*\n)*.*P3-20",
    )
    story.day(63)
    test_round(story, papers, 2, {"V-02": "passed"}, "approved")


def to_production(story: Story, papers: Papers) -> None:
    """Phase 4: the gate opens for the connection."""
    story.chapter("Phase 4. Production")
    story.day(70)
    story.does(
        "What production gets that preproduction did not have: nothing that it must not.", "lz", "plan"
    )
    story.does("To production? Yes.", "lz", "gate", "--stage", "connect", shows="OPEN")
    story.is_refused(
        "playbooks/prod.yml connects: network, certificates, adapter, CPA, Ping and Pong; and stops before full use.",
        *(_PLAYBOOK, "playbooks/prod.yml"),
        told=r"(?s)P4-26.*adapter-prod +: ok=\d+ +changed=\d+ +unreachable=0 +failed=0",
    )
    story.does("The mail with the CPA of production.", "lz", "render", "mail-cpa", "--env", "prod")
    mail = papers.sent("prod/mail-cpa.eml", "prod-cpa.eml")
    _mail(story, "It went to Logius.", "sent", "mail-cpa", mail, "--env", "prod")
    story.day(73)
    told = papers.answer("cpa-loaded-prod", "CPA ingeladen", "Uw CPA is ingeladen op productie.", 73)
    _mail(story, "Logius loaded it.", "received", "mail-cpa", told, "--env", "prod")


def limited_run(story: Story, papers: Papers) -> None:
    """The limited production run: to those who agreed, and to nobody else."""
    story.day(75)
    story.is_refused(
        "A case message now? No: what was signed is no longer how it is.",
        *("lz", "message", "send", papers.message(STREAMS[0], CITIZEN, "prod"), "--env", "prod"),
        told="closed for stage limited-run",
    )
    story.does("The limited run may begin: signed.", *GATE, "--stage", "limited-run", shows="OPEN")
    story.is_refused("The case system is still shut out.", *_CASE_SYSTEM, told="out of reach")
    agreed = story.date
    plain = papers.private(
        "received/participants.vault",
        f'salt: "{secrets.token_hex(32)}"\nparticipants:\n  - {{bsn: "{CITIZEN}", agreed_on: {agreed}}}\n',
    )
    story.does(
        "Who takes part agreed; the list is encrypted and known by digests only.",
        "ansible-vault",
        "encrypt",
        str(plain),
    )
    story.does("The digests are evidence.", "lz", "limited-run", "record")
    for stream in STREAMS:
        story.does(
            f"A case message to a participant: {stream}.",
            *(
                "lz",
                "message",
                "send",
                papers.message(stream, CITIZEN, "prod"),
                "--env",
                "prod",
                "--stream",
                stream,
            ),
        )
    story.is_refused(
        "One to a citizen who does not take part does not leave.",
        *("lz", "message", "send", papers.message(STREAMS[0], STRANGER, "prod"), "--env", "prod"),
        told="may not get a message",
    )
    papers.document("lpr.pdf")
    papers.document("consent.pdf")
    story.day(77)
    story.sets(
        "The run is finished and written up.",
        limited_run=f"{{streams: [{', '.join(STREAMS)}], participants: 1, messages: 2, finished_on: {story.date}, document: lpr.pdf, "
        f"consent: {{document: consent.pdf, checked_on: {agreed}}}, "
        "gaps: [{link: 'foutbericht, van MijnOverheid', why: In productie is geen fout uitgelokt}]}",
    )
    story.does("The mail that the run is done.", "lz", "render", "mail-limited-run", "--env", "prod")
    mail = papers.sent("prod/mail-limited-run.eml", "limited-run.eml")
    _mail(story, "It went to Logius.", "sent", "mail-limited-run", mail, "--env", "prod")


def live(story: Story, papers: Papers) -> None:
    """Documentation, helpdesk and agreements; then full use."""
    story.day(80)
    story.is_refused(
        "Full use? No: documentation, helpdesk, DAP and SNO.", "lz", "gate", "--stage", "live", told=r"P4-27"
    )
    for name in ("beheer.pdf", "helpdesk.pdf", "dap.pdf", "sno.pdf"):
        papers.document(name)
    date, calamities = story.date, '"+31 70 000 00 09"'
    story.does("Management documentation and helpdesk instruction.", "lz", "documents", "build")
    story.sets(
        "They are in use; DAP and SNO are signed, with contacts for calamities.",
        management_documentation=f"{{document: beheer.pdf, updated_on: {date}, tells_of: [cpa, certificates, contacts, network]}}",
        helpdesk=f"{{ready_on: {date}, instruction: helpdesk.pdf}}",
        campaign="{wanted: false}",
        dap=f"{{document: dap.pdf, signed_on: {date}, checked_on: {date}, calamity_phone: {calamities}, "
        "duties: [{of: own, role: Beheer, contact: Beheer integratie}, {of: logius, role: Ketenbeheer, contact: Servicecentrum}]}",
        sno=f"{{document: sno.pdf, signed_on: {date}, checked_on: {date}}}",
    )
    story.does("Full use? Yes.", "lz", "gate", "--stage", "live", shows="OPEN")
    story.does(
        "playbooks/prod.yml runs to its end.",
        _PLAYBOOK,
        "playbooks/prod.yml",
        shows=r"adapter-prod +: ok=\d+ +changed=\d+",
    )
    story.does("The case system reaches REST.", *_CASE_SYSTEM, shows="REST answers 200")


def afterwards(story: Story, papers: Papers) -> None:
    """Daily verification, what goes stale, and the auditor."""
    story.chapter("In use")
    story.day(88)
    date = story.date
    story.sets(
        "The certificate of preproduction is to be renewed; Logius must know beforehand.",
        changes=f"[{{what: Nieuw certificaat preproductie, planned_for: {story.stage.day(104)}, reported_on: {date}}}]",
    )
    story.is_refused(
        "That changed the dossier: to change anything in production, the gate has to be asked again.",
        *("ansible", "adapter-prod", "-m", "ansible.builtin.raw", "-a", "id"),
        told="closed for stage connect",
    )
    story.does(
        "To look is another thing: who was let in before may, for 90 days, with a key of its own.",
        *(*GATE, "--stage", "verify", "--certify", str(story.stage.layout.state / "look.pub")),
        shows="OPEN",
    )
    story.does(
        "An emergency: somebody goes to the console, past ssh and the gate.",
        *("lz", "lab", "console", "adapter-prod", "--", "true"),
    )
    story.does(
        "Every day: is all still as it was? Nothing changes a host.",
        _PLAYBOOK,
        "playbooks/verify-connection.yml",
        "-e",
        "target_environment=prod",
    )
    unexplained = ("lz", "check", "--environment", "prod", "--control", "LZ-4.09")
    story.is_refused(
        "It read in the hosts' journals who came in past the gate: who delivered them, and somebody at the console.",
        *unexplained,
        told="(?s)first start.*root at the console",
    )
    story.sets("It is written down who that was, and why.", emergency_access=papers.ways_in())
    story.does("Now that is explained.", *unexplained)
    look = ("ansible", "adapter-prod", "-e", "gate_stage=verify", "-m", "ansible.builtin.raw", "-a")
    story.is_refused(
        "With that key a file cannot be changed.",
        *(*look, "touch /etc/pkioverheid/planted"),
        told="Read-only file system|Permission denied",
    )
    story.is_refused(
        "Nor a service be stopped.",
        *(*look, "systemctl stop nftables"),
        told="Failed to stop nftables",
    )
    story.does(
        "It is renewed: a new key and request, the partner knows first, the new CPA beside the old, then the switch.",
        *(_PLAYBOOK, "playbooks/rotate-certificates.yml", "-e", "target_environment=preprod"),
        shows="Pong from MijnOverheid preproductie",
    )
    story.does("The dossier names the new CPAs; somebody answers for it.", "lz", "dossier", "sign")
    later = story.stage.day(88 + 200).isoformat()
    story.is_refused(
        "Half a year without looking at the contacts: the check turns red.",
        *("lz", "check", "--date", later, "--control", "LZ-2.11"),
        told="more than 180 days ago",
    )
    output = str(story.stage.clone.parent / "report")
    story.does("The report for the auditor.", "lz", "report", "--format", "all", "--output", output)
    story.does("Every piece of evidence is as it was sealed.", "lz", "evidence", "verify")
    story.finds_none(
        "No BSN in any file, log or report of all this: clone, dossier, evidence, reports, journals and logs of all hosts.",
        papers.bsns_left(),
    )


CHAPTERS: tuple[Callable[[Story, Papers], None], ...] = (
    preparation,
    application,
    preproduction,
    not_yet,
    chain_test,
    to_production,
    limited_run,
    live,
    afterwards,
)


def _mail(story: Story, text: str, way: str, letter: str, file: str, *words: str) -> None:
    """Record a mail; who records it vouches for it, and for what it changed in the dossier."""
    path = str(story.stage.dossier / file)
    story.does(text, "lz", "mail", way, letter, "--on", story.date, "--file", path, *words)
    story.silently("lz", "evidence", "seal", "--as", "lz-record")
    story.silently("lz", "dossier", "sign")


def test_round(story: Story, papers: Papers, number: int, results: dict[str, str], outcome: str) -> None:
    """One round of the chain test, its report, and what Logius says of it."""
    story.does(f"Round {number} of the chain test begins.", "lz", "chain-test", "start", "--on", story.date)
    for item, result in results.items():
        picture = papers.document(f"t/{item}-{number}.png")
        story.does(
            f"{item}: {result}.",
            *("lz", "chain-test", "record", item, "--result", result, "--found", f"Gezien bij {item}"),
            *("--tester", "Functioneel beheer", "--on", story.date),
            *("--screenshot", str(story.stage.dossier / picture)),
        )
    story.sets("What the citizen sees was seen.", **_seen(story, papers))
    story.does("The report.", "lz", "render", "chain-test-report", "--env", "preprod")
    made = story.stage.organisation / "documents/preprod/chain-test-report.md"
    story.does("It is kept as it goes out.", "lz", "chain-test", "sent", str(made), "--on", story.date)
    story.does("The mail with it.", "lz", "render", "mail-test-report", "--env", "preprod")
    mail = papers.sent("preprod/mail-test-report.eml", f"test-report-{number}.eml")
    _mail(story, "It went to Logius.", "sent", "mail-test-report", mail, "--env", "preprod")
    told = papers.answer(
        f"judgement-{number}", "Testrapport", f"Ons oordeel over uw testrapport: {outcome}.", story.today + 3
    )
    story.day(story.today + 3)
    words = ("--env", "preprod", "--outcome", outcome)
    _mail(story, f"Logius: {outcome}.", "received", "mail-test-report", told, *words)


def _seen(story: Story, papers: Papers) -> dict[str, str]:
    papers.document("t/own.pdf")
    papers.document("t/1.png")
    date = story.date
    return {
        "chain_test__own_parts": f"{{document: t/own.pdf, checked_on: {date}}}",
        "chain_test__logins[0]": f"{{name: account-1, citizen: burger-1, registered_on: {date}, seen_on: {date}, seen: t/1.png}}",
        "chain_test__logins[1]": f"{{name: account-2, citizen: burger-2, registered_on: {date}, seen_on: {date}, seen: t/1.png}}",
    }


def _reading(date: str) -> str:
    rows = {
        "lopende-zaken": "Aansluithandleiding",
        "mijnoverheid": "Aansluitvoorwaarden",
        "digikoppeling": "Koppelvlakstandaard ebMS2",
    }
    told = (
        f'{{about: {about}, title: {title}, version: "1", read_by: Architect, read_on: {date}}}'
        for about, title in rows.items()
    )
    return f"[{', '.join(told)}]"


def _team(name: str) -> str:
    own = f"organisation: {name}"
    return (
        f"[{{{own}, role: Beheer integratie, hours: 120, knows: [ebms, network, certificates], stays: true}}, "
        f"{{{own}, role: Functioneel beheer, hours: 80, knows: [case-system], stays: true}}]"
    )


def _contacts(name: str, date: str) -> str:
    rows = (
        (
            name,
            "technical",
            "Beheer integratie",
            "integratie@voorbeeldstad.example",
            "01",
            "true",
        ),
        (
            name,
            "functional",
            "Team zaakgericht werken",
            "zaken@voorbeeldstad.example",
            "02",
            "false",
        ),
        ("Logius", "functional", "Servicecentrum", "servicecentrum@logius.example", "03", "false"),
    )
    told = (
        f'{{organisation: {organisation}, role: {role}, name: {who}, mail: {mail}, phone: "+31 70 000 00 {number}", '
        f"always_reachable: {always}, checked_on: {date}}}"
        for organisation, role, who, mail, number, always in rows
    )
    return f"[{re.sub(' +', ' ', ', '.join(told))}]"
