#!/usr/bin/python
"""Ansible module: the private key of a PKIoverheid certificate and the request for one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pkioverheid_request
short_description: Make the private key on the host, and the request for a PKIoverheid certificate
description:
  - Makes an RSA key that never leaves the host, and a PKCS#10 request signed with RSASSA-PSS and SHA-512, as PKIoverheid G4 asks
    (PKIO-021, PKIO-023, PKIO-024).
  - Needs the command C(openssl) only, so that check mode also predicts on a host without any Python library for certificates.
  - A key that is there is never replaced. The request is made again when what it must say, or the key, changed.
options:
  directory:
    description: Folder for C(key.pem), C(request.cnf) and C(request.csr).
    type: path
    required: true
  group:
    description: Group that may read the key.
    type: str
    default: root
  country:
    description: Country of the organisation (C).
    type: str
    default: NL
  organization:
    description: Name of the organisation as registered (O, PKIO-036).
    type: str
    required: true
  organization_identifier:
    description: Identifier of the organisation as PKIoverheid G4 writes it, C(NTRNL-) and 8 digits (PKIO-020). Empty leaves it out.
    type: str
    default: ''
  oin:
    description: OIN or HRN of 20 positions, for attribute serialNumber of the subject (PKIO-001).
    type: str
    required: true
  names:
    description: Host names for the subjectAltName. The first one is also the common name.
    type: list
    elements: str
    required: true
  bits:
    description: Size of a new key.
    type: int
    default: 3072
attributes:
  check_mode:
    description: Predicts, also on a host without key or C(openssl).
    support: full
  diff_mode:
    description: Shows what the request says and the digest of the public key, never the key.
    support: full
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Make the key and the request
  pkioverheid_request:
    directory: /etc/pkioverheid
    group: lopendezaken
    organization: Gemeente Voorbeeldstad
    oin: "00000099100000001000"
    names: [ebms.preprod.voorbeeldstad.example]
  register: request
"""

RETURN = r"""
csr:
  description: The request in PEM; empty in check mode when there is none yet.
  type: str
  returned: success
key_sha256:
  description: SHA-256 of the public key (SubjectPublicKeyInfo, DER); empty in check mode when there is none yet.
  type: str
  returned: success
"""

import os
import re
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.openssl_cli import (
    OpensslError,
    key_digest_of_private_key,
    key_digest_of_request,
    openssl,
)

PSS = (
    "-sha512",
    "-sigopt",
    "rsa_padding_mode:pss",
    "-sigopt",
    "rsa_pss_saltlen:64",
    "-sigopt",
    "rsa_mgf1_md:sha512",
)


def config_text(parameters: dict[str, object]) -> str:
    """What the request must say, as a configuration file of ``openssl req``."""
    names = list(parameters["names"])
    identifier = parameters["organization_identifier"]
    subject = [f"C = {parameters['country']}", f"O = {parameters['organization']}"]
    subject += [f"organizationIdentifier = {identifier}"] if identifier else []
    subject += [f"CN = {names[0]}", f"serialNumber = {parameters['oin']}"]
    sections = [
        (
            "req",
            [
                "prompt = no",
                "utf8 = yes",
                "string_mask = utf8only",
                "distinguished_name = subject",
                "req_extensions = asked",
            ],
        ),
        ("subject", subject),
        ("asked", [f"subjectAltName = {', '.join(f'DNS:{name}' for name in names)}"]),
    ]
    return "\n".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in sections)


