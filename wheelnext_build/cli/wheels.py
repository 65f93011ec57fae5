"""Arguments of the commands that read or change wheels."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import RequestError
from ..system.locks import wheel_folders
from ..system.publishing import output_folder
from ..wheels.dependencies import Changes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for wheels, and ``--json``."""
    parser.add_argument("wheels", metavar="WHEEL", type=Path, nargs="+", help="a wheel")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def check(paths: Iterable[Path]) -> None:
    """Raise RequestError if one of the wheels does not exist, or is a folder or a device."""
    # os.path also answers for names that no file system accepts.
    unfit = [path for path in paths if not os.path.isfile(path)]  # noqa: PTH113
    missing = [str(path) for path in unfit if not os.path.exists(path)]  # noqa: PTH110
    if missing:
        raise RequestError(f"no such file: {', '.join(missing)}")
    if unfit:
        raise RequestError(f"not a regular file: {', '.join(map(str, unfit))}")


def add_folder_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for wheels or folders, the output folder, and changes of dependencies."""
    parser.add_argument(
        "wheels",
        metavar="WHEEL|FOLDER",
        type=Path,
        nargs="+",
        help="a wheel, or a folder of wheels",
    )
    parser.add_argument(
        "-o", "--outdir", metavar="FOLDER", type=Path, help="write the new wheels into FOLDER"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace existing wheels of the new names"
    )
    for option, text in (
        ("--add-dependency", "add a requirement to the wheels' metadata; may be repeated"),
        (
            "--replace-dependency",
            "replace the requirements of the same name by this one; may be repeated",
        ),
    ):
        parser.add_argument(option, metavar="REQUIREMENT", action="append", default=[], help=text)
    parser.add_argument(
        "--drop-dependency",
        metavar="NAME",
        action="append",
        default=[],
        help="remove the requirements of this name, except those of extras; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def changes(args: argparse.Namespace) -> Changes:
    """Return the requested changes of dependencies; raise RequestError for invalid ones."""
    return Changes(
        tuple(args.add_dependency), tuple(args.replace_dependency), tuple(args.drop_dependency)
    )


@contextlib.contextmanager
def folders_held(args: argparse.Namespace) -> Iterator[None]:
    """Lock the folders of the wheels and the output folder; create the latter if it is missing."""
    folders = [path if path.is_dir() else path.parent for path in args.wheels]
    with contextlib.ExitStack() as stack:
        if args.outdir is not None:
            stack.enter_context(output_folder(args.outdir))
            folders.append(args.outdir)
        stack.enter_context(wheel_folders(*folders))
        yield


def expanded(args: argparse.Namespace) -> list[Path]:
    """Return the given wheels and all wheels in the given folders, without duplicates.

    Raises RequestError if something does not exist, or a folder has no wheel.
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
    """Raise RequestError if a wheel exists (unless ``force``), or two would get the same name."""
    twice = sorted(str(path) for path, count in Counter(targets).items() if count > 1)
    if twice:
        raise RequestError(f"several of the wheels would become {', '.join(twice)}")
    there = [] if force else [str(path) for path in targets if path.exists()]
    if there:
        raise RequestError(f"exists already: {', '.join(there)}; --force replaces it")
