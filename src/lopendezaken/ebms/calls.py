"""What a REST call asks of the engine, and how it is told that it cannot be done."""

from __future__ import annotations

from dataclasses import dataclass

from lopendezaken.cpa.model import Cpa, Party, Route
from lopendezaken.ebms.mime import Attachment
from lopendezaken.ebms.msh import Wish
from lopendezaken.ebms.store import Stored
from lopendezaken.errors import LzError


class CallError(Exception):
    """A call that cannot be done: HTTP ``status`` and the text that ebms-admin gives."""

    def __init__(self, text: str, status: int = 500) -> None:
        super().__init__(text)
        self.status = status


def party(cpa: Cpa, party_id: str, name: str) -> Party:
    """A party by its ``type:value``. Raises :class:`CallError`; ``name`` is that of the parameter."""
    try:
        return cpa.party(party_id)
    except LzError as error:
        raise CallError(f"No {name} found with partyId={party_id} in cpaId={cpa.id}") from error


@dataclass(frozen=True, slots=True)
class Wanted:
    """A business message that the application wants to send. Party and service are ``type:value``."""

    cpa_id: str
    from_party: str
    from_role: str
    service: str
    action: str
    wish: Wish
    to_party: str | None = None
    to_role: str | None = None

    @classmethod
    def again(cls, stored: Stored, attachments: tuple[Attachment, ...]) -> Wanted:
        """The same message once more, under a new MessageId."""
        return cls(
            cpa_id=stored.cpa_id,
            from_party=str(stored.sender.id),
            from_role=stored.sender.role or "",
            service=str(stored.service),
            action=stored.action,
            wish=Wish(stored.conversation_id, None, stored.ref_to_message_id, attachments),
            to_party=str(stored.receiver.id),
            to_role=stored.receiver.role,
        )

    def route(self, cpa: Cpa) -> Route:
        """What the CPA says of it. Raises :class:`CallError`."""
        sender = party(cpa, self.from_party, "fromParty")
        receiver = party(cpa, self.to_party, "toParty") if self.to_party else cpa.other(sender)
        try:
            route = cpa.route(sender.id, receiver.id, self.service, self.action)
        except LzError as error:
            raise self._no_action(str(error)) from error
        if self.from_role != route.from_role:
            raise self._no_action(f"the CPA has role {route.from_role}")
        if self.to_role and self.to_role != route.to_role:
            raise self._no_action(f"the CPA has role {route.to_role} for the other party")
        return route

    def _no_action(self, reason: str) -> CallError:
        asked = f"fromPartyId={self.from_party}, fromRole={self.from_role}, service={self.service}"
        return CallError(f"No CanSend action found for {asked}, action={self.action}: {reason}")
