"""Faults of the machine as messages: what failed, where, and what to do about it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

_ROOM = "free some, or name a folder on another disk (for temporary files by TMPDIR)"
_ADVICE = {
    errno.ENOSPC: _ROOM,
    getattr(errno, "EDQUOT", errno.ENOSPC): _ROOM,
    errno.EROFS: "name a folder that can be written",
    errno.ENOMEM: "run fewer jobs at a time, or end other programs",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}
_OF_A_COPY = re.compile(r"\[Errno (\d+)\] ([^:]*)")

_LITTLE = 1 << 20
"""With fewer bytes left than that, a build failed for want of space."""

_FEW = 64
"""With fewer inodes left than that, it failed for want of inodes."""


def message(error: OSError, folders: Iterable[Path] = ()) -> str:
    """What is said of an error that nobody foresaw.

    ``folders`` is where it may have happened: an error of writing does not tell the file.
    """
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        _, where, why = error.args[0][0]
        found = _OF_A_COPY.match(str(why))
        number, text = (int(found[1]), found[2]) if found else (0, str(why))
        return f"{where}: cannot be written: {_advised(text, number)}"
    text = _advised(error.strerror or str(error), error.errno)
    # Of a copy, what cannot be written is the second one.
    name = error.filename2 if error.filename2 and error.errno in _ADVICE else error.filename
    if name is not None:
        return f"{os.fsdecode(name) if isinstance(name, bytes) else name}: {text}"
    return text + full_disks(folders)


def full_disks(folders: Iterable[Path]) -> str:
    """What to add to an error where a disk is full, for those who made it often do not say so."""
    temporary = os.environ.get("TMPDIR")  # compilers use it, even where Python turned it down
    if not hasattr(os, "statvfs"):
        return ""
    notes: dict[int, str] = {}
    for folder in (*folders, *([Path(temporary)] if temporary else [])):
        with contextlib.suppress(OSError):
            if what := _lacking(folder):
                notes.setdefault(folder.stat().st_dev, f"; the disk of {folder} has {what} left")
    return "".join(notes.values())


def _lacking(folder: Path) -> str:
    status = os.statvfs(folder)
    if status.f_bavail * status.f_frsize < _LITTLE:
        return "no space"
    if status.f_files and status.f_favail < _FEW:  # some file systems count none
        return "no inodes"
    return ""


def _advised(text: str, number: int | None) -> str:
    advice = _ADVICE.get(number or 0)
    return f"{text}: {advice}" if advice else text
