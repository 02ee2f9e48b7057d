#!/usr/bin/python
"""Ansible module: append evidence."""

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence_record
short_description: Append records of what was seen to the evidence of an organisation
description:
  - Puts each record in its envelope and writes it as a new file. Nothing is ever replaced.
  - Seals exactly what it wrote, so that a file which somebody else laid beside it stays a finding.
  - Never reports a change. What was seen is an observation, and the hosts are what they were; so a second run of a playbook adds
    evidence and still reports C(changed=0).
  - Run it on the controller.
options:
  folder:
    description: The evidence folder of the organisation's dossier.
    type: path
    required: true
  organisation:
    description: Slug of the organisation.
    type: str
    required: true
  environment_name:
    description: V(preprod) or V(prod).
    type: str
    required: true
  commit:
    description: Commit of the repository that collected. Empty when not known.
    type: str
    default: ''
  settings:
    description: SHA-256 of all settings that the hosts had (filter C(lz_settings_digest)). Empty when not known.
    type: str
    default: ''
  key:
    description:
      - Private SSH key that seals what is written (role C(lz-evidence) in policies/trust). Without one, nothing that is written counts
        before somebody seals it with C(lz evidence seal).
    type: path
  tool:
    description: What collected.
    type: str
    default: ansible
  version:
    description: Version of what collected.
    type: str
    default: ''
  records:
    description: The records. Entries that are empty are left out.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: Kind of evidence, for instance V(ebms-ping).
        type: str
        required: true
      host:
        description: Host that it is about, or from which it was seen.
        type: str
        required: true
      partner:
        description: Key of the partner in the dossier, if it is about one.
        type: str
      raw:
        description: What was seen, in the shape of its kind.
        type: dict
        required: true
attributes:
  check_mode:
    description: Writes nothing in check mode.
    support: full
  diff_mode:
    description: Changes nothing, so shows nothing.
    support: none
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Record that the CPA is loaded
  evidence_record:
    folder: "{{ inventory_dir }}/dossier/evidence"
    organisation: voorbeeldstad
    environment_name: preprod
    records:
      - kind: cpa-loaded
        host: adapter-preprod
        partner: mijnoverheid
        raw: {side: here, cpa_id: LopendeZaken-1-0_A_B_1, digest: null, source: rest}
  delegate_to: localhost
"""

RETURN = r"""
files:
  description: The files that were written.
  type: list
  elements: str
  returned: success
seal:
  description: The signed list of these files. Empty without O(key) and in check mode.
  type: str
  returned: success
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.evidence_envelope import EvidenceError, make, now, write
from ansible.module_utils.evidence_sealing import SealError, file_digest, seal


def envelopes(parameters: dict[str, object]) -> list[dict[str, object]]:
    """The records in their envelopes; raises :class:`EvidenceError`."""
    collector = {name: parameters[name] for name in ("tool", "version", "commit")}
    collector |= {"settings": parameters["settings"]} if parameters["settings"] else {}
    moment = now()
    return [
        make(record["kind"], subject_of(parameters, record), collector, moment, record["raw"])
        for record in parameters["records"]
    ]


def subject_of(parameters: dict[str, object], record: dict[str, object]) -> dict[str, str]:
    """Who and what the record is about."""
    subject = {
        "organisation": parameters["organisation"],
        "environment": parameters["environment_name"],
        "host": record["host"],
    }
    return subject | ({"partner": record["partner"]} if record.get("partner") else {})


def sealed(parameters: dict[str, object], files: list[Path]) -> str:
    """The seal over these files, if there is a key; raises :class:`SealError`."""
    if not parameters["key"] or not files:
        return ""
    folder = Path(parameters["folder"])
    digests = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
    return str(seal(folder, digests, parameters["key"], "lz-evidence"))


def main() -> None:
    """Entry point."""
    record = {
        "kind": {"type": "str", "required": True},
        "host": {"type": "str", "required": True},
        "partner": {"type": "str"},
        "raw": {"type": "dict", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True},
            "organisation": {"type": "str", "required": True},
            "environment_name": {"type": "str", "required": True},
            "commit": {"type": "str", "default": ""},
            "settings": {"type": "str", "default": ""},
            "key": {"type": "path", "no_log": False},
            "tool": {"type": "str", "default": "ansible"},
            "version": {"type": "str", "default": ""},
            "records": {"type": "list", "elements": "dict", "required": True, "options": record},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    try:
        made = envelopes(parameters)
        files = [] if module.check_mode else [write(parameters["folder"], envelope) for envelope in made]
        signed = sealed(parameters, files)
    except (EvidenceError, SealError, OSError) as error:
        module.fail_json(msg=f"evidence cannot be written: {error}")
    module.exit_json(changed=False, files=[str(each) for each in files], seal=signed)


if __name__ == "__main__":
    main()
