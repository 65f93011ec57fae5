"""Unpack the sdist from which the wheels of a release are built."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from ..errors import BuildError


def unpack(archive: Path, folder: Path) -> Path:
    """Make the content of ``folder`` equal to the sdist's, and return ``folder``.

    Unchanged files keep their dates, so that a kept build folder compiles only changed ones. Dates
    inside the sdist are not used; they may be the same for all files.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sdist-", dir=folder.parent) as temporary:
        with tarfile.open(archive) as tar:
            _extract(tar, temporary)
        (top,) = Path(temporary).iterdir()
        _update(top, folder)
    return folder


def _extract(tar: tarfile.TarFile, folder: str) -> None:
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
        return
    # Before Python 3.11.4. The sdist can be trusted: the project's own code has just made it.
    for member in tar.getmembers():
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
            raise BuildError(
                f"the sdist has {member.name!r}, which this Python cannot unpack safely"
            )
    tar.extractall(folder)  # noqa: S202 - checked above


def _update(new: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    kept = {path.name for path in new.iterdir()}
    for path in list(folder.iterdir()):
        if path.name not in kept:
            _remove(path)
    for path in list(new.iterdir()):
        target = folder / path.name
        if path.is_dir() and not path.is_symlink():
            if target.is_symlink() or not target.is_dir():
                _remove(target)
            _update(path, target)
        elif not _same(path, target):
            _remove(target)
            path.replace(target)
            if not target.is_symlink():
                os.utime(target)


def _same(new: Path, old: Path) -> bool:
    if new.is_symlink() or old.is_symlink():
        return new.is_symlink() and old.is_symlink() and new.readlink() == old.readlink()
    if not old.is_file() or new.stat().st_mode != old.stat().st_mode:
        return False
    return new.read_bytes() == old.read_bytes()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
