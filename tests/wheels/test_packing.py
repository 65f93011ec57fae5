"""Wheels from the fast writer beside those of scikit-build-core's own, which is never faked."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import random
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.tags import Tag
from packaging.version import Version
from scikit_build_core import build as skbuild
from scikit_build_core._vendor.pyproject_metadata import StandardMetadata
from scikit_build_core.build import wheel as skbuild_wheel
from zips import check_record, walk

from wheelnext_build.errors import WheelError
from wheelnext_build.wheels import archive, deflate, packing, zip_format
from wheelnext_build.wheels.packing import fast_packing

DIST_INFO = "pkg-1.0.dist-info"


def noise(length: int, seed: int = 0) -> bytes:
    """Bytes that no compression makes fewer."""
    return random.Random(seed).randbytes(length)  # noqa: S311


LONG = noise(700) * 3000 + noise(3 << 20, seed=1)


@dataclass(frozen=True)
class Staged:
    """What a build has installed, and how it is to be packed."""

    folder: Path
    reproducible: bool = True
    exclude: tuple[str, ...] = ()
    extra: tuple[tuple[str, bytes], ...] = ()

    def pack(self, output: Path) -> Path:
        """The wheel as scikit-build-core's hooks write it, by the writer that they find now."""
        writer = self.writer(output)
        with writer:
            self.fill(writer)
        return writer.wheelpath

    def writer(self, output: Path) -> skbuild_wheel.WheelWriter:
        return skbuild_wheel.WheelWriter(
            StandardMetadata("pkg", Version("1.0")),
            folder=output,
            tags={Tag("py3", "none", "any")},
            wheel_metadata=skbuild_wheel.WheelMetadata(),
            metadata_dir=self.folder / "metadata",
            reproducible=self.reproducible,
        )

    def fill(self, writer: skbuild_wheel.WheelWriter) -> None:
        keys = ("platlib", "data", "headers", "scripts", "metadata")
        writer.build({key: self.folder / key for key in keys}, exclude=self.exclude)
        for name, content in self.extra:
            writer.writestr(name, content)

    def both(self, output: Path, threads: int | None = None) -> tuple[Path, Path]:
        """scikit-build-core's own wheel, and ours."""
        theirs = self.pack(output / "theirs")
        with fast_packing(threads=threads) as is_fast:
            assert is_fast
            return theirs, self.pack(output / "ours")


@pytest.fixture
def staged(tmp_path: Path) -> Staged:
    folder = tmp_path / "staged"
    for name, content in {
        "platlib/pkg/__init__.py": b"import os\n" * 500,
        "platlib/pkg/data/empty": b"",
        "platlib/pkg/über/straße.txt": b"non-ASCII",
        "platlib/pkg/medium.bin": noise(900) * 1000,
        "platlib/pkg/compiled.pyc": b"left out",
        "headers/pkg.h": b"#pragma once\n",
        "data/share/pkg.txt": b"data",
        "scripts/tool": b"#!python\n",
        "metadata/licenses/LICENSE": b"as you like it",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_600_000_000 + len(content), 1_600_000_000 + len(content)))
    (folder / "scripts/tool").chmod(0o751)
    (folder / "headers/pkg.h").chmod(0o600)
    return Staged(folder)


@pytest.fixture
def staged_long(staged: Staged) -> Staged:
    (staged.folder / "platlib/pkg/library.so").write_bytes(LONG)
    (staged.folder / "platlib/pkg/piece.so").write_bytes(LONG[: deflate.PIECE])
    (staged.folder / "platlib/pkg/longer.txt").write_bytes(b"text, " * 100_000)
    (staged.folder / "platlib/pkg/library.so").chmod(0o755)
    return staged


def facts(wheel: Path) -> list[tuple[object, ...]]:
    """All that a wheel says of its members, but for their places and compressed sizes."""
    with zipfile.ZipFile(wheel) as opened:
        assert opened.testzip() is None
        return [
            (
                *(info.filename, info.date_time, info.compress_type, info.create_system),
                *(info.create_version, info.extract_version, info.flag_bits, info.volume),
                *(info.internal_attr, info.external_attr, info.CRC, info.file_size),
                *(info.extra, info.comment, opened.read(info)),
            )
            for info in opened.infolist()
        ]


