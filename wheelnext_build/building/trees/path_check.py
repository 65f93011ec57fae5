"""Refuse paths that CMake or Ninja would misread, before anything is built.

CMake and Ninja handle quotes, spaces, and most characters that are special in shells and make. With
others a build fails late, with a message that names no path, or after a hundred tries (``|`` in the
path of a build tree). Tested with CMake 4.4 and Ninja 1.13.
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
    """Raise RequestError if CMake cannot build in the path of the project's folder.

    ``reproducible`` says that compilers are told to write another path in its place.
    """
    _check(
        folder,
        (*_NOWHERE, *(_IN_EXPRESSIONS if reproducible else ())),
        "the project's folder: rename it, or build in another one",
    )


def check_trees(*folders: Path) -> None:
    """Raise RequestError if CMake cannot build in the path of a folder for build trees."""
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
