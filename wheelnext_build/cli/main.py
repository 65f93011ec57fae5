"""``wheelnext-build``: the parser, and errors as messages with an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from .. import __version__
from ..errors import WheelnextBuildError, printable
from ..termination import ending_on_sigterm

COMMANDS = (
    "matrix",
    "build",
    "inspect",
    "audit",
    "label",
    "unlabel",
    "repair",
    "test",
    "index",
    "check",
    "select",
    "report",
    "migrate",
)
"""Each is a module here; only the one that is called is imported."""


def parser(wanted: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The command line's parser, with the commands that are wanted."""
    top = argparse.ArgumentParser(
        prog="wheelnext-build",
        description="Builds, inspects and indexes wheel variants (PEP 825, PEP 850).",
        epilog="Exit status: 0 done, 1 the thing checked or built does not hold, 2 wrong usage "
        "or input.",
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in wanted:
        import_module(f"{__package__}.{name}").add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    first = given[0] if given else ""
    wanted = [name for name in COMMANDS if name == first or first in ("", "-h", "--help")]
    args = parser(wanted if wanted or first == "--version" else COMMANDS).parse_args(given)
    try:
        with ending_on_sigterm():
            return int(args.run(args))
    except WheelnextBuildError as error:
        print(f"wheelnext-build: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output is gone (| head); Python must not complain while flushing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # A path that no file system takes, a folder that may not be read, a disk that fails.
        where = f"{error.filename}: " if error.filename else ""
        print(printable(f"wheelnext-build: {where}{error.strerror or error}"), file=sys.stderr)
        return WheelnextBuildError.exit_code