def threads_of_ours() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("wheelnext-build-packing")]


@contextlib.contextmanager
def ours(staged: Staged, output: Path) -> Iterator[skbuild_wheel.WheelWriter]:
    """A writer of ours that was entered."""
    with fast_packing() as is_fast:
        assert is_fast
        with staged.writer(output) as writer:
            yield writer


@pytest.mark.parametrize(
    ("reproducible", "epoch"), [(True, None), (True, "1700000001"), (True, "0"), (False, None)]
)
def test_a_small_wheel_is_the_same_to_the_last_byte(
    staged: Staged,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reproducible: bool,
    epoch: str | None,
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_650_000_000.5)  # for what is no file
    if epoch is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    extra = ((f"{DIST_INFO}/extra\\file.json", b"{}"), ("_pkg_editable.py", b"import sys\n" * 900))
    staged = Staged(staged.folder, reproducible, extra=extra)
    theirs, wheel = staged.both(tmp_path)
    assert facts(wheel) == facts(theirs)
    assert wheel.read_bytes() == theirs.read_bytes()
    assert wheel.name == theirs.name
    assert wheel.stat().st_mode == theirs.stat().st_mode


def test_where_dates_are_fixed_neither_the_umask_nor_the_order_of_files_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000001")
    found, listed = [], Path.rglob
    for number, (mode, names) in enumerate([(0o600, "abc"), (0o664, "bca")]):
        staged = Staged(tmp_path / str(number), reproducible=False)
        for key in ("platlib/pkg", "data", "headers", "scripts", "metadata/licenses"):
            (staged.folder / key).mkdir(parents=True)
        for name, path in {
            "module.py": staged.folder / "platlib/pkg",
            **{f"{name}.txt": staged.folder / "metadata/licenses" for name in names},
        }.items():
            (path / name).write_text(name)
            (path / name).chmod(mode)
        with monkeypatch.context() as patch, fast_packing():
            # As the file system of another machine lists them.
            order = number == 0
            patch.setattr(Path, "rglob", lambda *a, r=order: sorted(listed(*a), reverse=r))
            found.append(staged.pack(tmp_path / f"out-{number}").read_bytes())
    assert found[0] == found[1]


def test_long_files_make_the_same_members(staged_long: Staged, tmp_path: Path) -> None:
    staged = Staged(staged_long.folder, exclude=("*.h", "pkg/data/**"))
    theirs, wheel = staged.both(tmp_path)
    assert facts(wheel) == facts(theirs)
    assert "pkg/data/empty" not in zipfile.ZipFile(wheel).namelist()
    check_record(walk(wheel), DIST_INFO)
    assert wheel.stat().st_size < 1.02 * theirs.stat().st_size


def test_only_the_first_4_mib_are_compressed_as_zipfile_does_it(
    staged: Staged, tmp_path: Path
) -> None:
    words = [noise(6, seed) for seed in range(900)]
    for number in range(6):
        content = b"".join(random.Random(number).choices(words, k=166_000))  # noqa: S311
        (staged.folder / f"platlib/pkg/words{number}.bin").write_bytes(content)
    wheels = staged.both(tmp_path)
    theirs, ours = (
        [entry.raw for entry in walk(wheel) if "words" in entry.name] for wheel in wheels
    )
    assert [raw == other for raw, other in zip(ours, theirs, strict=True)] == [
        *(True, True, True, False, False, False)
    ]


@pytest.mark.parametrize("library", ["libdeflate", "zlib"])
def test_threads_make_no_difference(
    staged_long: Staged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    if library == "zlib":
        monkeypatch.setattr(deflate, "COMPRESSOR", None)
    wheels = set()
    for threads in (1, 2, 8):
        theirs, wheel = staged_long.both(tmp_path / str(threads), threads)
        wheels.add(wheel.read_bytes())
    assert len(wheels) == 1
    assert facts(wheel) == facts(theirs)
    assert not threads_of_ours()


def test_the_tools_of_the_field_accept_it(staged_long: Staged, tmp_path: Path) -> None:
    _, wheel = staged_long.both(tmp_path)
    commands = [
        (sys.executable, "-m", "zipfile", "-t", str(wheel)),
        (sys.executable, "-m", "wheel", "unpack", "--dest", str(tmp_path), str(wheel)),
    ]
    if shutil.which("unzip"):
        commands.append(("unzip", "-tq", str(wheel)))
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "pkg-1.0/pkg/library.so").read_bytes() == LONG


