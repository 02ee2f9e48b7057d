from __future__ import annotations

import tomllib

import pytest

from lopendezaken.lab import partner_files, world
from lopendezaken.lab.remote import File

FILES = {
    partner.name: partner_files.party(partner, b"key", b"certificate", b"anchors", b"lab:word\n")
    for partner in world.PARTNERS
}


@pytest.mark.parametrize("partner", world.PARTNERS, ids=lambda partner: partner.name)
def test_engine_toml_names_files_that_are_there(partner: world.Partner) -> None:
    settings = tomllib.loads(partner_files.engine_toml(partner))
    assert settings["party"]["oin"] == partner.oin
    assert settings["ebms"]["listen"] == f"{partner.address}:443"
    assert settings["rest"]["listen"].startswith("127.0.0.1:")
    named = [settings["tls"][key] for key in ("certificate", "key", "anchors")] + [
        settings["rest"]["credentials"]
    ]
    assert set(named) < set(FILES[partner.name])


def test_ports_on_the_host_are_used_once() -> None:
    settings = [tomllib.loads(partner_files.engine_toml(partner)) for partner in world.PARTNERS]
    listens = [one[section]["listen"] for one in settings for section in ("ebms", "rest", "health")]
    assert len(listens) == len(set(listens))


def test_only_secrets_are_closed_and_they_are() -> None:
    for files in FILES.values():
        closed = {path.rsplit("/", 1)[1] for path, file in files.items() if file.mode == 0o640}
        assert closed == {"key.pem", "rest.credentials"}
        assert all(file.group == partner_files.USER for file in files.values() if file.mode == 0o640)


def test_secrets_do_not_show_in_a_traceback() -> None:
    assert "word" not in repr(File(b"lab:word"))


def test_crls_go_to_the_engines_and_to_the_world_but_ca_certificates_to_the_world_only() -> None:
    paths = set(partner_files.crls({"root.crl": b"1", "root.cer": b"2"}))
    assert paths == {
        f"{partner_files.CRL_FOLDER}/root.crl",
        f"{partner_files.CRL_SITE}/root.crl",
        f"{partner_files.CRL_SITE}/root.cer",
    }
