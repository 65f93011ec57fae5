"""Remove files of one pass from a build tree that the next pass would install.

``install(DIRECTORY)`` of a folder in the build tree installs all files in it, also files of another
wheel: one with that variant's label in its name, or one that only that variant generates. So before
a pass for another wheel, such a tree is emptied, except for files that are not installed this way:
object files, the records of Ninja and CMake, and fetched sources.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

_REPLIES = ".cmake/api/v1/reply"
"""The folder of CMake's replies to scikit-build-core's query (CMake manual, cmake-file-api(7))."""

_KEPT = ("*.o", "*.obj", ".ninja_log", ".ninja_deps", "CMakeCache.txt")
_KEPT_FOLDERS = ("CMakeFiles/[0-9]*", "_deps/*-src", "_deps/*-subbuild")
"""CMake's records of the compilers, and the sources that FetchContent fetches."""


def remove(folder: Path) -> bool:
    """Remove files that the next pass must not install; return whether that was necessary.

    It is necessary only if the last configuration of the tree installs folders that are in it.
    """
    if not any(_installed_folders(folder)):
        return False
    for parent, names, files in os.walk(folder):
        here = Path(parent)
        names[:] = [name for name in names if not _is_kept(here / name, folder)]
        for path in (here / name for name in files):
            if not any(path.match(pattern) for pattern in _KEPT):
                path.unlink()
    return True


def _installed_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders in the tree whose whole content is installed."""
    replies = folder / _REPLIES
    for model in map(_read, replies.glob("codemodel-*.json")):
        # A copy of a tree has the reply for the original tree, with that one's paths.
        source, build = (Path(model["paths"][name]) for name in ("source", "build"))
        for answer in map(_read, replies.glob("directory-*.json")):
            for installer in answer.get("installers", []):
                if installer["type"] != "directory":
                    continue
                for item in installer["paths"]:
                    path = source / (item["from"] if isinstance(item, dict) else item)
                    if path.is_relative_to(build) and not _is_kept(path, build):
                        yield path


def _is_kept(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder)
    return any(
        PurePath(*inside.parts[:2]).match(pattern) and len(inside.parts) >= 2
        for pattern in _KEPT_FOLDERS
    )


def _read(path: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    return answer