class Request:
    """Key, description and request in one folder."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.folder = Path(module.params["directory"])
        self.key, self.config, self.csr = (
            self.folder / name for name in ("key.pem", "request.cnf", "request.csr")
        )
        self.wanted = config_text(module.params)

    def run(self) -> dict[str, object]:
        """Bring folder, key and request to what is wanted, or say what would change."""
        before = self._state()
        changed = self._folder() | self._make_key() | self._make_request()
        after = self._state() if not self.module.check_mode else self._predicted(before)
        attributes = self._attributes()
        return {
            "changed": changed or attributes,
            "csr": self.csr.read_text() if self.csr.exists() else "",
            "key_sha256": key_digest_of_private_key(self.key) if self.key.exists() else "",
            "diff": {
                "before_header": str(self.csr),
                "after_header": str(self.csr),
                "before": before,
                "after": after,
            },
        }

    def _state(self) -> str:
        key = f"public key sha256={key_digest_of_private_key(self.key)}\n" if self.key.exists() else ""
        return key + (self.config.read_text() if self.config.exists() else "")

    def _predicted(self, before: str) -> str:
        known = before.splitlines()[0] if self.key.exists() else "public key: a new one"
        return f"{known}\n{self.wanted}"

    def _folder(self) -> bool:
        if self.folder.is_dir():
            return False
        if not self.module.check_mode:
            self.folder.mkdir(mode=0o755, parents=True)
        return True

    def _make_key(self) -> bool:
        if self.key.exists():
            size = openssl("pkey", "-in", str(self.key), "-noout", "-text_pub").stdout.decode()
            found = re.search(r"Public-Key: \((\d+) bit", size)
            if not found or int(found.group(1)) < self.module.params["bits"]:
                self.module.fail_json(
                    msg=f"{self.key} is no RSA key of {self.module.params['bits']} bits or more (PKIO-023). It is never"
                    " replaced by itself: move it aside to have a new one made, and order a new certificate."
                )
            return False
        if not self.module.check_mode:
            self._into_place(
                *(self.key, "genpkey", "-algorithm", "RSA"),
                *(
                    "-pkeyopt",
                    f"rsa_keygen_bits:{self.module.params['bits']}",
                    "-pkeyopt",
                    "rsa_keygen_pubexp:65537",
                ),
            )
        return True

    def _make_request(self) -> bool:
        if self._request_fits():
            return False
        if not self.module.check_mode:
            self.config.write_text(self.wanted)
            self._into_place(
                self.csr, "req", "-new", "-key", str(self.key), "-config", str(self.config), *PSS
            )
        return True

    def _request_fits(self) -> bool:
        if not (self.key.exists() and self.config.exists() and self.csr.exists()):
            return False
        return self.config.read_text() == self.wanted and key_digest_of_request(
            self.csr.read_text()
        ) == key_digest_of_private_key(self.key)

    def _into_place(self, target: Path, *command: str) -> None:
        """Write beside the target and rename, so that a reader never sees half a file."""
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=f".{target.name}.")
        os.close(handle)
        try:
            openssl(*command, "-out", name)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)

    def _attributes(self) -> bool:
        changed = False
        for path, mode, group in (
            (self.key, 0o640, self.module.params["group"]),
            (self.config, 0o644, "root"),
            (self.csr, 0o644, "root"),
        ):
            if path.exists():
                changed = self.module.set_mode_if_different(str(path), mode, changed)
                changed = self.module.set_owner_if_different(
                    str(path), "root" if os.geteuid() == 0 else None, changed
                )
                changed = self.module.set_group_if_different(
                    str(path), group if os.geteuid() == 0 else None, changed
                )
        return changed


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "group": {"type": "str", "default": "root"},
            "country": {"type": "str", "default": "NL"},
            "organization": {"type": "str", "required": True},
            "organization_identifier": {"type": "str", "default": ""},
            "oin": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "bits": {"type": "int", "default": 3072},
        },
        supports_check_mode=True,
    )
    if not module.params["names"]:
        module.fail_json(msg="names is empty: a certificate needs at least one host name (PKIO-018).")
    try:
        result = Request(module).run()
    except OpensslError as error:
        if module.check_mode:
            module.exit_json(changed=True, csr="", key_sha256="", diff={"prepared": f"would need: {error}\n"})
        module.fail_json(msg=f"{module.params['directory']}: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
