"""Every attempt to reach production, or to make its gate say yes, that is tried here: a row each in docs/attacks.md.

An attempt is played against an organisation of which the gate is open (:class:`Gate`), so that nothing but the attempt
can be what is refused. ``told`` is the refusal; ``…`` stands for anything. Those that need real hosts are played by the
journey, and stand here by the words in which it tells of them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lopendezaken.evidence import seal, waiting
from lopendezaken.evidence.envelope import make, write
from lopendezaken.evidence.roles import load as load_roles
from lopendezaken.evidence.sshsig import Namespace, make_key, sign
from lopendezaken.gate.statement import newest
from tests.unit.gate.test_code import git
from tests.unit.gate.world import NOW, Gate
from tests.unit.policy.world import keys

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Attack:
    """``what`` is tried, by which ``command``, and the refusal; ``play`` does it, but for the last step."""

    what: str
    command: str
    told: str
    play: Callable[[Gate], object] = lambda gate: None

    @property
    def id(self) -> str:
        """A name for the test."""
        return re.sub(r"[^a-z0-9]+", "-", self.what.lower()).strip("-")[:60]

    @property
    def pattern(self) -> str:
        """The refusal as a pattern over all that was said."""
        return "(?s)" + ".*".join(re.escape(part.strip()) for part in self.told.split("…"))


# After the gate signed ---------------------------------------------------------------------------------------------


def _all(*steps: Callable[[Gate], object]) -> Callable[[Gate], None]:
    def play(gate: Gate) -> None:
        for step in steps:
            step(gate)

    return play


def _file(gate: Gate, name: str) -> Path:
    path = gate.organisation / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def _edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def _evidence(gate: Gate, kind: str) -> Path:
    return sorted(gate.world.evidence.rglob(f"{kind}/*.json"))[-1]


def _control(gate: Gate, name: str) -> Path:
    return next((gate.repository / "policies/controls").glob(f"{name}*/check.py"))


def _statement(gate: Gate, stage: str = "connect") -> Path:
    path = newest(gate.organisation, stage)
    assert path
    return path


def _rename_statement(gate: Gate, old: str, new: str) -> None:
    path = _statement(gate)
    for suffix in (".sig", ""):
        source = path.with_name(path.name + suffix)
        source.rename(source.with_name(source.name.replace(old, new)))


def _commit(gate: Gate) -> None:
    git(gate.repository, "commit", "-qam", "more")


def _more_roles(gate: Gate) -> Path:
    path = gate.repository / "roles/main.yml"
    path.write_text("- name: Do more\n")
    return path


def _linked_policy(gate: Gate) -> None:
    path, other = gate.repository / "policies/phases.yml", gate.folder / "phases.yml"
    shutil.move(path, other)
    _edit(other, "criteria: [L-02]", "criteria: []")
    path.symlink_to(other)


def _hidden(gate: Gate) -> None:
    git(gate.repository, "update-index", "--assume-unchanged", "roles/main.yml")
    _more_roles(gate)


def _new_plugin(gate: Gate) -> None:
    (gate.repository / "plugins/connection").mkdir(parents=True)
    (gate.repository / "plugins/connection/gated_ssh.py").write_text("")


def _signed_by_another(gate: Gate, line: str) -> None:
    public = make_key(gate.folder / "other", "other")
    if line:
        gate.trust(f"{line} {public}")
    gate.give(key=gate.folder / "other", now=NOW + HOUR)


def _set_back(gate: Gate) -> None:
    gate.world.moment = NOW.replace(tzinfo=None) + HOUR
    gate.world.record("host-facts", "dmz-preprod", {"os": "Debian"})


ASK = "ansible adapter-prod -m ping"
EVIDENCE = "dossier/evidence/preprod"
AFTER_SIGNING = (
    Attack(
        "No statement at all",
        f"rm -r dossier/gate; {ASK}",
        "nobody asked about stage connect",
        lambda gate: shutil.rmtree(gate.organisation / "dossier/gate"),
    ),
    Attack(
        "The dossier changed after the gate signed",
        f"lz dossier set …cpa.retries 9; {ASK}",
        "dossier: dossier.yml was changed after it was signed",
        lambda gate: gate.world.change("retries: 8", "retries: 9"),
    ),
    Attack(
        "The network plan changed",
        f"edit dossier/network.yml; {ASK}",
        "dossier: network.yml was changed after it was signed",
        lambda gate: _append(_file(gate, "dossier/network.yml"), "\n"),
    ),
    Attack(
        "A waiver put in after signing",
        f"edit dossier/waivers/W-2026-001.yml; {ASK}",
        "dossier: waivers/W-2026-001.yml was added after it was signed",
        lambda gate: _file(gate, "dossier/waivers/W-2026-001.yml").write_text("id: W-2026-001\n"),
    ),
    Attack(
        "Evidence edited",
        f"sed -i s/Pong/pong/ {EVIDENCE}/ebms-ping/*; {ASK}",
        "evidence: preprod/ebms-ping/…was changed after it was signed",
        lambda gate: _edit(_evidence(gate, "ebms-ping"), '"Pong"', '"pong"'),
    ),
    Attack(
        "Evidence removed",
        f"rm {EVIDENCE}/chain-test-approval/*; {ASK}",
        "evidence: preprod/chain-test-approval/…was removed after it was signed",
        lambda gate: _evidence(gate, "chain-test-approval").unlink(),
    ),
    Attack(
        "A policy file replaced",
        f"edit policies/controls/LZ-3.01…/check.py; {ASK}",
        "policies: controls/LZ-3.01…check.py was changed after it was signed",
        _all(lambda gate: _append(_control(gate, "LZ-3.01"), "\n# weaker\n"), _commit),
    ),
    Attack(
        "A policy file that is now a link to one elsewhere",
        f"ln -sf /tmp/phases.yml policies/phases.yml; {ASK}",
        "the tree is not the commit that it says…policies/phases.yml",
        _linked_policy,
    ),
    Attack(
        "A statement of an older commit",
        f"git commit -a -m more; {ASK}",
        "it is about commit…this is",
        _all(_more_roles, _commit),
    ),
    Attack(
        "Code that is of no commit",
        f"edit roles/…; {ASK}",
        "the tree is not the commit that it says…roles/main.yml",
        _more_roles,
    ),
    Attack(
        "Code of which git was told not to look",
        f"git update-index --assume-unchanged roles/…; edit roles/…; {ASK}",
        "the tree is not the commit that it says…roles/main.yml",
        _hidden,
    ),
    Attack(
        "A connection plugin of one's own in the clone",
        f"edit plugins/connection/gated_ssh.py; {ASK}",
        "the tree is not the commit that it says…plugins/connection/gated_ssh.py",
        _new_plugin,
    ),
    Attack(
        "A setting added",
        f"edit group_vars/prod/more.yml; {ASK}",
        "settings: group_vars/prod/more.yml was added after it was signed",
        lambda gate: _file(gate, "group_vars/prod/more.yml").write_text("firewall_rules: {input: []}\n"),
    ),
    Attack(
        "Settings of one host",
        f"edit host_vars/adapter-prod.yml; {ASK}",
        "settings: host_vars/adapter-prod.yml was added after it was signed",
        lambda gate: _file(gate, "host_vars/adapter-prod.yml").write_text("gate_stage: network\n"),
    ),
    Attack(
        "A setting that is a link",
        f"ln -s /tmp/more.yml group_vars/prod/more.yml; {ASK}",
        "a link in the inventory",
        lambda gate: _file(gate, "group_vars/prod/more.yml").symlink_to("/tmp/more.yml"),
    ),
    Attack(
        "A signer added",
        f"edit allowed_signers; {ASK}",
        "trust: allowed_signers was changed after it was signed",
        lambda gate: gate.trust('x namespaces="lz-record" ' + make_key(gate.folder / "x", "x")),
    ),
    Attack(
        "A gate's key that was revoked",
        f"edit revoked; {ASK}",
        "the signature does not count…revoked",
        lambda gate: _file(gate, "trust/revoked").write_text((gate.folder / "gate-key.pub").read_text()),
    ),
    Attack(
        "A statement edited",
        f"edit dossier/gate/…-connect.json; {ASK}",
        "the signature does not count",
        lambda gate: _edit(_statement(gate), '"not_met": []', '"not_met": [ ]'),
    ),
    Attack(
        "A statement without its signature",
        f"rm dossier/gate/…-connect.json.sig; {ASK}",
        "the signature does not count",
        lambda gate: _statement(gate).with_name(f"{_statement(gate).name}.sig").unlink(),
    ),
    Attack(
        "A statement given a later date in its name",
        f"mv dossier/gate/20261124…-connect.json dossier/gate/20261125…-connect.json; {ASK}",
        "it was made at 2026-11-24T18:00:00Z, its name says otherwise",
        lambda gate: _rename_statement(gate, "20261124T18", "20261125T18"),
    ),
    Attack(
        "A statement that says closed",
        f"lz gate --stage connect --key …; {ASK}",
        "not met: E-01",
        _all(
            lambda gate: gate.world.change("retries: 8", "retries: 9"),
            lambda gate: gate.give(now=NOW + HOUR),
        ),
    ),
    Attack(
        "A statement copied from another organisation",
        f"cp ../voorbeeldstad/dossier/gate/* dossier/gate; {ASK}",
        "it is about voorbeeldstad",
        lambda gate: gate.world.change("slug: voorbeeldstad", "slug: anderestad"),
    ),
    Attack(
        "A statement signed by a stranger",
        f"lz gate --stage connect --key ~/.ssh/id_ed25519; {ASK}",
        "the signature does not count…stranger",
        lambda gate: _signed_by_another(gate, ""),
    ),
    Attack(
        "A statement signed by who may sign the dossier, but no gate",
        f"lz gate --stage connect --key lz-dossier; {ASK}",
        "the signature does not count…not-for-this",
        lambda gate: _signed_by_another(gate, 'other namespaces="lz-dossier"'),
    ),
    Attack(
        "A clock that was set back",
        f"date -s yesterday; {ASK}",
        "is the clock set back",
        _set_back,
    ),
)
# At another moment, or for another stage.
AT_MOMENT: tuple[tuple[Attack, datetime, str], ...] = (
    (
        Attack(
            "A statement of yesterday",
            f"{ASK} # a day later",
            "it holds from 2026-11-24T18:00Z until 2026-11-25T18:00Z",
        ),
        NOW + 24 * HOUR,
        "connect",
    ),
    (
        Attack("A clock that runs before the statement", f"date -s 17:59; {ASK}", "it holds from"),
        NOW - timedelta(seconds=1),
        "connect",
    ),
    (
        Attack(
            "A statement renamed to a later stage",
            f"mv dossier/gate/…-connect.json dossier/gate/…-live.json; {ASK} -e gate_stage=live",
            "this is no statement about this stage",
            lambda gate: _rename_statement(gate, "connect", "live"),
        ),
        NOW,
        "live",
    ),
    (
        Attack(
            "A later stage than the statement's",
            f"{ASK} -e gate_stage=live",
            "nobody asked about stage live",
        ),
        NOW,
        "live",
    ),
)

# To make the gate say yes ------------------------------------------------------------------------------------------


def _refused_before(gate: Gate) -> Path:
    """Logius refused the report, and that was sealed: the gate is closed. What follows must not open it."""
    gate.world.approve("refused")
    gate.world.sign()
    return _evidence(gate, "chain-test-approval")


def _sealed_by(gate: Gate, key: Path, role: Namespace) -> None:
    roles = load_roles(gate.repository / "policies")
    found = waiting.of(gate.world.dossier, gate.world.trust, roles, "lz-record")
    when = gate.world.moment.replace(tzinfo=UTC) + timedelta(seconds=1)
    seal.make(gate.world.evidence, found, key, role, when)


def _forged(gate: Gate, key: Path | None = None, role: Namespace = "lz-record") -> None:
    _refused_before(gate)
    gate.world.approve()
    if key:
        if not key.exists():
            make_key(key, key.name)
        _sealed_by(gate, key, role)


def _of_another(gate: Gate) -> None:
    _refused_before(gate)
    gate.world.approve()
    path = _evidence(gate, "chain-test-approval")
    envelope = json.loads(path.read_text())
    path.unlink()
    subject = {**envelope["subject"], "organisation": "anderestad"}
    write(
        gate.world.evidence,
        make(envelope["kind"], subject, envelope["collector"], envelope["collected"], envelope["raw"]),
    )
    gate.world.sign()


def _without_a_seal(gate: Gate) -> None:
    for path in (gate.world.evidence / "seals").glob("000001.sums*"):
        path.unlink()


WAIVER = """\
id: W-2026-001
control: {control}
subject: {{environment: preprod}}
reason: There is no time
risk: None that we know
compensating: We look
requested_by: {by}
approved_by: approver
approved_on: 2026-11-20
from: 2026-11-20
until: 2026-12-31
"""


def _waived(gate: Gate, control: str, by: str = "owner", signer: str | None = "approver") -> None:
    """A criterion is not met, and somebody asks for a waiver."""
    if control == "LZ-3.01":
        _refused_before(gate)
    else:
        gate.world.change("  report: t/report.pdf\n  finished_on: 2026-11-13\n", "  report: t/report.pdf\n")
        gate.world.change("  accepted_by: Teamleider zaken\n", "")
    path = _file(gate, "dossier/waivers/W-2026-001.yml")
    path.write_text(WAIVER.format(control=control, by=by))
    if signer:
        sign(path, keys() / signer, "lz-waiver")
    gate.world.sign()


def _supplier(gate: Gate, *changes: tuple[str, str]) -> None:
    gate.world.change("kind: government", "kind: supplier")
    for old, new in changes:
        gate.world.change(old, new)
    gate.world.sign()


def _own_trust(gate: Gate) -> None:
    """Names that exist, with the keys of an exercise."""
    path = gate.organisation / "dossier/dossier.yml"
    path.write_text(
        path.read_text().replace("ebms.prod.", "ebms.").replace("voorbeeldstad.example", "voorbeeldstad.nl")
    )
    gate.world.sign()


GATE = "lz gate --stage connect"
SAYS_YES = (
    Attack(
        "A dossier that nobody signed",
        f"lz dossier set …cpa.retries 9; {GATE}",
        "E-01",
        lambda gate: gate.world.change("retries: 8", "retries: 9"),
    ),
    Attack(
        "An approval that nobody received",
        f"edit {EVIDENCE}/chain-test-approval/….json; {GATE}",
        "P3-20",
        _forged,
    ),
    Attack(
        "An approval sealed with a key of one's own",
        f"lz evidence seal --as lz-record --key ~/.ssh/id_ed25519; {GATE}",
        "P3-20",
        lambda gate: _forged(gate, gate.folder / "stranger"),
    ),
    Attack(
        "An approval sealed by the machine that measures",
        f"lz evidence seal --as lz-evidence; {GATE}",
        "P3-20",
        lambda gate: _forged(gate, keys() / "machine", "lz-evidence"),
    ),
    Attack(
        "A refusal of Logius edited into an approval",
        f"sed -i s/refused/approved/ {EVIDENCE}/chain-test-approval/*; {GATE}",
        "E-02…P3-20",
        lambda gate: _edit(_refused_before(gate), '"refused"', '"approved"'),
    ),
    Attack(
        "A refusal of Logius thrown away",
        f"rm {EVIDENCE}/chain-test-approval/…; {GATE}",
        "E-02…P3-20",
        lambda gate: _refused_before(gate).unlink(),
    ),
    Attack(
        "An approval of another organisation",
        f"cp ../anderestad/{EVIDENCE}/chain-test-approval/* …; {GATE}",
        "P3-20",
        _of_another,
    ),
    Attack(
        "A seal thrown away",
        f"rm dossier/evidence/seals/000001.sums*; {GATE}",
        "E-02",
        _without_a_seal,
    ),
    Attack(
        "A waiver asked for and approved by one person",
        f"edit dossier/waivers/W-2026-001.yml; ssh-keygen -Y sign -n lz-waiver …; {GATE}",
        "P2-58",
        lambda gate: _waived(gate, "LZ-2.09", by="approver"),
    ),
    Attack(
        "A waiver that nobody signed",
        f"edit dossier/waivers/W-2026-001.yml; {GATE}",
        "P2-58",
        lambda gate: _waived(gate, "LZ-2.09", signer=None),
    ),
    Attack(
        "A waiver signed by who may sign the dossier only",
        f"ssh-keygen -Y sign -n lz-waiver -f lz-dossier …; {GATE}",
        "P2-58",
        lambda gate: _waived(gate, "LZ-2.09", signer="owner"),
    ),
    Attack(
        "A waiver for Logius' approval, which nobody may waive",
        f"edit dossier/waivers/W-2026-001.yml; {GATE}",
        "P3-20",
        lambda gate: _waived(gate, "LZ-3.01"),
    ),
    Attack(
        "A supplier",
        f"{GATE} # organisation.kind: supplier",
        "L-02",
        _supplier,
    ),
    Attack(
        "A supplier that calls itself a government organisation, with its HRN",
        f"edit dossier.yml: kind: government, hrn: …; {GATE}",
        "only a supplier has an HRN",
        lambda gate: gate.world.change('oin: "000000991', 'hrn: "000000991'),
    ),
    Attack(
        "A supplier that calls itself a government organisation, with a number of one",
        f"edit dossier.yml: kind: government, oin: …; lz dossier sign; {GATE}",
        "P1-24",
        _all(
            lambda gate: gate.world.change('oin: "00000099100000001000"', 'oin: "00000099100000002000"'),
            lambda gate: gate.world.sign(),
        ),
    ),
    Attack(
        "The names of production under the trust of an exercise",
        f"edit dossier.yml: names that exist, trust.yml: keys of the lab; {GATE}",
        "E-01",
        _own_trust,
    ),
    Attack(
        "A setting of production that preproduction does not have",
        f"edit group_vars/prod/more.yml; {GATE}",
        "differs: settings adapter[1].adapter_tls_minimum",
        lambda gate: _file(gate, "group_vars/prod/more.yml").write_text("adapter_tls_minimum: TLSv1.2\n"),
    ),
    Attack(
        "Plain ssh, or the statements of another organisation, as a setting",
        f"edit host_vars/adapter-prod.yml: ansible_connection: ssh; {GATE}",
        "differs: settings adapter[1].ansible_connection",
        lambda gate: _file(gate, "host_vars/adapter-prod.yml").write_text("ansible_connection: ssh\n"),
    ),
    Attack(
        "Settings that were never tried in preproduction",
        f"edit group_vars/all/more.yml; {GATE}",
        "unproven: evidence/preprod/ebms-ping/…settings",
        lambda gate: _file(gate, "group_vars/all/more.yml").write_text("adapter_tls_minimum: TLSv1.2\n"),
    ),
    Attack(
        "Code that was never tried in preproduction",
        f"git commit -a -m more; {GATE}",
        "unproven: evidence/preprod/ebms-ping/",
        _all(_more_roles, _commit),
    ),
    Attack(
        "Policies made weaker, in no commit",
        f"edit policies/phases.yml: criteria: []; {GATE}",
        "tree: …policies/phases.yml",
        lambda gate: _edit(gate.repository / "policies/phases.yml", "criteria: [L-02]", "criteria: []"),
    ),
    Attack(
        "A control taken away",
        f"rm -r policies/controls/LZ-3.01…; {GATE}",
        "no such control",
        lambda gate: shutil.rmtree(_control(gate, "LZ-3.01").parent),
    ),
)
# What a whole production would have to be made for: the same control with the same facts is an example in policies/.
BY_EXAMPLE: tuple[tuple[Attack, str, str, str], ...] = (
    (
        Attack(
            "A test certificate in production",
            "ansible-playbook playbooks/prod.yml # TRIAL root; then lz gate --stage limited-run",
            "P4-05",
        ),
        "LZ-1.14",
        "fail-test-in-production",
        "limited-run",
    ),
    (
        Attack(
            "A test number in production",
            "edit dossier.yml: oin: 00000099…; then lz gate --stage limited-run",
            "P4-05",
        ),
        "LZ-1.06",
        "fail-test-number",
        "limited-run",
    ),
    (
        Attack(
            "The CPA of preproduction in production",
            "edit dossier.yml: cpa.id; then lz gate --stage limited-run",
            "P4-05",
        ),
        "LZ-2.22",
        "fail-same-in-both",
        "limited-run",
    ),
    (
        Attack(
            "One adapter for preproduction and production",
            "edit dossier/network.yml; then lz gate --stage connect",
            "P2-47",
        ),
        "LZ-2.06",
        "fail-shared-adapter",
        "connect",
    ),
    (
        Attack(
            "One endpoint for preproduction and production",
            "edit dossier.yml: endpoint; then lz gate --stage connect",
            "P2-47",
        ),
        "LZ-2.06",
        "fail-same-endpoint",
        "connect",
    ),
)


# Round the gate, by Ansible ----------------------------------------------------------------------------------------

PROD = "ansible-playbook playbooks/prod.yml"
NO = "No connection to production…the gate of production is closed for stage "
OWN = """\
- hosts: {hosts}
  gather_facts: false
  tasks:
    - ansible.builtin.command: id
      ignore_errors: true
      {more}
    - ansible.builtin.raw: id
      {more}
