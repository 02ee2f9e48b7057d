"""What the raw part of each kind of evidence holds. Collectors write it, controls read it.

Raw means: what was seen, never a verdict. Absent facts are ``None``, not left out.

========================  =============================================  ==========================
kind                      subject                                        raw
========================  =============================================  ==========================
host-facts                host                                           :class:`HostFacts`
certificate-chain         host (own); host + partner (theirs)            :class:`CertificateChain`
crl                       host that fetched it                           :class:`Crl`
cpa-file                  host ``controller`` + partner                  :class:`CpaFile`
cpa-loaded                host + partner                                 :class:`CpaLoaded`
network-reach             host the probe left from (+ partner)           :class:`NetworkReach`
tls-scan                  host the probe left from (+ partner)           :class:`TlsScan`
tls-settings              host the probe left from                       :class:`TlsSettings`
ebms-ping                 host of our adapter + partner                  :class:`EbmsPing`
message-traffic           host of the chain partner                      :class:`MessageTraffic`
message-delivered         host ``controller`` + partner                  :class:`MessageDelivered`
message-error             host ``controller`` + partner                  :class:`MessageError`
limited-run-list          host ``controller``                            :class:`LimitedRunList`
chain-test-approval       host ``controller`` + partner                  :class:`ChainTestApproval`
consumer-spec             host ``controller`` + partner                  :class:`ConsumerSpec`
document                  host ``controller`` + partner                  :class:`Document`
restore-rehearsal         host that was restored                         :class:`RestoreRehearsal`
ways-in                   host that was entered                          :class:`WaysIn`
adapter-statement         system of the adapter (network plan)           :class:`StatementText`
========================  =============================================  ==========================

What follows from a statement of the hoster (lopendezaken.evidence.adapter_statement) has two keys more: ``source``
(``statement``) and ``statement`` (SHA-256 of its text). Of a hosted adapter, :class:`HostFacts` tells product and version.

One file holds one observation: two partners give two ebms-ping files. ``partner`` is the key of the
dossier (``compliance``, ``mijnoverheid``). Party ids are written as the wire has them
(``urn:osb:oin:00000099…``). Instants are UTC ``2026-11-24T10:00:00Z``; a fraction is allowed in raw.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class HostFacts(TypedDict):
    """What a host is and what it runs."""

    hostname: str
    distribution: str
    version: str
    kernel: str
    addresses: list[str]
    services: dict[str, str]  # unit name -> ActiveState, e.g. {"nftables.service": "active"}
    engine: str | None  # adapter hosts: embedded, ebms_admin or external; other hosts: None


class CertificateChain(TypedDict):
    """A certificate with its chain, as installed (own; server: of the proxy where TLS ends) or received (partner)."""

    role: Literal["own", "server", "partner"]
    pem: str  # leaf first, then TSP and domain CA; never a key
    names: list[str]  # own: the names that the dossier asked for; partner: empty
    anchors: str  # PEM of the trust store under which it is used: roots, and nothing else


class Crl(TypedDict):
    """A revocation list as a host has it, and whether it could be fetched just then."""

    url: str
    fetched: str | None  # when it last came from its publisher in this run; None: it did not
    error: str | None  # why it did not come, or was not taken
    der: str | None  # base64; None: the host has none
    this_update: str | None
    next_update: str | None


class CpaFile(TypedDict):
    """The CPA as rendered from the dossier, or as received from register or Logius."""

    cpa_id: str
    path: str  # relative to the dossier folder
    xml: str
    digest: str  # lopendezaken.cpa.meaning.digest(xml): of the meaning, not of the bytes


class CpaLoaded(TypedDict):
    """The CPA as it is in an adapter."""

    side: Literal["here", "partner"]
    cpa_id: str
    digest: (
        str | None
    )  # as CpaFile.digest, of what the adapter gave back; None by rest: it has none, by mail: not known
    source: Literal["rest", "mail", "statement"]


class Dns(TypedDict):
    """The answer of a name server to the probing host."""

    outcome: Literal["found", "not-found", "error"]
    addresses: list[str]
    error: str | None


class Tcp(TypedDict):
    """One attempt to connect."""

    address: str
    port: int
    outcome: Literal["open", "refused", "timeout", "unreachable", "error"]
    error: str | None
    ms: float | None


# `from` is a word of Python, hence the functional form.
NetworkReach = TypedDict(
    "NetworkReach",
    {
        "from": str,  # system of the network plan
        "to": str,  # name or address that was tried
        "via": str | None,  # proxy host:port that the connection went through
        "dns": Dns | None,  # None: an address was tried, no name
        "tcp": Tcp,
    },
)


class TlsPeer(TypedDict):
    """The certificate that the other side showed."""

    subject: str
    oin: str | None  # Subject serialNumber
    sha256: str
    not_after: str


class TlsScan(TypedDict):
    """One TLS handshake, read on until the other side has answered (TLS 1.3 refuses only then)."""

    direction: Literal["out", "in"]  # out: we to the partner; in: from outside to us
    host: str
    port: int
    with_client_certificate: bool
    outcome: Literal["accepted", "refused", "failed"]  # refused: the other side sent an alert
    protocol: str | None
    cipher: str | None
    peer: TlsPeer | None
    chain: list[str]  # PEM, as presented: leaf first; empty when the handshake did not come so far
    error: str | None


class TlsSettings(TypedDict):
    """All that an endpoint accepts of a stranger, found out by offering one thing at a time.

    Names of suites and groups are those of IANA, in the order in which the endpoint chose them. ``None``: not
    established; ``not_established`` then says of that fact why.
    """

    direction: Literal["in"]
    host: str
    port: int
    protocols: dict[str, bool | None]  # SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3: accepted or not
    suites: dict[str, list[str]]  # by protocol that is accepted
    groups: dict[str, list[str]]  # TLSv1.2 and TLSv1.3: of the key exchange
    sha1_signature: bool | None  # signs its key exchange with SHA-1 for a client that knows no better
    compression: bool | None
    secure_renegotiation: bool | None  # RFC 5746
    client_renegotiation: bool | None  # lets a client start one
    extended_master_secret: bool | None  # RFC 7627, in TLS 1.2
    early_data: int | None  # bytes of 0-RTT that it takes; 0: none
    certificate_requested: bool | None  # in TLS 1.2 the request is readable
    certificate_authorities: list[str]  # from which it says to take certificates
    chain: list[str]  # PEM, as presented: leaf first
    not_established: dict[str, str]


# A signal as GET /lopendezaken/v1/signals gives it, with those very names.
Signal = TypedDict(
    "Signal",
    {
        "direction": str,  # out | in
        "action": str,  # Ping | Pong
        "messageId": str,
        "refToMessageId": str | None,
        "conversationId": str,
        "from": str,
        "to": str,
        "cpaId": str,
        "timestamp": str,
        "envelope": str,
    },
)


class Diagnosis(TypedDict):
    """Why no Pong came."""

    leg: str  # name, port, route, tls-theirs, tls-ours, cpa-there, way-back ...
    says: str  # what the adapter answered, word for word
    look_at: str  # what to look at first


EbmsPing = TypedDict(
    "EbmsPing",
    {
        "cpa_id": str,
        "from": str,  # party id of this organisation
        "to": str,  # party id of the partner
        "endpoint": str,  # of the partner
        "outcome": Literal["pong", "failed"],
        "ms": float | None,  # from asking to answer, as the caller measured it
        "ping": Signal | None,
        "pong": Signal | None,
        "diagnosis": Diagnosis | None,
    },
)


class MessageTraffic(TypedDict):
    """Which messages passed, and with what result; never what they say."""

    messages: list[dict[str, object]]  # as GET /lopendezaken/v1/traffic gives them, each with its engine


class MessageDelivered(TypedDict):
    """One case message that ``lz message send`` sent, and what became of it; never what it says.

    ``citizen`` is the label of a test citizen, or the salted digest of a participant (:class:`LimitedRunList`).
    """

    message_id: str
    conversation_id: str
    cpa_id: str
    action: str
    stream: str | None  # name in the dossier
    status: str  # as the adapter says: DELIVERED, or CREATED when no acknowledgement came in time
    sent: str
    acknowledged: str | None  # when the adapter was first seen to have the acknowledgement
    sha256: str  # of the message; for a participant keyed with the secret of the list: a BSN can be guessed
    schema: Literal["xsd", "example"]  # valid by the XSD of Logius, or only by our example of a grammar
    allowed_by: Literal["test-bsns", "participants"]
    citizen: str


class MessageError(TypedDict):
    """A Foutbericht that came in; what it says stands in a file outside the evidence, with BSNs masked."""

    message_id: str
    about: str | None  # MessageId of the message that it refuses
    conversation_id: str
    cpa_id: str
    action: str
    code: str
    received: str  # when it was filed


class Participant(TypedDict):
    """Somebody who takes part in the limited run: never who, only the same one again."""

    digest: str  # HMAC-SHA-256 of the BSN under the secret salt of the list
    agreed_on: str


class LimitedRunList(TypedDict):
    """Those who take part in the limited run as the list stood at that moment (P4-13, P4-15)."""

    participants: list[Participant]


class ChainTestApproval(TypedDict):
    """What Logius wrote about the report of the chain test (P3-20)."""

    outcome: Literal["approved", "refused"]
    dated: str  # date of their message
    report_sha256: str | None  # of the report that they judged
    document: str  # their message, relative to the dossier folder


class ConsumerSpec(TypedDict):
    """The Consumerspecificatie as it went to the CPA Register (P2-50); it holds certificates, never a key."""

    document: str  # the file, relative to the dossier folder
    xml: str
    sha256: str  # of its bytes


class Mail(TypedDict):
    """Which mail a file is or answers: its document (``mail-cpa``) and what Logius says in it."""

    id: str
    direction: Literal["sent", "received"]
    outcome: str | None  # of an answer: loaded, agreed, approved, refused, processed, data, answered


class Document(TypedDict):
    """A file that a person has; only its digest is here."""

    type: str  # document, mail, report, chain-test-approval, cpa-loaded, consumer-spec
    title: str
    document: str  # relative to the dossier folder
    sha256: str
    size: int
    dated: str  # the date that it bears
    recorded_by: str
    like_bsn: int  # lines with what passes for a BSN and, says who recorded it, are none
    mail: Mail | None  # lz mail; absent in evidence of before that command


class RestoreRehearsal(TypedDict):
    """What a backup gave back on a host, read from the running adapter (playbooks/restore.yml)."""

    of: str  # host that the backup was made of
    made: str  # when it was made
    messages: int
    cpas: list[str]  # ids
    remembered: int  # message ids by which a duplicate is recognised
    replaced: bool  # the host held messages before, and somebody consented to lose them


class StatementText(TypedDict):
    """What the hoster of an adapter stated, word for word, and its SSH signature (role lz-hoster)."""

    document: str  # relative to the dossier folder
    text: str
    signature: str


class WayIn(TypedDict):
    """An access to a host past ssh and the gate."""

    at: str  # whole seconds, UTC
    how: str  # "first start" of a host that was delivered, else what its journal says of the login


class WaysIn(TypedDict):
    """Every access past the gate that the journal of a host tells of."""

    ways: list[WayIn]
