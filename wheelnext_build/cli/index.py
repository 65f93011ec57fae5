"""``wheelnext-build index FOLDER``: write the variants.json of each release in a folder.

With an option, it writes a simple index or a lock file instead.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RequestError
from ..release.index.variants_json import IndexedRelease, read_releases, write_index
from ..system.locks import wheel_folders
from .output import emit_json, say, table

if TYPE_CHECKING:
    from .output import Subparsers

_WORDS = {"current": "is up to date", "stale": "written anew", "missing": "written"}
_CHECK_WORDS = {"current": "is up to date", "stale": "is out of date", "missing": "is missing"}
_STDOUT = Path("-")


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "index",
        help="write the variants.json of each release in a folder",
        description="Reads the labelled wheels in FOLDER and writes "
        "`{name}-{version}-variants.json` beside them, one for each release; if the file exists, "
        "labels are added to it. Nothing is written if the wheels of a release contradict each "
        "other.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the folder of wheels")
    does = parser.add_mutually_exclusive_group()
    does.add_argument(
        "--check",
        action="store_true",
        help="write nothing; status 1 if a file is missing or out of date",
    )
    does.add_argument(
        "--simple",
        metavar="OUT",
        type=Path,
        help="add the releases to a simple index in OUT, which any web server can serve",
    )
    does.add_argument(
        "--pylock",
        metavar="FILE",
        type=Path,
        nargs="?",
        const=_STDOUT,
        help="print a pylock.toml of the releases that have variants, or write it to FILE",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Index the folder; raise WheelnextBuildError if that is impossible."""
    if args.simple:
        return _run_simple(args)
    if args.pylock:
        return _run_pylock(args)
    if args.check:
        releases = read_releases(args.folder)
    else:
        with wheel_folders(args.folder):
            releases = write_index(args.folder)
    if args.check and not releases and not any(args.folder.glob("*.whl")):
        raise RequestError(f"{args.folder}: no wheel here, so that there is nothing to check")
    if args.json:
        emit_json([_as_json(release, written=not args.check) for release in releases])
    elif releases:
        words = _CHECK_WORDS if args.check else _WORDS
        rows = [(item.path.name, words[item.state], "\n".join(_labels(item))) for item in releases]
        table(f"{args.folder}:", ("file", "", "labels"), rows)
    else:
        say(f"{args.folder}: no labelled wheel here, so there is nothing to index")
    behind = any(release.state != "current" for release in releases)
    return 1 if args.check and behind else 0


def _run_simple(args: argparse.Namespace) -> int:
    from ..release.index.simple_index import publish_simple

    projects = publish_simple(args.folder, args.simple)
    if args.json:
        emit_json(
            [
                {
                    "project": item.project,
                    "folder": str(item.folder),
                    "files": list(item.files),
                    "added": list(item.added),
                }
                for item in projects
            ]
        )
    elif projects:
        rows = [
            (item.project, f"{len(item.files)} files", f"{len(item.added)} new")
            for item in projects
        ]
        table(f"{args.simple}:", ("", "", ""), rows)
    else:
        say(f"{args.folder}: no wheel here, so there is nothing to publish")
    return 0


def _run_pylock(args: argparse.Namespace) -> int:
    from ..release.index.lock_file import as_pylock, check_file_name
    from ..system.publishing import atomic_file

    printed = args.pylock == _STDOUT
    if not printed:
        check_file_name(args.pylock)
    base = Path() if printed else args.pylock.parent
    with wheel_folders(args.folder):
        text = as_pylock(write_index(args.folder), base)
    if printed:
        print(text, end="")
        return 0
    with atomic_file(args.pylock) as stream:
        stream.write(text.encode())
    say(f"{args.pylock}: written")
    return 0


def _labels(release: IndexedRelease) -> list[str]:
    return [variant.label for variant in release.metadata.variants]


def _as_json(release: IndexedRelease, *, written: bool) -> dict[str, object]:
    return {
        "project": release.files.project,
        "version": str(release.files.version),
        "file": str(release.path),
        "state": release.state,
        "written": written and release.state != "current",
        "labels": _labels(release),
    }
