"""The public documents on each subject were read, and it is known who read which version."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

NEEDED = ("lopende-zaken", "mijnoverheid", "digikoppeling")


def check(case: Case) -> Iterator[Finding]:
    """Go through what was read."""
    at, read = ("reading",), case.dossier.reading
    late = [(n, each) for n, each in enumerate(read) if each.read_on > case.day]
    missing = [about for about in NEEDED if about not in {each.about for each in read}]
    for n, each in late:
        yield not_met("later", (*at, n, "read_on"), title=each.title, day=each.read_on)
    for about in missing:
        yield unknown("not-read", at, about=about)
    if not late and not missing:
        yield met("read", at, count=len(read))
