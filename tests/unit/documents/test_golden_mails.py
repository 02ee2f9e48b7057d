"""Every mail, sheet and instruction as it leaves, for an organisation and a supplier, byte for byte.

``LZ_WRITE_GOLDEN=1`` writes them anew: then look at the difference before you commit it. A PDF in a mail differs
from one version of WeasyPrint to the next, and is only looked into.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pikepdf
import pytest

from lopendezaken.documents.document import File, files_of
from lopendezaken.documents.registry import applies, document, each_for
from lopendezaken.documents.source import Source
from lopendezaken.errors import LzError
from tests.unit.documents import golden, world
from tests.unit.documents.test_chain_test import Organisation
from tests.unit.documents.test_limited_run import Production

GOLDEN = golden.GOLDEN / "mails"
DOCUMENTS = (
    "form-data",
    "mail-diginetwerk",
    "mail-cpa",
    "mail-test-accounts",
    "mail-test-period",
    "mail-limited-run",
    "management",
    "contacts",
    "helpdesk",
    "mail-change",
)


def made(source: Source) -> Iterator[File]:
    for name in DOCUMENTS:
        asked = document(name)
        for copy in each_for(asked, source) if applies(asked, source) else ():
            yield from files_of(asked, copy)


def recorded(folder: Path, kind: world.Kind) -> Source:
    """An organisation that went all the way, and a supplier that has no production."""
    if kind == "supplier":
        return world.source(folder, kind)
    production = Production(folder)
    production.done()
    return production.source.of("")


@pytest.fixture(scope="module", params=world.KINDS)
def kind(request: pytest.FixtureRequest) -> world.Kind:
    found: world.Kind = request.param
    return found


@pytest.fixture(scope="module")
def files(kind: world.Kind, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("world")
    return {each.name: each.content for each in made(recorded(folder, kind))}


def test_they_are_what_they_were(kind: world.Kind, files: dict[str, bytes]) -> None:
    golden.same(GOLDEN / kind, files)


def test_a_mail_program_reads_every_mail(files: dict[str, bytes]) -> None:
    mails = {name: content for name, content in files.items() if name.endswith(".eml")}
    assert mails
    identities = set()
    for name, content in mails.items():
        message = message_from_bytes(content, _class=EmailMessage, policy=default)
        assert not message.defects, name
        assert not [part.defects for part in message.walk() if part.defects], name
        assert b"\n" not in content.replace(b"\r\n", b""), name
        assert max(map(len, content.split(b"\r\n"))) <= 78, name
        (addressee,) = message["To"].addresses
        assert addressee.addr_spec == "servicecentrum@logius.example"
        assert message["Date"].datetime.date() == world.DAY
        body = message.get_body(("plain",))
        assert body is not None
        assert body.get_content().startswith("Geacht Servicecentrum,\r\n")
        local = message["Message-ID"].partition("@")[0]
        assert not any(map(str.isdigit, local)), "nine of them could pass for a BSN"
        identities.add(message["Message-ID"])
    assert len(identities) == len(mails)


def test_attachments_are_what_lies_in_the_dossier(files: dict[str, bytes], kind: world.Kind) -> None:
    message = message_from_bytes(files["preprod/mail-cpa.eml"], _class=EmailMessage, policy=default)
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "application/xml"
    assert attached.get_content() == (world.FILES / kind / "cpa/preprod/mijnoverheid.xml").read_bytes()


def test_a_supplier_has_its_hrn_and_no_production(files: dict[str, bytes], kind: world.Kind) -> None:
    hrn = [name for name, content in files.items() if world.HRN.encode() in content]
    assert bool(hrn) == (kind == "supplier")
    assert any(name.startswith("prod/") for name in files) == (kind == "organisation")
    if kind == "supplier":
        assert not [name for name, content in files.items() if b"OIN 0" in content or b"- OIN:" in content]


def test_the_report_goes_as_a_pdf(tmp_path: Path) -> None:
    organisation = Organisation(tmp_path, "organisation")
    organisation.retested()
    (first,) = files_of(document("mail-test-report"), organisation.source)
    message = message_from_bytes(first.content, _class=EmailMessage, policy=default)
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (
        "chain-test-report.pdf",
        "application/pdf",
    )
    pdf = attached.get_content()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert opened.docinfo["/Title"] == "Testrapport ketentest"
    report = tmp_path / "report.pdf"
    report.write_bytes(pdf)
    organisation.lz("sent", str(report), "--on", "2026-11-20")
    body = message.get_body(("plain",))
    again = message_from_bytes(
        next(iter(files_of(document("mail-test-report"), organisation.source))).content,
        _class=EmailMessage,
        policy=default,
    ).get_body(("plain",))
    assert body is not None
    assert again is not None
    assert "16 november 2026" in body.get_content()
    assert "opnieuw" not in body.get_content()
    assert "opnieuw" in again.get_content()


def test_the_report_waits_for_what_it_waits_for_itself(tmp_path: Path) -> None:
    organisation = Organisation(tmp_path, "organisation")
    with pytest.raises(LzError, match="no result of V-01"):
        files_of(document("mail-test-report"), organisation.source)


def test_nobody_says_that_a_run_is_done_which_is_not(tmp_path: Path) -> None:
    with pytest.raises(LzError, match="no list of participants"):
        files_of(document("mail-limited-run"), world.source(tmp_path).of("prod"))
