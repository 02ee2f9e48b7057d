"""What every host has."""

from __future__ import annotations

import pytest
from testinfra.host import Host


@pytest.mark.parametrize("package", ["ca-certificates", "curl", "openssl"])
def test_packages(adapter: Host, package: str) -> None:
    assert adapter.package(package).is_installed


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("passwordauthentication", "no"),
        ("kbdinteractiveauthentication", "no"),
        ("permitrootlogin", "without-password"),
        ("allowtcpforwarding", "no"),
        ("x11forwarding", "no"),
    ],
)
def test_ssh_as_the_daemon_reads_it(adapter: Host, setting: str, value: str) -> None:
    assert f"{setting} {value}\n" in adapter.check_output("sshd -T") + "\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("net.ipv4.ip_forward", 0),
        ("net.ipv4.conf.all.rp_filter", 1),
        ("net.ipv4.conf.all.accept_source_route", 0),
        ("net.ipv4.conf.default.accept_redirects", 0),
    ],
)
def test_kernel_settings_are_loaded(adapter: Host, name: str, value: int) -> None:
    assert adapter.file(f"/proc/sys/{name.replace('.', '/')}").content_string.strip() == str(value)


def test_journal_survives_a_reboot_and_is_bounded(adapter: Host) -> None:
    assert adapter.file("/var/log/journal").is_directory
    assert "MaxRetentionSec=90day" in adapter.file("/etc/systemd/journald.conf").content_string
