#!/usr/bin/python
"""Ansible module: a PKCS#12 keystore of the key and certificate in a folder."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pkioverheid_keystore
short_description: Keep a PKCS#12 keystore equal to the key and certificate beside it
description:
  - Makes C(keystore.p12) from C(key.pem) and C(certificate.pem), protected by a passphrase (PKIO-032).
  - Made again only when it does not open with the passphrase, or holds another certificate or chain.
options:
  directory:
    description: Folder with C(key.pem) and C(certificate.pem), where C(keystore.p12) goes.
    type: path
    required: true
  passphrase:
    description: Passphrase of the keystore.
    type: str
    required: true
  alias:
    description: Name of the entry in the keystore.
    type: str
    default: pkioverheid
  group:
    description: Group that may read the keystore.
    type: str
    default: root
attributes:
  check_mode:
    description: Predicts, also when there is no key or certificate yet.
    support: full
  diff_mode:
    description: Shows nothing, a keystore is secret.
    support: none
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Keep the keystore
  pkioverheid_keystore:
    directory: /etc/pkioverheid
    group: lopendezaken
    passphrase: "{{ pkioverheid_keystore_passphrase }}"
  no_log: true
"""

RETURN = r"""# """

import os
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.openssl_cli import OpensslError, der_of, openssl, split


def holds(store: Path, certificates: str, passphrase: str) -> bool:
    """Does this keystore open, and does it hold exactly these certificates?"""
    if not store.exists():
        return False
    done = openssl(
        *("pkcs12", "-in", str(store), "-nokeys", "-passin", "stdin"),
        stdin=f"{passphrase}\n".encode(),
        ok_to_fail=True,
    )
    if done.returncode:
        return False
    found = {der_of(pem) for pem in split(done.stdout.decode(errors="replace"))}
    return found == {der_of(pem) for pem in split(certificates)}


def make(folder: Path, passphrase: str, alias: str) -> None:
    """Write the keystore beside its place, then rename."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".keystore.p12.")
    os.close(handle)
    try:
        openssl(
            *("pkcs12", "-export", "-inkey", f"{folder}/key.pem", "-in", f"{folder}/certificate.pem"),
            *("-name", alias, "-passout", "stdin", "-out", name),
            stdin=f"{passphrase}\n".encode(),
        )
        Path(name).replace(folder / "keystore.p12")
    finally:
        Path(name).unlink(missing_ok=True)


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "passphrase": {"type": "str", "required": True, "no_log": True},
            "alias": {"type": "str", "default": "pkioverheid"},
            "group": {"type": "str", "default": "root"},
        },
        supports_check_mode=True,
    )
    folder = Path(module.params["directory"])
    source, store = folder / "certificate.pem", folder / "keystore.p12"
    if not source.exists():
        if module.check_mode:
            module.exit_json(changed=True)
        module.fail_json(msg=f"{source} is missing: place the certificate first")
    try:
        changed = not holds(store, source.read_text(), module.params["passphrase"])
        if changed and not module.check_mode:
            make(folder, module.params["passphrase"], module.params["alias"])
    except OpensslError as error:
        module.fail_json(msg=f"{store}: {error}")
    if store.exists():
        changed = module.set_mode_if_different(str(store), 0o640, changed)
        if os.geteuid() == 0:
            changed = module.set_group_if_different(str(store), module.params["group"], changed)
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
