"""Folders that commands share or have alone, and what a build may replace there."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from wheelnext_build.cli.main import main
from wheelnext_build.errors import BuildError, WheelError
from wheelnext_build.system import folder_lock
from wheelnext_build.system.folder_lock import alone, shared
from wheelnext_build.system.known_files import VARIABLE, known_files, tell
from wheelnext_build.system.publishing import publish

if sys.platform != "win32":
    import fcntl

locks_folders = pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked")


@locks_folders
def test_builds_share_a_folder_and_know_of_each_other(tmp_path: Path) -> None:
    with shared(tmp_path) as first, shared(tmp_path) as second:
        assert (first, second) == (False, True)
    with shared(tmp_path) as later:
        assert not later


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
def test_who_comes_while_a_lock_becomes_a_shared_one_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system gives up the one lock before it gives the other (flock(2))."""
    real, came = folder_lock._try, os.open(tmp_path, os.O_RDONLY)

    def disturbed(descriptor: int, kind: int) -> bool:
        if kind == fcntl.LOCK_SH:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            fcntl.flock(came, fcntl.LOCK_EX)
            threading.Timer(0.2, lambda: events.append("gone") or os.close(came)).start()
        return real(descriptor, kind)

    events: list[str] = []
    monkeypatch.setattr(folder_lock, "_try", disturbed)
    with shared(tmp_path):
        events.append("shared")
    assert events == ["gone", "shared"]


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


def test_a_build_replaces_what_was_there_before_it(tmp_path: Path) -> None:
    wheel, out = made(tmp_path, "new"), made(tmp_path, "old", "out").parent
    known = known_files(out, others=False)
    assert publish(wheel, out, known=known).read_text() == "new"


def test_a_build_does_not_replace_what_another_one_has_made(tmp_path: Path) -> None:
    wheel, out = made(tmp_path, "ours"), tmp_path / "out"
    out.mkdir()
    known = known_files(out, others=False)
    theirs = made(tmp_path, "theirs", "out")
    with pytest.raises(BuildError, match=r"out.x\.whl: another build has written it"):
        publish(wheel, out, known=known)
    assert theirs.read_text() == "theirs"
    theirs.write_text("ours")
    before = theirs.stat().st_mtime_ns
    assert publish(wheel, out, known=known) == theirs
    assert theirs.stat().st_mtime_ns == before
    assert list(out.iterdir()) == [theirs]


def test_where_others_are_at_work_all_is_theirs(tmp_path: Path) -> None:
    theirs = made(tmp_path, "theirs", "out")
    known = known_files(theirs.parent, others=True)
    with pytest.raises(BuildError, match="another build"):
        publish(made(tmp_path, "ours"), theirs.parent, known=known)


def test_hooks_of_one_build_know_what_was_there_when_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "old", "out")
    out = tmp_path / "out"
    known = known_files(out, others=False)
    for name, value in tell(out, known, tmp_path / "known.json").items():
        monkeypatch.setenv(name, value)
    (out / "later.whl").touch()
    assert known_files(out, others=True) == known
    assert known_files(tmp_path, others=True) == {}
    for content in ("[]", "{", ""):
        (tmp_path / "known.json").write_text(content)
        assert known_files(out, others=True) == {}
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing"))
    assert known_files(out, others=True) == {}


def made(folder: Path, text: str, *parts: str) -> Path:
    path = folder.joinpath(*parts, "x.whl")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path
