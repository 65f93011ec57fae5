"""The arguments of commands that look at wheels."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import RequestError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the wheels, and ``--json``."""
    parser.add_argument("wheels", metavar="WHEEL", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def check(args: argparse.Namespace) -> None:
    """Raise RequestError where one of the wheels does not exist."""
    missing = [str(path) for path in args.wheels if not path.is_file()]
    if missing:
        raise RequestError(f"no such file: {', '.join(missing)}")
