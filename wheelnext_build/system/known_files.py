"""What a folder held when a build began: a build replaces that, but not what comes meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VARIABLE = "WHEELNEXT_BUILD_KNOWN_FILES"
"""The environment variable with the file by which a build of several hooks tells them of it."""

Known = Mapping[str, tuple[int, int, int]]
"""Files, as they can be told from later ones of the same names."""


def known_files(folder: Path, *, others: bool) -> Known:
    """What a build that begins now may replace in a folder.

    That is what is there; or nothing, where ``others`` are at work there, since it may be theirs.
    """
    told = _told()
    if told.get("folder") == str(folder.resolve()):
        return {name: (ino, date, size) for name, (ino, date, size) in told["known"].items()}
    if others:
        return {}
    known = {}
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # others may take some away
            known[path.name] = identity(path)
    return known


def _told() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(Path(os.environ.get(VARIABLE, "")).read_bytes())
        return found if isinstance(found, dict) else {}
    return {}


def tell(folder: Path, known: Known, path: Path) -> dict[str, str]:
    """Write it to a file; returns the environment by which hooks find that."""
    text = json.dumps({"folder": str(folder.resolve()), "known": known})
    path.write_text(text, encoding="utf-8")
    return {VARIABLE: str(path)}


def identity(path: Path) -> tuple[int, int, int]:
    """What tells a file from another one of its name."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
