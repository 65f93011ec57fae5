"""What differs between two files of a release, also where one is damaged or has dates of no day."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest
from zips import FILES, wheel

from wheelnext_build.errors import WheelError
from wheelnext_build.release.difference import differences


def test_dates_that_are_no_days_are_shown(tmp_path: Path) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        info.date_time = (1980, 0, 0, 0, 0, 0)

    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one = wheel(tmp_path / "one", change=change)
    other = wheel(tmp_path / "other")
    (line,) = differences(one, other)
    members = len(FILES)
    expected = "date 1980-00-00 00:00:00 in FOLDER's, 2022-11-09 12:37:20 now"
    assert line == f"pkg/__init__.py and {members} more: {expected}"


def test_an_sdist_with_a_date_beyond_all_years_is_an_error(tmp_path: Path) -> None:
    path, other = tmp_path / "pkg-1.0.tar.gz", tmp_path / "other.tar.gz"
    info = tarfile.TarInfo("pkg-1.0/PKG-INFO")
    info.mtime = 1 << 62
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    other.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(WheelError, match=r"pkg-1\.0\.tar\.gz: cannot be read as an sdist"):
        differences(path, other)
