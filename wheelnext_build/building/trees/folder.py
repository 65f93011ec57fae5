"""Where the build trees of a request lie, and that no two builds use them at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import BuildError
from ...system import captured
from ...system.announce import announce
from ...system.file_lock import LOCK, locked, try_locked
from ...system.signals import cleaned_up, held_back
from ...system.temporary import private_folder, remove_empty, scratch_folder
from . import clock

_TOOLCHAIN = "toolchain.txt"


@dataclass(frozen=True)
class TreesFolder:
    """A folder for build trees; ``kept`` says that it outlives the request."""

    path: Path
    kept: bool


@contextlib.contextmanager
def trees_folder(kept: Path | None, project: str) -> Iterator[TreesFolder]:
    """The folder ``kept``, or, where that is None, one for this call.

    One build uses it at a time: another one waits, and says so.
    """
    if kept is None:
        with temporary_folder(project) as folder:
            yield TreesFolder(folder, kept=False)
        return
    waiting = f"another build is at work in {kept}: waiting for it to end"
    with locked(kept, waiting):
        _check_toolchain(kept)
        _check_dates(kept)
        # Whoever packs the project by what is in its folder must not take this.
        (kept / ".gitignore").write_text("*\n", encoding="utf-8")
        yield TreesFolder(kept, kept=True)


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
        _clear(folder)
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


def _clear(folder: Path) -> None:
    """Remove all but the lock: whoever waits for it has it open."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)


def _check_toolchain(folder: Path) -> None:
    """Empty a kept folder whose files other compilers made: their command lines may be the same."""
    current = _toolchain()
    path = folder / _TOOLCHAIN
    if path.is_file() and path.read_text(encoding="utf-8") == current:
        return
    _clear(folder)
    path.write_text(current, encoding="utf-8")


def _check_dates(folder: Path) -> None:
    """Empty a kept folder where the dates of files do not tell what to compile again."""
    sources = Path().absolute()
    if clock.is_unsure(folder, sources):
        announce(f"the clock was set back, or sources have older dates: {folder} is built anew")
        _clear(folder)
        _check_toolchain(folder)
    clock.remember(folder, sources)


def _toolchain() -> str:
    answers = []
    for variable, default in (
        ("CC", "cc"),
        ("CXX", "c++"),
        ("FC", "gfortran"),
        ("CUDACXX", "nvcc"),
        ("HIPCXX", "hipcc"),
    ):
        command = os.environ.get(variable) or default
        program = shutil.which(command.split()[0]) if command.split() else None
        if program is None:
            continue
        answers.append(f"{variable}: {captured.version(program)}")
    return "\n".join([sysconfig.get_platform(), *answers])
