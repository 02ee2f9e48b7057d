"""The roots under which Digikoppeling accepts certificates (policies/data/anchors.yml)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from lopendezaken.dossier.fields import Day, Sha256, Text, Word
from lopendezaken.dossier.part import Part
from lopendezaken.pki.certificate import Certificate


class Anchor(Part):
    """A root. One of a test PKI has no fixed fingerprint: it is known by its names, and counts for tests only."""

    id: Word
    generation: Literal["G1", "G4"]
    use: Literal["production", "test"]
    common_name: Text
    organisation: Text | None = None
    sha256: Sha256 | None = None
    since: Day | None = None
    until: Day | None = None
    policy: Text
    source: Text

    def is_root(self, certificate: Certificate) -> bool:
        """Whether ``certificate`` is this root. A production root is known by its fingerprint alone."""
        if self.use == "production":
            return self.sha256 == certificate.sha256
        return (
            certificate.is_ca
            and certificate.self_signed
            and (certificate.common_name or "").startswith(f"{self.common_name} ")
            and (certificate.organisation or "").endswith(self.organisation or "")
        )

    def counts_on(self, day: date) -> bool:
        """Whether certificates under this root are accepted on ``day``."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Anchors(Part):
    """All roots that are known."""

    anchors: Annotated[tuple[Anchor, ...], Field(min_length=1)]

    def of(self, root: Certificate) -> Anchor | None:
        """Give what is known of a root, or ``None`` for any other certificate."""
        return next((anchor for anchor in self.anchors if anchor.is_root(root)), None)
