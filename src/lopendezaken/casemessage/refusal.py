"""Why a case message is refused: a code for machines and a sentence for people, neither with a BSN in it."""

from __future__ import annotations

from enum import Enum

from lopendezaken.casemessage.bsn import mask_all

MAX_DETAIL = 300  # characters


class Reason(Enum):
    """The codes. Logius' own list is not public; the two that are known of its Berichtenbox are used as they are."""

    TOO_BIG = "BerichtTeGroot", "Het bericht is te groot."
    UNREADABLE = "XmlNietLeesbaar", "Het bericht is geen leesbare XML."
    DTD = "DtdNietToegestaan", "Een DTD of entiteit is niet toegestaan."
    UNKNOWN_KIND = "BerichtsoortOnbekend", "Dit soort bericht wordt niet verwerkt."
    INVALID = "XmlValidatieTegenXsdValtNegatiefUit", "Het bericht voldoet niet aan het schema."
    CONTENT = "InhoudOnjuist", "De inhoud van het bericht klopt niet."
    OIN = (
        "OinInCPAKomtNietOvereenMetOinInBericht",
        "De OIN van de zender in het bericht is een andere dan die in de CPA.",
    )
    ELEVEN_TEST = "BsnVoldoetNietAanElfproef", "Het BSN voldoet niet aan de elfproef."
    UNKNOWN_BSN = "BsnOnbekend", "Het BSN is hier niet bekend."

    @property
    def code(self) -> str:
        """The code."""
        return self.value[0]

    @property
    def text(self) -> str:
        """The sentence (Dutch)."""
        return self.value[1]


class RefusedError(Exception):
    """A message that is refused; ``detail`` says where in the message. BSNs in it are masked."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        # What a parser says may quote the message: keep it on one line.
        self.detail = mask_all(" ".join(detail.split()))[:MAX_DETAIL]
        self.reason = reason
        super().__init__(f"{reason.code}: {reason.text} {self.detail}".strip())
