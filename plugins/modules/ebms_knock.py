#!/usr/bin/python
"""Ansible module: ask a partner, with a certificate that is not in use yet, whether it knows it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ebms_knock
short_description: Ask a partner whether it knows a certificate, before it is used
description:
  - Sends an ebMS Ping over two-way TLS with the given certificate under the given CPA, past the adapter. A partner that has the CPA
    with that certificate answers 2xx; its Pong goes to our adapter, which waits for none and takes it.
  - Nothing else is sent, and nothing changes anywhere.
options:
  endpoint:
    description: The partner's URL.
    type: str
    required: true
  certificate:
    description: Certificate and chain (PEM, on this host).
    type: path
    required: true
  key:
    description: Its key.
    type: path
    required: true
  anchors:
    description: Trust anchors for the partner's certificate.
    type: path
    required: true
  proxy:
    description: Proxy (http://host:port). Empty goes straight.
    type: str
    default: ''
  cpa_id:
    description: The CPA that holds the certificate.
    type: str
    required: true
  from_party:
    description: Our PartyId, as C(urn:osb:oin:00000099100000001000).
    type: str
    required: true
  to_party:
    description: The partner's PartyId.
    type: str
    required: true
  timeout:
    description: Seconds to wait.
    type: int
    default: 30
attributes:
  check_mode:
    description: Asks too; asking changes nothing.
    support: full
  diff_mode:
    description: Nothing changes.
    support: none
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Does the partner know the certificate that we want to use?
  ebms_knock:
    endpoint: https://ebms.preprod.mijnoverheid.example/ebms
    certificate: /etc/pkioverheid/next/certificate.pem
    key: /etc/pkioverheid/next/key.pem
    anchors: /etc/pkioverheid/anchors.pem
    proxy: http://192.0.2.1:3128
    cpa_id: LopendeZaken-1-0_00000099100000001000_00000099300000001000_2
    from_party: urn:osb:oin:00000099100000001000
    to_party: urn:osb:oin:00000099300000001000
"""

RETURN = r"""
known:
  description: Whether the partner took the Ping.
  type: bool
  returned: success
message:
  description: What it answered.
  type: str
  returned: success
"""

import http.client
import ssl
import uuid
from datetime import datetime, timezone
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.probe import ConnectError, Target, connect

ENVELOPE = """\
<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"\
 xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">\
<soap:Header><eb:MessageHeader eb:version="2.0" soap:mustUnderstand="1">\
<eb:From><eb:PartyId eb:type="{from_type}">{from_id}</eb:PartyId></eb:From>\
<eb:To><eb:PartyId eb:type="{to_type}">{to_id}</eb:PartyId></eb:To>\
<eb:CPAId>{cpa_id}</eb:CPAId><eb:ConversationId>{number}</eb:ConversationId>\
<eb:Service>urn:oasis:names:tc:ebxml-msg:service</eb:Service><eb:Action>Ping</eb:Action>\
<eb:MessageData><eb:MessageId>{number}@{host}</eb:MessageId><eb:Timestamp>{now}</eb:Timestamp></eb:MessageData>\
</eb:MessageHeader></soap:Header><soap:Body/></soap:Envelope>
"""


def envelope(cpa_id: str, from_party: str, to_party: str, host: str) -> bytes:
    """A Ping, unsigned (DK-EBMS2-010)."""
    (from_type, _, from_id), (to_type, _, to_id) = (each.rpartition(":") for each in (from_party, to_party))
    words = {
        "from_type": from_type,
        "from_id": from_id,
        "to_type": to_type,
        "to_id": to_id,
        "cpa_id": cpa_id,
        "number": str(uuid.uuid4()),
        "host": host,
        "now": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),  # noqa: UP017 (Python of a host)
    }
    return ENVELOPE.format(**{name: escape(word, {'"': "&quot;"}) for name, word in words.items()}).encode()


def knock(parameters: dict[str, object]) -> tuple[bool, str]:
    """Send the Ping; whether it was taken, and the answer in words."""
    parts = urlsplit(str(parameters["endpoint"]))
    host, port = parts.hostname or "", parts.port or 443
    target = Target(
        "partner", host, port, proxy=str(parameters["proxy"]), timeout=float(str(parameters["timeout"]))
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    body = envelope(*(str(parameters[name]) for name in ("cpa_id", "from_party", "to_party")), host)
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '"ebXML"', "Connection": "close"}
    try:
        context.load_verify_locations(str(parameters["anchors"]))
        context.load_cert_chain(str(parameters["certificate"]), str(parameters["key"]))
        with connect(target) as plain, context.wrap_socket(plain, server_hostname=host) as tls:
            connection = http.client.HTTPConnection(host, port)
            connection.sock = tls
            connection.request("POST", parts.path or "/", body, headers)
            answer = connection.getresponse()
            text = answer.read(65536).decode(errors="replace")
    except (ConnectError, OSError, http.client.HTTPException) as error:
        return False, f"{host}:{port}: {error}"
    known = 200 <= answer.status < 300
    fault = " with Invalid SSL Client Certificate" if "Invalid SSL Client Certificate" in text else ""
    return known, f"{host}:{port} answered HTTP {answer.status}{fault}"


def main() -> None:
    """Entry point."""
    required = {"type": "str", "required": True}
    file = {"type": "path", "required": True}
    module = AnsibleModule(
        argument_spec={
            "endpoint": required,
            "certificate": file,
            "key": {**file, "no_log": False},
            "anchors": file,
            "proxy": {"type": "str", "default": ""},
            "cpa_id": required,
            "from_party": required,
            "to_party": required,
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    known, message = knock(module.params)
    module.exit_json(changed=False, known=known, message=message)


if __name__ == "__main__":
    main()
