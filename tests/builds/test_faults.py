"""A machine that fails, for real: one message, nothing partial, and the next build is sound."""

from __future__ import annotations

import os
import shutil
import sys
import time
import zipfile
from pathlib import Path

import faults
import pytest
from builds_tools import needs_x86_64

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(sys.platform != "linux", reason="disks in memory are Linux's"),
]

needs_mounts = pytest.mark.skipif(not faults.can_mount(), reason="may not mount a disk")
YEAR = 365 * 86400


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faults.make_project(tmp_path_factory.mktemp("faults") / "project")


@pytest.fixture(scope="module")
def whole(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed run leaves."""
    return faults.undisturbed(
        lambda out: build(out, project, sdist=True), tmp_path_factory.mktemp("whole")
    )


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


def build(out: Path, project: Path, *options: str, sdist: bool = False) -> list[str | Path]:
    kinds = [] if sdist else ["--wheel"]
    return faults.cli("build", "--no-isolation", *kinds, "-o", out, *options, project)


def hooks(out: Path, project: Path, *options: str) -> list[str | Path]:
    return faults.frontend("--wheel", "-Cvariants=all", *options, "-o", out, project)


@needs_mounts
def test_a_full_disk_for_the_wheels(
    project: Path, whole: dict[str, bytes], tmp_path: Path, temporary: Path
) -> None:
    with faults.disk(tmp_path / "out", "size=150k") as out:
        ended = faults.run(build(out, project), temporary)
        assert faults.check_full(ended, out, whole, temporary)
        assert f"{out}/targets_scope-1.0-" in ended.said
        assert len(faults.content(out)) == 1  # which was finished before
        for kept in out.iterdir():
            kept.unlink()
        ended = faults.run(faults.frontend("--sdist", "-o", out, project), temporary)
        assert ended.status == 0, ended.said
        faults.remount(out, "size=108k")
        ended = faults.run(faults.frontend("--wheel", "-o", out, project), temporary)
        assert faults.check_full(ended, out, whole, temporary)


@needs_mounts
def test_an_sdist_is_whole_or_not_there(
    project: Path, whole: dict[str, bytes], tmp_path: Path, temporary: Path
) -> None:
    with faults.disk(tmp_path / "out", "size=60k") as out:
        ended = faults.run(faults.frontend("--sdist", "-o", out, project), temporary)
        assert faults.check_full(ended, out, whole, temporary)
        assert f"wheelnext-build error: {out}/targets_scope-1.0.tar.gz: cannot be" in ended.said


@needs_mounts
@pytest.mark.parametrize("option", ["size=300k", "size=700k", "nr_inodes=60"])
def test_a_full_disk_for_temporary_files(
    option: str, project: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with faults.disk(tmp_path / "disk", option) as disk:
        ended = faults.run(hooks(out, project), disk)
        assert faults.check_full(ended, out, faults.wheels_only(whole), disk)
        assert "the worker died" not in ended.said


@needs_mounts
def test_a_full_disk_for_a_kept_build_folder(
    project: Path, whole: dict[str, bytes], tmp_path: Path, temporary: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    wheels = faults.wheels_only(whole)
    with faults.disk(tmp_path / "disk", "size=300k") as disk:
        command = hooks(out, project, f"-Cbuild-dir={disk}/kept/")
        assert faults.check_full(faults.run(command, temporary), out, wheels, temporary)
        faults.remount(disk, "size=100m")
        ended = faults.run(command, temporary)
        assert ended.status == 0, ended.said
        assert faults.content(out) == wheels


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv")
def test_permissions(
    project: Path, whole: dict[str, bytes], tmp_path: Path, temporary: Path
) -> None:
    source = faults.copied(project, tmp_path / "source")
    bound = faults.subject_to_permissions()
    for path in (source, *source.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    out = tmp_path / "out"
    ended = faults.run([*bound, *build(out, source)], temporary)
    assert ended.status == 0, ended.said
    assert faults.content(out) == faults.wheels_only(whole)
    for path in (source, *source.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    ended = faults.run([*bound, *faults.cli("index", "--simple", closed / "x", out)], temporary)
    faults.check_refused(ended, f"{closed}/x: the folder cannot be created: Permission denied")
    (source / "kernels.c").chmod(0)
    ended = faults.run([*bound, *faults.frontend("--sdist", "-o", out, source)], temporary)
    faults.check_refused(ended, "wheelnext-build error: kernels.c: Permission denied")
    assert not list(out.glob("*.tar.gz"))


def test_a_compiler_without_memory(
    project: Path, whole: dict[str, bytes], tmp_path: Path, temporary: Path
) -> None:
    source, out = faults.copied(project, tmp_path / "source"), tmp_path / "out"
    (source / "kernels.c").write_text((source / "kernels.c").read_text() + faults.GREEDY)
    compiler = tmp_path / "poor-cc"
    compiler.write_text(faults.POOR)
    compiler.chmod(0o755)
    command = build(out, source, "--build-dir", str(tmp_path / "kept"))
    ended = faults.run(command, temporary, env={"CC": str(compiler)})
    faults.check_refused(ended, "x86_64_v3: the build failed", "memory")
    assert {name for name in faults.content(out) if "v3" in name} == set()
    assert faults.content(out)  # what was finished before
    faults.check_no_partial(out, whole)
    faults.check_nothing_left(temporary)
    compiler.write_text(faults.POOR.replace("ulimit -v 100000\n", ""))
    ended = faults.run(command, temporary, env={"CC": str(compiler)})
    assert ended.status == 0, ended.said
    again = build(tmp_path / "again", source)
    ended = faults.run(again, temporary, env={"CC": str(compiler)})
    assert ended.status == 0, ended.said
    assert faults.content(out) == faults.content(tmp_path / "again")


def test_a_kept_folder_is_built_anew_if_the_clock_was_set_back(
    project: Path, tmp_path: Path, temporary: Path
) -> None:
    source, out = faults.copied(project, tmp_path / "source"), tmp_path / "out"
    command = build(out, source, "--only", "x86_64_v3", "--build-dir", f"{tmp_path}/kept")
    assert faults.run(command, temporary).status == 0
    before = faults.content(out)
    for path in (tmp_path / "kept").rglob("*"):
        os.utime(path, (time.time() + YEAR,) * 2)
    text = (source / "common.c").read_text()
    (source / "common.c").write_text(text.replace("return 1", "return 11"))
    ended = faults.run(command, temporary)
    assert ended.status == 0, ended.said
    after = faults.content(out)
    assert [after[name] != data for name, data in before.items()] == [True]


def test_a_hard_path(
    project: Path, whole: dict[str, bytes], tmp_path: Path, temporary: Path
) -> None:
    hard = tmp_path / "-x a'b$c%d#e(f) ü\u0308 日本" / ("n" * 255)
    source, out = faults.copied(project, hard / "project"), hard / 'with "quotes";'
    env = {"TMPDIR": str(hard)}
    ended = faults.run(build(out, source), temporary, env=env)
    assert ended.status == 0, ended.said
    assert faults.content(out) == faults.wheels_only(whole)


@pytest.mark.parametrize("name", ["a|b", "a\nb", "a\rb", "a\\b", "a;b", "$<1:a>"])
def test_a_path_that_cannot_be_built_in(
    name: str, project: Path, tmp_path: Path, temporary: Path
) -> None:
    source, out = faults.copied(project, tmp_path / name / "project"), tmp_path / "out"
    settings = "{'variants': 'all'}" if name == "a|b" else "None"
    call = f"import wheelnext_build; wheelnext_build.build_wheel({str(out)!r}, {settings})"
    ended = faults.run([sys.executable, "-P", "-c", call], temporary, cwd=source)
    faults.check_refused(ended, "is in the path, and it is in that of the project's folder")
    assert "Configuring" not in ended.said
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize("date", ["-1", "", "abc", "1.5", "4294967296", "1_000", "٣"])
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_date_that_files_cannot_have(
    date: str, kind: str, project: Path, tmp_path: Path, temporary: Path
) -> None:
    call = f"import wheelnext_build; wheelnext_build.build_{kind}({str(tmp_path / 'out')!r})"
    env = {"SOURCE_DATE_EPOCH": date}
    ended = faults.run([sys.executable, "-P", "-c", call], temporary, cwd=project, env=env)
    faults.check_refused(ended, "wheelnext-build error: SOURCE_DATE_EPOCH is ", "seconds since")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("date", ["0", "4294967295"])
def test_the_first_and_the_last_date(
    date: str, project: Path, tmp_path: Path, temporary: Path
) -> None:
    out = tmp_path / "out"
    ended = faults.run(
        build(out, project, "--only", "x86_64_v3", sdist=True),
        temporary,
        env={"SOURCE_DATE_EPOCH": date},
    )
    assert ended.status == 0, ended.said
    (wheel,) = out.glob("*.whl")
    years = {info.date_time[0] for info in zipfile.ZipFile(wheel).infolist()}
    assert years == {1980 if date == "0" else 2106}


def test_standard_output(project: Path, tmp_path: Path, temporary: Path) -> None:
    command = faults.cli("matrix", project)
    ended = faults.run(command, temporary, before=faults.to_full)
    faults.check_refused(ended, "standard output: No space left on device")
    assert "Exception ignored" not in ended.said
    assert faults.run(command, temporary, before=faults.to_nobody) == faults.Ended(0, "")
    missing = faults.cli("matrix", tmp_path / "日本")
    ended = faults.run(missing, temporary, env=faults.ASCII)
    faults.check_refused(ended, "pyproject.toml: no such file")
