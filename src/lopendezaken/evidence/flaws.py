"""What can be wrong with what was sealed. A sentence for each code stands in controls LZ-1.20 and LZ-1.21."""

from __future__ import annotations

from dataclasses import dataclass

# Nobody vouches for it (yet). Every other code tells of something that was done to it.
NOBODY_VOUCHES = frozenset(
    {
        "unsealed",  # a file that no seal lists
        "unsigned",  # a dossier that nobody signed
        "no-signature",  # a seal without signature, or with something else
        "stranger",  # signed with a key of nobody in allowed_signers
        "not-for-this",  # signed by somebody who may sign other things
        "out-of-time",  # signed when the key did not count
        "wrong-role",  # evidence of a kind that somebody else must sign for
        "exercise",  # the keys of an exercise, for names that are real
        "in-seal",  # a file in a seal that itself has a flaw
        "statement",  # evidence that does not follow from what a hoster soundly stated
    }
)


@dataclass(frozen=True)
class Flaw:
    """What is wrong (``code``) with which file; ``detail`` says of it who, when or why, in any language.

    ``kind`` and ``environment`` of evidence as its path names them; ``None``: it may be about all evidence.
    """

    path: str
    code: str
    detail: str = ""
    kind: str | None = None
    environment: str | None = None

    @property
    def altered(self) -> bool:
        """Whether something was done to it; else nobody vouches for it."""
        return self.code not in NOBODY_VOUCHES

    def touches(self, kind: str, environment: str) -> bool:
        """Whether evidence of this kind may be other than it seems."""
        return self.kind in {None, kind} and self.environment in {None, environment}

    def __str__(self) -> str:
        return f"{self.path} ({self.detail})" if self.detail else self.path


def of_evidence(path: str, code: str, detail: str = "") -> Flaw:
    """Tell of a file of evidence, ``<environment>/<kind>/<name>``."""
    environment, kind, *name = path.split("/")
    return Flaw(path, code, detail, *((kind, environment) if name else ()))
