"""What a production host has before anyone enters it: sshd that trusts the gate's certificates and no key."""

from __future__ import annotations

from lopendezaken.gate.certificate import principal
from lopendezaken.gate.statement import LOOKING

# Who may only look runs as nobody that exists, who may read every file and write none; so that asking systemd, or the kernel,
# to change something fails too. What it can still do is what REST of the adapter lets its password do.
_ONLY_LOOK = (
    "exec systemd-run --quiet --pipe --wait --collect --property=DynamicUser=yes"
    " --property=CapabilityBoundingSet=CAP_DAC_READ_SEARCH --property=AmbientCapabilities=CAP_DAC_READ_SEARCH"
    " --property=ProtectSystem=strict --property=ProtectHome=read-only --property=PrivateTmp=yes --property=PrivateDevices=yes"
    " --property=ProtectKernelTunables=yes --property=ProtectControlGroups=yes --property=RestrictNamespaces=yes"
    " --setenv=SSH_ORIGINAL_COMMAND /bin/sh -c 'eval \"$SSH_ORIGINAL_COMMAND\"'"
)

_SSHD = """# Only certificates that the gate gave open this host (docs/promote.md). There is no other key.
TrustedUserCAKeys /etc/ssh/gate_ca.pub
AuthorizedPrincipalsFile /etc/ssh/gate_principals/%u
AuthorizedKeysFile none
AuthenticationMethods publickey
"""


def principals(organisation: str, stage: str) -> list[str]:
    """Give the lines by which sshd knows who may enter: from ``stage`` on to work, and ``verify`` to look only."""
    command = _ONLY_LOOK.replace('"', '\\"')
    return [
        principal(organisation, stage),
        f'restrict,command="{command}" {principal(organisation, LOOKING)}',
    ]


def files(gate_key: str, organisation: str, stage: str, user: str = "root") -> dict[str, str]:
    """Give the files by path; ``gate_key`` is the public key, ``stage`` the first that opens this host."""
    return {
        "/etc/ssh/sshd_config.d/05-gate.conf": _SSHD,
        "/etc/ssh/gate_ca.pub": gate_key.strip() + "\n",
        f"/etc/ssh/gate_principals/{user}": "".join(f"{line}\n" for line in principals(organisation, stage)),
    }


def cloud_init(gate_key: str, organisation: str, stage: str, user: str = "root") -> str:
    """Give the same as cloud-init user data, for whoever delivers the host."""
    lines = ["#cloud-config", "ssh_pwauth: false", "write_files:"]
    for path, content in files(gate_key, organisation, stage, user).items():
        lines += [f"  - path: {path}", "    owner: root:root", '    permissions: "0644"', "    content: |"]
        lines += [f"      {line}" for line in content.splitlines()]
    return "\n".join([*lines, "runcmd:", "  - [systemctl, reload, ssh]", ""])
