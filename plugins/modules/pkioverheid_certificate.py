#!/usr/bin/python
"""Ansible module: judge a received PKIoverheid certificate, and place it on its host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pkioverheid_certificate
short_description: Judge a PKIoverheid certificate and place it with its chain and trust anchors
description:
  - Judges before it places. The certificate must belong to the key, bear the OIN and the names, be valid now, lead to a trust anchor for
    both purposes, and not be revoked according to the CRLs that are given. Each failure has its own message.
  - With O(state=judged) nothing is placed, and no host needs to be touched. Run that on the controller.
options:
  certificate:
    description: The certificate and its chain in PEM, leaf first. Empty means that none was received yet.
    type: str
    required: true
  anchors:
    description: Trust anchors in PEM.
    type: str
    required: true
  oin:
    description: OIN or HRN that the certificate must have.
    type: str
    required: true
  names:
    description: Host names that the certificate must have.
    type: list
    elements: str
    required: true
  key_sha256:
    description:
      - SHA-256 of the public key that the certificate must hold, as M(pkioverheid_request) returns it. Empty skips that check.
      - With O(state=present) the key on the host counts.
    type: str
    default: ''
  directory:
    description: Folder with C(key.pem), where C(certificate.pem), C(issuers.pem) and C(anchors.pem) go.
    type: path
  crl_directory:
    description: Folder with CRLs (C(*.crl)). When it holds any, every layer of the chain is checked against them.
    type: path
  origin:
    description: Where the certificate came from, for messages.
    type: str
    default: certificate
  tolerate:
    description: Problems, by code, that do not fail the task but are returned in RV(problem).
    type: list
    elements: str
    default: []
  state:
    description: Only judge, or judge and place.
    type: str
    choices: [judged, present]
    default: present
attributes:
  check_mode:
    description: Predicts, also on a host that has no key yet.
    support: full
  diff_mode:
    description: Shows subject, end and digest of the certificates.
    support: full
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Judge what the TSP sent, before any host is touched
  pkioverheid_certificate:
    state: judged
    certificate: "{{ lookup('ansible.builtin.file', 'received/preprod/certificate.pem') }}"
    anchors: "{{ lookup('ansible.builtin.file', 'received/anchors.pem') }}"
    oin: "00000099100000001000"
    names: [ebms.preprod.voorbeeldstad.example]
  delegate_to: localhost
"""

RETURN = r"""
problem:
  description: Code of a tolerated problem, for instance V(missing) or V(other-key). Empty when the certificate is fine.
  type: str
  returned: success
message:
  description: The problem in words.
  type: str
  returned: success
leaf:
  description: Subject, OIN, names, end and digest of the certificate.
  type: dict
  returned: when a certificate could be read
"""

import os
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.certificate_rules import Problem, Wanted, judge
from ansible.module_utils.openssl_cli import (
    Certificate,
    OpensslError,
    certificate,
    key_digest_of_private_key,
    split,
)


def lines(pem: str) -> str:
    """One line a certificate."""
    return "".join(f"{certificate(part).line()}\n" for part in split(pem))


def facts(leaf: Certificate | None) -> dict[str, object]:
    """The leaf for callers."""
    if leaf is None:
        return {}
    return {
        "subject": leaf.subject,
        "oin": leaf.oin,
        "names": leaf.names,
        "not_after": leaf.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sha256": leaf.sha256,
        "key_sha256": leaf.key_sha256,
    }


def place(module: AnsibleModule, path: Path, text: str) -> dict[str, object] | None:
    """Put ``text`` in ``path`` by rename; returns the diff, or ``None`` when it is there already."""
    before = path.read_text() if path.exists() else ""
    if before == text:
        return None
    if not module.check_mode:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    return {
        "before_header": str(path),
        "after_header": str(path),
        "before": lines(before),
        "after": lines(text),
    }


def wanted_of(module: AnsibleModule) -> Wanted:
    """The demands, completed with what the host has."""
    parameters = module.params
    digest = parameters["key_sha256"]
    if parameters["state"] == "present":
        key = Path(parameters["directory"]) / "key.pem"
        digest = key_digest_of_private_key(key) if key.exists() else digest
    folder = parameters["crl_directory"]
    crls = tuple(sorted(Path(folder).glob("*.crl"))) if folder else ()
    return Wanted(
        oin=parameters["oin"],
        names=parameters["names"],
        key_sha256=digest,
        anchors=parameters["anchors"],
        where=parameters["origin"],
        crls=crls,
    )


def refuse(module: AnsibleModule, problem: Problem, leaf: Certificate | None) -> None:
    """End the task: fail, or return a tolerated problem, or predict in check mode what cannot be there yet."""
    nothing_yet = module.check_mode and problem.code == "missing"
    result = {"problem": problem.code, "message": problem.text, "leaf": facts(leaf)}
    if problem.code in module.params["tolerate"]:
        module.exit_json(changed=False, **result)
    if nothing_yet:
        module.exit_json(
            changed=module.params["state"] == "present", diff={"prepared": f"{problem.text}\n"}, **result
        )
    module.fail_json(msg=problem.text, problem=problem.code)


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "certificate": {"type": "str", "required": True},
            "anchors": {"type": "str", "required": True},
            "oin": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "key_sha256": {"type": "str", "default": "", "no_log": False},
            "directory": {"type": "path"},
            "crl_directory": {"type": "path"},
            "origin": {"type": "str", "default": "certificate"},
            "tolerate": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["judged", "present"], "default": "present"},
        },
        required_if=[("state", "present", ["directory"])],
        supports_check_mode=True,
    )
    try:
        leaf, problem = judge(module.params["certificate"], wanted_of(module))
        if problem:
            refuse(module, problem, leaf)
        diffs = []
        if module.params["state"] == "present":
            parts = split(module.params["certificate"])
            folder = Path(module.params["directory"])
            texts = {
                "certificate.pem": "".join(parts),
                "issuers.pem": "".join(parts[1:] + split(module.params["anchors"])),
                "anchors.pem": "".join(split(module.params["anchors"])),
            }
            diffs = [diff for name, text in texts.items() if (diff := place(module, folder / name, text))]
    except OpensslError as error:
        module.fail_json(msg=f"{module.params['origin']}: {error}")
    module.exit_json(changed=bool(diffs), diff=diffs, problem="", message="", leaf=facts(leaf))


if __name__ == "__main__":
    main()
