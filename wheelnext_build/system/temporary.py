"""Temporary folders, which are removed at the end, also after Ctrl-C and SIGTERM."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .locks import LOCK, free_build_folder
from .signals import held_back

FOLDER_PREFIX = "wheelnext-build-"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder for this process, which is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)).resolve()
    try:
        yield folder
    finally:
        with held_back():
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """Yield an empty folder that has the same path each time, and is removed at the end.

    Compiler caches hash paths, so they need the same path in each build. If another build uses the
    folder, or if other users may write to it, the folder is a random one.
    """
    top = private_folder()
    with contextlib.ExitStack() as stack:
        if top is None or not stack.enter_context(free_build_folder(top / name)):
            yield stack.enter_context(scratch_folder())
            return
        try:
            clear(top / name)
            yield top / name
        finally:
            with held_back(), contextlib.suppress(OSError):
                shutil.rmtree(top / name, ignore_errors=True)
                top.rmdir()  # if no other build uses it


def private_folder() -> Path | None:
    """Return the folder of this user's temporary folders; None if others may write to it."""
    top = Path(tempfile.gettempdir()).resolve() / f"{FOLDER_PREFIX}{_user()}"
    try:
        top.mkdir(mode=0o700, exist_ok=True)
        status = top.lstat()
    except OSError:
        return None
    if not top.is_dir() or top.is_symlink():
        return None
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o077):
        return None
    return top


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


@contextlib.contextmanager
def all_temporary_files() -> Iterator[Path]:
    """Make libraries create their temporary files in one folder, which is removed at the end.

    Some libraries remove their files after an error, but not after an interrupt.
    """
    with scratch_folder() as folder:
        before, tempfile.tempdir = tempfile.tempdir, str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before


def clear(folder: Path) -> None:
    """Remove all files and folders in a build folder except its lock."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)
