"""Commands of ``lz``: lint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lopendezaken.errors import LzError
from lopendezaken.policy.cli import DateOption, EnvironmentChoice

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from lopendezaken.cpa.rules.document import Environment
    from lopendezaken.lint.certificate import Wish
    from lopendezaken.lint.run import Check
    from lopendezaken.lint.source import Source
    from lopendezaken.pki.certificate import Certificate

lint_app = typer.Typer(
    help="Judge a file from anyone before it is used or sent: certificate, CPA, specification, message.\n\n"
    "Each finding is a line: file:line: RULE must or should: what is wrong, what was found, what is right, how to"
    " mend it. What each rule asks, and who says so: lz lint rules.\n\n"
    "Exit code 0: nothing of must is wrong; 1: something is; 2: a file cannot be read.",
    no_args_is_help=True,
)

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Files to judge; - is standard input.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines: one JSON document.")]
AsSarif = Annotated[bool, typer.Option("--sarif", help="For code scanners: SARIF 2.1.0.")]
EnvironmentOption = Annotated[
    EnvironmentChoice | None,
    typer.Option(
        "--environment",
        "--env",
        help="The environment that it is meant for; production refuses test numbers and test certificates.",
    ),
]
OinOption = Annotated[
    str | None, typer.Option("--oin", metavar="OIN", help="The OIN or HRN that should be in it.")
]
HostsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--host", metavar="NAME", help="A host name that should be in it; may be given more than once."
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="First line: the password of a PKCS#12. Default: LZ_LINT_PASSWORD, else you are asked.",
        exists=True,
        dir_okay=False,
    ),
]
AnchorsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--anchors",
        metavar="FILE",
        help="Roots that are trusted (PEM); more than once.",
        exists=True,
        dir_okay=False,
    ),
]


@lint_app.command()
def certificate(
    files: Files,
    *,
    environment: EnvironmentOption = None,
    oin: OinOption = None,
    host: HostsOption = None,
    password_file: PasswordFile = None,
    day: DateOption = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge certificates: PEM, DER, base64, PKCS#7 (.p7b), PKCS#12 (.p12, .pfx).

    The OIN or HRN in the subject, the issuer (private root of PKIoverheid, test or production), validity and
    when to renew, host names, keyUsage, extendedKeyUsage, policy, size of the key and how it is signed, by the
    profile of its generation (G1 or G4). Nothing is fetched; whether it was revoked is for lz lint chain --crl.

    Example: lz lint certificate own.pem --oin 00000099100000001000 --host ebms.voorbeeldstad.example. Its rules: lz lint rules certificate.
    """
    from lopendezaken.lint import certificate as linter

    wish = _wish(environment, oin, host, password_file, day)
    _lint("certificate", files, lambda source: linter.check(source, wish), as_json, as_sarif)