"""
OWN_INVENTORY = """\
all:
  hosts:
    adapter-prod: {ansible_connection: gated_ssh, gate_organisation: /nowhere, ansible_host: 192.0.2.20}
"""
# Nothing that ssh would do happens in any of these: the gate is closed, since somebody changed the dossier.
ROUND_IT = (
    Attack("The playbook for production", PROD, "Changed since it was signed: dossier.yml"),
    Attack("--tags", f"{PROD} --tags base", "Changed since it was signed: dossier.yml"),
    Attack("--skip-tags", f"{PROD} --skip-tags always", f"{NO}network"),
    Attack(
        "--start-at-task", f"{PROD} --start-at-task 'base : Install what every host needs'", f"{NO}network"
    ),
    Attack("--limit", f"{PROD} --limit adapter-prod", f"{NO}connect"),
    Attack("--check", f"{PROD} --check --skip-tags always", f"{NO}network"),
    Attack(
        "All of them together",
        f"{PROD} --check --limit adapter-prod --tags base --skip-tags always -e ansible_check_mode=false",
        f"{NO}connect",
    ),
    Attack("An ad-hoc command", "ansible adapter-prod -m ansible.builtin.raw -a id", f"{NO}connect"),
    Attack(
        "A file, by an ad-hoc command",
        "ansible adapter-prod -m ansible.builtin.fetch -a 'src=/etc/shadow dest=/tmp/'",
        f"{NO}connect",
    ),
    Attack(
        "A part of the playbook",
        "ansible-playbook playbooks/gather-facts.yml -e target_environment=prod",
        f"{NO}connect",
    ),
    Attack("A playbook of one's own", "ansible-playbook {folder}/own.yml", f"{NO}connect"),
    Attack(
        "A playbook of one's own, by way of the controller",
        "ansible-playbook {folder}/delegated.yml",
        f"{NO}connect",
    ),
    Attack(
        "-e with another stage",
        "ansible adapter-prod -m ansible.builtin.raw -a id -e gate_stage=network",
        f"{NO}network",
    ),
    Attack(
        "-e with a stage that is none",
        "ansible adapter-prod -m ansible.builtin.raw -a id -e gate_stage=",
        f"{NO.replace('for stage ', '')}",
    ),
    Attack(
        "-e with a folder that holds no organisation",
        "ansible adapter-prod -m ansible.builtin.raw -a id -e gate_organisation=/nowhere",
        f"{NO}connect",
    ),
    Attack(
        "Another inventory, without an organisation",
        "ansible adapter-prod -i {folder}/own-inventory.yml -m ansible.builtin.raw -a id",
        f"{NO}connect",
    ),
    Attack(
        "-c, the other connection on the command line",
        "ansible adapter-prod -c ssh -m ansible.builtin.raw -a id",
        f"{NO}connect",
    ),
    Attack(
        "ANSIBLE_TRANSPORT",
        "ANSIBLE_TRANSPORT=ssh ansible adapter-prod -m ansible.builtin.raw -a id",
        f"{NO}connect",
    ),
    Attack(
        "ANSIBLE_RUN_TAGS, ANSIBLE_SKIP_TAGS",
        f"ANSIBLE_RUN_TAGS=base ANSIBLE_SKIP_TAGS=always {PROD}",
        f"{NO}network",
    ),
    Attack(
        "ANSIBLE_CONFIG with a file that knows no gate",
        "ANSIBLE_CONFIG={folder}/empty.cfg ansible adapter-prod -m ansible.builtin.raw -a id",
        "gated_ssh…was not found",
    ),
    Attack(
        "Variables that show git another clone",
        "GIT_DIR=/elsewhere/.git GIT_WORK_TREE=/elsewhere ansible adapter-prod -m ansible.builtin.raw -a id",
        f"{NO}connect",
    ),
)

# Past the gate, to hosts that ask for its certificate: played by the journey, and told there in these words ----------

SSHD = "Permission denied (publickey)"
AT_THE_HOST = (
    Attack(
        "Round the gate, by plain ssh: the adapter trusts no key, and the certificate is for the hosts in front.",
        "ansible adapter-prod -e ansible_connection=ssh -m ansible.builtin.raw -a id",
        SSHD,
    ),
    Attack(
        "Round the gate, by an ad-hoc command.",
        "ansible adapter-prod -m ansible.builtin.raw -a id",
        "closed for stage connect",
    ),
    Attack(
        "Round the gate, by asking for the stage of the hosts in front, which is open.",
        "ansible adapter-prod -e gate_stage=network -m ansible.builtin.raw -a id",
        SSHD,
    ),
    Attack(
        "Round the gate, by another inventory file that says plain ssh.",
        "ansible adapter-prod -i elsewhere.yml -m ansible.builtin.raw -a id",
        SSHD,
    ),
    Attack(
        "Round the gate, by a connection plugin of one's own (ANSIBLE_CONNECTION_PLUGINS).",
        "ansible adapter-prod -m ansible.builtin.raw -a id",
        SSHD,
    ),
    Attack(
        "Round the gate, with a certificate of one's own authority.",
        "ssh -i own adapter-prod id",
        SSHD,
    ),
)
