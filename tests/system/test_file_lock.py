"""The lock of a folder that other processes may remove at any moment."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import pytest

from wheelnext_build.errors import BuildError
from wheelnext_build.system import file_lock
from wheelnext_build.system.file_lock import LOCK, try_locked
from wheelnext_build.system.temporary import scratch_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="an open file cannot be removed")


def test_a_folder_that_is_removed_before_its_lock_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real, turns = tmp_path / "folder", Path.open, [1, 2, 3]

    def disturbed(self: Path, mode: str) -> IO[bytes]:
        if turns and turns.pop():
            folder.rmdir()
        return real(self, mode)

    monkeypatch.setattr(Path, "open", disturbed)
    with try_locked(folder, wait=False) as is_mine:
        assert is_mine
        assert (folder / LOCK).exists()


def test_a_folder_that_is_removed_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After mkdir(2) has found it, and before pathlib sees whether it is a folder."""
    folder, real, turns = tmp_path / "folder", os.mkdir, [1, 2, 3]

    def disturbed(path: Path, *args: int) -> None:
        if turns and turns.pop():
            raise FileExistsError
        real(path, *args)

    monkeypatch.setattr(os, "mkdir", disturbed)
    with try_locked(folder, wait=False) as is_mine:
        assert is_mine


@pytest.mark.parametrize("wait", [False, True])
def test_a_folder_that_is_removed_before_it_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait: bool
) -> None:
    folder, real, turns = tmp_path / "folder", file_lock.lock_file, [1, 2, 3]

    def disturbed(stream: IO[bytes], *, wait: bool) -> bool:
        if turns and turns.pop():
            shutil.rmtree(folder)
        return real(stream, wait=wait)

    monkeypatch.setattr(file_lock, "lock_file", disturbed)
    with try_locked(folder, wait=wait) as is_mine:
        assert is_mine
        assert (folder / LOCK).exists()


def test_a_lock_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / LOCK).symlink_to(tmp_path / "nowhere" / "file")
    with (
        pytest.raises(BuildError, match="cannot be made and locked: No such file"),
        try_locked(tmp_path, wait=False),
    ):
        pass


def test_what_is_left_and_cannot_be_locked_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_folder() as folder:
        (folder.parent.parent / "left").mkdir()
        (folder.parent.parent / "left" / LOCK).symlink_to(tmp_path / "nowhere" / "file")
        with scratch_folder() as further:
            assert further.is_dir()
