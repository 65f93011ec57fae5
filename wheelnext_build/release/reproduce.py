"""Whether a release can be built again, byte for byte: a second build, and what it made."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ..errors import BuildError, RequestError, WheelError
from ..system import processes, source_date
from ..system.temporary import scratch_folder
from ..wheels.description import variant_of
from ..wheels.name import WheelName
from ..wheels.reader import WheelReader
from . import difference
from .index.dist_files import SDIST_SUFFIX, release_of

RebuildState = Literal["equal", "different", "not compared"]

_LEFT_OUT = ("__pycache__", ".nox", ".tox", ".venv")
_TAIL = 30
"""Lines of a failed build to show."""


@dataclass(frozen=True)
class How:
    """How the release was built: options of ``python -m build``, and its config settings."""

    options: Sequence[str] = ()
    settings: Sequence[str] = ()


@dataclass(frozen=True)
class Compared:
    """A file of the release; ``lines`` say what differs, or why it was not compared."""

    name: str
    state: RebuildState
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rebuilt:
    """The files of a release beside those of a second build, and what that build went by."""

    files: tuple[Compared, ...]
    epoch: int
    assumed: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether files were compared and all of them are equal."""
        states = {item.state for item in self.files}
        return "equal" in states and "different" not in states


@dataclass(frozen=True)
class _File:
    """A file of the release; ``dates`` are those of its members, in seconds since 1970."""

    path: Path
    dates: frozenset[int]
    name: WheelName | None = None
    label: str | None = None


def rebuild(folder: Path, project: Path, how: How) -> Rebuilt:
    """Build the project's release again, elsewhere and in other surroundings, and compare.

    Raises RequestError where there is nothing to compare, BuildError where it does not build.
    """
    if not (project / "pyproject.toml").is_file():
        raise RequestError(f"{project}: has no pyproject.toml; name the project's folder")
    files = _files(folder)
    epoch, source = _epoch(files)
    labelled = any(item.label is not None for item in files)
    has_sdist = any(item.name is None for item in files)
    options = [*how.options, *(f"-C{text}" for text in how.settings)]
    if labelled and not any(
        text.startswith(("variants=", "variant-label=")) for text in how.settings
    ):
        options.append("-Cvariants=all")
    if any(item.label and item.name and item.name.label is None for item in files):
        options.append("-Cvariant-filename=carrier")
    if not has_sdist:
        options.append("--wheel")
    elif all(item.name is None for item in files):
        options.append("--sdist")
    date = f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M:%S} UTC"
    assumed = [
        f"{source_date.VARIABLE} is {epoch} ({date}): {source}",
        f"it was built by python -m build {' '.join(options)}".rstrip(),
        "the sources, the build requirements, the compilers and Python are the same as then",
    ]
    with scratch_folder() as scratch:
        made = _build(project, folder, scratch, options, epoch)
        compared = [_compare(item, made) for item in files]
        names = {item.path.name for item in files}
        extra = sorted(path.name for path in made.iterdir() if path.name not in names)
    if extra:
        assumed.append(f"not in {folder}, but built now: {', '.join(extra)}")
    return Rebuilt(tuple(compared), epoch, tuple(assumed))


def _files(folder: Path) -> list[_File]:
    if not folder.is_dir():
        raise RequestError(f"{folder}: no such folder")
    paths = [path for path in sorted(folder.iterdir()) if release_of(path)]
    releases = {release_of(path) for path in paths}
    if not paths:
        raise RequestError(f"{folder}: no wheel and no sdist here")
    if len(releases) > 1:
        names = ", ".join(sorted(f"{found[0]} {found[1]}" for found in releases if found))
        raise RequestError(f"{folder} has several releases, {names}: give each a folder of its own")
    return [_sdist(path) if path.name.endswith(SDIST_SUFFIX) else _wheel(path) for path in paths]


def _wheel(path: Path) -> _File:
    with WheelReader(path) as reader:
        described = variant_of(reader)
        dates = frozenset(
            int(datetime(*member.info.date_time, tzinfo=UTC).timestamp())
            for member in reader.members()
        )
        return _File(path, dates, reader.name, described[1].label if described else None)


def _sdist(path: Path) -> _File:
    try:
        with tarfile.open(path, "r:gz") as archive:
            return _File(path, frozenset(int(member.mtime) for member in archive))
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise WheelError(f"{path}: cannot be read as an sdist: {error}") from None


def _epoch(files: Sequence[_File]) -> tuple[int, str]:
    """The date that the release was built with, and how that is known."""
    if (given := source_date.epoch()) is not None:
        return given, "from the environment"
    wheels = [item for item in files if item.name is not None] or files
    dates = sorted({date for item in wheels for date in item.dates})
    for item in files:  # archives of wheels have every second second only
        if item.name is None and len(item.dates) == 1 and len(dates) == 1:
            (exact,) = item.dates
            if exact // 2 == dates[0] // 2:
                return exact, f"from {item.path.name}"
    if len(dates) == 1:
        return dates[0], "from the dates in the files"
    return dates[-1], (
        "the latest date in the files, which have several; a release that can be built again has "
        f"one: set {source_date.VARIABLE}, or wheel.reproducible = true in [tool.scikit-build]"
    )


def _build(project: Path, folder: Path, scratch: Path, options: Sequence[str], epoch: int) -> Path:
    """Build a copy of the project; returns the folder with what came out."""
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
    """Whether a folder is the release's, a virtual environment, or a build folder that is kept."""
    return path == folder or any(
        (path / name).is_file() for name in ("pyvenv.cfg", "CMakeCache.txt", "CACHEDIR.TAG")
    )


def _surroundings(epoch: int) -> Mapping[str, str]:
    """The environment, with what must not matter being unusual."""
    return {
        **os.environ,
        source_date.VARIABLE: str(epoch),
        "TZ": "XST-05:30",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "4242",
    }


def _compare(item: _File, made: Path) -> Compared:
    name = item.path.name
    if not (made / name).is_file():
        return Compared(name, "not compared", (_reason(item, made),))
    lines = difference.differences(item.path, made / name)
    return Compared(name, "different" if lines else "equal", tuple(lines))


def _reason(item: _File, made: Path) -> str:
    """Why the second build has no such file."""
    if item.name is None:
        return "no sdist of this name was built: the version is another"
    names = [WheelName.parse(path.name) for path in made.glob("*.whl")]
    if names and item.name.release not in {name.release for name in names}:
        return f"the project is now {names[0].release}"
    pythons = {(name.python, name.abi) for name in names}
    if (item.name.python, item.name.abi) not in pythons:
        return f"built by another Python: run this with the one of {item.name.python}"
    systems = {name.platform for name in names}
    if item.name.platform not in systems:
        return (
            f"for {item.name.platform}, and what was built is for {', '.join(sorted(systems))}: it "
            "is from another system, or was repaired; compare the wheels before the repair"
        )
    return f"no wheel of {item.label or 'the plain build'} was built"
