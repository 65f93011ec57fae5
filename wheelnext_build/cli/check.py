"""``wheelnext-build check FOLDER``: check that a release is complete and consistent."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.project import Project
from ..errors import RequestError
from ..release.check import CheckedRelease, Expected, check
from ..system.text import parse_size
from . import rebuild
from .output import emit_json, say, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "check",
        help="check that a release is complete and consistent",
        description="Checks each release in FOLDER before it is published: every build has its "
        "plain wheel and all labels, wheels are valid and agree, variants.json is up to date, and "
        "no carrier is left. With `--rebuild`: checks that PROJECT gives the same files again.",
        epilog="With cibuildwheel: `cibuildwheel --print-build-identifiers | "
        "wheelnext-build check wheelhouse --project . --expect -`",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the folder of wheels")
    parser.add_argument(
        "--project",
        metavar="FOLDER",
        type=Path,
        help="expect the variants that the pyproject.toml in FOLDER declares (default: each label "
        "that another build of the same system has)",
    )
    parser.add_argument(
        "--expect",
        metavar="IDENTIFIER",
        action="append",
        default=[],
        help="expect this build, such as cp312-manylinux_x86_64; may be repeated; `-` reads them "
        "from standard input",
    )
    parser.add_argument(
        "--max-size",
        metavar="SIZE",
        type=_size,
        help="the largest size that a wheel may have, such as 100MB",
    )
    rebuild.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the problems; return 1 if there are any. Raise RequestError for an empty folder."""
    if rebuild.is_asked_for(args):
        return rebuild.run(args)
    config = Project.load(args.project).config if args.project else None
    releases, strays = check(args.folder, Expected(config, _identifiers(args), args.max_size))
    if not releases and not strays:
        raise RequestError(f"{args.folder}: no wheel here")
    if args.json:
        emit_json({"problems": list(strays), "releases": [*map(_as_json, releases)]})
    else:
        _print(releases, strays)
    return 1 if strays or any(release.problems for release in releases) else 0


def _identifiers(args: argparse.Namespace) -> list[str]:
    given: list[str] = []
    for text in args.expect:
        given += sys.stdin.read().split() if text == "-" else [text]
    return given


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _print(releases: tuple[CheckedRelease, ...], strays: tuple[str, ...]) -> None:
    for text in strays:
        say(f"error: {text}")
    for release in releases:
        rows = [
            ("builds", "\n".join(release.builds)),
            ("labels", "\n".join(release.labels) or "none"),
            ("verdict", "not to be published" if release.problems else "complete and consistent"),
        ]
        count = f"{release.wheels} wheel{'' if release.wheels == 1 else 's'}"
        table(f"{release}: {count}", ("", ""), rows)
        for text in release.problems:
            say(f"error: {text}")
        for text in release.notes:
            say(f"note: {text}")


def _as_json(release: CheckedRelease) -> dict[str, object]:
    return {
        "project": release.project,
        "version": str(release.version),
        "wheels": release.wheels,
        "labels": list(release.labels),
        "builds": list(release.builds),
        "holds": not release.problems,
        "problems": list(release.problems),
        "notes": list(release.notes),
    }
