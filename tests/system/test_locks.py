"""Locks on folders of wheels and on build folders."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

from wheelnext_build.cli.main import main
from wheelnext_build.errors import BuildError
from wheelnext_build.system.locks import LOCK, build_folder, free_build_folder, wheel_folders

locks_folders = pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked")


@locks_folders
@pytest.mark.parametrize("command", ["index", "label", "unlabel"])
def test_a_command_prints_that_it_waits_for_another_one(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(main([command, str(tmp_path)])))
    with wheel_folders(tmp_path):
        thread.start()
        output = ""
        deadline = time.monotonic() + 20
        while "writes here" not in output and time.monotonic() < deadline:
            output += capfd.readouterr().err
        assert f"{tmp_path}: waiting for another command that writes here" in output
        assert ended == []
    thread.join(20)
    assert ended == [0 if command == "index" else 2]  # there is no wheel


def test_no_lock_file_is_among_wheels(tmp_path: Path) -> None:
    with wheel_folders(tmp_path, tmp_path / "." / ""):
        assert list(tmp_path.iterdir()) == []


def test_folders_of_wheels_that_do_not_exist_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with wheel_folders(tmp_path / "nothing", tmp_path / "file"):
        assert not (tmp_path / "nothing").exists()


def test_the_second_build_prints_that_it_waits_for_the_first(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, events = tmp_path / "new" / "folder", []

    def second() -> None:
        with build_folder(folder, "waiting for the first"):
            events.append("second")

    thread = threading.Thread(target=second)
    with build_folder(folder):
        thread.start()
        output = ""
        deadline = time.monotonic() + 20
        while "waiting for the first" not in output and time.monotonic() < deadline:
            output += capfd.readouterr().err
        events.append("first")
    thread.join(20)
    assert events == ["first", "second"]


def test_a_free_build_folder_is_held_by_one_process(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with free_build_folder(folder) as first, free_build_folder(folder) as second:
        assert (first, second) == (True, False)
    with free_build_folder(tmp_path / "folder") as later:
        assert later
    with free_build_folder(tmp_path / "no" / "folder") as without_parent:
        assert not without_parent


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be removed")
def test_a_folder_that_the_previous_holder_deletes_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real = tmp_path / "folder", Path.open

    def opened(self: Path, mode: str) -> object:
        stream = real(self, mode)
        shutil.rmtree(folder)
        return stream

    monkeypatch.setattr(Path, "open", opened)
    with free_build_folder(folder) as is_held:
        assert not is_held


def test_a_lock_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / LOCK).symlink_to(tmp_path / "nowhere" / "file")
    message = f"{tmp_path}: cannot be created and locked: No such file"
    with pytest.raises(BuildError, match=message), build_folder(tmp_path):
        pass
