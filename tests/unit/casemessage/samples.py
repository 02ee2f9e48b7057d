"""Case messages for tests. The BSNs are of the range 99999xxxx, which is given to nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from lopendezaken.casemessage.model import Case, CaseMessage, Status

BSN, OTHER_BSN, UNKNOWN_BSN = "999990019", "999990020", "999990044"
NO_BSN = "999990011"
SENDER, RECEIVER = "00000099100000001000", "00000099300000001000"

STUF = CaseMessage(
    form="stuf",
    reference="4f1d6e1e-7b1c-4f0e-8f3b-0d7f3a9f1c55",
    sent=datetime(2026, 11, 24, 10, 30, 0, 123000),
    sender_oin=SENDER,
    receiver_oin=RECEIVER,
    bsn=BSN,
    case=Case(
        id="ZAAK-2026-0000012",
        title="Omgevingsvergunning aanvragen",
        kind="Omgevingsvergunning",
        explanation="Dakkapel aan de achterzijde",
        start=date(2026, 11, 2),
        statuses=(
            Status("1", "Ontvangen", date(2026, 11, 2)),
            Status("2", "In behandeling", date(2026, 11, 10)),
        ),
    ),
)
MO = replace(STUF, form="mo")
