"""Encrypted payloads (XML Encryption, CPA-042): AES in GCM, its key by RSA-OAEP, by the library xmlsec.

Payloads are encrypted one by one after the message was signed, and opened before the signature is looked at: it
covers what people wrote. What an EncryptedData may hold is fixed and checked first, so nothing is fetched.
"""

from __future__ import annotations

from dataclasses import replace

import xmlsec
from lxml import etree
from xmlsec import constants

from lopendezaken.cpa.model import Encryption
from lopendezaken.cpa.profile import ALGORITHMS
from lopendezaken.ebms.envelope import MAX_ATTRIBUTES
from lopendezaken.ebms.failure import SecurityFailureError
from lopendezaken.ebms.mime import Attachment
from lopendezaken.ebms.names import DS, XENC

_CIPHERS = {
    constants.TransformAes128Gcm.href: (constants.TransformAes128Gcm, 128),
    constants.TransformAes256Gcm.href: (constants.TransformAes256Gcm, 256),
}
_OAEP = constants.TransformRsaOaep.href
_REFUSED = "The payload cannot be opened."


def encrypt(attachment: Attachment, agreed: Encryption) -> Attachment:
    """The payload as only the receiver can read it, as the CPA says.

    Raises ValueError for an algorithm of the CPA that is refused (CPA-042), and for an empty payload.
    """
    if agreed.algorithm not in _CIPHERS or agreed.certificate is None:
        allowed = ALGORITHMS["EncryptionAlgorithm"][2]
        raise ValueError(f"the CPA asks for {agreed.algorithm}; this engine encrypts with {allowed}")
    if not attachment.content:
        raise ValueError(f"payload {attachment.content_id} is empty, and nothing cannot be encrypted")
    cipher, bits = _CIPHERS[agreed.algorithm]
    data = xmlsec.template.encrypted_data_create(
        etree.Element("payload"),
        cipher,
        id=attachment.content_id,
        mime_type=attachment.content_type,
        ns="xenc",
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    wrapped = xmlsec.template.add_encrypted_key(info, constants.TransformRsaOaep)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    context = _context(xmlsec.Key.from_memory(agreed.certificate, constants.KeyDataFormatCertDer))
    context.key = xmlsec.Key.generate(constants.KeyDataAes, bits, constants.KeyDataTypeSession)
    sealed = etree.tostring(context.encrypt_binary(data, attachment.content))
    return replace(attachment, content_type="application/xml", content=sealed)


def decrypt(attachment: Attachment, agreed: Encryption, key: bytes) -> Attachment:
    """The payload as the sender wrote it; ``key`` is our private one (PEM).

    Raises :class:`SecurityFailureError`, in the same words whether key or content is at fault.
    """
    location = f"cid:{attachment.content_id}"
    data = _sealed(attachment.content, location)
    _check(data, agreed, location)
    # Advice of the sender, after which the library would read the content as XML.
    data.attrib.pop("Type", "")
    try:
        opened = _context(xmlsec.Key.from_memory(key, constants.KeyDataFormatPem)).decrypt(data)
    except xmlsec.Error as error:
        raise SecurityFailureError(_REFUSED, location) from error
    if not isinstance(opened, bytes):
        raise SecurityFailureError(_REFUSED, location)
    return replace(attachment, content_type=data.get("MimeType", attachment.content_type), content=opened)


def _context(key: xmlsec.Key) -> xmlsec.EncryptionContext:
    manager = xmlsec.KeysManager()
    manager.add_key(key)
    return xmlsec.EncryptionContext(manager)


def _sealed(content: bytes, location: str) -> etree._Element:
    odd = b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content
    if odd or content.count(b"=") > MAX_ATTRIBUTES:
        raise SecurityFailureError(
            "An encrypted payload is XML with few attributes and no DOCTYPE.", location
        )
    # One long text: the size of the whole request is limited already.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SecurityFailureError("The payload is not encrypted.", location) from error


def _check(data: etree._Element, agreed: Encryption, location: str) -> None:
    """Refuse all but one key for us and one ciphertext, both in the document."""
    method, info, cipher = _parts(data, XENC, "EncryptedData", 3, location)
    if agreed.algorithm not in _CIPHERS or method.get("Algorithm") != agreed.algorithm:
        raise SecurityFailureError(f"{method.get('Algorithm')} is not what was agreed.", location)
    _parts(cipher, XENC, "CipherData", 1, location, "CipherValue")
    (wrapped,) = _parts(info, DS, "KeyInfo", 1, location, "EncryptedKey")
    for name in wrapped.findall(f"{{{DS}}}KeyInfo"):  # whose key it is: ours, or it does not open
        wrapped.remove(name)
    transport, sealed = _parts(wrapped, XENC, "EncryptedKey", 2, location)
    _parts(sealed, XENC, "CipherData", 1, location, "CipherValue")
    if transport.get("Algorithm") != _OAEP:
        raise SecurityFailureError(f"Key transport {transport.get('Algorithm')} is refused.", location)


def _parts(
    element: etree._Element, namespace: str, name: str, count: int, location: str, only: str = ""
) -> list[etree._Element]:
    children = list(element)
    right = element.tag == f"{{{namespace}}}{name}" and len(children) == count
    if not right or (only and children[0].tag != f"{{{XENC}}}{only}"):
        raise SecurityFailureError("The payload is not encrypted as ebMS has it.", location)
    return children
