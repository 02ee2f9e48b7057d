"""Commands of ``lz``: gate, plan and host-data."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lopendezaken.dossier.cli import OrganisationOption
from lopendezaken.errors import LzError
from lopendezaken.policy.cli import (
    EXIT_NOT_MET,
    DateOption,
    JsonOption,
    Lang,
    LangOption,
    Stage,
    day_of,
)


class Asked(StrEnum):
    """What one can ask the gate: the stages of policies/phases.yml, and to look."""

    NETWORK = "network"
    CONNECT = "connect"
    LIMITED_RUN = "limited-run"
    LIVE = "live"
    VERIFY = "verify"


KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        envvar="LZ_GATE_KEY",
        help="The gate's SSH key: then the decision is signed. A .pub when an agent or token holds the key.",
    ),
]
CertifyOption = Annotated[
    Path | None,
    typer.Option(
        "--certify",
        metavar="FILE.pub",
        envvar="LZ_GATE_CERTIFY",
        help="The operator's public SSH key: an open gate gives it a certificate, FILE-cert.pub, for as long.",
    ),
]


def gate(
    *,
    stage: Annotated[
        Asked, typer.Option("--stage", help="The step into production; verify: only to look.")
    ] = Asked.CONNECT,
    key: KeyOption = None,
    certify: CertifyOption = None,
    organisation: OrganisationOption = None,
    day: DateOption = None,
    lang: LangOption = Lang.EN,
    as_json: JsonOption = False,
) -> None:
    """Tell whether production may be entered, and name all that keeps the gate closed.

    With --key the decision becomes a signed statement in dossier/gate, bound to dossier, evidence, policies,
    settings and commit. It holds for 24 hours; production is reached only with it. With --certify too, an open gate
    also gives the certificate that production hosts ask for. A decision as on another day is never signed.

    --stage verify is for the daily look of who was let in before: for 90 days, with a key of its own (--certify), under
    which hosts let nothing be changed. What grew old since does not close it.

    Exit code 0: open; 1: closed; 2: bad input; 3: signing failed.
    """
    from datetime import UTC, datetime

    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.dossier.place import repository
    from lopendezaken.gate import access, text
    from lopendezaken.gate.judge import judge
    from lopendezaken.policy.assess import assess

    if key and day:
        raise LzError("a statement is of today", where="--date", remedy="Leave it out, or leave --key out")
    now = datetime.now(UTC).replace(microsecond=0)
    assessment = assess(find(organisation), day_of(day), repository() / "policies")
    words = assessment.policies.words[lang.value]
    judgement = judge(assessment, stage.value, repository())
    signed = access.give(assessment, judgement, key, certify, now) if key else None
    if as_json:
        typer.echo(json.dumps(text.gate(assessment, judgement, words, signed), ensure_ascii=False, indent=1))
    else:
        for line in text.gate_lines(assessment, judgement, words, lang.value, signed):
            typer.echo(line)
    if not judgement.open:
        raise typer.Exit(EXIT_NOT_MET)


def plan(
    *,
    files: Annotated[
        bool, typer.Option("--files", help="Also render the files of each host and show how they differ.")
    ] = False,
    organisation: OrganisationOption = None,
    lang: LangOption = Lang.EN,
    as_json: JsonOption = False,
) -> None:
    """Show what production would get that preproduction did not have, before anything happens.

    Settings of the hosts (by Ansible's own precedence), the dossier and the network plan are held side by side.
    What may differ stands in policies/data/promotion.yml; anything else keeps the gate closed. Secrets are shown
    as fingerprints. Touches no host;
    --files takes some ten seconds longer.

    Exit code 0: nothing differs that must not; 1: something does; 2: bad input.
    """
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.dossier.place import repository
    from lopendezaken.gate import text
    from lopendezaken.gate.compare_files import diffs
    from lopendezaken.gate.plan import plan as compare

    folder = find(organisation)
    found = compare(folder, repository() / "policies")
    rendered = list(diffs(folder, repository())) if files else []
    if as_json:
        told = [
            {**asdict(each), "why": each.why and each.why.model_dump(), "allowed": each.allowed}
            for each in found.differences
        ]
        shown = {
            "compared": found.compared,
            "differences": told,
            "files": rendered,
            "open": not found.forbidden,
        }
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        for line in (*text.lines(found, lang.value), *rendered):
            typer.echo(line)
    if found.forbidden:
        raise typer.Exit(EXIT_NOT_MET)


def host_data(
    gate_key: Annotated[
        Path, typer.Option("--gate-key", metavar="FILE.pub", help="The gate's public key.", exists=True)
    ],
    *,
    stage: Annotated[
        Stage, typer.Option("--stage", help="The first stage that opens this host.")
    ] = Stage.CONNECT,
    user: Annotated[str, typer.Option("--user", help="As whom Ansible logs in.")] = "root",
    organisation: OrganisationOption = None,
) -> None:
    """Print the cloud-init user data for a new production host: only certificates of the gate open it.

    Whoever delivers the host gives it these before anybody enters it (docs/promote.md).
    """
    from lopendezaken.dossier import load
    from lopendezaken.dossier.place import organisation as find
    from lopendezaken.gate.delivery import cloud_init

    public = gate_key.read_text(encoding="utf-8", errors="replace")
    if not public.startswith("ssh-ed25519 ") or "\n" in public.strip():
        raise LzError("not a public key of ours", where=str(gate_key), expected="one line: ssh-ed25519 AAAA…")
    slug = load(find(organisation)).organisation.slug
    typer.echo(cloud_init(public, slug, stage.value, user), nl=False)


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.command()(gate)
    app.command()(plan)
    app.command()(host_data)
