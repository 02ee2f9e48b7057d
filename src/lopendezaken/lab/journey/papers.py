"""The papers that people bring along: documents of the organisation, answers of Logius, case messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from lopendezaken.casemessage import check
from lopendezaken.casemessage.model import Case, CaseMessage, Status
from lopendezaken.evidence.sshsig import make_key
from lopendezaken.gate import certificate
from lopendezaken.lab.journey import canary
from lopendezaken.lab.journey.stage import Stage

# Of the range 99999xxxx, which is given to nobody; the played MijnOverheid knows the first.
CITIZEN, UNKNOWN_CITIZEN, STRANGER = "999990019", "999990044", "999990056"
PARTNERS = {"preprod": "00000099300000001000", "prod": "00000099400000001000"}


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

    def tool(self, name: str, text: str) -> str:
        """A file of somebody who tries a way round, outside the clone. Give its path."""
        path = self.stage.clone.parent / "ways-round" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def own_certificate(self) -> str:
        """A key with a certificate for every stage, by an authority that is not the gate. Give its path."""
        path = Path(self.tool("own", ""))
        path.unlink()
        for key in (path, path.with_name("authority")):
            make_key(key, key.name)
        slug, now = self.stage.organisation.name, datetime.now(UTC)
        names = tuple(certificate.principal(slug, each) for each in ("network", "connect", "verify"))
        public = path.with_name("own.pub")
        made = certificate.issue(
            path.with_name("authority"), public, "own", names, now, now + timedelta(hours=1)
        )
        path.with_name("own-cert.pub").write_bytes(made)
        return str(path)

    @property
    def last_message(self) -> Path:
        """Where the case message lies that is being sent: outside the dossier."""
        return self.stage.clone.parent / "message.xml"

    def message(self, stream: str, bsn: str, environment: str, statuses: int = 1) -> str:
        """A case message to one citizen, outside the dossier: it bears a BSN. Give its path."""
        day = self.stage.day(80)
        steps = (Status("1", "Ontvangen", day), Status("2", "In behandeling", day))
        case = Case(f"ZAAK-{uuid4().hex[:8]}", stream, day, steps[:statuses], kind=stream)
        sender, receiver = self.stage.number, PARTNERS[environment]
        made = CaseMessage("stuf", str(uuid4()), datetime.now(), sender, receiver, case, bsn)
        path = self.last_message
        path.touch(mode=0o600)
        path.write_bytes(check.write(made))
        return str(path)

    def ways_in(self) -> str:
        """Who entered production past the gate, as people write it in the dossier: one for each that was seen."""
        files = sorted((self.stage.dossier / "evidence/prod/ways-in").glob("*.json"))
        seen = [json.loads(path.read_text()) for path in files]
        ways = {
            (each["subject"]["host"], way["at"][:10], way["at"])
            for each in seen
            for way in each["raw"]["ways"]
        }
        rows = (
            f"{{host: {host}, on: {day}, who: Rekencentrum, why: Levering of storing, checked_by: Beheer integratie}}"
            for host, day, _ in sorted(ways)
        )
        return f"[{', '.join(rows)}]"

    def bsns_left(self) -> Iterator[str]:
        """Where a BSN of this journey stands in the clear. The list of test citizens is theirs to have."""
        self.last_message.unlink(missing_ok=True)
        clone, numbers = self.stage.clone, (CITIZEN, UNKNOWN_CITIZEN, STRANGER)
        left = {*canary.known_to_git(clone), self.stage.dossier / "received/test-bsn.txt"}
        yield from canary.in_files(clone.parent, numbers, left)
        yield from canary.in_logs(self.stage.layout, numbers)

    def _write(self, name: str, content: bytes) -> str:
        path = self.stage.dossier / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name