def test_a_name_that_stands_twice_is_warned_of_and_kept(staged: Staged, tmp_path: Path) -> None:
    twice = Staged(staged.folder, extra=(("pkg/__init__.py", b"another"),))
    with pytest.warns(UserWarning, match=r"Duplicate name: 'pkg/__init__\.py'"):
        theirs, wheel = twice.both(tmp_path)
    assert wheel.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_nothing(
    staged_long: Staged, tmp_path: Path, error: type[BaseException]
) -> None:
    def fail(writer: skbuild_wheel.WheelWriter) -> None:
        staged_long.fill(writer)
        assert threads_of_ours()
        raise error

    with pytest.raises(error), ours(staged_long, tmp_path / "ours") as writer:
        fail(writer)
    assert not threads_of_ours()
    assert not list((tmp_path / "ours").iterdir())
    with pytest.raises(AssertionError):
        writer.writestr("more", b"")


def test_an_interrupt_while_the_rest_is_written_leaves_nothing(
    staged_long: Staged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(zip_format, "central_entry", interrupted)
    with pytest.raises(KeyboardInterrupt), ours(staged_long, tmp_path / "ours") as writer:
        staged_long.fill(writer)
    assert not threads_of_ours()
    assert not list((tmp_path / "ours").iterdir())


def test_a_file_that_cannot_be_read_is_the_same_error(staged: Staged, tmp_path: Path) -> None:
    def error_of(writer: skbuild_wheel.WheelWriter) -> OSError:
        with pytest.raises(FileNotFoundError) as caught, writer:
            writer.write(str(staged.folder / "missing"), "pkg/missing")
        return caught.value

    theirs = error_of(staged.writer(tmp_path / "theirs"))
    with fast_packing():
        our = error_of(staged.writer(tmp_path / "ours"))
    assert (type(our), str(our)) == (type(theirs), str(theirs))


def test_a_full_disk_is_an_error_and_leaves_nothing(
    staged_long: Staged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    monkeypatch.setattr(archive.processes, "processor_count", lambda: 2)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with (
            pytest.raises(OSError, match="File too large"),
            ours(staged_long, tmp_path / "ours") as w,
        ):
            staged_long.fill(w)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not threads_of_ours()
    assert not list((tmp_path / "ours").iterdir())


def test_sizes_that_may_need_64_bits_have_room(tmp_path: Path) -> None:
    """What is longer than 4 GiB is in the slow tests; here the room stays empty."""
    opened = archive.Archive(tmp_path / "wide.zip")
    for name, content in {"short": b"text", "long": LONG}.items():
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        opened.write(info, io.BytesIO(content), 4_200_000_000)
    opened.close()
    with zipfile.ZipFile(tmp_path / "wide.zip") as readable:
        assert readable.testzip() is None
        assert readable.read("long") == LONG


def test_a_file_that_grows_beyond_its_header_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_format, "LIMIT32", 16 << 20)
    opened = archive.Archive(tmp_path / "grown.zip", threads=1)
    info = zipfile.ZipInfo("log")
    info.compress_type = zipfile.ZIP_DEFLATED
    opened.write(info, io.BytesIO(bytes(20 << 20)), 1000)
    with pytest.raises(WheelError, match="log: grew"):
        opened.close()
    opened.abort()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package without anything to compile, so that scikit-build-core's hooks are quick."""
    folder = tmp_path / "project"
    (folder / "src/pkg").mkdir(parents=True)
    (folder / "src/pkg/__init__.py").write_text("x = 1\n")
    (folder / "src/pkg/library.so").write_bytes(LONG)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["wheelnext-build"]\nbuild-backend = "wheelnext_build"\n'
        '[project]\nname = "pkg"\nversion = "1.0"\n'
        "[tool.scikit-build]\nwheel.cmake = false\nwheel.reproducible = true\n"
    )
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("hook", ["build_wheel", "build_editable"])
@pytest.mark.usefixtures("project")
def test_the_hooks_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str) -> None:
    build: Callable[[str], str] = getattr(skbuild, hook)
    for folder in ("theirs", "ours"):
        (tmp_path / folder).mkdir()
    theirs = tmp_path / "theirs" / build(str(tmp_path / "theirs"))
    with fast_packing():
        wheel = tmp_path / "ours" / build(str(tmp_path / "ours"))
    assert facts(wheel) == facts(theirs)
    assert (wheel.read_bytes() == theirs.read_bytes()) is (hook == "build_editable")


