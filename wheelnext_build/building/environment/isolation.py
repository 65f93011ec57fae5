"""Give the isolated environment of a build a path that is the same in the next build.

Frontends make a new folder for each build and install the build requirements there. The paths of
headers of pybind11 or numpy then differ each time, and command lines that name them never match
those of an earlier build, in a kept build folder or in a compiler cache. A symbolic link with a
constant name gives them a constant path. A file that has not changed gets its earlier date again.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from ..request import TRACKER_VARIABLE

_NOT_FOR_COMPILERS = (".py", ".pyc", ".pyi", ".dist-info/")


@dataclass(frozen=True)
class BuildEnvironment:
    """An isolated environment: its folder (``root``), and the link that replaces it in paths."""

    root: Path
    link: Path

    def renamed(self, text: str) -> str:
        """Return a path, or a list of paths, with the link in place of the root."""
        for root in {str(self.root), str(self.root.resolve())}:
            text = text.replace(root, str(self.link))
        return text

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return environment variables with the link in place of the root."""
        return {name: self.renamed(value) for name, value in environment.items()}

    def settle(self, manifest: Path) -> None:
        """Give unchanged files the date that they had in the previous build.

        New and changed files get the current time. Otherwise their date in the wheel could be old,
        and objects compiled with another version would seem up to date. ``manifest`` is the file
        that has the dates and hashes of the previous build.
        """
        before = _read_manifest(manifest)
        now = time.time_ns()
        after: dict[str, tuple[str, int]] = {}
        for path, digest in self._installed_files():
            name = path.relative_to(self.root).as_posix()
            current = path.stat().st_mtime_ns
            known = before.get(name)
            if known is not None and known[0] == digest:
                date = known[1]
            else:
                date = now if before else current
            if date != current:
                _set_date(path, date)
            after[name] = (digest, date)
        part = manifest.with_suffix(".part")
        part.write_text(json.dumps({**before, **after}), encoding="utf-8")
        part.replace(manifest)

    def kept_in(self, folder: Path) -> Self:
        """Copy this environment to ``folder``, where it stays; return it with that path.

        An editable install may build again after the frontend has removed its environment. CMake,
        Ninja, headers and CMake modules are then still at the paths in the build files.
        """
        part = folder.with_name(f"{folder.name}.part")
        for path in (part, folder):
            shutil.rmtree(path, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.root, part, symlinks=True, copy_function=_link_or_copy)
        (part / ".gitignore").write_text("*\n", encoding="utf-8")
        part.rename(folder)
        return replace(self, link=folder)

    def _installed_files(self) -> Iterator[tuple[Path, str]]:
        """Yield the installed files that a compiler may read, each with its hash in RECORD."""
        for folder in {Path(entry) for entry in sys.path if self.root in Path(entry).parents}:
            for record in folder.glob("*.dist-info/RECORD"):
                with record.open(encoding="utf-8", newline="") as stream:
                    rows = [row for row in csv.reader(stream) if len(row) == 3 and row[1]]
                for name, digest, _ in rows:
                    path = folder / name
                    skipped = any(part in name for part in _NOT_FOR_COMPILERS)
                    if not skipped and ".." not in path.parts and path.is_file():
                        yield path, digest


@contextlib.contextmanager
def isolated(trees: Path) -> Iterator[BuildEnvironment | None]:
    """Yield this process's isolated environment, with a link to it while the block runs.

    The link's name depends on the folder of the build trees. It is short: GCC replaces the name of
    a system header by its real path if that is shorter (-fcanonical-system-headers). Yield None if
    the environment is not a frontend's temporary one, or if links cannot be made.
    """
    root = _temporary_root()
    name = hashlib.sha256(str(trees).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    link = Path(tempfile.gettempdir()).resolve() / f"wb-{name}"
    if root is None or not _is_safe(link.parent) or not _make_link(link, root):
        yield None
        return
    try:
        yield BuildEnvironment(root, link)
    finally:
        with contextlib.suppress(OSError):
            link.unlink()


def _is_safe(folder: Path) -> bool:
    """Return whether no other user can replace a link in the folder."""
    if not hasattr(os, "getuid"):
        return True  # Windows has a folder for each user
    status = folder.stat()
    others_write = bool(status.st_mode & 0o022) and not status.st_mode & stat.S_ISVTX
    return status.st_uid in (0, os.getuid()) and not others_write


def _make_link(link: Path, root: Path) -> bool:
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(root, target_is_directory=True)
    except OSError:  # another user's link, or Windows without the right to make links
        return False
    return True


def _temporary_root() -> Path | None:
    for entry in map(Path, sys.path):  # pip's build environment is not a virtual environment
        for folder in entry.parents:
            if folder.name.startswith("pip-build-env-"):
                return folder
    if TRACKER_VARIABLE in os.environ:  # pip without isolation: the environment is the user's
        return None
    if sys.prefix != sys.base_prefix and _is_temporary(Path(sys.prefix)):
        return Path(sys.prefix)
    return None


def _is_temporary(folder: Path) -> bool:
    # uv has its temporary environments in its cache, in folders whose names begin with .tmp.
    temporary = Path(tempfile.gettempdir()).resolve()
    return temporary in folder.resolve().parents or folder.name.startswith(".tmp")


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target, follow_symlinks=False)


def _set_date(path: Path, date: int) -> None:
    if path.stat().st_nlink > 1:
        # This file is also in an installer's cache, where its date must not change.
        part = path.with_name(f"{path.name}.part")
        shutil.copy2(path, part)
        part.replace(path)
    os.utime(path, ns=(date, date))


def _read_manifest(manifest: Path) -> dict[str, tuple[str, int]]:
    try:
        data = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: (digest, date) for name, (digest, date) in data.items()}
