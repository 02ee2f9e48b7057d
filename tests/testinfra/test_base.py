"""What every host has."""

from __future__ import annotations

import pytest
from testinfra.host import Host


@pytest.mark.parametrize("package", ["ca-certificates", "curl", "openssl", "unattended-upgrades"])
def test_packages(adapter: Host, package: str) -> None:
    assert adapter.package(package).is_installed


@pytest.mark.parametrize(
    "setting",
    [
        "passwordauthentication no",
        "kbdinteractiveauthentication no",
        "permitrootlogin without-password",
        "authenticationmethods publickey",
        "allowusers root",
        "allowtcpforwarding no",
        "allowagentforwarding no",
        "x11forwarding no",
        "permituserenvironment no",
        "kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org",
        "ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr",
        "macs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com",
    ],
)
def test_ssh_as_the_daemon_reads_it(adapter: Host, setting: str) -> None:
    assert setting in adapter.check_output("sshd -T").splitlines()


@pytest.mark.parametrize(
    "option", ["-o KexAlgorithms=diffie-hellman-group14-sha256", "-c aes256-cbc", "-m hmac-sha1"]
)
def test_ssh_refuses_what_is_old(adapter: Host, option: str) -> None:
    done = adapter.run(
        f"ssh -o BatchMode=yes -o StrictHostKeyChecking=no {option} root@localhost true || exit 1"
    )
    assert "no matching" in done.stderr, done


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("net.ipv4.ip_forward", 0),
        ("net.ipv4.conf.all.rp_filter", 1),
        ("net.ipv4.conf.all.accept_source_route", 0),
        ("net.ipv4.conf.default.accept_redirects", 0),
        ("net.ipv4.conf.all.secure_redirects", 0),
    ],
)
def test_kernel_settings_are_loaded(adapter: Host, name: str, value: int) -> None:
    assert adapter.file(f"/proc/sys/{name.replace('.', '/')}").content_string.strip() == str(value)


@pytest.mark.parametrize(
    "line", ["fs.suid_dumpable = 0", "kernel.core_pattern = |/bin/false", "kernel.yama.ptrace_scope = 2"]
)
def test_kernel_settings_that_a_container_cannot_have_are_written_down(adapter: Host, line: str) -> None:
    assert f"-{line}" in adapter.file("/etc/sysctl.d/60-lopendezaken.conf").content_string.splitlines()


def test_no_core_is_left_behind(adapter: Host) -> None:
    assert adapter.check_output("ulimit -c") == "0"
    assert "DefaultLimitCORE=0" in adapter.check_output("systemctl show --property=DefaultLimitCORE")


def test_journal_survives_a_reboot_and_is_bounded(adapter: Host) -> None:
    assert adapter.file("/var/log/journal").is_directory
    assert "MaxRetentionSec=90day" in adapter.file("/etc/systemd/journald.conf").content_string


def test_security_updates_come_by_themselves_and_nothing_else_does(adapter: Host) -> None:
    settings = adapter.check_output("apt-config dump --format='%f=%v%n'").splitlines()
    assert "APT::Periodic::Update-Package-Lists=1" in settings
    assert "APT::Periodic::Unattended-Upgrade=1" in settings
    allowed = [line for line in settings if line.startswith("Unattended-Upgrade::Origins-Pattern::")]
    assert allowed == [
        "Unattended-Upgrade::Origins-Pattern::=origin=Debian,codename=${distro_codename}-security,label=Debian-Security"
    ]


def test_updates_can_run(adapter: Host) -> None:
    """A dry run reads the settings and finds the archive of security updates."""
    done = adapter.run("unattended-upgrade --dry-run --debug")
    assert done.rc == 0, done.stderr
    assert (
        "Allowed origins are: origin=Debian,codename=bookworm-security,label=Debian-Security"
        in done.stdout + done.stderr
    )


def test_time_comes_from_our_servers(adapter: Host) -> None:
    assert adapter.service("chrony").is_enabled
    settings = adapter.file("/etc/chrony/chrony.conf").content_string
    assert [line for line in settings.splitlines() if line.startswith(("server", "pool"))] == [
        "server ntp.voorbeeldstad.example iburst"
    ]


def test_chrony_runs_or_says_why_not(adapter: Host) -> None:
    """A container may not set its clock: there the unit is told so, and no test says that the time is kept."""
    shown = adapter.check_output("systemctl show --property=ActiveState,ConditionResult chrony")
    container = adapter.run("systemd-detect-virt --container").rc == 0
    assert ("ConditionResult=no" if container else "ActiveState=active") in shown.splitlines()


def test_sudo_is_in_order(adapter: Host) -> None:
    assert adapter.run("visudo -c").rc == 0
    assert adapter.file("/etc/sudoers.d/lopendezaken").mode == 0o440


@pytest.fixture
def beheer(adapter: Host) -> str:
    """A user that only the scenario of this role makes."""
    if not adapter.user("beheer").exists:
        pytest.skip("this world has no user but root")
    return "beheer"


def test_user_has_no_password_and_a_home_of_its_own(adapter: Host, beheer: str) -> None:
    assert adapter.check_output(f"passwd --status {beheer}").split()[1] == "L"
    home = adapter.file(f"/home/{beheer}")
    assert (home.user, home.mode) == (beheer, 0o700)


def test_user_runs_as_root_what_was_granted_and_nothing_else(adapter: Host, beheer: str) -> None:
    ask = f"runuser -u {beheer} -- sudo -n"
    assert adapter.run(f"{ask} /usr/bin/systemctl status ssh").rc == 0
    assert adapter.run(f"{ask} /usr/bin/id").rc != 0
