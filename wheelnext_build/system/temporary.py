"""Temporary folders of this user's own. What a killed process left, the next one removes."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import BuildError
from .file_lock import LOCK, try_locked
from .signals import cleaned_up, held_back

FOLDER_PREFIX = "wheelnext-build-"
_SCRATCH = "scratch"


def private_folder() -> Path | None:
    """A folder for temporary ones; None where it cannot be had, or is not this user's alone."""
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
def scratch_folder() -> Iterator[Path]:
    """An empty folder for this process, which is removed when the block ends."""
    with contextlib.ExitStack() as stack:
        while True:
            with held_back():
                new = _new_folder()
                if new is None:
                    random = tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)
                    folder = Path(stack.enter_context(random))
                else:
                    parent = new.parent
                    stack.enter_context(cleaned_up(remove_empty, parent, parent.parent))
                    stack.enter_context(cleaned_up(shutil.rmtree, new, ignore_errors=True))
            if new is None:
                yield folder
                return
            # Another process may have taken it for a left one before it had its lock.
            try:
                if stack.enter_context(try_locked(new, wait=False)):
                    break
            except BuildError:
                if parent.is_dir():  # it was not removed with the folder that it is in
                    raise
        for folder in (*parent.iterdir(), *parent.parent.iterdir()):
            if folder != parent:
                _remove_left(folder)
        files = new / "files"
        files.mkdir(mode=0o700)
        yield files


def _new_folder() -> Path | None:
    while (top := private_folder()) is not None:
        try:
            (top / _SCRATCH).mkdir(mode=0o700, exist_ok=True)
            return Path(tempfile.mkdtemp(dir=top / _SCRATCH))
        except FileNotFoundError:
            continue  # another process removes what is empty
        except FileExistsError:
            if (top / _SCRATCH).exists():
                return None  # and is no folder
        except PermissionError:
            return None  # where users have other numbers, it may only seem to be ours
        except BaseException:
            remove_empty(top / _SCRATCH, top)
            raise
    return None


def remove_empty(*folders: Path) -> None:
    """Remove folders that are there, in this order, up to the first that has something in it."""
    with contextlib.suppress(OSError):
        for folder in folders:
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()


@contextlib.contextmanager
def all_temporary_files() -> Iterator[Path]:
    """Have libraries make their temporary files in a folder of ours while the block runs: in this.

    Some remove what they have begun where that fails, but not where it is interrupted.
    """
    with scratch_folder() as folder:
        before, tempfile.tempdir = tempfile.tempdir, str(folder.resolve())
        try:
            yield folder
        finally:
            tempfile.tempdir = before


def _remove_left(folder: Path) -> None:
    """Remove a folder that no living process has."""
    if not folder.is_dir():
        return
    with contextlib.suppress(BuildError), try_locked(folder, wait=False) as is_mine:
        if is_mine:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """An empty folder that is removed when the block ends, of the same path each time.

    Compiler caches hash what compilers are told. Where two builds want the same folder at once, or
    it is not this user's alone, the path is a random one.
    """
    with contextlib.ExitStack() as stack:
        with held_back():
            folder = _stable_folder(name)
            is_mine = folder is not None and stack.enter_context(_held(folder))
        if folder is None or not is_mine:
            yield stack.enter_context(scratch_folder()).resolve()
            return
        clear(folder)
        yield folder


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Have a folder until it is removed at the end; yields whether it was to be had."""
    with contextlib.ExitStack() as stack:
        is_mine = False
        with contextlib.suppress(BuildError):  # others remove what it is in, where that is empty
            is_mine = stack.enter_context(try_locked(folder, wait=False))
        if is_mine:
            stack.enter_context(cleaned_up(remove_empty, folder.parent))
            stack.enter_context(cleaned_up(shutil.rmtree, folder, ignore_errors=True))
        yield is_mine


def _stable_folder(name: str) -> Path | None:
    """None where the folder cannot be had, or is not this user's alone."""
    top = private_folder()
    if top is None:
        return None
    try:
        (top / name).mkdir(exist_ok=True)
    except OSError:
        return None
    return top / name


def clear(folder: Path) -> None:
    """Remove all but the lock: whoever waits for it has it open."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)
