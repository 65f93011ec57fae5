"""The folder of a request's build trees, which only one build uses at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...system import processes
from ...system.announce import announce
from ...system.locks import build_folder
from ...system.temporary import (
    clear,
    temporary_folder,
)

_TOOLCHAIN = "toolchain.txt"

_SLACK = 10
"""Seconds that the clock of a file server may be ahead."""


@dataclass(frozen=True)
class TreesFolder:
    """A folder for build trees; ``kept`` says that it outlives the request."""

    path: Path
    kept: bool


@contextlib.contextmanager
def trees_folder(kept: Path | None, project: str) -> Iterator[TreesFolder]:
    """Yield the folder ``kept``, or a temporary one if that is None.

    One build uses it at a time: another one prints a message and waits.
    """
    if kept is None:
        with temporary_folder(project) as folder:
            yield TreesFolder(folder, kept=False)
        return
    waiting = f"another build is at work in {kept}: waiting for it to end"
    with build_folder(kept, waiting):
        _check_toolchain(kept)
        _check_clock(kept)
        # Keeps the folder out of sdists, which leave out the files that git ignores.
        (kept / ".gitignore").write_text("*\n", encoding="utf-8")
        yield TreesFolder(kept, kept=True)


def _check_toolchain(folder: Path) -> None:
    """Empty a kept folder if other compilers made its files: Ninja cannot see the difference."""
    current = _toolchain()
    path = folder / _TOOLCHAIN
    if path.is_file() and path.read_text(encoding="utf-8") == current:
        return
    clear(folder)
    path.write_text(current, encoding="utf-8")


def _check_clock(folder: Path) -> None:
    """Empty a kept folder if an object in it is newer than now: Ninja would never replace it."""
    latest = time.time() + _SLACK
    if any(
        os.lstat(os.path.join(parent, name)).st_mtime > latest  # noqa: PTH118 - there are many
        for parent, _, names in os.walk(folder)
        for name in names
        if name.endswith((".o", ".obj"))
    ):
        announce(f"the clock was set back: {folder} is built anew")
        clear(folder)
        _check_toolchain(folder)


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
        answers.append(f"{variable}: {processes.version(program)}")
    return "\n".join([sysconfig.get_platform(), *answers])
