"""A release that worked is kept, and there is a way back to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plugins.conftest import Run


class Service:
    """A service of two files, with a text that goes with them."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder, self._run = folder, run
        self.program, self.settings = folder / "lib/engine.pyz", folder / "etc/engine_1.toml"
        for path in (self.program, self.settings):
            path.parent.mkdir()
        self.deploy("one")

    def deploy(self, text: str) -> None:
        self.program.write_bytes(text.encode() * 1000)
        self.settings.write_text(text)
        self.settings.chmod(0o640)
        self.cpa = f"<{text}/>"

    @property
    def now(self) -> str:
        return self.settings.read_text()

    def ask(self, state: str, **more: object) -> dict[str, object]:
        files = [str(self.program), str(self.settings)]
        given = {"label": "embedded", "with_it": {"cpa": self.cpa}, **more}
        return self._run("host_release", folder=str(self.folder / "kept"), files=files, state=state, **given)

    def kept(self) -> int:
        return len(list((self.folder / "kept").iterdir()))


@pytest.fixture
def service(tmp_path: Path, run: Run) -> Service:
    return Service(tmp_path, run)


def test_what_works_is_kept_once(service: Service) -> None:
    assert service.ask("kept")["changed"] is True
    assert service.ask("kept")["changed"] is False
    assert service.kept() == 1
    assert (service.folder / "kept").stat().st_mode & 0o77 == 0


def test_a_release_that_worked_and_was_wrong_goes_back_to_the_one_before(service: Service) -> None:
    service.ask("kept")
    service.deploy("two")
    service.ask("kept")
    done = service.ask("restored")
    assert (service.now, done["with_it"]) == ("one", {"cpa": "<one/>"})
    assert service.program.read_bytes() == b"one" * 1000
    assert service.settings.stat().st_mode & 0o777 == 0o640
    assert service.kept() == 1, "what came after is forgotten"


def test_a_deployment_that_never_worked_goes_back_to_the_last_that_did(service: Service) -> None:
    for text in ("one", "two"):
        service.deploy(text)
        service.ask("kept")
    service.deploy("broken")
    service.ask("restored")
    assert service.now == "two"
    assert service.kept() == 2


def test_only_another_cpa_is_another_release(service: Service) -> None:
    service.ask("kept")
    service.cpa = "<other/>"
    done = service.ask("restored")
    assert (done["with_it"], done["files"]) == ({"cpa": "<one/>"}, [])


def test_there_is_no_way_back_from_the_first(service: Service) -> None:
    assert "none was kept" in str(service.ask("restored")["msg"])
    service.ask("kept")
    assert "oldest that was kept" in str(service.ask("restored")["msg"])


def test_check_mode_touches_nothing(service: Service) -> None:
    assert service.ask("kept", check=True)["changed"] is True
    assert not (service.folder / "kept").exists()
    service.ask("kept")
    service.deploy("two")
    done = service.ask("restored", check=True)
    assert set(done["files"]) == {str(service.program), str(service.settings)}  # type: ignore[call-overload]
    assert service.now == "two"


def test_data_of_another_version_is_not_assumed_to_fit(service: Service) -> None:
    service.ask("kept")
    service.deploy("two")
    assert "may not fit" in str(service.ask("restored", label="ebms-admin 2.20.3")["msg"])
    assert service.now == "two"
    done = service.ask("restored", label="ebms-admin 2.20.3", other_label=True)
    assert (service.now, done["label"]) == ("one", "embedded")


def test_a_kept_file_that_changed_is_not_put_back(service: Service) -> None:
    service.ask("kept")
    next((service.folder / "kept").glob("*/*engine__1.toml")).write_text("planted")
    service.deploy("two")
    assert "is not what was kept" in str(service.ask("restored")["msg"])
    assert service.now == "two"
    assert service.program.read_bytes() == b"two" * 1000


def test_no_more_are_kept_than_asked(service: Service) -> None:
    for text in ("one", "two", "three"):
        service.deploy(text)
        service.ask("kept", limit=2)
    assert service.kept() == 2
    service.deploy("broken")
    service.ask("restored")
    assert service.now == "three"


def test_a_copy_that_was_cut_off_is_no_release(service: Service) -> None:
    service.ask("kept")
    half = service.folder / "kept/29991231T235959.000000Z-abc"
    half.mkdir()
    service.deploy("two")
    service.ask("restored")
    assert service.now == "one"
