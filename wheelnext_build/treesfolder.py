"""Where the build trees of a request lie, and that no two builds use them at once."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import skbuildsettings
from .announce import announce
from .errors import BuildError
from .skbuildsettings import Settings

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PREFIX = "wheelnext-build-"
_LOCK = "lock"
_TOOLCHAIN = "toolchain.txt"


@dataclass(frozen=True)
class TreesFolder:
    """A folder for build trees; ``kept`` says that it outlives the request."""

    path: Path
    kept: bool


@contextlib.contextmanager
def trees_folder(settings: Settings, project: str) -> Iterator[TreesFolder]:
    """Where the trees are: below the project's build-dir where it has one, else for this call.

    One build uses it at a time: another one waits, and says so.
    """
    kept = skbuildsettings.kept_folder(settings)
    if kept is None:
        with temporary_folder(project) as folder:
            yield TreesFolder(folder, kept=False)
        return
    with locked(kept):
        # Whoever packs the project by what is in its folder must not take this.
        (kept / ".gitignore").write_text("*\n", encoding="utf-8")
        _check_toolchain(kept)
        yield TreesFolder(kept, kept=True)


@contextlib.contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """An empty folder that is removed when the block ends, of the same path each time.

    Compiler caches hash what compilers are told. Where two builds want the same folder at once, or
    it is not this user's alone, the path is a random one.
    """
    with contextlib.ExitStack() as stack:
        folder = _stable_folder(name)
        if folder is None or not stack.enter_context(_try_locked(folder, wait=False)):
            random = tempfile.TemporaryDirectory(prefix=_PREFIX)
            yield Path(stack.enter_context(random)).resolve()
            return
        stack.callback(_clear, folder)
        _clear(folder)
        yield folder


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder, which is made where it is not there; waits while another process does."""
    with _try_locked(folder, wait=True):
        yield


def _stable_folder(name: str) -> Path | None:
    """None where the folder cannot be had, or is not this user's alone."""
    top = Path(tempfile.gettempdir()).resolve() / f"{_PREFIX}{_user()}"
    try:
        top.mkdir(mode=0o700, exist_ok=True)
        status = top.lstat()
        if not top.is_dir() or top.is_symlink():
            return None
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o077):
            return None
        folder = top / name
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return folder


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def _clear(folder: Path) -> None:
    """Remove all but the lock: whoever waits for it has it open."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _LOCK:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _try_locked(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the folder's lock; yields whether it was to be had.

    The system lets go of it when the process ends, however that comes about.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / _LOCK).open("a+b")
    except OSError as error:
        raise BuildError(f"{folder}: cannot be used as a build folder: {error.strerror}") from None
    with stream:
        if _lock(stream, wait=False):
            yield True
        elif wait:
            announce(f"another build is at work in {folder}: waiting for it to end")
            _lock(stream, wait=True)
            yield True
        else:
            yield False


def _lock(stream: IO[bytes], *, wait: bool) -> bool:
    try:
        if sys.platform == "win32":
            while True:
                with contextlib.suppress(OSError):
                    msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
                    return True
                if not wait:
                    return False
                time.sleep(0.2)
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _check_toolchain(folder: Path) -> None:
    """Empty a kept folder whose files other compilers made: their command lines may be the same."""
    current = _toolchain()
    path = folder / _TOOLCHAIN
    if path.is_file() and path.read_text(encoding="utf-8") == current:
        return
    _clear(folder)
    path.write_text(current, encoding="utf-8")


def _toolchain() -> str:
    answers = []
    for variable, default in (
        ("CC", "cc"),
        ("CXX", "c++"),
        ("FC", "gfortran"),
        ("CUDACXX", "nvcc"),
    ):
        command = os.environ.get(variable) or default
        program = shutil.which(command.split()[0]) if command.split() else None
        if program is None:
            continue
        result = subprocess.run(
            [program, "--version"], capture_output=True, text=True, errors="replace", check=False
        )
        answers.append(f"{variable}: {result.stdout}")
    return "\n".join([sysconfig.get_platform(), *answers])
