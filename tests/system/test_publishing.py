"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from wheelnext_build.errors import WheelError
from wheelnext_build.system.publishing import atomic_file, output_folder, publish


@pytest.fixture(params=["unnamed", "hidden"])
def part(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return whether an unfinished file is unnamed or has a hidden name."""
    if request.param == "hidden":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("needs files without a name (Linux)")
    return str(request.param)


@pytest.mark.usefixtures("part")
def test_a_file_appears_whole_with_an_ordinary_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with atomic_file(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    if os.name == "posix":
        ordinary = tmp_path / "ordinary"
        ordinary.touch()
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_an_unfinished_file_has_no_name(tmp_path: Path, part: str) -> None:
    """A killed process leaves nothing then."""
    path = tmp_path / "file"
    for content in (b"new", b"newer"):
        before = set(tmp_path.iterdir())
        with atomic_file(path) as stream:
            stream.write(content)
            stream.flush()
            assert len(set(tmp_path.iterdir()) - before) == (part == "hidden")
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]


def test_a_dangling_link_is_replaced(tmp_path: Path, part: str) -> None:
    path = tmp_path / "file"
    path.symlink_to(tmp_path / "nothing")
    with atomic_file(path) as stream:
        stream.write(part.encode())
    assert not path.is_symlink()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("part")
@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), WheelError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failed_write_leaves_no_file(
    tmp_path: Path, error: BaseException, seen: type[BaseException]
) -> None:
    path = tmp_path / "file"
    with pytest.raises(seen), atomic_file(path) as stream:  # noqa: PT012
        stream.write(b"half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_a_wheel_error(tmp_path: Path) -> None:
    with (
        pytest.raises(WheelError, match=r"x\.whl: cannot be written: No such file"),
        atomic_file(tmp_path / "gone" / "x.whl"),
    ):
        pass


def test_a_device_or_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link, tmp_path):
        with pytest.raises(WheelError, match="is not a regular file"), atomic_file(path):
            pass
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert link.is_symlink()


def test_a_published_wheel_is_a_copy_with_the_given_name(tmp_path: Path) -> None:
    wheel = tmp_path / "staged.whl"
    wheel.write_bytes(b"content")
    out = tmp_path / "new" / "out"
    assert publish(wheel, out) == out / "staged.whl"
    assert publish(wheel, out, "named.whl") == out / "named.whl"
    assert [path.read_bytes() for path in out.iterdir()] == [b"content"] * 2


def test_an_output_folder_without_files_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with output_folder(out):
        assert out.is_dir()
    assert not out.parent.exists()
    with output_folder(out):
        (out / "file").touch()
    assert (out / "file").is_file()


def test_an_empty_folder_that_existed_before_stays(tmp_path: Path) -> None:
    with output_folder(tmp_path):
        pass
    assert tmp_path.is_dir()


@pytest.mark.parametrize("path", ["x" * 300, f"new/out/{'x' * 300}", "file", "file/out"])
def test_a_folder_that_cannot_be_created_is_an_error_and_leaves_no_parents(
    path: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(WheelError, match="the folder cannot be created"),
        output_folder(tmp_path / path),
    ):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
