"""ssh to production hosts, but only when the gate is open.

Being the connection itself, it also stops ``--start-at-task``, ``--tags``, ``--skip-tags``, ``--limit``, ``--check``
and ad-hoc commands. Someone who is root on the controller can still write another inventory; what binds them
too is that production sshd trusts only certificates that the gate gives out (a later issue).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.connection.ssh import Connection as SshConnection

from lopendezaken.errors import LzError
from lopendezaken.policy.assess import assess

DOCUMENTATION = r"""
name: gated_ssh
short_description: ssh that opens to production hosts only when the policies allow it
description:
  - Judges dossier and evidence of the organisation before each connection, and refuses with the criteria
    that are not met.
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
    description: The stage of production that this host needs (policies/phases.yml).
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
        """Refuse unless the gate is open; a gate that cannot be judged is closed.

        A failure, not an unreachable host: only that stops the other plays too.
        """
        stage = self.get_option("stage")
        try:
            decision = assess(Path(self.get_option("organisation")), datetime.now(UTC).date()).gate(stage)
        except LzError as error:
            raise AnsibleError(f"The gate of production is closed, it cannot be judged: {error}") from error
        if not decision.open:
            unmet = ", ".join(verdict.criterion.id for verdict in decision.unmet)
            raise AnsibleError(
                f"The gate of production (stage {stage}) is closed; not met: {unmet}. What they mean: lz gate --stage {stage}"
            )
