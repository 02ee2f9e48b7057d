"""Signatures of messages (ebMS 2.0, 4.1): one over the envelope and every payload, by the library xmlsec.

What a signature may hold is fixed, and checked before the library sees it: one reference to the whole envelope
with the three transforms of ebMS, one to each payload, nothing else. So nothing can be wrapped, left out or
fetched, and no transform can be made to work without end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import xmlsec
from lxml import etree
from xmlsec import constants

from lopendezaken.cpa.model import Signing
from lopendezaken.cpa.profile import ALGORITHMS
from lopendezaken.ebms.envelope import (
    C14N,
    ENVELOPED,
    SIGNED_PART,
    XPATH,
    Digest,
    parse_xml,
    read_digests,
    write_digest,
)
from lopendezaken.ebms.failure import SecurityFailureError
from lopendezaken.ebms.mime import Attachment
from lopendezaken.ebms.names import DS, EB, NEXT_MSH, SOAP, SOAP_NEXT

MAX_SIGNED_ENVELOPE = 200_000  # bytes
# Elements, attributes and namespaces in scope: the XPath transform sorts them, in quadratic time. This many take
# half a second; an envelope with a hundred payloads has some four thousand.
MAX_SIGNED_NODES = 6000
MAX_SIGNED_DEPTH = 20
MAX_SIGNED_ATTRIBUTES = 50  # of one element, with namespaces in scope

_HASHES = frozenset(
    each.href for each in (constants.TransformSha256, constants.TransformSha384, constants.TransformSha512)
)
_METHODS = {
    each.href: each
    for each in (
        *(constants.TransformRsaSha256, constants.TransformRsaSha384, constants.TransformRsaSha512),
        *(constants.TransformEcdsaSha256, constants.TransformEcdsaSha384, constants.TransformEcdsaSha512),
    )
}
_CANONICAL = (C14N, constants.TransformExclC14N.href)
_ACTOR = f"{{{SOAP}}}actor"
# What ebMS leaves out of the signature, and so must mean nothing that matters.
_LEFT_OUT = frozenset({f"{{{EB}}}SyncReply", f"{{{EB}}}AckRequested"})
_PREFIX = re.compile(r"@([A-Za-z_][\w.-]*):actor")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and its certificate in PEM, and the certificate in DER."""

    key: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    der: bytes = field(repr=False)


def sign(xml: bytes, attachments: Iterable[Attachment], key: SigningKey, agreed: Signing) -> bytes:
    """The envelope with a signature over itself and ``attachments``, as the CPA says.

    Raises ValueError when the CPA names another certificate than ours, or an algorithm that is refused (CPA-041).
    """
    if agreed.certificate != key.der:
        raise ValueError("the CPA names another signing certificate than this adapter has")
    if agreed.algorithm not in _METHODS or agreed.hash_function not in _HASHES:
        allowed = " and ".join(ALGORITHMS[name][2] for name in ("SignatureAlgorithm", "HashFunction"))
        raise ValueError(
            f"the CPA asks for {agreed.algorithm} with {agreed.hash_function}; allowed: {allowed}"
        )
    root = parse_xml(xml)
    payloads = _by_uri(attachments)
    signature = xmlsec.template.create(root, constants.TransformInclC14N, _METHODS[agreed.algorithm], ns="ds")
    root[0].append(signature)
    for uri in ("", *payloads):
        write_digest(signature[0], Digest(uri, agreed.hash_function, ""))
    xmlsec.template.x509_data_add_certificate(
        xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    )
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.key, constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(key.certificate, constants.KeyDataFormatPem)
    with _readable(payloads):
        context.sign(signature)
    return etree.tostring(root, encoding="utf-8")


def verify(xml: bytes, attachments: Iterable[Attachment], agreed: Signing) -> tuple[Digest, ...]:
    """What the signature covers, when it is the sender's over all of the message.

    ``agreed`` names the sender's certificate and the algorithms. Raises :class:`SecurityFailureError`.
    """
    if agreed.certificate is None:
        raise SecurityFailureError("The CPA names no signing certificate of the sender.")
    if len(xml) > MAX_SIGNED_ENVELOPE:
        raise SecurityFailureError(f"A signed envelope has at most {MAX_SIGNED_ENVELOPE} bytes.")
    root = parse_xml(xml)
    try:
        payloads = _by_uri(attachments)
    except ValueError as error:
        raise SecurityFailureError(str(error)) from error
    _check_size(root)
    _check_left_out(root)
    signature = _only_signature(root)
    digests = _covered(signature, agreed)
    uris = [digest.uri for digest in digests]
    if sorted(uris) != sorted(["", *payloads]):
        raise SecurityFailureError("The signature does not cover the envelope and every payload, each once.")
    context = xmlsec.SignatureContext()
    try:
        context.key = xmlsec.Key.from_memory(agreed.certificate, constants.KeyDataFormatCertDer)
        with _readable(payloads):
            context.verify(signature)
    except xmlsec.Error as error:
        raise SecurityFailureError("Invalid Signature!") from error
    return digests


def digests_of(xml: bytes) -> tuple[Digest, ...]:
    """What the signature in an envelope of our own covers; empty when there is none."""
    info = parse_xml(xml).find(f"{{{SOAP}}}Header/{{{DS}}}Signature/{{{DS}}}SignedInfo")
    return () if info is None else read_digests(info)


def receipt_of(xml: bytes) -> set[tuple[str, str]]:
    """URI and value of what a signed acknowledgement says it received."""
    element = parse_xml(xml).find(f"{{{SOAP}}}Header/{{{EB}}}Acknowledgment")
    return set() if element is None else {(each.uri, each.value) for each in read_digests(element)}


