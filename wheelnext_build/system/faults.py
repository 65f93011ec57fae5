"""Messages for faults of the machine: what failed, where, and what to do about it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

_ROOM = "free some, or use a folder on another disk (TMPDIR for temporary files)"
_ADVICE = {
    errno.ENOSPC: _ROOM,
    getattr(errno, "EDQUOT", errno.ENOSPC): _ROOM,
    errno.EROFS: "use a folder that can be written",
    errno.ENOMEM: "run fewer jobs at a time, or close other programs",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}
_OF_A_COPY = re.compile(r"\[Errno (\d+)\] ([^:]*)")

_LITTLE = 1 << 20
"""If fewer bytes are left, the disk is full."""

_FEW = 64
"""If fewer inodes are left, the disk is full."""


def message(error: OSError, folders: Iterable[Path] = ()) -> str:
    """Return the message for an error that no other code handles.

    ``folders`` are the places to check for a full disk: an error of a write names no file.
    """
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        _, where, why = error.args[0][0]
        found = _OF_A_COPY.match(str(why))
        number, text = (int(found[1]), found[2]) if found else (0, str(why))
        return f"{where}: cannot be written: {_advised(text, number)}"
    text = _advised(error.strerror or str(error), error.errno)
    # For two-path calls such as a copy, report the destination.
    name = error.filename2 if error.filename2 and error.errno in _ADVICE else error.filename
    if name is not None:
        return f"{os.fsdecode(name) if isinstance(name, bytes) else name}: {text}"
    return text + full_disks(folders)


def full_disks(folders: Iterable[Path]) -> str:
    """Return a note for each folder on a full disk, or ''; compilers often do not report that."""
    temporary = os.environ.get("TMPDIR")  # compilers use it even if Python cannot
    if not hasattr(os, "statvfs"):
        return ""
    notes: dict[int, str] = {}
    for folder in (*folders, *([Path(temporary)] if temporary else [])):
        with contextlib.suppress(OSError):
            if lack := _lack(folder):
                notes.setdefault(folder.stat().st_dev, f"; the disk of {folder} has {lack} left")
    return "".join(notes.values())


def _lack(folder: Path) -> str:
    status = os.statvfs(folder)
    if status.f_bavail * status.f_frsize < _LITTLE:
        return "no space"
    if status.f_files and status.f_favail < _FEW:  # 0 if the file system counts no inodes
        return "no inodes"
    return ""


def _advised(text: str, number: int | None) -> str:
    advice = _ADVICE.get(number or 0)
    return f"{text}: {advice}" if advice else text
