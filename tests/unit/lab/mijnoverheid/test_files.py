from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from lopendezaken.casemessage.bsn import read_test_bsns
from lopendezaken.lab import world
from lopendezaken.lab.mijnoverheid import build, config, files
from tests.unit.casemessage.samples import BSN


@pytest.mark.parametrize("partner", files.played(), ids=lambda partner: partner.name)
def test_settings_are_read(tmp_path: Path, partner: world.Partner) -> None:
    (tmp_path / "mijnoverheid.toml").write_text(files.settings(partner))
    found = config.load(tmp_path / "mijnoverheid.toml")
    assert (found.name, found.oin) == (partner.common_name, partner.oin)
    assert str(found.credentials).startswith(f"/run/credentials/lz-mijnoverheid@{partner.name}.service/")


def test_ports_are_no_engines() -> None:
    taken = {partner.rest_port + more for partner in world.PARTNERS for more in (0, 100)}
    assert taken.isdisjoint(files.page_port(partner) for partner in files.played())


def test_example_bsns_pass_the_eleven_test(tmp_path: Path) -> None:
    (tmp_path / "bsns").write_text(files.EXAMPLE_BSNS)
    assert BSN in read_test_bsns(tmp_path / "bsns")


def test_bsns_are_for_root_to_hand_out() -> None:
    made = files.files(b"program", b"bsns", {"zkn/a.xsd": b"xsd"})
    assert made[files.BSNS].mode == 0o600
    assert f"{files.XSD}/zkn/a.xsd" in made


def test_the_program_runs_as_a_host_runs_it(tmp_path: Path) -> None:
    program = tmp_path / "mijnoverheid.pyz"
    build.build(program)
    first = program.read_bytes()
    build.build(program)
    assert program.read_bytes() == first
    names = zipfile.ZipFile(program).namelist()
    assert "lopendezaken/casemessage/schema/mo.rng" in names
    (tmp_path / "bsns").write_text("")
    (tmp_path / "toml").write_text(
        files.settings(files.played()[0]).replace("/run/credentials", str(tmp_path))
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-I", program, "--config", tmp_path / "toml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the list of test BSNs cannot be read" in done.stderr
