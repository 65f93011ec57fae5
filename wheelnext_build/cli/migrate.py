"""``wheelnext-build migrate``: switch a project from scikit-build-core's backend to this one."""

from __future__ import annotations

import argparse
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, Problem, RequestError
from ..system.files import read_input
from .output import emit_json

if TYPE_CHECKING:
    from ..migration.edit import Migration
    from ..migration.note import Note
    from .output import Subparsers

_MOST_PLACES = 10


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "migrate",
        help="switch a project from scikit_build_core.build to this backend",
        description="Prints the change to pyproject.toml that switches a project from "
        "`scikit_build_core.build` to this backend, as a diff for `git apply` or `patch -p1`; on "
        "standard error, notes on what the maintainer must check.",
    )
    parser.add_argument(
        "project", nargs="?", type=Path, default=Path(), help="the project's folder; default: here"
    )
    parser.add_argument(
        "--write", action="store_true", help="make the change instead of printing it"
    )
    parser.add_argument(
        "--matrix",
        metavar="AXIS=VALUE,VALUE",
        action="append",
        default=[],
        help="add a `[[tool.wheelnext-build.matrix]]`, such as `x86_64.level=v3,v4`; several "
        "axes, separated by spaces, are multiplied; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or make the change; raise MigrationError if the project cannot be switched."""
    try:
        import tomlkit  # noqa: F401
    except ModuleNotFoundError:
        raise RequestError("migrate needs tomlkit: pip install 'wheelnext-build[cli]'") from None
    from ..config.toml_file import parsed
    from ..migration import backends, edit, notes

    path = args.project / "pyproject.toml"
    matrix = [edit.axes(text) for text in args.matrix]
    text = _read(path)
    backends.check(args.project, parsed(text))
    migration = edit.migrate(text, matrix)
    if args.write and migration.changed:
        _write(path, migration.after)
    now = migration.after if args.write else text  # notes refer to lines of the current file
    found = notes.collect(args.project, parsed(now), now)
    if args.json:
        emit_json(_as_json(migration, found, written=args.write and migration.changed))
    else:
        _print(path, migration, found, write=args.write)
    return 0


def _read(path: Path) -> str:
    try:
        return read_input(path).decode()
    except FileNotFoundError:
        raise RequestError(
            f"{path}: no such file; name the folder of a project. One without pyproject.toml is "
            "built by setuptools, and must be switched to scikit_build_core.build first"
        ) from None
    except OSError as error:
        raise RequestError(f"{path}: {error.strerror}; name the folder of a project") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError([Problem("pyproject.toml", f"not TOML: {error}")]) from None


def _write(path: Path, text: str) -> None:
    from ..system.publishing import atomic_file

    # A symbolic link stays a symbolic link.
    path = path.resolve()
    mode = stat.S_IMODE(path.stat().st_mode)
    with atomic_file(path) as stream:
        stream.write(text.encode())
    path.chmod(mode)


def _print(path: Path, migration: Migration, found: list[Note], *, write: bool) -> None:
    if not migration.changed:
        print(f"{path}: nothing to change", file=sys.stderr)
    elif write:
        print(f"{path}: written", file=sys.stderr)
    else:
        # As bytes: the diff keeps the line ends of the file on every system.
        sys.stdout.flush()
        sys.stdout.buffer.write(migration.diff().encode())
        sys.stdout.buffer.flush()
    for note in (*migration.notes, *found):
        print(f"note: {note.shortened(_MOST_PLACES)}", file=sys.stderr)


def _as_json(migration: Migration, found: list[Note], *, written: bool) -> dict[str, object]:
    return {
        "changed": migration.changed,
        "written": written,
        "diff": migration.diff(),
        "notes": [
            {
                "text": note.text,
                "places": [
                    {"file": place.file, "line": place.line, "what": place.what}
                    for place in note.places
                ],
            }
            for note in (*migration.notes, *found)
        ],
    }
