"""The papers that people bring along: documents of the organisation, answers of Logius, case messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from lopendezaken.casemessage import check
from lopendezaken.casemessage.model import Case, CaseMessage, Status
from lopendezaken.lab.journey.stage import Stage

# Of the range 99999xxxx, which is given to nobody; the played MijnOverheid knows the first.
CITIZEN, UNKNOWN_CITIZEN, STRANGER = "999990019", "999990044", "999990056"
OWN, PARTNERS = "00000099100000001000", {"preprod": "00000099300000001000", "prod": "00000099400000001000"}


@dataclass(frozen=True)
class Papers:
    """Writes them below the dossier's folder; every method gives the name of the file there."""

    stage: Stage

    def document(self, name: str, text: str = "") -> str:
        """A document of the organisation itself."""
        return self._write(name, (text or f"Document voor de rondgang: {name}\n").encode())

    def answer(self, name: str, subject: str, text: str, day: int) -> str:
        """A mail of Logius."""
        message = EmailMessage()
        message["From"] = "Servicecentrum <servicecentrum@logius.example>"
        message["To"] = "Beheer integratie <integratie@voorbeeldstad.example>"
        message["Date"] = datetime.combine(self.stage.day(day), datetime.min.time(), UTC)
        message["Message-ID"] = f"<{name.replace('/', '-')}@logius.example>"
        message["Subject"] = subject
        message.set_content(f"Geachte aansluiter,\n\n{text}\n\nMet vriendelijke groet,\nServicecentrum\n")
        return self._write(f"received/mails/{name}.eml", bytes(message))

    def sent(self, made: str, name: str) -> str:
        """A mail or form that was made, kept as it went out."""
        return self._write(f"sent/{name}", (self.stage.organisation / "documents" / made).read_bytes())

    def private(self, name: str, text: str) -> Path:
        """A file that nobody else may read."""
        path = self.stage.dossier / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path

    @property
    def last_message(self) -> Path:
        """Where the case message lies that is being sent: outside the dossier."""
        return self.stage.clone.parent / "message.xml"

    def message(self, stream: str, bsn: str, environment: str, statuses: int = 1) -> str:
        """A case message to one citizen, outside the dossier: it bears a BSN. Give its path."""
        day = self.stage.day(80)
        steps = (Status("1", "Ontvangen", day), Status("2", "In behandeling", day))
        case = Case(f"ZAAK-{uuid4().hex[:8]}", stream, day, steps[:statuses], kind=stream)
        sender, receiver = OWN, PARTNERS[environment]
        made = CaseMessage("stuf", str(uuid4()), datetime.now(), sender, receiver, case, bsn)
        path = self.last_message
        path.touch(mode=0o600)
        path.write_bytes(check.write(made))
        return str(path)

    def _write(self, name: str, content: bytes) -> str:
        path = self.stage.dossier / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name
