"""``wheelnext-build``: the parser; errors become messages and an exit status."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from .. import __version__
from ..errors import WheelnextBuildError, printable
from ..system import faults, streams
from ..system.signals import AskedToEnd, ending_when_asked

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
"""Names of the commands. Each is a module in this folder, imported only if it is called."""


def parser(wanted: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the command line, with only the ``wanted`` commands."""
    top = argparse.ArgumentParser(
        prog="wheelnext-build",
        description="Builds, inspects and indexes wheel variants (PEP 825, PEP 850).",
        epilog="Exit status: 0 success, 1 the check or the build failed, 2 wrong usage or input.",
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in wanted:
        import_module(f"{__package__}.{name}").add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    streams.prepare()
    try:
        status = _run(arguments)
    except SystemExit as stop:  # from argparse: wrong usage, or --help
        if streams.finish() and not stop.code:
            raise SystemExit(1) from None
        raise
    error = streams.finish()
    if error is None or isinstance(error, BrokenPipeError):
        # The program that reads the output may have ended (| head).
        return status if error is None else 1
    print(f"wheelnext-build: standard output: {error.strerror}", file=sys.stderr)
    return status or 1


def _run(arguments: Sequence[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    first = given[0] if given else ""
    wanted = [name for name in COMMANDS if name == first or first in ("", "-h", "--help")]
    args = parser(wanted if wanted or first == "--version" else COMMANDS).parse_args(given)
    try:
        with ending_when_asked():
            return int(args.run(args))
    except WheelnextBuildError as error:
        print(f"wheelnext-build: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        return 1
    except OSError as error:
        # For example, a path that is too long, a folder without permission, or a broken disk.
        text = faults.message(error, (Path(tempfile.gettempdir()), Path()))
        if error.filename is None and streams.finish():
            text = f"standard output: {error.strerror}"
        print(printable(f"wheelnext-build: {text}"), file=sys.stderr)
        return WheelnextBuildError.exit_code
    except AskedToEnd as stop:
        with contextlib.suppress(OSError):  # the terminal is closed
            print(f"wheelnext-build: ended by {stop.reason}", file=sys.stderr)
        raise
    except MemoryError:
        print("wheelnext-build: out of memory", file=sys.stderr)
        return WheelnextBuildError.exit_code
