"""Messages to test with, and strategies that make more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from lopendezaken.cpa.model import PartyId
from lopendezaken.ebms.envelope import (
    Acknowledgment,
    AckRequested,
    Address,
    Digest,
    Envelope,
    Fault,
    Service,
    StatusResponse,
)
from lopendezaken.ebms.mime import Attachment

# Text as XML can hold and strip() keeps.
words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co", "Zs", "Zl", "Zp")),
    min_size=1,
    max_size=20,
)
printable = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="<>"), min_size=1, max_size=30
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
party_ids = st.builds(PartyId, st.none() | words, words)
addresses = st.builds(Address, st.lists(party_ids, min_size=1, max_size=3).map(tuple), st.none() | words)
actors = st.none() | words
envelopes = st.builds(
    Envelope,
    sender=addresses,
    receiver=addresses,
    cpa_id=words,
    conversation_id=words,
    service=st.builds(Service, words, st.none() | words),
    action=words,
    message_id=printable,
    timestamp=moments,
    ref_to_message_id=st.none() | words,
    time_to_live=st.none() | moments,
    duplicate_elimination=st.booleans(),
    sync_reply=st.booleans(),
    ack_requested=st.none() | st.builds(AckRequested, st.booleans(), actors),
    acknowledgment=st.none()
    | st.builds(
        Acknowledgment,
        *(moments, words, st.lists(party_ids, max_size=2).map(tuple), actors),
        st.lists(st.builds(Digest, st.just("") | words, words, words), max_size=3).map(tuple),
    ),
    errors=st.lists(
        st.builds(
            Fault, words, st.just("") | words, st.none() | words, st.sampled_from(["Error", "Warning"]), words
        ),
        max_size=3,
    ).map(tuple),
    references=st.lists(words, max_size=4).map(tuple),
    status_request=st.none() | words,
    status_response=st.none() | st.builds(StatusResponse, words, words, st.none() | moments),
)
attachments = st.lists(
    st.builds(
        Attachment,
        content_id=printable,
        content_type=st.sampled_from(["application/xml", "text/plain; charset=UTF-8", "application/pdf"]),
        content=st.binary(max_size=200),
        name=st.none() | words,
    ),
    max_size=5,
    unique_by=lambda attachment: attachment.content_id,
).map(tuple)

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def business(message_id: str = "1@a.example", **changes: object) -> Envelope:
    """A reliable message from A to B."""
    fields: dict[str, object] = {
        "sender": Address((PartyId("urn:osb:oin", "00000099100000001000"),), "SR"),
        "receiver": Address((PartyId("urn:osb:oin", "00000099300000001000"),), "SP"),
        "cpa_id": "cpa",
        "conversation_id": "c",
        "service": Service("voorbeeld:LopendeZaken:1.0", "urn:osb:services"),
        "action": "Zaakbericht",
        "message_id": message_id,
        "timestamp": NOW,
        "time_to_live": NOW + timedelta(minutes=5),
        "duplicate_elimination": True,
        "ack_requested": AckRequested(),
        "references": ("cid:zaak",),
    }
    return Envelope(**{**fields, **changes})  # type: ignore[arg-type]


PAYLOAD = Attachment("zaak", "application/xml", b"<zaak/>", "zaak.xml")
