#!/usr/bin/python
"""Ansible module: replace a key and its certificate by their successors, which lie prepared beside them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pkioverheid_rotation
short_description: Replace a key and certificate by their successors in one move
description:
  - Successors are made in folder C(next) below O(directory) by M(pkioverheid_request) and M(pkioverheid_certificate).
  - With O(state=switched) each file of C(next) takes the place of the one in use, and that one goes to C(previous).
    A switch that was cut off is finished by the next run.
  - With O(state=looked) nothing changes, and RV(stage) tells how far a rotation is.
options:
  directory:
    description: Folder with C(key.pem), C(certificate.pem) and the other files in use.
    type: path
    default: /etc/pkioverheid
  certificate:
    description: The successor as received (PEM, leaf first); empty when it is not there yet.
    type: str
    default: ''
  state:
    description: Only look, or switch.
    type: str
    choices: [looked, switched]
    default: switched
attributes:
  check_mode:
    description: Predicts.
    support: full
  diff_mode:
    description: Shows subject, end and digest of the certificates, never a key.
    support: full
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Use the new key and certificate from now on
  pkioverheid_rotation:
    certificate: "{{ lookup('ansible.builtin.file', 'received/preprod/certificate-next.pem') }}"
"""

RETURN = r"""
stage:
  description: C(none), C(requested) (a key and a request), C(prepared) (also the certificate), C(halfway) or C(switched).
  type: str
  returned: success
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.openssl_cli import OpensslError, certificate, key_digest_of_private_key, split

# The key and its certificate one right after the other.
FILES = (
    "key.pem",
    "certificate.pem",
    "issuers.pem",
    "anchors.pem",
    "keystore.p12",
    "request.cnf",
    "request.csr",
)


def leaf(pem: str) -> str:
    """One line about the leaf; empty without any."""
    parts = split(pem)
    return f"{certificate(parts[0]).line()}\n" if parts else ""


def read(path: Path) -> str:
    """The text of a file; empty when it is not there."""
    return path.read_text() if path.exists() else ""


def stage(folder: Path, received: str) -> str:
    """How far a rotation is."""
    new = folder / "next"
    if split(received) and split(read(folder / "certificate.pem")) == split(received):
        return "halfway" if (new / "issuers.pem").exists() else "switched"
    if (new / "certificate.pem").exists():
        return "prepared" if (new / "key.pem").exists() else "halfway"
    return "requested" if (new / "request.csr").exists() else "none"


def refuse_other_key(folder: Path) -> None:
    """Raises :class:`OpensslError` when the certificate would come to stand beside a key that is not its own."""
    key = next(path for path in (folder / "next/key.pem", folder / "key.pem") if path.exists())
    new = certificate(split(read(folder / "next/certificate.pem"))[0])
    if key_digest_of_private_key(key) != new.key_sha256:
        raise OpensslError(f"{folder}/next/certificate.pem does not belong to {key}; nothing was switched")


def switch(folder: Path) -> None:
    """Move each file of ``next`` into use; the one in use stays in ``previous``."""
    new, old = folder / "next", folder / "previous"
    old.mkdir(mode=0o700, exist_ok=True)
    for name in FILES:
        if not (new / name).exists():
            continue
        if (folder / name).exists():
            kept = old / name
            kept.unlink(missing_ok=True)
            os.link(folder / name, kept)
            # From now on it grows old.
            os.utime(kept)
        (new / name).replace(folder / name)
    new.rmdir()


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "default": "/etc/pkioverheid"},
            "certificate": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["looked", "switched"], "default": "switched"},
        },
        supports_check_mode=True,
    )
    folder = Path(module.params["directory"])
    try:
        found = stage(folder, module.params["certificate"])
        if module.params["state"] == "looked" or found == "switched":
            module.exit_json(changed=False, stage=found)
        if found in ("none", "requested"):
            module.fail_json(msg=f"{folder}/next holds no certificate to switch to", stage=found)
        before = leaf(read(folder / "certificate.pem"))
        after = leaf(read(folder / "next/certificate.pem") or module.params["certificate"])
        if (folder / "next/certificate.pem").exists():
            refuse_other_key(folder)
        if not module.check_mode:
            switch(folder)
    except (OpensslError, OSError) as error:
        module.fail_json(msg=f"{folder}: {error}")
    module.exit_json(changed=True, stage="switched", diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
