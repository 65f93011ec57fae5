"""Build a release a second time and compare the files byte for byte."""

from __future__ import annotations

import filecmp
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ..errors import BuildError, RequestError
from ..system import processes, source_date
from ..system.temporary import scratch_folder
from ..wheels.description import variant_of
from ..wheels.name import WheelName
from ..wheels.reader import WheelReader
from .file_diff import Member, diffoscope_report, member_differences, members_of
from .index.dist_files import SDIST_SUFFIX, release_of

RebuildState = Literal["equal", "different", "not compared"]

_LEFT_OUT = ("__pycache__", ".nox", ".tox", ".venv")
_TAIL = 30
"""Lines of a failed build to show."""


@dataclass(frozen=True)
class BuildOptions:
    """Options of ``python -m build`` that the release was built with, and config settings."""

    options: Sequence[str] = ()
    settings: Sequence[str] = ()


@dataclass(frozen=True)
class ComparedFile:
    """A file of the release; ``lines`` list the differences, or why it was not compared."""

    name: str
    state: RebuildState
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class RebuiltRelease:
    """The comparison of a release with a second build.

    ``epoch`` is the second build's SOURCE_DATE_EPOCH. ``assumed`` lists assumptions that the files
    cannot confirm.
    """

    files: tuple[ComparedFile, ...]
    epoch: int
    assumed: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """True if files were compared and all of them are equal."""
        states = {item.state for item in self.files}
        return "equal" in states and "different" not in states


@dataclass(frozen=True)
class _File:
    """A wheel or an sdist of the release; ``name`` is None for an sdist."""

    path: Path
    members: Mapping[str, Member]
    name: WheelName | None = None
    label: str | None = None

    @property
    def dates(self) -> set[int]:
        """The dates of the members, in seconds since 1970."""
        found = (member.seconds for member in self.members.values())
        return {seconds for seconds in found if seconds is not None}


def rebuild(folder: Path, project: Path, how: BuildOptions) -> RebuiltRelease:
    """Build the project again, in another folder and environment, and compare with ``folder``.

    Raises RequestError if there is nothing to compare, BuildError if the build fails.
    """
    if not (project / "pyproject.toml").is_file():
        raise RequestError(f"{project}: has no pyproject.toml; give the project's folder")
    files = _files(folder)
    epoch, source = _epoch(files)
    options = _options(files, how)
    date = f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M:%S} UTC"
    assumed = [
        f"{source_date.VARIABLE} is {epoch} ({date}): {source}",
        f"it was built by python -m build {' '.join(options)}".rstrip(),
        "sources, build requirements, compilers and Python are the same as for the release",
    ]
    with scratch_folder() as scratch:
        made = _build(project, folder, scratch, options, epoch)
        compared = [_compare(item, made) for item in files]
        names = {item.path.name for item in files}
        extra = sorted(path.name for path in made.iterdir() if path.name not in names)
    if extra:
        assumed.append(f"not in {folder}, but rebuilt: {', '.join(extra)}")
    return RebuiltRelease(tuple(compared), epoch, tuple(assumed))


def _files(folder: Path) -> list[_File]:
    if not folder.is_dir():
        raise RequestError(f"{folder}: no such folder")
    paths = [path for path in sorted(folder.iterdir()) if release_of(path)]
    releases = {release_of(path) for path in paths}
    if not paths:
        raise RequestError(f"{folder}: no wheel and no sdist here")
    if len(releases) > 1:
        names = ", ".join(sorted(f"{found[0]} {found[1]}" for found in releases if found))
        raise RequestError(f"{folder} has several releases, {names}: put each in its own folder")
    return [_file(path) for path in paths]


def _file(path: Path) -> _File:
    members = members_of(path)
    if path.name.endswith(SDIST_SUFFIX):
        return _File(path, members)
    with WheelReader(path) as reader:
        described = variant_of(reader)
        return _File(path, members, reader.name, described[1].label if described else None)


