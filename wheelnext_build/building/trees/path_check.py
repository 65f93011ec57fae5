"""Paths that CMake or Ninja take for something else: refused before anything is built.

They pass quotes, spaces, and most of what shells and make stumble over. What they do not pass fails
late, in words that name no path, or (``|`` in the path of a build tree) after a hundred tries.
Measured with CMake 4.4 and Ninja 1.13.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ...errors import RequestError

_NOWHERE = ("\n", "\r", "|", *(() if os.sep == "\\" else ("\\",)))
_IN_EXPRESSIONS = (";", "$<")
_IN_TREES = (*_NOWHERE, *_IN_EXPRESSIONS, '"', "${")


def check_source(folder: Path, *, reproducible: bool) -> None:
    """Raise RequestError where the project's folder has a path that cannot be built in.

    ``reproducible`` says that compilers are told to write another path in its place.
    """
    _check(
        folder,
        (*_NOWHERE, *(_IN_EXPRESSIONS if reproducible else ())),
        "the project's folder: rename it, or build in another one",
    )


def check_trees(*folders: Path) -> None:
    """Raise RequestError where a folder for build trees has a path that cannot be built in."""
    for folder in folders:
        where = "the folder of the build: have TMPDIR, or build-dir, name another one"
        _check(folder, _IN_TREES, where)
        try:
            str(folder).encode()
        except UnicodeEncodeError:
            raise RequestError(f"{folder}: is not UTF-8, and is {where}") from None


def _check(folder: Path, refused: Iterable[str], where: str) -> None:
    for part in refused:
        if part in str(folder):
            shown = "a line end" if part in ("\n", "\r") else f"`{part}`"
            raise RequestError(
                f"{str(folder)!r}: CMake and Ninja cannot build where {shown} is in the path, and "
                f"it is in that of {where}"
            )
