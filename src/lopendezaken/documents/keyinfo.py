"""KeyInfo of XML Signature, as CPAs carry it: a certificate, with its key and its names beside it (X-10).

The certificate says it all; what stands beside it must be the same.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.pki.certificate import Certificate, read

DS = "http://www.w3.org/2000/09/xmldsig#"
RULE = "X-10"

_SHAPE = "KeyValue (RSAKeyValue) and X509Data (X509SubjectName, X509IssuerSerial, X509Certificate)"
_KNOWN = {
    "KeyInfo": {"KeyName", "KeyValue", "X509Data"},
    "KeyValue": {"RSAKeyValue"},
    "RSAKeyValue": {"Modulus", "Exponent"},
    "X509Data": {"X509SubjectName", "X509IssuerSerial", "X509SKI", "X509Certificate", "X509CRL"},
    "X509IssuerSerial": {"X509IssuerName", "X509SerialNumber"},
}
_PRIVATE = {"D", "P", "Q", "DP", "DQ", "InverseQ"}
_KEYWORDS = {NameOID.SERIAL_NUMBER: "SERIALNUMBER"}
_READ_KEYWORDS = {
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "ORGANIZATIONIDENTIFIER": NameOID.ORGANIZATION_IDENTIFIER,
    "OID.2.5.4.5": NameOID.SERIAL_NUMBER,
    "OID.2.5.4.97": NameOID.ORGANIZATION_IDENTIFIER,
}


# -- writing --------------------------------------------------------------------------------------


def key_info(certificate: Certificate) -> etree._Element:
    """Write KeyInfo for a certificate. Raises :class:`LzError` for a key that is no RSA key (PKIO-023)."""
    whole = x509.load_der_x509_certificate(certificate.der)
    root = etree.Element(_ds("KeyInfo"), nsmap={None: DS})  # type: ignore[dict-item]
    modulus, exponent = _numbers(whole, certificate)
    key = etree.SubElement(etree.SubElement(root, _ds("KeyValue")), _ds("RSAKeyValue"))
    _text(key, "Modulus", _base64(modulus))
    _text(key, "Exponent", _base64(exponent))
    data = etree.SubElement(root, _ds("X509Data"))
    _text(data, "X509SubjectName", _name(whole.subject))
    issuer = etree.SubElement(data, _ds("X509IssuerSerial"))
    _text(issuer, "X509IssuerName", _name(whole.issuer))
    _text(issuer, "X509SerialNumber", str(whole.serial_number))
    _text(data, "X509Certificate", base64.b64encode(certificate.der).decode())
    return root


def _numbers(whole: x509.Certificate, certificate: Certificate) -> tuple[int, int]:
    key = whole.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise LzError(
            "the certificate has no RSA key (PKIO-023)", where=certificate.subject, found=certificate.key_type
        )
    return key.public_numbers().n, key.public_numbers().e


def _base64(number: int) -> str:
    return base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()


def _name(name: x509.Name) -> str:
    """Write a name as RFC 4514 says, with blanks between its parts as CPAs have them."""
    return ", ".join(each.rfc4514_string(_KEYWORDS) for each in reversed(name.rdns))


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, _ds(name)).text = text


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


# -- reading --------------------------------------------------------------------------------------


def certificates_in(element: etree._Element) -> list[Certificate | None]:
    """Give the certificates in a KeyInfo, the first of which it is about; ``None`` for one that is none."""
    return [_certificate(each) for each in element.iter(_ds("X509Certificate"))]


def _certificate(element: etree._Element) -> Certificate | None:
    try:
        return read(_bytes(element))
    except LzError:
        return None


def _bytes(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


# -- judging --------------------------------------------------------------------------------------


def findings(element: etree._Element, where: str) -> Iterator[Finding]:
    """Judge one KeyInfo (X-10); ``where`` names what it belongs to, such as ``ClientCert``."""
    yield from _shape(element, where)
    elements = list(element.iter(_ds("X509Certificate")))
    if not elements:
        yield must(
            _line(element),
            RULE,
            f"KeyInfo of {where} holds no certificate",
            expected=_SHAPE,
            remedy="Put the certificate in X509Certificate: its PEM without the lines BEGIN and END.",
        )
    for each in elements[1:]:
        yield should(
            _line(each),
            RULE,
            f"KeyInfo of {where} holds more than the certificate itself",
            found=f"{len(elements)} certificates",
            expected="one",
        )
        break
    for each in elements:
        if _certificate(each) is None:
            yield must(
                _line(each),
                RULE,
                f"X509Certificate of {where} is no certificate",
                found=_shown(each.text or ""),
                expected="the DER of a certificate in base64",
                remedy="Take the PEM without the lines BEGIN and END.",
            )
    leaf = _certificate(elements[0]) if elements else None
    if leaf is not None:
        yield from _same(element, x509.load_der_x509_certificate(leaf.der), where)


def _shape(element: etree._Element, where: str) -> Iterator[Finding]:
    for parent in element.iter(_ds("*")):
        known = _KNOWN.get(etree.QName(parent).localname)
        for child in parent if known is not None else ():
            name = etree.QName(child)
            if name.namespace == DS and name.localname in (known or ()):
                continue
            secret = name.localname in _PRIVATE
            yield must(
                _line(child),
                RULE,
                f"KeyInfo of {where} holds {'a part of a private key' if secret else 'something unknown'}",
                found=name.localname,
                expected=_SHAPE,
                remedy="This key is known to others now: have the certificate revoked and make a new key."
                if secret
                else None,
            )


def _same(element: etree._Element, leaf: x509.Certificate, where: str) -> Iterator[Finding]:
    """What stands beside the certificate is the same as in it."""
    key = leaf.public_key()
    numbers = key.public_numbers() if isinstance(key, rsa.RSAPublicKey) else None
    for name, expected in (
        ("Modulus", numbers.n if numbers else None),
        ("Exponent", numbers.e if numbers else None),
    ):
        for each in element.iter(_ds(name)):
            if int.from_bytes(_bytes(each), "big") != expected:
                yield must(_line(each), RULE, f"{name} of {where} is not that of its certificate")
    for each in element.iter(_ds("X509SerialNumber")):
        if (each.text or "").strip() != str(leaf.serial_number):
            yield must(
                _line(each),
                RULE,
                f"X509SerialNumber of {where} is not that of its certificate",
                found=_shown(each.text or ""),
                expected=f"{leaf.serial_number} (in decimals)",
            )
    for name, known in (("X509SubjectName", leaf.subject), ("X509IssuerName", leaf.issuer)):
        for each in element.iter(_ds(name)):
            if not _names_same(each.text or "", known):
                yield should(
                    _line(each),
                    RULE,
                    f"{name} of {where} is not that of its certificate",
                    found=_shown(each.text or ""),
                    expected=_name(known),
                )


def _names_same(text: str, name: x509.Name) -> bool:
    """Compare without order, blanks and the case of keywords: programs differ in those."""
    plain = re.sub(r",\s+", ",", text.strip())
    plain = re.sub(r"(^|,)([A-Za-z0-9.]+)\s*=\s*", lambda found: f"{found[1]}{found[2].upper()}=", plain)
    try:
        read_name = x509.Name.from_rfc4514_string(plain, _READ_KEYWORDS)
    except (ValueError, KeyError, IndexError):
        return False
    return _parts(read_name) == _parts(name)


def _parts(name: x509.Name) -> set[tuple[str, str]]:
    return {(each.oid.dotted_string, str(each.value)) for each in name}


def _shown(text: str) -> str:
    plain = " ".join(text.split())
    return f"{plain[:40]}…" if len(plain) > 40 else plain or "nothing"


def _line(element: etree._Element) -> int | None:
    line: int | None = getattr(element, "sourceline", None)
    return line
