"""A mail: whatever a name holds, its headers are ours; what is missing is told at once; no BSN leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lopendezaken.documents import build
from lopendezaken.documents.document import files_of
from lopendezaken.documents.mail import Attachment, mail, phone
from lopendezaken.documents.registry import document
from lopendezaken.documents.source import Source, read
from lopendezaken.errors import LzError
from tests.unit.documents import world

TEST_BSN = "999990019"  # passes the eleven test; of nobody
Written = Callable[..., Path]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return world.source(tmp_path_factory.mktemp("world"))


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Give an organisation in whose dossier texts were replaced."""

    def write(*replacements: tuple[str, str]) -> Path:
        organisation = world.create(tmp_path)
        path = organisation / "dossier/dossier.yml"
        text = path.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        return organisation

    return write


def with_contact(source: Source, **changes: Any) -> Source:
    first, second, *rest = source.dossier.contacts
    contacts = (first, second.model_copy(update=changes), *rest)
    return replace(source, dossier=source.dossier.model_copy(update={"contacts": contacts}))


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, _class=EmailMessage, policy=default)


def sender_of(content: bytes) -> tuple[str, str]:
    """Read as RFC 2047 says; the newer reader of Python 3.11 puts blanks between encoded words."""
    name, address = parseaddr(message_from_bytes(content)["From"])
    return str(make_header(decode_header(name))), address


def cpa_mail(source: Source) -> EmailMessage:
    (made,) = files_of(document("mail-cpa"), source.of("preprod"))
    return parsed(made.content)


@pytest.mark.parametrize(
    "name",
    [
        "Zoë Çelik-Ñandú",
        "王小明",
        "Jansen, P.",
        'De "Bakker"',
        "a@b.example",
        "x" * 300,
        "Jan <x@evil.example>",
        "=?utf-8?q?x?=",
    ],
)
def test_any_name_is_a_name(source: Source, name: str) -> None:
    (made,) = files_of(document("mail-cpa"), with_contact(source, name=name).of("preprod"))
    assert sender_of(made.content) == (f"{name} (Gemeente Voorbeeldstad)", "zaken@voorbeeldstad.example")
    body = parsed(made.content).get_body(("plain",))
    assert body is not None
    assert f"- Contact functioneel: {name}, zaken@" in body.get_content()


