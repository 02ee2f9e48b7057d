"""``lz lab pki``: the test PKI from the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lopendezaken.lab.authority import Authority, Kind

pki_app = typer.Typer(
    help="A test PKI in the likeness of PKIoverheid G4 (TRIAL): it plays the TSP and publishes CRLs.",
    no_args_is_help=True,
)

_KINDS = "good, no-oin, other-oin, expired, revoked, other-root, no-client-auth, self-signed"

Folder = Annotated[
    Path | None,
    typer.Option(
        "--pki",
        help="Folder of the PKI. Default: pki/ of the lab's instance (LZ_LAB_DIR, LZ_LAB_INSTANCE).",
        show_default=False,
    ),
]


@pki_app.command()
def init(pki: Folder = None) -> None:
    """Make root, domain and TSP with their CRLs; harmless when they are there already.

    Repeat it after a cut-off. CRLs past half of their 48 hours are signed anew.
    """
    authority = _authority(pki)
    made = authority.init()
    typer.echo(f"{authority.path}: {'test PKI made or renewed' if made else 'test PKI is complete'}")


@pki_app.command()
def issue(
    csr: Annotated[Path, typer.Option(help="The certificate request (PEM).", exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option(help="Where the certificate and its chain go (PEM).")],
    oin: Annotated[str | None, typer.Option(help="The OIN registered for the subscriber.")] = None,
    kind: Annotated[str, typer.Option(help=f"Spoil it on purpose: {_KINDS}.")] = "good",
    pki: Folder = None,
) -> None:
    """Answer a certificate request as the TSP would: check it, then give leaf, TSP and domain certificate.

    Refused: no OIN in the subject, another OIN than --oin, no host name, a key under RSA 3072. The same
    request again gives the same certificate.
    """
    from lopendezaken.lab.authority import write_file

    certificate = _authority(pki).issue(csr.read_bytes(), oin, _kind(kind))
    if kind == "revoked":
        _published(pki)
    out.parent.mkdir(parents=True, exist_ok=True)
    if not out.exists() or out.read_bytes() != certificate:
        write_file(out, certificate)
    typer.echo(f"{out}: certificate and chain")


@pki_app.command()
def leaf(
    name: Annotated[str, typer.Argument(help="Name of the organisation, for O of the subject.")],
    oin: Annotated[str, typer.Option(help="OIN, for serialNumber of the subject.")],
    host: Annotated[list[str], typer.Option("--name", help="Host name (FQDN); may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder for key.pem, certificate.pem and anchors.pem.")],
    kind: Annotated[str, typer.Option(help=f"One of {_KINDS}.")] = "good",
    pki: Folder = None,
) -> None:
    """Make a key and a certificate in one go, for the partners and for tests.

    A good leaf that is there already, for the same OIN and names, is kept.
    """
    made = _authority(pki).leaf_into(out, oin=oin, names=host, organisation=name, kind=_kind(kind))
    typer.echo(f"{out}: {'new key and certificate' if made else 'certificate is there already'}")


@pki_app.command()
def revoke(
    certificate: Annotated[Path, typer.Argument(help="The certificate (PEM).", exists=True, dir_okay=False)],
    pki: Folder = None,
) -> None:
    """Revoke a certificate, sign the CRL of its issuer anew and publish it on a running partner host."""
    authority = _authority(pki)
    authority.revoke(certificate.read_bytes())
    typer.echo(f"{certificate}: revoked; CRLs in {authority.path / 'crl'}{_published(pki)}")


@pki_app.command()
def crl(
    hours: Annotated[float, typer.Option(help="How long they hold; negative makes expired CRLs.")] = 48,
    pki: Folder = None,
) -> None:
    """Sign the CRLs of all layers anew, each with a higher number, and publish them as ``revoke`` does."""
    authority = _authority(pki)
    authority.sign_crls(hours)
    typer.echo(f"{authority.path / 'crl'}: CRLs signed{_published(pki)}")


def _published(folder: Path | None) -> str:
    """Publish the CRLs of the lab's own PKI; another folder's are its owner's business."""
    from lopendezaken.lab.layout import Layout
    from lopendezaken.lab.partner import publish_crls

    return ", published" if folder is None and publish_crls(Layout.from_environment()) else ""


def _authority(folder: Path | None) -> Authority:
    from lopendezaken.lab.authority import Authority

    return Authority(folder or default_folder())


def default_folder() -> Path:
    """pki/ of the lab's instance."""
    lab = Path(os.environ.get("LZ_LAB_DIR") or Path(__file__).parents[3] / ".lab")
    return lab / os.environ.get("LZ_LAB_INSTANCE", "0") / "pki"


def _kind(text: str) -> Kind:
    from lopendezaken.errors import LzError
    from lopendezaken.lab.authority import Kind

    try:
        return Kind(text)
    except ValueError as error:
        raise LzError("no such kind of certificate", found=text, expected=_KINDS) from error
