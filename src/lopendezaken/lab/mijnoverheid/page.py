"""The page: what a citizen would see of their cases, and what became of each message. Dutch, HTML without scripts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from html import escape
from urllib.parse import parse_qs, urlsplit

from lopendezaken.casemessage.bsn import mask
from lopendezaken.casemessage.model import Case, Status
from lopendezaken.lab.mijnoverheid.cases import ACCEPTED, Cases, Taken

_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)

STYLE = """
:root { color-scheme: light; --ink: #1b2733; --soft: #4b5a69; --line: #ccd5dd; --deep: #143f63; --pale: #eef4f9; }
* { box-sizing: border-box; }
body { margin: 0; font: 1.0625rem/1.6 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: #fff; }
a { color: #0b5394; text-underline-offset: .15em; }
a:focus-visible { outline: 3px solid #b45309; outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: #fff; padding: .5rem 1rem; }
.played { background: #fdf3d7; border-bottom: 1px solid #e3cf8e; }
header { background: var(--deep); color: #fff; }
header a { color: #fff; }
.inner { max-width: 58rem; margin: 0 auto; padding: .75rem 1.25rem; }
header .inner { display: flex; flex-wrap: wrap; gap: .25rem 2rem; align-items: baseline; }
header strong { font-size: 1.25rem; }
main { padding-bottom: 3rem !important; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 1.25rem 0 .5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2rem 0 .75rem; }
.cards { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; }
.cards li { border: 1px solid var(--line); border-left: .3rem solid var(--deep); border-radius: .25rem; padding: .9rem 1.1rem; }
.cards .name { font-size: 1.125rem; font-weight: 600; }
.cards p { margin: .2rem 0 0; }
.soft { color: var(--soft); margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.history { list-style: none; margin: 0; padding: 0; }
.history li { position: relative; padding: 0 0 1rem 1.75rem; }
.history li:not(:last-child)::after { content: ""; position: absolute; left: .375rem; top: 1.4rem; bottom: -.3rem;
  border-left: 2px solid var(--line); }
.history li::before { content: ""; position: absolute; left: 0; top: .4rem; width: .875rem; height: .875rem;
  border-radius: 50%; background: #fff; border: 2px solid var(--deep); }
.history li:first-child::before { background: var(--deep); }
.history time { color: var(--soft); display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 46rem; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; }
td time { white-space: nowrap; }
caption { text-align: left; color: var(--soft); padding-bottom: .5rem; }
.good { color: #14592e; font-weight: 600; }
.bad { color: #9b1c1c; font-weight: 600; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200


class Pages:
    """All pages of one played MijnOverheid. ``people`` are the test BSNs with their names."""

    def __init__(self, name: str, people: Mapping[str, str], cases: Cases) -> None:
        self._name = name
        self._people = list(people.items())
        self._cases = cases

    def get(self, target: str) -> Answer:
        """The answer to a GET."""
        parts = urlsplit(target)
        words = [word for word in parts.path.split("/") if word]
        if parts.path == "/stijl.css":
            return Answer(STYLE.encode(), "text/css; charset=utf-8")
        if parts.path == "/berichten.json":
            return self._messages_json(parse_qs(parts.query).get("na", ["0"])[0])
        body: tuple[str, str] | None = None
        if not words:
            body = self._index()
        elif words == ["berichten"]:
            body = self._messages()
        elif words[0] == "burger" and len(words) in {2, 4}:
            body = self._citizen(words[1:])
        if body is None:
            return Answer(
                self._page("Niet gevonden", "<h1>Niet gevonden</h1><p>Deze pagina bestaat niet.</p>"),
                status=404,
            )
        return Answer(self._page(*body))

    def _index(self) -> tuple[str, str]:
        counts = self._cases.citizens()
        items = "".join(
            f'<li><a class="name" href="/burger/{number}">{escape(name)}</a>'
            f'<p class="soft">BSN {mask(bsn)} · {_count(counts.get(bsn, 0))}</p></li>'
            for number, (bsn, name) in enumerate(self._people, start=1)
        )
        return (
            "Testpersonen",
            "<h1>Testpersonen</h1>"
            "<p>Kies een testpersoon om de zaken te zien zoals die persoon ze ziet.</p>"
            f'<ul class="cards">{items}</ul>',
        )

    def _citizen(self, words: list[str]) -> tuple[str, str] | None:
        # A BSN in an address would end up in histories and logs; its place in the list does not matter there.
        if not (words[0].isascii() and words[0].isdecimal()) or not 0 < int(words[0][:4]) <= len(
            self._people
        ):
            return None
        bsn, name = self._people[int(words[0][:4]) - 1]
        own = self._cases.of(bsn)
        if len(words) == 1:
            return self._list(words[0], bsn, name, own)
        for sender, case in own:
            if words[1:] == ["zaak", _key(sender, case)]:
                return self._case(words[0], name, sender, case)
        return None

    def _list(self, number: str, bsn: str, name: str, own: list[tuple[str, Case]]) -> tuple[str, str]:
        title = f"Lopende zaken van {name}"
        text = "<h1>Lopende zaken</h1>"
        text += f'<p class="soft">{escape(name)} · BSN {mask(bsn)}</p>'
        if not own:
            return title, text + "<p>Er zijn nog geen zaken.</p>"
        for heading, chosen in (
            ("Lopend", [one for one in own if one[1].end is None]),
            ("Afgerond", [one for one in own if one[1].end is not None]),
        ):
            if chosen:
                items = "".join(_card(number, sender, case) for sender, case in chosen)
                text += f'<h2>{heading}</h2><ul class="cards">{items}</ul>'
        return title, text

    def _case(self, number: str, name: str, sender: str, case: Case) -> tuple[str, str]:
        facts = [
            ("Zaaknummer", escape(case.id)),
            *([("Zaaktype", escape(case.kind))] if case.kind else []),
            ("Organisatie (OIN)", escape(sender)),
            ("Gestart op", _time(case.start)),
            *([("Afgerond op", _time(case.end))] if case.end else []),
            *([("Toelichting", escape(case.explanation))] if case.explanation else []),
        ]
        rows = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts)
        history = "".join(
            f"<li>{escape(status.text)}{_time(status.on)}</li>" for status in reversed(case.statuses)
        )
        return (
            case.title,
            f'<p><a href="/burger/{number}">Alle zaken van {escape(name)}</a></p><h1>{escape(case.title)}</h1>'
            f'<dl>{rows}</dl><h2>Statusgeschiedenis</h2><ol class="history" reversed>{history}</ol>',
        )

    def _messages(self) -> tuple[str, str]:
        rows = "".join(_row(one) for one in reversed(self._cases.taken()))
        if not rows:
            return "Berichten", "<h1>Berichten</h1><p>Er is nog geen bericht ontvangen.</p>"
        heads = "".join(
            f'<th scope="col">{head}</th>' for head in ("Ontvangen", "Uitkomst", "Bericht", "Gevolg")
        )
        return (
            "Berichten",
            "<h1>Berichten</h1>"
            '<div class="scroll" tabindex="0" role="region" aria-label="Ontvangen berichten"><table>'
            "<caption>Elk ontvangen bericht en wat ermee gebeurde, het nieuwste eerst (tijden in UTC)</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
        )

    def _messages_json(self, after: str) -> Answer:
        known = after.isascii() and after.isdecimal() and len(after) < 12
        rows = [
            asdict(one) | {"at": one.at.isoformat()} for one in self._cases.taken(int(after) if known else 0)
        ]
        return Answer(json.dumps(rows).encode(), "application/json")

    def _page(self, title: str, content: str) -> bytes:
        return f"""<!DOCTYPE html>
<html lang="nl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - {escape(self._name)} (nagespeeld)</title>
<link rel="stylesheet" href="/stijl.css">
</head>
<body>
<a class="skip" href="#inhoud">Naar de inhoud</a>
<div class="played"><div class="inner">Nagespeeld voor de ketentest. Dit is niet MijnOverheid; er staan alleen testgegevens.</div></div>
<header><nav class="inner" aria-label="Hoofdmenu"><strong>{escape(self._name)}</strong>
<a href="/">Testpersonen</a><a href="/berichten">Berichten</a></nav></header>
<main id="inhoud" class="inner">{content}</main>
</body>
</html>
""".encode()


def _card(number: str, sender: str, case: Case) -> str:
    last: Status | None = case.statuses[-1] if case.statuses else None
    now = f'{escape(last.text)} <span class="soft">({_time(last.on)})</span>' if last else "Nog geen status"
    return (
        f'<li><a class="name" href="/burger/{number}/zaak/{_key(sender, case)}">{escape(case.title)}</a>'
        f'<p>{now}</p><p class="soft">Zaaknummer {escape(case.id)} · gestart op {_day(case.start)}</p></li>'
    )


def _row(one: Taken) -> str:
    if one.outcome == ACCEPTED:
        outcome = '<span class="good">Verwerkt</span>'
        about = f"BSN {escape(one.bsn or '')}<br>{escape(one.case_id or '')}"
    else:
        detail = f"<br>{escape(one.detail)}" if one.detail else ""
        outcome = f'<span class="bad">Geweigerd</span><br>{escape(one.code or "")}{detail}'
        about = f"Foutbericht {_id(one.answer or '')}"
    at = f'<time datetime="{one.at.isoformat()}">{one.at:%d-%m-%Y %H:%M:%S}</time>'
    return f"<tr><td>{at}</td><td>{outcome}</td><td>{_id(one.message_id)}</td><td>{about}</td></tr>"


def _id(message_id: str) -> str:
    return escape(message_id).replace("@", "<wbr>@")


def _key(sender: str, case: Case) -> str:
    return hashlib.sha256(f"{sender} {case.id}".encode()).hexdigest()[:16]


def _count(number: int) -> str:
    return "nog geen zaken" if not number else "1 zaak" if number == 1 else f"{number} zaken"


def _day(on: date) -> str:
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def _time(on: date) -> str:
    return f'<time datetime="{on.isoformat()}">{_day(on)}</time>'