@lint_app.command()
def chain(
    files: Files,
    *,
    anchors: AnchorsOption = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(
            "--crl",
            metavar="FILE",
            help="CRL of a layer; more than once. Without any, revocation is not judged.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    environment: EnvironmentOption = None,
    oin: OinOption = None,
    host: HostsOption = None,
    password_file: PasswordFile = None,
    day: DateOption = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge a certificate with those above it, as a partner does at each connection.

    Beside all of lz lint certificate: the order (its own first), every signature up to a root of PKIoverheid that
    counts, four layers, the keys and signatures of every layer, and with --crl whether anything was revoked.
    The root may be in the file or given by --anchors; without it the last step is not verified, and that is told.

    Example: lz lint chain own.pem --anchors root.pem --crl tsp.crl --crl domain.crl --crl root.crl. Its rules: lz lint rules chain.
    """
    from lopendezaken.lint import chain as linter

    wish = _wish(environment, oin, host, password_file, day)
    store = linter.Store(_certificates(anchors), tuple(path.read_bytes() for path in crl or ()))
    _lint("chain", files, lambda source: linter.check(source, wish, store), as_json, as_sarif)


@lint_app.command()
def csr(
    files: Files,
    *,
    environment: EnvironmentOption = None,
    oin: OinOption = None,
    host: HostsOption = None,
    day: DateOption = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge certificate requests (PKCS#10, PEM or DER) before they go to the TSP.

    Signed with its own key, size and kind of key, hash, C and O and CN, the OIN asked, host names (with --oin and
    --host: those that you meant), and that no private key goes along or lies open in the same folder.

    Example: lz lint csr request.csr --oin 00000099100000001000 --host ebms.voorbeeldstad.example. Its rules: lz lint rules csr.
    """
    from lopendezaken.lint import csr as linter

    wish = _wish(environment, oin, host, None, day)
    _lint("csr", files, lambda source: linter.check(source, wish), as_json, as_sarif)


@lint_app.command()
def crl(
    files: Files,
    *,
    issuer: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Certificates of issuers: the CRL must be signed by one.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Certificates to look up in it.", exists=True, dir_okay=False),
    ] = None,
    day: DateOption = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge CRLs (DER or PEM): begin and end, number, hash, and signature when the issuer is given.

    Example: lz lint crl tsp.crl --issuer tsp.pem --certificate own.pem. Its rules: lz lint rules crl.
    """
    from lopendezaken.lint import crl as linter

    wish = _wish(None, None, None, None, day)
    beside = linter.Beside(_certificates(issuer), _certificates(certificate))
    _lint("crl", files, lambda source: linter.check(source, wish, beside), as_json, as_sarif)


@lint_app.command()
def oin(
    numbers: Annotated[
        list[str],
        typer.Argument(
            metavar="NUMBER|FILE...",
            help="An OIN or HRN, or a file with one on each line; - is standard input.",
            show_default=False,
        ),
    ],
    *,
    environment: EnvironmentOption = None,
    supplier: Annotated[bool, typer.Option("--supplier", help="They are HRNs of suppliers.")] = False,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge OINs and HRNs: 20 positions, a known prefix, its main number, 000 at the end.

    In a file the number comes first on its line; what follows a comma, semicolon, tab or # is left alone.
    Whether a number exists is not looked up.

    Example: lz lint oin 00000001002220647000. Its rules: lz lint rules oin.
    """
    from lopendezaken.lint import oin as linter
    from lopendezaken.lint.source import Source, read

    def source(name: str) -> Source:
        return read(name) if name == "-" or Path(name).is_file() else Source(name, name.encode())

    where = _where(environment)
    _lint(
        "oin",
        numbers,
        lambda each: linter.check(each, where, supplier=supplier),
        as_json,
        as_sarif,
        read=source,
    )


@lint_app.command()
def cpa(
    files: Files,
    *,
    environment: EnvironmentOption = None,
    day: DateOption = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge CPAs of any origin: CPA Register, Logius, ebms-admin, another adapter.

    The form by the schema of CPPA 2.0; parties and OINs; that both sides close on each other; the profile (osb-be,
    osb-rm, signed, encrypted) and everything that follows from it; retries and how long messages are kept;
    endpoints; algorithms; whose the certificates are, what for and until when. lz cpa check judges the same.

    Example: lz lint cpa received/*.xml --env preprod. Its rules: lz lint rules cpa.
    """
    from lopendezaken.lint import cpa as linter

    moment, where = _moment(day), _where(environment)
    _lint("cpa", files, lambda source: linter.check(source, moment, where), as_json, as_sarif)


@lint_app.command("consumer-spec")
def consumer_spec(
    files: Files,
    *,
    chain: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Certificates between those in it and the root (PEM).",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    anchors: AnchorsOption = None,
    day: DateOption = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge a Consumerspecificatie (osb-ebms-service-specificatie) before it goes to the CPA Register.

    Well-formed, exactly the six parameters in their order, no placeholder of the guide left, a real OIN and
    endpoint, KeyInfo with the certificate and nothing secret, and that all of it fits together. With --anchors
    the certificates must lead to one of those roots.

    Example: lz lint consumer-spec spec.xml --anchors root.pem --chain chain.pem. Its rules: lz lint rules consumer-spec.
    """
    from lopendezaken.lint import consumer_spec as linter

    moment = _moment(day)
    above, roots = _pem(_certificates(chain)), _pem(_certificates(anchors))
    _lint(
        "consumer-spec",
        files,
        lambda source: linter.check(source, moment, chain=above, anchors=roots),
        as_json,
        as_sarif,
    )


@lint_app.command("ping-mmd")
def ping_mmd(
    files: Files,
    *,
    cpa: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The CPA that it should agree with.", exists=True, dir_okay=False),
    ] = None,
    day: DateOption = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge the message metadata document with which an Axway adapter sends a Ping (MessageMetadataDocument).

    Root and protocol, From, To, Service, Action and CPAId as the guide has them, no placeholder left. With --cpa:
    that both parties and the id are those of the CPA, and that it holds on the day.

    Example: lz lint ping-mmd ping.xml --cpa cpa.xml. Its rules: lz lint rules ping-mmd.
    """
    from lopendezaken.lint import ping_mmd as linter
    from lopendezaken.lint.source import read

    moment, agreed = _moment(day), linter.read_cpa(read(str(cpa))) if cpa else None
    _lint("ping-mmd", files, lambda source: linter.check(source, moment, agreed), as_json, as_sarif)


@lint_app.command()
def network(files: Files, *, as_json: AsJson = False, as_sarif: AsSarif = False) -> None:
    """Judge network plans (network.yml): every system, address, name and flow, and how they fit together."""
    from lopendezaken.lint import network as linter

    _lint("network", files, linter.check, as_json, as_sarif)


@lint_app.command("case-message")
def case_message(
    files: Files,
    *,
    schemas: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The XSDs received from Logius; without, our own grammar.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    oin: Annotated[
        str | None, typer.Option(metavar="OIN", help="The sender in the CPA; the message must name the same.")
    ] = None,
    bsns: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Test BSNs, one a line; others are refused.", exists=True, dir_okay=False
        ),
    ] = None,
    as_json: AsJson = False,
    as_sarif: AsSarif = False,
) -> None:
    """Judge case messages (zaakberichten) as the receiver does, before they are sent; shows no BSN.

    The kind, the schema, what must be filled, the dates, the sender, and that the BSN passes the eleven test.

    Example: lz lint case-message zaak.xml --schemas received/xsd --bsns test-bsns.txt. Its rules: lz lint rules case-message.
    """
    from lopendezaken.casemessage.bsn import read_test_bsns
    from lopendezaken.casemessage.schema import Schemas
    from lopendezaken.lint import case_message as linter

    known, allowed = Schemas(schemas), read_test_bsns(bsns) if bsns else None
    _lint("case-message", files, lambda source: linter.check(source, known, oin, allowed), as_json, as_sarif)


@lint_app.command("rules")
def list_rules(
    kind: Annotated[str | None, typer.Argument(help="Only those for this kind of file, such as cpa.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the rules: id, how grave, what it asks, and who says so."""
    from lopendezaken.lint import listing
    from lopendezaken.lint.registry import KINDS

    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"expected one of {', '.join(KINDS)}", param_hint="KIND")
    kinds = [kind] if kind else list(KINDS)
    for line in [listing.as_json(kinds)] if as_json else listing.text(kinds):
        typer.echo(line)


def register(app: typer.Typer) -> None:
    """Add the commands to ``lz``."""
    app.add_typer(lint_app, name="lint")


# -- what they share ------------------------------------------------------------------------------


def _lint(
    kind: str,
    names: list[str],
    check: Check,
    as_json: bool,
    as_sarif: bool,
    read: Callable[[str], Source] | None = None,
) -> None:
    """Judge, tell, and end with the exit code."""
    from lopendezaken.lint import output, registry, run, source

    judged = run.judge(names, check, read or source.read)
    if as_sarif:
        typer.echo(output.as_sarif(kind, judged, registry.rules_of(kind)))
    elif as_json:
        typer.echo(output.as_json(kind, judged))
    else:
        for line in output.text(judged):
            typer.echo(line)
    raise typer.Exit(run.exit_code(judged))


def _where(environment: EnvironmentChoice | None) -> Environment | None:
    if environment is None:
        return None
    return "prod" if environment is EnvironmentChoice.PROD else "preprod"


def _moment(day: str | None) -> datetime:
    """Noon (UTC) of the day, or now."""
    from datetime import UTC, datetime

    from lopendezaken.policy.cli import day_of

    if day is None:
        return datetime.now(UTC)
    chosen = day_of(day)
    return datetime(chosen.year, chosen.month, chosen.day, 12, tzinfo=UTC)


def _wish(
    environment: EnvironmentChoice | None,
    oin: str | None,
    hosts: list[str] | None,
    password_file: Path | None,
    day: str | None,
) -> Wish:
    from lopendezaken.dossier.place import repository
    from lopendezaken.lint.certificate import Wish
    from lopendezaken.lint.password import asker
    from lopendezaken.policy.data import Data

    data, moment = Data(repository() / "policies" / "data"), _moment(day)
    try:
        data.tls(moment.date())
    except LookupError as error:
        raise LzError(f"{error}: too early to judge by", where="--date", found=day) from None
    return Wish(
        data,
        moment,
        _where(environment),
        oin,
        tuple(hosts or ()),
        asker(password_file),
    )


def _certificates(paths: list[Path] | None) -> tuple[Certificate, ...]:
    from lopendezaken.pki.bundle import read_bundle

    return tuple(
        each.certificate
        for path in paths or ()
        for each in read_bundle(path.read_bytes(), str(path)).certificates
    )


def _pem(certificates: tuple[Certificate, ...]) -> bytes:
    return b"".join(each.pem for each in certificates)
