"""An sdist that is unpacked where one was before."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from wheelnext_build.frontend.source import unpack

DATE = 1_000_000_000


def sdist(folder: Path, version: str, files: dict[str, str]) -> Path:
    path = folder / f"pkg-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"pkg-{version}/{name}")
            info.size, info.mtime = len(text), DATE
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.filterwarnings("ignore:Python 3.14 will:DeprecationWarning")
@pytest.mark.parametrize("old_python", [False, True])
def test_only_changed_files_get_a_new_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old_python: bool
) -> None:
    """Dates in an sdist are not used, because all of its files may have the same date."""
    if old_python:  # before 3.11.4
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    first = {"a.c": "a", "src/b.c": "b", "src/old.c": "old", "was/file": "x"}
    second = {"a.c": "a", "src/b.c": "B", "new/c.c": "c", "was": "a file now"}
    folder = unpack(sdist(tmp_path, "1.0", first), tmp_path / "work" / "source")
    assert content(folder) == first
    before = (folder / "a.c").stat().st_mtime_ns
    unpack(sdist(tmp_path, "1.1", second), folder)
    assert content(folder) == second
    assert (folder / "a.c").stat().st_mtime_ns == before
    assert (folder / "src" / "b.c").stat().st_mtime > DATE + 1
    assert [path.name for path in folder.parent.iterdir()] == ["source"]