def _epoch(files: Sequence[_File]) -> tuple[int, str]:
    """Return the SOURCE_DATE_EPOCH that the release was built with, and its source in words."""
    if (given := source_date.epoch()) is not None:
        return given, "from the environment"
    wheels = [item for item in files if item.name is not None] or files
    dates = sorted({date for item in wheels for date in item.dates})
    if not dates:
        raise RequestError(f"no file has a date: set {source_date.VARIABLE} to the release's")
    for item in files:  # dates are exact to two seconds in a wheel, to one second in an sdist
        if item.name is None and len(item.dates) == 1 and len(dates) == 1:
            (exact,) = item.dates
            if exact // 2 == dates[0] // 2:
                return exact, f"from {item.path.name}"
    if len(dates) == 1:
        return dates[0], "from the dates in the files"
    return dates[-1], (
        "the latest of several dates in the files; a reproducible release has only one: set "
        f"{source_date.VARIABLE}, or wheel.reproducible = true in [tool.scikit-build]"
    )


def _options(files: Sequence[_File], how: BuildOptions) -> list[str]:
    """Return the options of ``python -m build``: the given ones, and those that the files show."""
    options = [*how.options, *(f"-C{text}" for text in how.settings)]
    is_chosen = any(text.startswith(("variants=", "variant-label=")) for text in how.settings)
    if not is_chosen and any(item.label is not None for item in files):
        options.append("-Cvariants=all")
    if any(item.label and item.name and item.name.label is None for item in files):
        options.append("-Cvariant-filename=carrier")
    if all(item.name is not None for item in files):
        options.append("--wheel")
    elif all(item.name is None for item in files):
        options.append("--sdist")
    return options


def _build(project: Path, folder: Path, scratch: Path, options: Sequence[str], epoch: int) -> Path:
    """Build a copy of the project; return the output folder."""
    source, made = scratch / "built" / "again" / project.resolve().name, scratch / "made"
    skipped = folder.resolve()

    def left_out(parent: str, names: list[str]) -> list[str]:
        here = Path(parent).resolve()
        return [name for name in names if name in _LEFT_OUT or _is_product(here / name, skipped)]

    shutil.copytree(project, source, symlinks=True, ignore=left_out)
    ended = processes.run(
        [sys.executable, "-P", "-m", "build", *options, "--outdir", str(made), str(source)],
        cwd=scratch,
        env=_surroundings(epoch),
        umask=0o077 if os.name == "posix" else -1,
    )
    if ended.returncode:
        tail = "\n".join(processes.tail(ended.stdout, _TAIL))
        if "No module named build" in tail:
            raise RequestError("--rebuild needs build: pip install 'wheelnext-build[cli]'")
        raise BuildError(f"{tail}\n{project}: the second build failed, see above")
    return made


def _is_product(path: Path, folder: Path) -> bool:
    """Return whether a folder is the release's, a virtual environment, or a build folder."""
    return path == folder or any(
        (path / name).is_file() for name in ("pyvenv.cfg", "CMakeCache.txt", "CACHEDIR.TAG")
    )


def _surroundings(epoch: int) -> Mapping[str, str]:
    """Return the environment with unusual values for settings that must not change the result."""
    return {
        **os.environ,
        source_date.VARIABLE: str(epoch),
        "TZ": "XST-05:30",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "4242",
    }


def _compare(item: _File, made: Path) -> ComparedFile:
    rebuilt = made / item.path.name
    if not rebuilt.is_file():
        return ComparedFile(item.path.name, "not compared", (_reason(item, made),))
    if filecmp.cmp(item.path, rebuilt, shallow=False):
        return ComparedFile(item.path.name, "equal")
    lines = (
        *member_differences(item.path, rebuilt),
        *diffoscope_report(item.path, rebuilt),
    )
    return ComparedFile(item.path.name, "different", lines)


def _reason(item: _File, made: Path) -> str:
    """Explain why the second build has no such file."""
    if item.name is None:
        return "no sdist of this name was built: the project has another version now"
    names = [WheelName.parse(path.name) for path in made.glob("*.whl")]
    if names and item.name.release not in {name.release for name in names}:
        return f"the project is now {names[0].release}"
    pythons = {(name.python, name.abi) for name in names}
    if (item.name.python, item.name.abi) not in pythons:
        return f"built by another Python: run this command with the one for {item.name.python}"
    systems = {name.platform for name in names}
    if item.name.platform not in systems:
        return (
            f"is for {item.name.platform}, but the second build is for "
            f"{', '.join(sorted(systems))}: it was built on another system, or repaired; compare "
            "the wheels before the repair"
        )
    return f"no wheel of {item.label or 'the plain build'} was built"
