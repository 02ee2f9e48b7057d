"""The certificates in a CPA: whose they are, what they are for, and how long they last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lopendezaken.cpa.endpoint import host_of
from lopendezaken.cpa.model import OIN_TYPE, Party
from lopendezaken.cpa.rules.document import Document, attribute, bare, line_of
from lopendezaken.cpa.xml import TNS, instant_text
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.pki.certificate import Certificate, read
from lopendezaken.pki.oin import is_oin

_TLS = ("client", "server")
_MESSAGES = ("signing", "encryption")


def certificates(document: Document) -> Iterator[Finding]:
    """CPA-006, CPA-013, CPA-034, CPA-035, CPA-045, DK-EBMS2-022, PKIO-003 and PKIO-015."""
    for party in document.cpa.parties:
        names = {der: name for name, der in reversed(list(party.certificates.items()))}
        for der, uses in _uses(party).items():
            name = names[der]
            try:
                certificate = read(der)
            except LzError as error:
                yield must(document.line(name), "CPA-035", f"certificate {name}: {error.what}")
                continue
            known = _Used(document, party, certificate, name, uses)
            yield from known.owner()
            yield from known.term()
            yield from known.purpose()


def _uses(party: Party) -> dict[bytes, tuple[str, ...]]:
    """By certificate that a channel names: what it is for."""
    found: dict[bytes, dict[str, None]] = {}
    for channel in party.channels.values():
        signing, encryption = channel.sender.signing, channel.receiver.encryption
        for use, der in (
            ("client", channel.client_certificate),
            ("server", channel.server_certificate),
            ("signing", signing.certificate if signing else None),
            ("encryption", encryption.certificate if encryption else None),
        ):
            if der is not None:
                found.setdefault(der, {})[use] = None
    return {der: tuple(uses) for der, uses in found.items()}


@dataclass(frozen=True)
class _Used:
    """A certificate of a party, the id of its first place in the CPA, and what it is for."""

    document: Document
    party: Party
    certificate: Certificate
    name: str
    uses: tuple[str, ...]

    @property
    def line(self) -> int:
        return self.document.line(self.name)

    def called(self, kinds: tuple[str, ...] = (*_TLS, *_MESSAGES)) -> str:
        """Such as: client, server and signing certificate SR_Certificate."""
        *most, last = (use for use in self.uses if use in kinds)
        uses = f"{', '.join(most)} and {last}" if most else last
        return f"{uses} certificate {self.name}"

    def owner(self) -> Iterator[Finding]:
        certificate, oin = self.certificate, bare(self.party.oin)
        if certificate.self_signed:
            yield must(
                self.line,
                "DK-EBMS2-022",
                f"{self.called()} is self-signed",
                found=certificate.subject,
                expected="a certificate of PKIoverheid; only a first trial of your own may do without",
            )
        for_messages = [use for use in self.uses if use in _MESSAGES]
        if for_messages and certificate.oin is None:
            yield must(
                self.line,
                "CPA-045",
                f"{self.called(_MESSAGES)} is not one of PKIoverheid with an OIN",
                found=certificate.subject_serial_number or "no serialNumber in its subject",
                expected=f"OIN {oin}" if is_oin(oin) else "the OIN of the party",
            )
        kinds = _TLS if certificate.oin is None else (*_TLS, *_MESSAGES)
        if (
            self.party.id.type == OIN_TYPE
            and is_oin(oin)  # else that is told, and there is nothing to compare with
            and certificate.oin != oin
            and any(use in kinds for use in self.uses)
        ):
            yield must(
                self.line,
                "CPA-013",
                f"OIN of {self.called(kinds)} is not that of {self.party.name}",
                found=certificate.oin or "no OIN in Subject serialNumber",
                expected=oin,
                remedy="They may differ only when another party does the TLS and the mandate is recorded.",
            )

    def term(self) -> Iterator[Finding]:
        end, until = self.document.cpa.end, self.certificate.not_after
        if until < self.document.now:
            yield must(self.line, "PKIO-003", f"{self.called()} has ended", found=instant_text(until))
        elif end > until:
            yield should(
                self.line,
                "CPA-006",
                f"the CPA outlives {self.called()}",
                found=f"End {instant_text(end)}, certificate until {instant_text(until)}",
                remedy="It may outlive a certificate only when TLS ends before the adapter.",
            )

    def purpose(self) -> Iterator[Finding]:
        certificate = self.certificate
        fit = {"client": certificate.for_client, "server": certificate.for_server}
        for use in _TLS:
            if use in self.uses and not fit[use]:
                what = f"certificate {self.name} is not meant for a TLS {use}"
                yield must(
                    self.line,
                    "PKIO-015",
                    what,
                    found=", ".join(certificate.extended_key_usage),
                    expected=f"{use}Auth in extendedKeyUsage",
                )
        if "server" not in self.uses:
            return
        served = [each for each in self.party.channels.values() if each.server_certificate == certificate.der]
        hosts = {host for channel in served if (host := host_of(channel.endpoint))}
        for host in sorted(hosts - {each.lower() for each in certificate.dns_names}):
            yield must(
                self.line,
                "CPA-034",
                f"host name of the endpoint is not in server certificate {self.name}",
                found=", ".join(certificate.dns_names) or "no names",
                expected=host,
            )


def anchors(document: Document) -> Iterator[Finding]:
    """CPA-038: what a party trusts are CAs."""
    for info, party in zip(document.elements("PartyInfo"), document.cpa.parties, strict=True):
        for element in info.iter(f"{{{TNS}}}AnchorCertificateRef"):
            name = attribute(element, "certId") or ""
            der = party.certificates.get(name)
            if der is not None and not _is_ca(der):
                yield should(
                    line_of(element),
                    "CPA-038",
                    f"trust anchor {name} is no CA certificate",
                    expected="the root of PKIoverheid",
                )


def _is_ca(der: bytes) -> bool:
    try:
        return read(der).is_ca
    except LzError:
        return False


RULES = (certificates, anchors)
