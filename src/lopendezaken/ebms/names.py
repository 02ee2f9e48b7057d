"""Fixed names of ebMS 2.0 and of what it is built on."""

from __future__ import annotations

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
EB = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"

SIGNAL_SERVICE = "urn:oasis:names:tc:ebxml-msg:service"
ERROR_CONTEXT = "urn:oasis:names:tc:ebxml-msg:service:errors"
NEXT_MSH = "urn:oasis:names:tc:ebxml-msg:actor:nextMSH"
SOAP_NEXT = "http://schemas.xmlsoap.org/soap/actor/next"
TO_PARTY_MSH = "urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"

PING = "Ping"
PONG = "Pong"
ACKNOWLEDGMENT = "Acknowledgment"
MESSAGE_ERROR = "MessageError"
STATUS_REQUEST = "StatusRequest"
STATUS_RESPONSE = "StatusResponse"

SOAP_ACTION = '"ebXML"'  # DK-EBMS2-015: with the quotes
