"""Share one pool of compile jobs between several builds: the jobserver of GNU make.

Each build that takes part may run one job, and one more for each token that it reads from the pool,
a named pipe. It writes the token back when that job ends. (GNU make manual, "POSIX Jobserver
Interaction". Named pipes are supported by GNU make since 4.4, Ninja since 1.13, and GCC's link-time
optimization since 13.)
"""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.version import InvalidVersion, Version

from ..config.hook_settings import PARALLEL_VARIABLE
from ..config.skbuild_settings import SkbuildSettings
from ..system import processes

NINJA = "ninja>=1.13"
"""The requirement for a build tool that takes part in a jobserver."""


_FIRST_NINJA = Version("1.13")
_FIRST_MAKE = Version("4.4")


def slots() -> int:
    """Return how many compilers may run at once: the user's number, or one for each core."""
    said = os.environ.get(PARALLEL_VARIABLE, "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return processes.processor_count()


def wants_ninja(settings: SkbuildSettings) -> bool:
    """Return whether parallel builds could share a pool if a new enough Ninja is installed.

    They could not without named pipes, inside another jobserver, with a build tool other than
    Ninja, or if its arguments set the number of jobs.
    """
    if not hasattr(os, "mkfifo") or "--jobserver" in os.environ.get("MAKEFLAGS", ""):
        return False
    if settings.generator not in ("", "Ninja"):
        return False
    return not any(re.match(r"-(-parallel|j)", argument) for argument in settings.tool_args)


def is_usable(settings: SkbuildSettings) -> bool:
    """Return whether parallel builds would share one pool."""
    ninja = _ninja_version()
    return wants_ninja(settings) and ninja is not None and ninja >= _FIRST_NINJA


class JobServer:
    """A pool for ``slots`` compile jobs; each of ``clients`` builds has one of them already."""

    def __init__(self, folder: Path, slots: int, clients: int) -> None:
        self._folder = folder
        self._fifo = folder / "jobserver"
        os.mkfifo(self._fifo, 0o600)
        # Open for reading and writing: then opening does not wait for another process, and the
        # tokens stay while no build has the pipe open.
        self._pipe = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
        os.write(self._pipe, b"+" * max(0, slots - clients))

    def close(self) -> None:
        os.close(self._pipe)

    def release(self) -> None:
        """Give the job of a build that has ended to the others, if no further build needs it."""
        os.write(self._pipe, b"+")

    def joined(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return an environment with the variables that make a build take part."""
        joined = {**environment, "MAKEFLAGS": f"-j --jobserver-auth=fifo:{self._fifo}"}
        joined.pop(PARALLEL_VARIABLE, None)  # with it, Ninja would not use the pool
        if (old := _old_makes()) and (path := environment.get("PATH")):
            joined["PATH"] = f"{self._write_shims(old)}{os.pathsep}{path}"
        return joined

    def _write_shims(self, makes: dict[str, str]) -> Path:
        """Write scripts that hide the pool from versions of make that fail with a named pipe."""
        folder = self._folder / "make-shims"
        folder.mkdir(exist_ok=True)
        for name, program in makes.items():
            shim = folder / name
            shim.write_text(f'#!/bin/sh\nunset MAKEFLAGS MFLAGS\nexec "{program}" "$@"\n')
            shim.chmod(0o755)
        return folder


def _ninja_version() -> Version | None:
    """Return the version of the Ninja that scikit-build-core uses: PyPI's, or the one on PATH."""
    try:
        return Version(version("ninja"))
    except (PackageNotFoundError, InvalidVersion):
        program = next(filter(None, map(shutil.which, ("ninja-build", "ninja"))), None)
        return _version_of(program) if program else None


@functools.cache
def _old_makes() -> dict[str, str]:
    found = {name: shutil.which(name) for name in ("make", "gmake")}
    return {
        name: program
        for name, program in found.items()
        if program and (_version_of(program) or _FIRST_MAKE) < _FIRST_MAKE
    }


def _version_of(program: str) -> Version | None:
    try:
        said = processes.version(program)
    except OSError:
        return None
    match = re.search(r"\d+(\.\d+)+", said)
    return Version(match[0]) if match else None