@given(name=st.text(min_size=1), organisation=st.text(min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_text_of_the_dossier_becomes_a_header(source: Source, name: str, organisation: str) -> None:
    """Either it is refused as missing, or the mail has exactly the headers of any other mail."""
    changed = with_contact(source, name=name)
    own = changed.dossier.organisation.model_copy(update={"name": organisation})
    contacts = tuple(
        each.model_copy(update={"organisation": organisation}) if each.organisation != "Logius" else each
        for each in changed.dossier.contacts
    )
    changed = replace(
        changed, dossier=changed.dossier.model_copy(update={"organisation": own, "contacts": contacts})
    )
    asked, copy = document("mail-test-accounts"), changed.of("preprod")
    if not (name.isprintable() and organisation.isprintable()):
        with pytest.raises(LzError, match="line break or a control character"):
            files_of(asked, copy)
        return
    (made,) = files_of(asked, copy)
    message = parsed(made.content)
    assert message.keys() == [
        *("Subject", "From", "To", "Cc", "Date", "Message-ID", "X-Unsent", "Content-Language"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    ]
    assert sender_of(made.content)[0].split() == f"{name} ({organisation})".split()
    assert [each.addr_spec for each in message["From"].addresses] == ["zaken@voorbeeldstad.example"]
    assert [each.addr_spec for each in message["To"].addresses] == ["servicecentrum@logius.example"]


def test_a_line_break_in_a_name_is_refused_and_writes_nothing(written: Written, tmp_path: Path) -> None:
    organisation = written(
        ("name: Team zaakgericht werken", 'name: "Team\\nBcc: x@evil.example"'),
        ("name: Servicecentrum", 'name: "S\\u202egnikniw"'),
    )
    with pytest.raises(LzError, match=r"2 things missing[\s\S]*contacts\[1\].name[\s\S]*contacts\[2\].name"):
        build.render("mail-test-accounts", read(organisation, world.DAY), None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_line_break_elsewhere_stays_within_its_line(written: Written) -> None:
    organisation = written(("what: Ander uitgaand adres", 'what: "Adres\\n\\nOIN: 1\\nX-A: b"'))
    files = files_of(document("mail-change"), read(organisation, world.DAY))
    body = parsed(files[1].content).get_body(("plain",))
    assert body is not None
    assert "- Wat: Adres OIN: 1 X-A: b\r\n" in body.get_content()


def test_everything_that_is_missing_is_told_at_once(written: Written, tmp_path: Path) -> None:
    organisation = written(
        ("organisation: Logius", "organisation: Iemand"),
        ("role: technical", "role: security"),
        ("file: cpa/preprod/mijnoverheid.xml", "file: cpa/preprod/none.xml"),
    )
    with pytest.raises(LzError) as caught:
        build.render("mail-cpa", read(organisation, world.DAY), "preprod", tmp_path / "out")
    told = str(caught.value)
    for words in ("no functional contact of Logius", "no technical contact of our own", "no CPA yet"):
        assert words in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'tns:cpaid="LopendeZaken', b'tns:cpaid="Anders', "CPA-047"),
        (
            b"00000099100000001000</tns:PartyId>",
            b"00000099900000001000</tns:PartyId>",
            "CPA-012",
        ),
        (b"</tns:CollaborationProtocolAgreement>", b"", "readable"),
        (b'duplicateElimination="always"', b'duplicateElimination="never"', "CPA-024"),
    ],
)
def test_a_cpa_that_does_not_fit_is_not_sent(written: Written, old: bytes, new: bytes, words: str) -> None:
    organisation = written()
    path = organisation / "dossier/cpa/preprod/mijnoverheid.xml"
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    with pytest.raises(LzError, match=words):
        cpa_mail(read(organisation, world.DAY))


def test_the_cpa_may_start_later(source: Source) -> None:
    assert cpa_mail(replace(source, day=date(2026, 10, 1)))["Date"].datetime.date() == date(2026, 10, 1)


def test_a_cpa_that_logius_made_is_not_sent_to_it(written: Written) -> None:
    organisation = written(("origin: own", "origin: logius"))
    assert "mail-cpa" not in {each.document.id for each in build.states(read(organisation, world.DAY))}


def test_a_bsn_does_not_leave_by_mail(source: Source) -> None:
    attachment = Attachment("a.xml", "application/xml", f"<x>{TEST_BSN}</x>".encode())
    for values in ({"attachments": [attachment], "needed": 2}, {"needed": TEST_BSN}):
        with pytest.raises(LzError, match="may hold a BSN") as caught:
            mail(source, "a.eml", "mail_test_accounts.txt.j2", **values)
        assert TEST_BSN not in str(caught.value)


def test_digits_of_a_digest_and_of_a_telephone_are_no_bsn(source: Source) -> None:
    digest = f"a{TEST_BSN}b" * 6
    made = mail(
        with_contact(source, phone=f"+31 {TEST_BSN}"), "a.eml", "mail_test_accounts.txt.j2", needed=digest
    )
    body = parsed(made.content).get_body(("plain",))
    assert body is not None
    assert f"+31{TEST_BSN}" in body.get_content()
    assert phone("+31 70 000 00 01") == "+31 70 000 00 01"


def test_the_same_is_the_same_and_another_is_another(source: Source) -> None:
    copy = source.of("preprod")
    (first,), (again,) = (files_of(document("mail-cpa"), copy) for _ in range(2))
    (later,) = files_of(document("mail-cpa"), replace(copy, day=date(2026, 11, 25)))
    assert first == again
    assert parsed(first.content)["Message-ID"] != parsed(later.content)["Message-ID"]


@pytest.mark.parametrize(
    "address", ["José@voorbeeldstad.example", "a\x00b@voorbeeldstad.example", "a,b@c.example"]
)
def test_an_address_is_kept_whole_or_refused(source: Source, address: str) -> None:
    changed = with_contact(source, mail=address)
    if address.isascii() and address.isprintable():
        assert [each.addr_spec for each in cpa_mail(changed)["From"].addresses] == ['"a,b"@c.example']
    else:
        with pytest.raises(LzError, match="address with other than ASCII"):
            cpa_mail(changed)


def test_accounts_of_our_own_need_no_question(written: Written) -> None:
    organisation = written(("own_digid: false", "own_digid: true"))
    with pytest.raises(LzError, match="not needed now"):
        build.render("mail-test-accounts", read(organisation, world.DAY), None, None)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("start: 2026-12-07", "start: 2026-12-27", "ends before it starts"),
        ("start: 2026-12-07", "start: 2026-11-24", "not after today"),
        (
            "  preparation: {plan: test/plan.pdf, data_ready_on: 2026-11-20, messages_ready_on: 2026-11-20}\n",
            "",
            "ready",
        ),
    ],
)
def test_a_period_is_proposed_when_all_is_ready(written: Written, old: str, new: str, words: str) -> None:
    source = read(written((old, new)), world.DAY)
    with pytest.raises(LzError, match=words):
        files_of(document("mail-test-period"), source.of("preprod"))


def test_no_period_without_a_pong(source: Source) -> None:
    before = replace(source, day=date(2026, 11, 22))
    with pytest.raises(LzError, match="no Pong"):
        files_of(document("mail-test-period"), before.of("preprod"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("document: received/next.pem", "document: received/none.pem", "cannot read"),
        (", document: received/next.pem", "", "no file of the new one"),
        ("document: received/next.pem", "document: received/preprod/mijnoverheid.pem", "not our number"),
        ("kind: address, environment: prod,", "kind: address,", "not said which environment"),
        ("before: 198.51.100.21, after: 198.51.100.22, ", "", "not said what it becomes"),
    ],
)
def test_a_change_says_all_that_logius_needs(written: Written, old: str, new: str, words: str) -> None:
    with pytest.raises(LzError, match=words):
        files_of(document("mail-change"), read(written((old, new)), world.DAY))


def test_a_key_beside_a_certificate_is_not_sent(written: Written) -> None:
    organisation = written()
    path = organisation / "dossier/received/next.pem"
    path.write_text(path.read_text() + "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n")
    with pytest.raises(LzError, match="private key"):
        files_of(document("mail-change"), read(organisation, world.DAY))
