#!/usr/bin/python
"""Ansible module: what a host sees of endpoints."""

from __future__ import annotations

DOCUMENTATION = r"""
module: endpoint_probe
short_description: Look at endpoints from this host - name, port, and TLS without and with a client certificate
description:
  - Only looks. An endpoint that refuses or does not answer is a result, not a failure of the task.
  - TLS is read on until the other side has answered, because a TLS 1.3 server refuses a client only after the handshake.
  - A certificate that cannot be trusted is shown too; nothing is sent over such a connection.
options:
  targets:
    description: The endpoints. They are probed side by side.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the target in the result.
        type: str
        required: true
      host:
        description: Name or address.
        type: str
        required: true
      port:
        description: TCP port.
        type: int
        default: 443
      direction:
        description: V(out) for us to a partner, V(in) for outside to us.
        type: str
        choices: [out, in]
        default: out
      sni:
        description: Server name to ask for, if not O(targets[].host).
        type: str
      proxy:
        description: Proxy (C(http://host:port)) to go through by CONNECT.
        type: str
      settings:
        description:
          - Find out everything that the endpoint accepts too - protocols, suites, groups, compression, renegotiation, 0-RTT.
          - Takes some forty connections and three seconds. Meant for an endpoint of one's own.
        type: bool
        default: false
  certificate:
    description: File on the host with the client certificate and its chain. Without it there is no probe with one.
    type: path
  key:
    description: File on the host with the key of O(certificate).
    type: path
  anchors:
    description: File on the host with trust anchors. Without it their certificate is not verified.
    type: path
  source:
    description: Own address to look from, where the host has several and the other side lets in some.
    type: str
  timeout:
    description: Seconds for each step.
    type: int
    default: 10
attributes:
  check_mode:
    description: Looks in check mode too; a host where the certificate is not there yet looks without it.
    support: full
  diff_mode:
    description: Changes nothing, so shows nothing.
    support: none
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Look at the partner, through our proxy
  endpoint_probe:
    targets:
      - name: mijnoverheid
        host: ebms.preprod.mijnoverheid.example
        proxy: http://192.0.2.1:3128
    certificate: /etc/pkioverheid/certificate.pem
    key: /etc/pkioverheid/key.pem
    anchors: /etc/pkioverheid/anchors.pem
  register: seen
"""

RETURN = r"""
probes:
  description: For each target who and where, C(via), C(dns), C(tcp), C(tls) (a list of handshakes) and C(settings).
  type: list
  elements: dict
  returned: success
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.probe import Target, look


def existing(path: str | None) -> str | None:
    """The path if the file is there."""
    return path if path and Path(path).exists() else None


def targets_of(parameters: dict[str, object]) -> list[Target]:
    """The targets, with what they have in common."""
    certificate, key, anchors = (parameters[name] for name in ("certificate", "key", "anchors"))
    complete = existing(certificate) and existing(key)
    return [
        Target(
            **target,
            certificate=certificate if complete else None,
            key=key if complete else None,
            anchors=existing(anchors),
            source=parameters["source"],
            timeout=float(parameters["timeout"]),
        )
        for target in parameters["targets"]
    ]


def main() -> None:
    """Entry point."""
    target = {
        "name": {"type": "str", "required": True},
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 443},
        "direction": {"type": "str", "choices": ["out", "in"], "default": "out"},
        "sni": {"type": "str"},
        "proxy": {"type": "str"},
        "settings": {"type": "bool", "default": False},
    }
    module = AnsibleModule(
        argument_spec={
            "targets": {"type": "list", "elements": "dict", "required": True, "options": target},
            "certificate": {"type": "path"},
            "key": {"type": "path", "no_log": False},
            "anchors": {"type": "path"},
            "source": {"type": "str"},
            "timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    for name in ("certificate", "key", "anchors"):
        if parameters[name] and not existing(parameters[name]) and not module.check_mode:
            module.fail_json(
                msg=f"{name} {parameters[name]} is not there on this host; a probe without it would say less than it seems"
            )
    targets = targets_of(parameters)
    with ThreadPoolExecutor(max_workers=max(1, min(8, len(targets)))) as pool:
        probes = list(pool.map(look, targets))
    module.exit_json(changed=False, probes=probes)


if __name__ == "__main__":
    main()
