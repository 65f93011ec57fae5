"""Folders that commands share or have alone."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from wheelnext_build.cli.main import main
from wheelnext_build.errors import WheelError
from wheelnext_build.system import folder_lock
from wheelnext_build.system.folder_lock import alone, shared

locks_folders = pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked")


@locks_folders
def test_builds_share_a_folder(tmp_path: Path) -> None:
    with shared(tmp_path), shared(tmp_path):
        pass


@locks_folders
@pytest.mark.parametrize("command", ["index", "label", "unlabel"])
def test_who_changes_a_folder_waits_for_a_build_and_says_so(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(main([command, str(tmp_path)])))
    with shared(tmp_path):
        thread.start()
        said = ""
        deadline = time.monotonic() + 20
        while "waiting" not in said and time.monotonic() < deadline:
            said += capfd.readouterr().err
        assert f"{tmp_path}: another command is at work there: waiting for it" in said
        assert ended == []
    thread.join(20)
    assert ended == [0 if command == "index" else 2]  # there is no wheel


@locks_folders
def test_no_file_is_left_in_a_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(StopIteration):
        next(tmp_path.iterdir())
    with shared(tmp_path), pytest.raises(StopIteration):
        next(tmp_path.iterdir())


def test_a_folder_is_made_and_removed_where_nothing_comes(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with shared(out):
        assert out.is_dir()
    assert not out.parent.exists()
    with alone(tmp_path, made=out):
        (out / "file").touch()
    assert (out / "file").is_file()


@pytest.mark.parametrize("path", ["x" * 300, f"new/out/{'x' * 300}"])
def test_a_folder_that_cannot_be_made_leaves_none_of_those_it_is_in(
    path: str, tmp_path: Path
) -> None:
    with pytest.raises(WheelError, match="cannot be made a folder"), shared(tmp_path / path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_others_remove_is_made_anew_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was there when this process looked first."""
    out, real, turns = tmp_path / "out", folder_lock._lock, [1, 2]
    out.mkdir()

    def disturbed(descriptor: int, folder: Path, *, alone: bool) -> bool:
        if turns and turns.pop():
            out.rmdir()
        return real(descriptor, folder, alone=alone)

    monkeypatch.setattr(folder_lock, "_lock", disturbed)
    with shared(out):
        assert out.is_dir()
    assert not out.exists()


@pytest.mark.parametrize("error", [FileNotFoundError, FileExistsError])
def test_a_folder_that_goes_while_it_is_made_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    real, turns = os.mkdir, [1, 2, 3]

    def disturbed(path: Path, *args: int) -> None:
        if turns and turns.pop():
            raise error(0, "", str(path))
        real(path, *args)

    monkeypatch.setattr(os, "mkdir", disturbed)
    with shared(tmp_path / "out"):
        assert (tmp_path / "out").is_dir()


@locks_folders
def test_a_folder_that_another_one_is_about_to_use_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with shared(out):
        second = shared(out)
        second.__enter__()
    assert out.is_dir()
    (out / "file").touch()
    second.__exit__(None, None, None)
    assert (out / "file").is_file()


def test_what_is_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(WheelError, match="file: cannot be made a folder"),
        shared(tmp_path / "file"),
    ):
        pass
    with alone(tmp_path / "nothing", tmp_path / "file"):
        pass
