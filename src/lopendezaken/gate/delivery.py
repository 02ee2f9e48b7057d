"""What a production host has before anyone enters it: sshd that trusts the gate's certificates and no key."""

from __future__ import annotations

from lopendezaken.gate.certificate import principal

_SSHD = """# Only certificates that the gate gave open this host (docs/promote.md). There is no other key.
TrustedUserCAKeys /etc/ssh/gate_ca.pub
AuthorizedPrincipalsFile /etc/ssh/gate_principals/%u
AuthorizedKeysFile none
AuthenticationMethods publickey
"""


def files(gate_key: str, organisation: str, stage: str, user: str = "root") -> dict[str, str]:
    """Give the files by path; ``gate_key`` is the public key, ``stage`` the first that opens this host."""
    return {
        "/etc/ssh/sshd_config.d/05-gate.conf": _SSHD,
        "/etc/ssh/gate_ca.pub": gate_key.strip() + "\n",
        f"/etc/ssh/gate_principals/{user}": principal(organisation, stage) + "\n",
    }


def cloud_init(gate_key: str, organisation: str, stage: str, user: str = "root") -> str:
    """Give the same as cloud-init user data, for whoever delivers the host."""
    lines = ["#cloud-config", "ssh_pwauth: false", "write_files:"]
    for path, content in files(gate_key, organisation, stage, user).items():
        lines += [f"  - path: {path}", "    owner: root:root", '    permissions: "0644"', "    content: |"]
        lines += [f"      {line}" for line in content.splitlines()]
    return "\n".join([*lines, "runcmd:", "  - [systemctl, reload, ssh]", ""])
