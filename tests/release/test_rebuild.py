"""``check --rebuild``: the members in which two builds differ, and diffoscope's report on them."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from zips import FILES, wheel

from wheelnext_build.errors import RequestError, WheelError
from wheelnext_build.release.file_diff import diffoscope_report, member_differences
from wheelnext_build.release.rebuild import BuildOptions, rebuild

MEMBERS = len(FILES) + 1  # with RECORD


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    return folder


@pytest.fixture
def rebuilt(tmp_path: Path) -> Path:
    folder = tmp_path / "rebuilt"
    folder.mkdir()
    return folder


def with_impossible_date(info: zipfile.ZipInfo) -> None:
    info.date_time = (1980, 0, 0, 0, 0, 0)


def write_sdist(folder: Path, content: bytes = b"", **fields: int | str) -> Path:
    path = folder / "pkg-1.0.tar.gz"
    info = tarfile.TarInfo("pkg-1.0/PKG-INFO")
    info.size = len(content)
    for name, value in fields.items():
        setattr(info, name, value)
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(content))
    return path


def test_members_whose_content_differs_are_named(dist: Path, rebuilt: Path) -> None:
    changed = {**FILES, "pkg/data.bin": bytes(2048)}
    assert member_differences(wheel(dist), wheel(rebuilt, files=changed)) == [
        "pkg/data.bin: content differs",
        "pkg-1.0.dist-info/RECORD: content differs",
    ]


def test_members_of_one_build_alone_are_named(dist: Path, rebuilt: Path) -> None:
    one = wheel(dist, files={**FILES, "pkg/old.py": b""})
    other = wheel(rebuilt, files={**FILES, "pkg/new.py": b""})
    assert member_differences(one, other)[:2] == [
        f"pkg/old.py: only in {dist}",
        "pkg/new.py: only in the rebuilt file",
    ]


def test_dates_that_do_not_exist_are_shown(dist: Path, rebuilt: Path) -> None:
    one, other = wheel(dist, change=with_impossible_date), wheel(rebuilt)
    expected = f"date in {dist}: 1980-00-00 00:00:00; rebuilt: 2022-11-09 12:37:20"
    assert member_differences(one, other) == [f"pkg/__init__.py and {MEMBERS - 1} more: {expected}"]


def test_modes_that_differ_are_shown(dist: Path, rebuilt: Path) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        if info.filename == "pkg/data.bin":
            info.external_attr = 0o100755 << 16

    (line,) = member_differences(wheel(dist), wheel(rebuilt, change=change))
    assert line == f"pkg/data.bin: mode in {dist}: -rw-r--r--; rebuilt: -rwxr-xr-x"


def test_another_compression_of_equal_members_is_reported(dist: Path, rebuilt: Path) -> None:
    def stored(info: zipfile.ZipInfo) -> None:
        info.compress_type = zipfile.ZIP_STORED

    (line,) = member_differences(wheel(dist), wheel(rebuilt, change=stored))
    assert "order or compression differs" in line


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"content": b"x"}, "content differs"),
        ({"type": tarfile.SYMTYPE, "linkname": "x"}, "content differs"),
        ({"mtime": 1 << 31}, "date in {}: 1970-01-01 00:00:00; rebuilt: 2038-01-19 03:14:08"),
        ({"mode": 0o755}, "mode in {}: ?rw-r--r--; rebuilt: ?rwxr-xr-x"),
    ],
)
def test_differences_of_sdists_are_named(
    change: dict[str, int | str], line: str, dist: Path, rebuilt: Path
) -> None:
    found = member_differences(write_sdist(dist), write_sdist(rebuilt, **change))
    assert found == [f"pkg-1.0/PKG-INFO: {line.format(dist)}"]


def test_an_sdist_with_an_impossible_date_is_an_error(dist: Path, rebuilt: Path) -> None:
    one = write_sdist(dist, mtime=1 << 62)
    with pytest.raises(WheelError, match=r"pkg-1\.0\.tar\.gz: cannot be read as an sdist"):
        member_differences(one, write_sdist(rebuilt))


def test_a_release_without_any_date_asks_for_one(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    (tmp_path / "pyproject.toml").touch()
    wheel(dist, change=with_impossible_date)
    with pytest.raises(RequestError, match="set SOURCE_DATE_EPOCH"):
        rebuild(dist, tmp_path, BuildOptions())


needs_shebang = pytest.mark.skipif(os.name == "nt", reason="a script stands in for diffoscope")


def install_diffoscope(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put a Python script named diffoscope on PATH, and nothing else."""
    program = folder / "diffoscope"
    program.write_text(f"#!{sys.executable}\nimport pathlib, sys\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_without_diffoscope_there_is_no_report(
    tmp_path: Path, dist: Path, rebuilt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert diffoscope_report(wheel(dist), wheel(rebuilt)) == []


@needs_shebang
def test_a_long_report_of_diffoscope_is_shortened(
    tmp_path: Path, dist: Path, rebuilt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = """
one, other = sys.argv[-2:]
report = pathlib.Path(sys.argv[sys.argv.index("--text") + 1])
report.write_text("\\n".join([f"--- {one}", f"+++ {other}", *["line"] * 300]))
sys.exit(1)
"""
    install_diffoscope(tmp_path, monkeypatch, body)
    one, other = wheel(dist), wheel(rebuilt)
    lines = diffoscope_report(one, other)
    assert lines[:3] == [f"--- {one}", f"+++ {other}", "line"]
    assert lines[-1] == "... and 202 more lines"
    assert len(lines) == 101


@needs_shebang
def test_a_failure_of_diffoscope_is_reported(
    tmp_path: Path, dist: Path, rebuilt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_diffoscope(tmp_path, monkeypatch, "sys.exit('no libmagic here')")
    lines = diffoscope_report(wheel(dist), wheel(rebuilt))
    assert lines == ["diffoscope failed:", "no libmagic here"]
