"""Temporary folders: private, and removed at the end."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from wheelnext_build.system.locks import LOCK
from wheelnext_build.system.signals import AskedToEnd, ending_when_asked
from wheelnext_build.system.temporary import (
    all_temporary_files,
    scratch_folder,
    temporary_folder,
)

OTHER_USER = 65534


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_path_is_the_same_each_time_and_empty() -> None:
    paths = []
    for _ in range(2):
        with temporary_folder("pkg") as folder:
            paths.append(folder)
            assert [path.name for path in folder.iterdir()] == [LOCK]
            (folder / "tree").mkdir()
            (folder / "tree" / "object.o").write_text("x")
    assert paths[0] == paths[1]


BOTH = pytest.mark.parametrize("folder_of", [scratch_folder, lambda: temporary_folder("pkg")])


@BOTH
def test_a_temporary_folder_is_removed_with_all_files(
    temporary: Path, folder_of: Callable[[], AbstractContextManager[Path]]
) -> None:
    with temporary_folder("other") as used, folder_of() as folder:
        (folder / "tree").mkdir()
        (folder / "tree" / "file").touch()
        assert used.is_dir()
    assert list(temporary.iterdir()) == []


def test_the_folder_of_a_killed_build_is_emptied_by_the_next(temporary: Path) -> None:
    with temporary_folder("pkg") as folder:
        pass
    (folder / "tree").mkdir(parents=True)
    folder.parent.chmod(0o700)
    for name in (LOCK, "file", "tree/file"):
        (folder / name).touch()
    with temporary_folder("pkg") as again:
        assert again == folder
        assert [path.name for path in again.iterdir()] == [LOCK]
    assert list(temporary.iterdir()) == []


def test_libraries_create_their_temporary_files_in_one_folder(temporary: Path) -> None:
    with all_temporary_files() as folder:
        descriptor, name = tempfile.mkstemp()
        os.close(descriptor)
        assert Path(name).parent == folder
    assert tempfile.gettempdir() == str(temporary)
    assert list(temporary.iterdir()) == []


def test_two_builds_at_the_same_time_have_two_folders() -> None:
    with temporary_folder("pkg") as first:
        (first / "file").write_text("x")
        with temporary_folder("pkg") as second:
            assert first != second
        assert not second.exists()
        assert (first / "file").exists()


def test_a_folder_that_others_may_write_to_is_not_used(temporary: Path) -> None:
    with temporary_folder("pkg") as folder:
        usual = folder
    usual.parent.mkdir()
    usual.parent.chmod(0o777)
    with temporary_folder("pkg") as folder:
        assert folder.parent != usual.parent


def test_a_link_in_place_of_the_folder_is_not_followed(temporary: Path) -> None:
    with temporary_folder("pkg") as folder:
        top = folder.parent
    (temporary / "elsewhere").mkdir(mode=0o700)
    top.symlink_to(temporary / "elsewhere")
    with temporary_folder("pkg") as folder:
        assert folder.parent not in (top, temporary / "elsewhere")


as_root = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="gives files to another user"
)


@as_root
@pytest.mark.parametrize("kind", ["folder", "link", "file"])
def test_a_file_of_another_user_is_not_used(temporary: Path, kind: str) -> None:
    temporary.chmod(0o1777)
    planted, theirs = temporary / f"wheelnext-build-{os.getuid()}", temporary / "theirs"
    theirs.mkdir(mode=0o700)
    if kind == "folder":
        planted.mkdir(mode=0o700)
    elif kind == "link":
        planted.symlink_to(theirs)
    else:
        planted.write_text("x")
    for path in (planted, theirs):
        os.chown(path, OTHER_USER, OTHER_USER, follow_symlinks=False)
    with temporary_folder("pkg") as folder:
        assert folder.parent == temporary
        assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (os.getuid(), 0o700)
    assert list(theirs.iterdir()) == []


def test_folders_are_private_whatever_the_umask() -> None:
    before = os.umask(0)
    try:
        with temporary_folder("pkg") as first, temporary_folder("pkg") as second:
            assert first.parent.stat().st_mode & 0o777 == 0o700
            assert second.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


@BOTH
@pytest.mark.skipif(os.name != "posix", reason="signals are sent to this process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_folder_is_removed_leaves_nothing(
    number: signal.Signals,
    folder_of: Callable[[], AbstractContextManager[Path]],
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = shutil.rmtree

    def interrupted(*arguments: Any, **options: Any) -> None:
        os.kill(os.getpid(), number)
        real(*arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises((KeyboardInterrupt, AskedToEnd)), ending_when_asked(), folder_of():
            pass
    finally:
        signal.signal(signal.SIGINT, before)
    assert list(temporary.iterdir()) == []
