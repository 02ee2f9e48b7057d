"""Which key seals what playbooks collect.

``dossier_dir | lz_signing_key``
    The private key of this machine, as ``lz trust init`` makes it: LZ_SIGNING_KEY, else that of an exercise
    (trust.yml of the organisation), else ``~/.config/lopendezaken/lz-evidence``. It need not be there yet.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ansible.errors import AnsibleFilterError

from lopendezaken.errors import LzError
from lopendezaken.evidence.chosen import key_of


def lz_signing_key(dossier_dir: str) -> str:
    """Give its path. A mistake in trust.yml stops the play."""
    try:
        return str(key_of(Path(dossier_dir).parent, "lz-evidence"))
    except LzError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"lz_signing_key": lz_signing_key}
