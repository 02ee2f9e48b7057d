"""A CPA in an adapter: idempotent by meaning, and clear when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.plugins.adapter import PASSWORD, Adapter, running
from tests.unit.plugins.conftest import Run


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    with running() as adapter:
        yield adapter


@pytest.fixture
def options(adapter: Adapter, cpa_xml: bytes) -> dict[str, object]:
    return {"base_url": adapter.url, "username": "lab", "password": PASSWORD, "content": cpa_xml.decode()}


def test_the_four_runs(run: Run, adapter: Adapter, options: dict[str, object]) -> None:
    """Check predicts, a run does, and both see nothing left after that."""
    predicted = run("ebms_cpa", check=True, **options)
    assert predicted["changed"]
    assert not adapter.cpas
    done = run("ebms_cpa", **options)
    assert done["changed"]
    assert list(adapter.cpas) == [done["cpa_id"]]
    assert done["diff"] == predicted["diff"]
    assert not run("ebms_cpa", check=True, **options)["changed"]
    assert not run("ebms_cpa", **options)["changed"]
    assert sum(call.startswith("POST") for call in adapter.calls) == 1


def test_a_change_is_shown_by_meaning_and_overwrites(
    run: Run, adapter: Adapter, options: dict[str, object]
) -> None:
    run("ebms_cpa", **options)
    changed = options | {"content": str(options["content"]).replace(">8<", ">5<")}
    result = run("ebms_cpa", **changed)
    assert result["changed"]
    assert any("Retries" in line and "'5' wanted" in line for line in result["differences"])
    assert "overwrite=true" in adapter.calls[-2]
    assert not run("ebms_cpa", **changed)["changed"]


def test_absent(run: Run, adapter: Adapter, options: dict[str, object]) -> None:
    cpa_id = run("ebms_cpa", **options)["cpa_id"]
    gone = {key: value for key, value in options.items() if key != "content"} | {
        "cpa_id": cpa_id,
        "state": "absent",
    }
    assert run("ebms_cpa", check=True, **gone)["changed"]
    assert run("ebms_cpa", **gone)["changed"]
    assert not adapter.cpas
    assert not run("ebms_cpa", **gone)["changed"]


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        (
            500,
            "CPA expired on 2026-06-01T00:00:00Z",
            "it expired on 2026-06-01T00:00:00Z. Give it a later end",
        ),
        (500, "CPA Start date not before End date!", "its start is not before its end"),
        (500, "CPA Status is proposed!", "Only `agreed` works"),
        (400, "org.xml.sax.SAXParseException; lineNumber: 7; bad", "no valid CPA (lineNumber: 7; bad)"),
        (500, "java.lang.Oops", "(HTTP 500): java.lang.Oops"),
        (500, "", "no explanation"),
    ],
)
def test_refusals(
    run: Run, adapter: Adapter, options: dict[str, object], status: int, text: str, words: str
) -> None:
    adapter.refuse = (status, text)
    result = run("ebms_cpa", **options)
    assert result["failed"]
    assert words in result["msg"]


def test_wrong_password(run: Run, options: dict[str, object]) -> None:
    result = run("ebms_cpa", **(options | {"password": "wrong-one"}))
    assert result["failed"]
    assert "does not know this user or password (HTTP 401)" in result["msg"]
    assert "wrong-one" not in str(result)


def test_adapter_that_does_not_run(run: Run, options: dict[str, object]) -> None:
    nowhere = options | {"base_url": "http://127.0.0.1:1/service/rest/v19"}
    result = run("ebms_cpa", **nowhere)
    assert result["failed"]
    assert "nothing listens on http://127.0.0.1:1" in result["msg"]
    assert run("ebms_cpa", check=True, **nowhere)["changed"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("hello", "the CPA is no XML"),
        ("<a/>", "no attribute cpaid"),
        ("<!DOCTYPE a><a/>", "DOCTYPE"),
        ("", "there is no CPA to load"),
    ],
)
def test_what_is_no_cpa(run: Run, options: dict[str, object], content: str, words: str) -> None:
    result = run("ebms_cpa", **(options | {"content": content}))
    assert result["failed"]
    assert words in result["msg"]


def test_a_cpa_that_is_not_rendered_yet_is_predicted(run: Run, options: dict[str, object]) -> None:
    assert run("ebms_cpa", check=True, **(options | {"content": "", "cpa_id": "X"}))["changed"]


def test_another_cpa_than_asked(run: Run, options: dict[str, object]) -> None:
    assert "cpa_id asks for X" in run("ebms_cpa", **(options | {"cpa_id": "X"}))["msg"]


def test_login_from_a_file(run: Run, options: dict[str, object], tmp_path: Path) -> None:
    login = tmp_path / "login"
    login.write_text(f"lab:{PASSWORD}\n")
    with_file = {key: value for key, value in options.items() if key not in ("username", "password")}
    result = run("ebms_cpa", **with_file, credentials_file=str(login))
    assert result["changed"]
    assert PASSWORD not in str(result)
    assert "cannot be read" in run("ebms_cpa", **with_file, credentials_file=str(tmp_path / "none"))["msg"]
