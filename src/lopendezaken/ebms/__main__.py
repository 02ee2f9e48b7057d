"""``python3 -m lopendezaken.ebms serve --config FILE``, also as a zip file: see :mod:`.build`.

Standard library only up to the point where OpenSSL is told its settings.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main() -> None:
    """Run a command; an error becomes one line on stderr and its exit code."""
    arguments = _parser().parse_args()
    _configure_openssl()
    from lopendezaken.errors import LzError

    try:
        _run(arguments.command, arguments.config)
    except LzError as error:
        sys.stderr.write(f"engine: {error}\n")
        sys.exit(error.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="engine", description="Embedded ebMS 2.0 engine of lopendezaken.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("serve", "run until SIGTERM; SIGHUP reloads certificate, anchors and CRLs"),
        ("check", "read configuration and TLS material, then stop"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--config", type=Path, required=True, help="engine.toml")
    return parser


def _configure_openssl() -> None:
    """Give OpenSSL its groups and signature algorithms; it reads them once, when it is first used."""
    if "_ssl" in sys.modules or "_hashlib" in sys.modules:
        return  # within another program, which has its own settings
    from lopendezaken.ebms.openssl import CONFIGURATION

    memory = os.memfd_create("openssl.cnf")
    os.write(memory, CONFIGURATION.encode())
    os.environ["OPENSSL_CONF"] = f"/proc/self/fd/{memory}"


def _run(command: str, path: Path) -> None:
    from lopendezaken.ebms import config, service

    settings = config.load(path)
    if command == "check":
        service.check(settings)
    else:
        service.run(settings)


if __name__ == "__main__":
    main()
