"""What the raw part of each kind of evidence holds. Collectors write it, controls read it.

Raw means: what was seen, never a verdict. Absent facts are ``None``, not left out.

========================  =============================================  ==========================
kind                      subject                                        raw
========================  =============================================  ==========================
host-facts                host                                           :class:`HostFacts`
certificate-chain         host (own); host + partner (theirs)            :class:`CertificateChain`
cpa-file                  host ``controller`` + partner                  :class:`CpaFile`
cpa-loaded                host + partner                                 :class:`CpaLoaded`
network-reach             host the probe left from (+ partner)           :class:`NetworkReach`
tls-scan                  host the probe left from (+ partner)           :class:`TlsScan`
ebms-ping                 host of our adapter + partner                  :class:`EbmsPing`
chain-test-approval       host ``controller`` + partner                  :class:`ChainTestApproval`
========================  =============================================  ==========================

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
    """A certificate with its chain, as installed (own) or received (partner)."""

    role: Literal["own", "partner"]
    pem: str  # leaf first, then TSP and domain CA; never a key
    names: list[str]  # own: the names that the dossier asked for; partner: empty


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
    source: Literal["rest", "mail"]


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
    error: str | None


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


class ChainTestApproval(TypedDict):
    """What Logius wrote about the report of the chain test (P3-20)."""

    outcome: Literal["approved", "refused"]
    dated: str  # date of their message
    report_sha256: str | None  # of the report that they judged
    document: str  # their message, relative to the dossier folder
