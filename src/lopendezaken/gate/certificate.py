"""The OpenSSH user certificate that production hosts ask for: the gate's key gives it, for a day at most.

The stages are its principals: a host says from which stage on it may be entered (policies/phases.yml).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from lopendezaken.errors import LzError


def principal(organisation: str, stage: str) -> str:
    """Give the principal of a stage, as it stands on hosts: ``voorbeeldstad-connect``."""
    return f"{organisation}-{stage}"


def issue(
    key: Path, user_key: Path, name: str, principals: tuple[str, ...], start: datetime, end: datetime
) -> bytes:
    """Give a certificate for the public key in ``user_key``; ``name`` is what sshd writes in its log.

    ``key`` is the gate's private key, or its public key when an agent or token holds the private one.
    Without pty, forwarding and the like: Ansible needs none. Raises :class:`LzError`.
    """
    with tempfile.TemporaryDirectory() as folder:
        public = Path(folder) / "user.pub"
        public.write_bytes(_public(user_key))
        held = ["-U"] if key.suffix == ".pub" else []
        words = ["-s", str(key), *held, "-I", name, "-n", ",".join(principals), "-O", "clear"]
        _run("ssh-keygen", "-q", *words, "-V", f"{_moment(start)}:{_moment(end)}", str(public))
        return (Path(folder) / "user-cert.pub").read_bytes()


def principals(path: Path) -> tuple[str, ...]:
    """Give the principals of a certificate; none when there is no such file."""
    if not path.exists():
        return ()
    shown = _run("ssh-keygen", "-L", "-f", str(path))
    named = shown.partition("Principals:")[2].partition("Critical Options:")[0]
    return tuple(named.split())


def _public(path: Path) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise LzError(
            "cannot read the operator's public key", where=str(path), found=error.strerror
        ) from None
    if b"PRIVATE KEY" in text:
        raise LzError(
            "this is a private key", where=str(path), expected="the public one", remedy="Name the .pub"
        )
    return text


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _run(*command: str) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LzError("ssh-keygen cannot be run", found=str(error), exit_code=3) from None
    if done.returncode:
        raise LzError("the gate's key gave no certificate", found=done.stderr.strip(), exit_code=3)
    return done.stdout
