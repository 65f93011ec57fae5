"""Copying parts of files, by the system and by reading and writing."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from wheelnext_build.system.files import copy_range

CONTENT = bytes(range(256)) * 5000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def by_system(monkeypatch: pytest.MonkeyPatch) -> None:
    pass


def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "copy_file_range"):
        pytest.skip("no copy_file_range here")
    original = os.copy_file_range

    def some(src: int, dst: int, count: int, offset_src: int, offset_dst: int) -> int:
        return original(src, dst, min(count, 70_001), offset_src, offset_dst)

    monkeypatch.setattr(os, "copy_file_range", some)


def half_by_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a file system that stops copying halfway."""
    if not hasattr(os, "copy_file_range"):
        pytest.skip("no copy_file_range here")
    original = os.copy_file_range

    def once(src: int, dst: int, count: int, offset_src: int, offset_dst: int) -> int:
        if offset_src > 7:
            raise OSError(errno.EXDEV, "another file system")
        return original(src, dst, 70_001, offset_src, offset_dst)

    monkeypatch.setattr(os, "copy_file_range", once)


def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "copy_file_range", raising=False)


@pytest.mark.parametrize("how", [by_system, in_parts, half_by_system, by_hand])
def test_copied_ranges_are_in_order_with_written_bytes(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: object,
) -> None:
    assert callable(how)
    how(monkeypatch)
    with source.open("rb") as stream, (tmp_path / "target").open("w+b") as target:
        target.write(b"before")
        copy_range(stream, target, 7, 1_000_000)
        target.write(b"between")
        copy_range(stream, target, 1, 3)
        copy_range(stream, target, 0, 0)
        copy_range(stream, target, 0, len(CONTENT))
        target.write(b"behind")
    assert (tmp_path / "target").read_bytes() == (
        b"before" + CONTENT[7:1_000_007] + b"between" + CONTENT[1:4] + CONTENT + b"behind"
    )


@pytest.mark.parametrize("how", [by_system, in_parts, by_hand])
def test_a_source_that_is_too_short_is_an_error(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: object
) -> None:
    assert callable(how)
    how(monkeypatch)
    with (
        source.open("rb") as stream,
        (tmp_path / "target").open("wb") as target,
        pytest.raises(EOFError, match="10 bytes too early"),
    ):
        copy_range(stream, target, 10, len(CONTENT))


def test_a_target_may_be_in_memory(source: Path) -> None:
    target = io.BytesIO()
    with source.open("rb") as stream:
        copy_range(stream, target, 5, 900_000)
    assert target.getvalue() == CONTENT[5:900_005]


def test_an_error_of_the_disk_is_raised(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "copy_file_range", full, raising=False)
    with (
        source.open("rb") as stream,
        (tmp_path / "target").open("wb") as target,
        pytest.raises(OSError, match="No space left"),
    ):
        copy_range(stream, target, 0, len(CONTENT))
