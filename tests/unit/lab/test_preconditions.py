from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab import preconditions
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.machine import nameservers


def test_missing_tools_are_named_with_the_line_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = shutil.which
    absent = {"nft", "dnsmasq", "ssh", "ssh-keygen"}
    monkeypatch.setattr(
        shutil, "which", lambda tool, path: None if tool in absent else found(tool, path=path)
    )
    monkeypatch.setattr(
        preconditions,
        "TOOLS",
        {**dict.fromkeys(["sh"], "dash"), **{tool: preconditions.TOOLS[tool] for tool in absent}},
    )
    with pytest.raises(LzError) as caught:
        preconditions.check_tools()
    assert str(caught.value).endswith(
        "apt-get install --no-install-recommends dnsmasq-base nftables openssh-client"
    )


def test_root_is_asked_for_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(LzError, match="needs root"):
        preconditions.check_root()


def test_an_own_address_inside_the_management_zone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preconditions, "own_addresses", lambda: {"192.0.2.2", "192.0.2.150"})
    preconditions.check_addresses(Layout(Path("/lab"), 0))
    with pytest.raises(LzError, match=r"192\.0\.2\.150.*LZ_LAB_INSTANCE"):
        preconditions.check_addresses(Layout(Path("/lab"), 1))


def test_nameservers_of_a_resolv_conf(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# nameserver 192.0.2.9\nnameserver 192.0.2.53\nnameserver fd00::1\nsearch example\n")
    assert nameservers(file) == ["192.0.2.53"]
    assert nameservers(tmp_path / "absent") == []
