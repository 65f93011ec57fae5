"""A project built in surroundings that differ in all that must not be seen in what is built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SHUFFLE = '''"""Folders are listed sorted and reversed, whatever the order of the file system."""
import os

_scandir, _listdir = os.scandir, os.listdir


class _Turned:
    def __init__(self, found):
        with found:
            self._entries = iter(sorted(found, key=lambda entry: os.fspath(entry.name))[::-1])

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def close(self):
        pass


os.scandir = lambda *args: _Turned(_scandir(*args))
os.listdir = lambda *args: sorted(_listdir(*args))[::-1]
'''

NOBODY = 65534

_OTHERS = ("SKBUILD", "CMAKE", "WHEELNEXT_", "CUDA", "NVCC", "PIP_BUILD_TRACKER", "LC_", "LANG")
_KEPT = ("WHEELNEXT_BUILD_WHEELHOUSE",)


def _can_be_another() -> bool:
    """Whether processes here can be run under another user's number (Linux, not in all of CI)."""
    program = shutil.which("unshare")
    command = [program or "unshare", "--user", f"--map-user={NOBODY}", "true"]
    return program is not None and not subprocess.run(command, check=False).returncode


@dataclass(frozen=True)
class Surroundings:
    """Where and how a build runs: the folder of the project, and what else must not matter.

    ``turned`` has Python list folders in the order opposite to the sorted one; ``user`` is another
    user's number.
    """

    folder: str
    umask: int
    environment: Mapping[str, str]
    turned: bool = False
    user: int | None = None


HERE = Surroundings(
    "here/project",
    0o022,
    {
        "LC_ALL": "C",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "CMAKE_BUILD_PARALLEL_LEVEL": "1",
        "HOME": "/nonexistent",
    },
)
THERE = Surroundings(
    "there/in a longer folder/of another name",
    0o077,
    {
        "LC_ALL": "C.UTF-8",
        "TZ": "Asia/Kolkata",
        "PYTHONHASHSEED": "12345",
        "CMAKE_BUILD_PARALLEL_LEVEL": "4",
    },
    turned=True,
    user=NOBODY if _can_be_another() else None,
)


@dataclass(frozen=True)
class Release:
    """What a build left: the content of each file, by name."""

    files: Mapping[str, bytes] = field(repr=False)

    def differing(self, other: Release) -> list[str]:
        """The names of the files that are not the same in both."""
        names = sorted({*self.files, *other.files})
        return [name for name in names if self.files.get(name) != other.files.get(name)]


def build(
    source: Path,
    base: Path,
    around: Surroundings,
    *options: str,
    environment: Mapping[str, str | None] | None = None,
    command: Sequence[str] = ("-m", "build", "--no-isolation", "-Cvariants=all"),
) -> Release:
    """Copy the project below ``base`` and build its release; raises AssertionError with the log.

    ``environment`` has further variables, or None for those that are not to be there.
    """
    folder, out = base / around.folder, base / f"{around.folder} dist"
    previous = os.umask(around.umask)
    try:
        base.mkdir(parents=True, exist_ok=True)
        _copy(source, folder, turned=around.turned)
        out.mkdir(parents=True, exist_ok=True)
        site = base / f"site-{around.turned}"
        site.mkdir(exist_ok=True)
        if around.turned:
            (site / "sitecustomize.py").write_text(_SHUFFLE)
    finally:
        os.umask(previous)
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OTHERS) or name in _KEPT
    }
    variables |= {"SOURCE_DATE_EPOCH": "1700000000", "PYTHONPATH": str(site)}
    variables |= around.environment
    for name, value in (environment or {}).items():
        variables.pop(name, None)
        if value is not None:
            variables[name] = value
    ended = subprocess.run(
        [
            *_as_user(around.user),
            *(sys.executable, *command, *options, "--outdir", str(out), str(folder)),
        ],
        env=variables,
        umask=around.umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    files = {path.name: path.read_bytes() for path in sorted(out.iterdir())}
    shutil.rmtree(out)
    return Release(files)


def _copy(source: Path, folder: Path, *, turned: bool) -> None:
    """Copy a project; file systems that list by age then list it in another order."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = sorted(path for path in source.rglob("*") if "__pycache__" not in path.parts)
    for path in reversed(paths) if turned else paths:
        target = folder / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())  # with the mode that the umask gives


def _as_user(user: int | None) -> list[str]:
    """What has a command believe that it is run by another user, who owns what this one owns."""
    if user is None:
        return []
    return ["unshare", "--user", f"--map-user={user}", f"--map-group={user}"]