def _by_uri(attachments: Iterable[Attachment]) -> dict[str, bytes]:
    payloads = {f"cid:{attachment.content_id}": attachment.content for attachment in attachments}
    if any("#" in uri for uri in payloads):  # the library would sign a fragment of another payload
        raise ValueError("A Content-ID with # cannot be signed.")
    return payloads


# -- what may be there --------------------------------------------------------------------------------


def _check_size(root: etree._Element) -> None:
    nodes = 0
    for element in root.iter():
        own = len(element.attrib) + len(element.nsmap)
        nodes += 1 + own
        deep = sum(1 for _ in element.iterancestors()) > MAX_SIGNED_DEPTH
        if nodes > MAX_SIGNED_NODES or own > MAX_SIGNED_ATTRIBUTES or deep:
            raise SecurityFailureError(
                f"A signed envelope has at most {MAX_SIGNED_NODES} nodes, {MAX_SIGNED_DEPTH} deep."
            )


def _check_left_out(root: etree._Element) -> None:
    """Whoever is on the way may add elements for the next handler: none that this one would read."""
    header = root.find(f"{{{SOAP}}}Header")
    for element in root.iter():
        unsigned = element.get(_ACTOR) in {NEXT_MSH, SOAP_NEXT}
        if unsigned and (element.getparent() is not header or element.tag not in _LEFT_OUT):
            raise SecurityFailureError("An element that matters is left out of the signature.")


def _only_signature(root: etree._Element) -> etree._Element:
    found = list(root.iter(f"{{{DS}}}Signature"))
    if not found:
        raise SecurityFailureError("Signature not found!")
    if len(found) > 1 or found[0].getparent() is not root.find(f"{{{SOAP}}}Header"):
        raise SecurityFailureError("A message has one Signature, in its Header.")
    return found[0]


def _covered(signature: etree._Element, agreed: Signing) -> tuple[Digest, ...]:
    info = _children(signature, "SignedInfo", "SignatureValue", ("KeyInfo",))[0]
    if len(info) < 3:
        raise SecurityFailureError("SignedInfo is not complete.")
    canonical, method, *references = info
    _plain(canonical, "CanonicalizationMethod", _CANONICAL)
    _plain(method, "SignatureMethod", tuple(set(_METHODS) & {agreed.algorithm}))
    for reference in references:
        _check_reference(reference, agreed)
    return read_digests(info)


def _check_reference(reference: etree._Element, agreed: Signing) -> None:
    if reference.tag != f"{{{DS}}}Reference" or not set(reference.attrib) <= {"URI"}:
        raise SecurityFailureError("SignedInfo holds more than references with a URI.")
    if reference.get("URI") == "":
        transforms, method, _ = _children(reference, "Transforms", "DigestMethod", "DigestValue")
        _transforms(transforms)
    else:
        method, _ = _children(reference, "DigestMethod", "DigestValue")
    _plain(method, "DigestMethod", tuple(_HASHES & {agreed.hash_function}))


def _transforms(element: etree._Element) -> None:
    enveloped, xpath, canonical = _children(element, "Transform", "Transform", "Transform")
    _plain(enveloped, "Transform", (ENVELOPED,))
    _plain(canonical, "Transform", _CANONICAL)
    if xpath.get("Algorithm") != XPATH:
        raise SecurityFailureError("The second transform is not the XPath of ebMS.")
    (expression,) = _children(xpath, "XPath")
    text = "".join((expression.text or "").split())
    prefix = _PREFIX.search(text)
    known = prefix is not None and expression.nsmap.get(prefix.group(1)) == SOAP
    if not known or text != "".join(SIGNED_PART.format(prefix.group(1) if prefix else "").split()):
        raise SecurityFailureError("The XPath of the signature is not that of ebMS.")


def _children(element: etree._Element, *names: str | tuple[str, ...]) -> list[etree._Element]:
    """The children, which must have these names in this order; a name in a tuple may be left out."""
    expected = [name for name in names if isinstance(name, str)]
    optional = [name[0] for name in names if isinstance(name, tuple)]
    found = [
        etree.QName(child).localname
        for child in element
        if child.tag == f"{{{DS}}}{etree.QName(child).localname}"
    ]
    if len(found) != len(element) or found not in (expected, [*expected, *optional]):
        raise SecurityFailureError(f"{etree.QName(element).localname} is not as ebMS has it.")
    return list(element)


def _plain(element: etree._Element, name: str, allowed: tuple[str, ...]) -> None:
    algorithm = element.get("Algorithm")
    if element.tag != f"{{{DS}}}{name}" or len(element) or algorithm not in allowed:
        raise SecurityFailureError(f"{name} {algorithm} is not what was agreed.")


# -- how xmlsec reads payloads -------------------------------------------------------------------------

_payloads: dict[str, bytes] = {}


@contextmanager
def _readable(payloads: dict[str, bytes]) -> Iterator[None]:
    """Let the library read these by their URI, and nothing else: no file, no network."""
    _only_payloads()
    _payloads.update(payloads)
    try:
        yield
    finally:
        _payloads.clear()


@cache
def _only_payloads() -> None:
    xmlsec.cleanup_callbacks()
    xmlsec.register_callbacks(
        lambda uri: _uri(uri) in _payloads,
        lambda uri: io.BytesIO(_payloads[_uri(uri)]),
        lambda file, buffer: file.readinto(buffer),
        lambda file: file.close(),
    )


def _uri(uri: str | bytes) -> str:
    return uri.decode() if isinstance(uri, bytes) else uri
