from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab import ssh, world
from lopendezaken.lab.layout import Layout


@pytest.mark.parametrize("host", world.HOSTS, ids=lambda host: host.name)
def test_ssh_itself_reads_the_configuration_so(tmp_path: Path, host: world.Host) -> None:
    file = tmp_path / "ssh_config"
    file.write_text(ssh.config(Layout(Path("/the lab"), 2)))
    shown = subprocess.run(
        ["ssh", "-G", "-F", str(file), host.name], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert f"hostname 192.0.2.{161 + host.number}" in shown
    assert "user root" in shown
    assert "identityfile /the lab/2/id_ed25519" in shown
    assert "stricthostkeychecking true" in shown
    assert "userknownhostsfile /the lab/2/known_hosts" in shown


def test_there_is_no_way_to_the_host_of_a_hoster() -> None:
    assert world.HOSTED.name not in ssh.config(Layout(Path("/lab"), 2))


def test_known_hosts_has_every_host_with_every_key() -> None:
    text = ssh.known_hosts(Layout(Path("/lab"), 0), [["ssh-ed25519", "AAAA"], ["ssh-rsa", "BBBB"]])
    assert len(text.splitlines()) == 2 * len(world.EVERY_HOST)
    assert "192.0.2.130 ssh-ed25519 AAAA\n" in text


def test_a_shell_in_a_lab_that_is_not_up_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LzError, match="lz lab up partner"):
        ssh.become(Layout(tmp_path, 0), world.select(["partner"])[0], [])