def test_the_writer_is_put_back(staged: Staged, tmp_path: Path) -> None:
    original = skbuild_wheel.WheelWriter
    with fast_packing():
        assert skbuild_wheel.WheelWriter is not original
    assert skbuild_wheel.WheelWriter is original
    with pytest.raises(FileNotFoundError), fast_packing():
        (tmp_path / "missing").read_bytes()
    assert skbuild_wheel.WheelWriter is original


def other_version(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(packing, "version", lambda _: "1.2.0")
    return "1.2.0 is not one of the known versions, <1.2,>=1.1"


def other_module(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(sys.modules, "scikit_build_core.build._wheelfile", None)
    return "has no scikit_build_core.build._wheelfile"


def other_parameters(monkeypatch: pytest.MonkeyPatch) -> str:
    original = skbuild_wheel.WheelWriter.write

    def write(self: skbuild_wheel.WheelWriter, filename: str, name: str | None = None) -> None:
        original(self, filename, name)

    monkeypatch.setattr(skbuild_wheel.WheelWriter, "write", write)
    return "WheelWriter.write is another"


def other_writer(monkeypatch: pytest.MonkeyPatch) -> str:
    class Another(skbuild_wheel.WheelWriter):
        pass

    monkeypatch.setattr(skbuild_wheel, "WheelWriter", Another)
    return "its hooks use another WheelWriter"


def other_hooks(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(skbuild_wheel, "_build_wheel_impl_impl", lambda: None)
    return "its hooks do not look WheelWriter up"


def other_properties(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(skbuild_wheel.WheelWriter, "wheelpath", Path("pkg-1.0-py3-none-any.whl"))
    return "WheelWriter has other properties"


@pytest.mark.parametrize(
    "change",
    [
        *(other_version, other_module, other_parameters),
        *(other_writer, other_hooks, other_properties),
    ],
)
def test_an_unknown_scikit_build_core_is_left_alone(
    staged: Staged,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[pytest.MonkeyPatch], str],
) -> None:
    with monkeypatch.context() as patches:
        reason = change(patches)
        found = skbuild_wheel.WheelWriter
        with fast_packing() as is_fast:
            assert not is_fast
            assert skbuild_wheel.WheelWriter is found
            if change is not other_properties:
                wheel = staged.pack(tmp_path / "wheel")
                assert zipfile.ZipFile(wheel).testzip() is None
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert "packed by scikit-build-core itself" in said[0]
    assert reason in said[0]


@pytest.mark.build
def test_a_file_of_more_than_4_gib(tmp_path: Path) -> None:
    size = (4 << 30) + 5
    with (tmp_path / "zeros").open("wb") as stream:
        stream.truncate(size)
    opened = archive.Archive(tmp_path / "long.zip")
    for name, path in {"long": tmp_path / "zeros", "short": Path(__file__)}.items():
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        with path.open("rb") as source:
            opened.write(info, source, path.stat().st_size)
    opened.close()
    assert [entry.size for entry in walk(tmp_path / "long.zip")] == [
        *(size, Path(__file__).stat().st_size)
    ]
    with zipfile.ZipFile(tmp_path / "long.zip") as readable:
        assert readable.testzip() is None


def test_rows_of_record_are_quoted_as_csv(staged: Staged, tmp_path: Path) -> None:
    (staged.folder / 'platlib/a, "b".txt').write_bytes(b"c")
    theirs, wheel = staged.both(tmp_path)
    assert wheel.read_bytes() == theirs.read_bytes()
    with zipfile.ZipFile(wheel) as opened:
        text = opened.read(f"{DIST_INFO}/RECORD").decode()
    assert 'a, "b".txt' in {row[0] for row in csv.reader(io.StringIO(text))}
