"""The arguments of commands that look at wheels, or change them."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import RequestError
from ..system import folder_lock
from ..wheels.dependencies import Changes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the wheels, and ``--json``."""
    parser.add_argument("wheels", metavar="WHEEL", type=Path, nargs="+", help="a wheel's file")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def check(paths: Iterable[Path]) -> None:
    """Raise RequestError where one of the wheels does not exist, or is a folder or a device."""
    # os.path has an answer for names that no file system takes, too.
    unfit = [path for path in paths if not os.path.isfile(path)]  # noqa: PTH113
    missing = [str(path) for path in unfit if not os.path.exists(path)]  # noqa: PTH110
    if missing:
        raise RequestError(f"no such file: {', '.join(missing)}")
    if unfit:
        raise RequestError(f"not a regular file: {', '.join(map(str, unfit))}")


def add_folder_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the wheels or folders of wheels, where to write, and changes of dependencies."""
    parser.add_argument(
        "wheels",
        metavar="WHEEL|FOLDER",
        type=Path,
        nargs="+",
        help="a wheel's file, or a folder of them",
    )
    parser.add_argument(
        "-o", "--outdir", metavar="FOLDER", type=Path, help="write the new wheels into FOLDER"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace wheels that have the new names already"
    )
    for option, text in (
        ("--add-dependency", "a further requirement in the wheels' metadata; may be repeated"),
        (
            "--replace-dependency",
            "a requirement in place of those of the same name; may be repeated",
        ),
    ):
        parser.add_argument(option, metavar="REQUIREMENT", action="append", default=[], help=text)
    parser.add_argument(
        "--drop-dependency",
        metavar="NAME",
        action="append",
        default=[],
        help="leave out the requirements of this name; those of extras stay; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def changes(args: argparse.Namespace) -> Changes:
    """The changes of dependencies that were asked for; raises RequestError."""
    return Changes(
        tuple(args.add_dependency), tuple(args.replace_dependency), tuple(args.drop_dependency)
    )


@contextlib.contextmanager
def folders_held(args: argparse.Namespace) -> Iterator[None]:
    """Have the folders of the wheels, and the one to write to, which is made, for this process."""
    folders = [path if path.is_dir() else path.parent for path in args.wheels]
    with folder_lock.alone(*folders, made=args.outdir):
        yield


def expanded(args: argparse.Namespace) -> list[Path]:
    """The wheels that were named, and all in the folders that were named, each once.

    Raises RequestError where something does not exist, or a folder has no wheel.
    """
    found: list[Path] = []
    for path in args.wheels:
        inside = sorted(path.glob("*.whl")) if path.is_dir() else [path]
        if not inside:
            raise RequestError(f"{path}: no wheel in this folder")
        found += inside
    check(found)
    return list(dict.fromkeys(found))


def check_free(targets: list[Path], *, force: bool) -> None:
    """Raise RequestError where wheels would be overwritten unasked, or by each other."""
    twice = sorted(str(path) for path, count in Counter(targets).items() if count > 1)
    if twice:
        raise RequestError(f"several of the wheels would become {', '.join(twice)}")
    there = [] if force else [str(path) for path in targets if path.exists()]
    if there:
        raise RequestError(f"exists already: {', '.join(there)}; --force replaces it")
