"""ssh to production hosts, but only while a statement of the gate opens the stage that the host or task needs.

Being the connection itself, it also stops ``--start-at-task``, ``--tags``, ``--skip-tags``, ``--limit``, ``--check``
and ad-hoc commands. Someone who is root on the controller can still write another inventory; what binds them
too is that production sshd trusts only the certificates that the gate gives out (docs/promote.md).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.connection.ssh import Connection as SshConnection

from lopendezaken.errors import LzError
from lopendezaken.gate import code
from lopendezaken.gate.statement import ask

DOCUMENTATION = r"""
name: gated_ssh
short_description: ssh that opens to production hosts only while the gate is open
description:
  - Before each connection it verifies the newest statement of C(lz gate) for the stage, and that dossier, evidence, policies,
    settings and commit are still what was signed. It refuses in words.
author: The lopendezaken founders
extends_documentation_fragment: [ssh_options]
options:
  organisation:
    description: Folder of the organisation, with its dossier.
    type: path
    required: true
    vars:
      - name: gate_organisation
  stage:
    description: The stage of production that this host or task needs (policies/phases.yml).
    type: str
    default: connect
    vars:
      - name: gate_stage
"""


class Connection(SshConnection):
    """A thin subclass: asks the gate, then is ssh."""

    transport = "gated_ssh"

    def exec_command(self, *args: Any, **kwargs: Any) -> tuple[int, bytes, bytes]:
        self._ask()
        return super().exec_command(*args, **kwargs)

    def put_file(self, *args: Any, **kwargs: Any) -> tuple[int, bytes, bytes]:
        self._ask()
        return super().put_file(*args, **kwargs)

    def fetch_file(self, *args: Any, **kwargs: Any) -> tuple[int, bytes, bytes]:
        self._ask()
        return super().fetch_file(*args, **kwargs)

    def _ask(self) -> None:
        """Refuse unless a statement opens the gate; what cannot be read is closed.

        A failure, not an unreachable host: only that stops the other plays too.
        """
        try:
            ask(
                Path(self.get_option("organisation")),
                self.get_option("stage"),
                _repository(),
                datetime.now(UTC),
            )
        except LzError as error:
            raise AnsibleError(f"No connection to production: {error}") from error


def _repository() -> Path:
    """Give the repository that this plugin is of. What it imports must be of the same, or another commit acts."""
    own, imported = Path(__file__).resolve().parents[2], code.repository()
    if own != imported:
        raise LzError(
            "lz comes from another place", found=str(imported), expected=str(own), remedy="make setup"
        )
    return own
