"""The chapters of a supplier's journey: the same way with an HRN, to the end of phase 3, and no step further (L-02)."""

from __future__ import annotations

from collections.abc import Callable

from lopendezaken.lab.journey import chapters
from lopendezaken.lab.journey.papers import CITIZEN, Papers
from lopendezaken.lab.journey.story import Story

STAGES = ("network", "connect", "limited-run", "live", "verify")
_CLOSED = r"(?s)CLOSED.*L-02"


def preparation(story: Story, papers: Papers) -> None:
    """Phase 1, without what only a government organisation does."""
    story.chapter("A supplier. Phase 1. Preparation")
    story.day(1)
    story.does("The dossier of a supplier, with its HRN.", "lz", "dossier", "check")
    chapters.choices(story, papers)


def preproduction(story: Story, papers: Papers) -> None:
    """Phase 2: certificate and CPA bear the HRN."""
    chapters.connection(story)
    chapters.exchange(story, papers)


def chain_test(story: Story, papers: Papers) -> None:
    """Phase 3: approved at once."""
    chapters.test_period(story, papers)
    chapters.test_round(story, papers, 1, dict.fromkeys(("V-01", "V-02", "V-03"), "passed"), "approved")


def no_way_in(story: Story, papers: Papers) -> None:
    """Every way into production, each tried for real."""
    story.chapter("Production is not for suppliers")
    story.day(70)
    for stage in STAGES:
        story.is_refused(
            f"To production, step {stage}? No: a supplier's connection never goes there.",
            *(*chapters.GATE, "--stage", stage),
            told=_CLOSED,
        )
    story.is_refused(
        "playbooks/prod.yml contacts no host.",
        *("ansible-playbook", "playbooks/prod.yml"),
        told=r"(?s)L-02.*localhost +: ok",
    )
    raw = ("-m", "ansible.builtin.raw", "-a", "id")
    for host in ("dmz-prod", "adapter-prod"):
        story.is_refused(
            f"Round the gate, by an ad-hoc command on {host}.",
            *("ansible", host, *raw),
            told=r"closed for stage \S+: found not met: .*L-02",
        )
        story.is_refused(
            f"Round the gate, by plain ssh to {host}.",
            *("ansible", host, "-e", "ansible_connection=ssh", *raw),
            told=r"Permission denied \(publickey\)",
        )
    story.is_refused(
        "A part of the playbook.",
        *("ansible-playbook", "playbooks/gather-facts.yml", "-e", "target_environment=prod"),
        told="closed for stage connect",
    )
    story.is_refused(
        "Its production gets no mail with a CPA.",
        *("lz", "render", "mail-cpa", "--env", "prod"),
        told="mail-cpa is not made for this environment",
    )
    story.is_refused(
        "A case message to production does not leave.",
        *(
            "lz",
            "message",
            "send",
            papers.message(chapters.STREAMS[0], CITIZEN, "prod"),
            "--env",
            "prod",
        ),
        told="closed for stage limited-run",
    )
    story.is_refused(
        "A government organisation by its own word? Only a supplier has an HRN.",
        *("lz", "dossier", "set", "organisation.kind", "government"),
        told="HRN|OIN",
    )
    story.is_refused(
        "The check says it too.",
        *("lz", "check", "--control", "LZ-4.01"),
        told="leveranciersaansluiting|supplier's connection never goes to production",
    )


CHAPTERS: tuple[Callable[[Story, Papers], None], ...] = (
    preparation,
    chapters.application,
    preproduction,
    chain_test,
    no_way_in,
)
