"""``python3 mijnoverheid.pyz --config FILE``: runs until SIGTERM."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab.mijnoverheid import config
from lopendezaken.lab.mijnoverheid.service import run


def main() -> None:
    """Run the service; an error becomes one line on stderr and its exit code."""
    parser = argparse.ArgumentParser(prog="mijnoverheid", description="Plays MijnOverheid behind its engine.")
    parser.add_argument("--config", type=Path, required=True, help="mijnoverheid.toml")
    try:
        run(config.load(parser.parse_args().config))
    except LzError as error:
        sys.stderr.write(f"mijnoverheid: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
