"""Where build trees lie when nothing says so."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from wheelnext_build.building.trees.folder import trees_folder
from wheelnext_build.system.temporary import scratch_folder, temporary_folder

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
            assert [path.name for path in folder.iterdir()] == ["lock"]
            (folder / "tree").mkdir()
            (folder / "tree" / "object.o").write_text("x")
    assert paths[0] == paths[1]


@pytest.mark.parametrize("folder_of", [scratch_folder, lambda: temporary_folder("pkg")])
def test_nothing_stays_and_what_was_left_goes(
    temporary: Path, folder_of: Callable[[], AbstractContextManager[Path]]
) -> None:
    with temporary_folder("other") as used, scratch_folder() as scratch:
        left = used.with_name("left")
        (left / "tree").mkdir(parents=True)
        (left / "lock").touch()
        with folder_of() as folder, scratch_folder():
            assert folder.is_dir()
            assert not left.exists()
        assert used.is_dir()
        assert scratch.is_dir()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_disk_without_room_for_it_keeps_nothing_of_it(
    room: int, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.mkdir, 0

    def made(*arguments: Any, **options: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*arguments, **options)

    monkeypatch.setattr(os, "mkdir", made)
    with pytest.raises(OSError, match="No space left"), scratch_folder():
        pass
    assert list(temporary.iterdir()) == []


def test_two_at_once_have_two_folders() -> None:
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


def test_a_link_that_someone_made_is_not_followed(temporary: Path) -> None:
    with temporary_folder("pkg") as folder:
        top = folder.parent
    (temporary / "elsewhere").mkdir(mode=0o700)
    top.symlink_to(temporary / "elsewhere")
    with temporary_folder("pkg") as folder:
        assert folder.parent not in (top, temporary / "elsewhere")


def test_a_kept_folder_is_not_for_those_who_pack_the_project(tmp_path: Path) -> None:
    for _ in range(2):
        with trees_folder(tmp_path / "build", "project") as folder:
            assert folder.kept
            assert (folder.path / ".gitignore").read_text() == "*\n"


as_root = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="gives files to another user"
)


@as_root
@pytest.mark.parametrize("kind", ["folder", "link", "file"])
def test_what_another_user_has_put_there_is_not_used(temporary: Path, kind: str) -> None:
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


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("folder_of", [scratch_folder, lambda: temporary_folder("pkg")])
def test_ctrl_c_while_a_folder_is_removed_leaves_nothing(
    interruption: type[BaseException],
    folder_of: Callable[[], AbstractContextManager[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, calls = shutil.rmtree, 0

    def interrupted(*arguments: Any, **options: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise interruption
        real(*arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(interruption), folder_of() as folder:
        (folder / "tree").mkdir()
    assert not (folder / "tree").exists()


@pytest.mark.parametrize(("ahead", "stays"), [(60, False), (-60, True)])
def test_a_kept_folder_is_emptied_if_an_object_is_newer_than_now(
    tmp_path: Path, ahead: int, stays: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    with trees_folder(kept, "pkg"):
        (kept / "shared").mkdir()
        (kept / "shared" / "module.c.o").touch()
        os.utime(kept / "shared" / "module.c.o", (time.time() + ahead,) * 2)
    with trees_folder(kept, "pkg"):
        assert (kept / "shared").exists() == stays
    assert ("the clock was set back" in capsys.readouterr().out) == (not stays)
