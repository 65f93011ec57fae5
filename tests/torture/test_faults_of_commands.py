"""Every command that reads or writes wheels, with each fault, and with each kind of output."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import faults
import pytest
from tiny_wheels import write_sdist, write_variant, write_wheel

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not faults.can_mount(), reason="may not mount a disk"),
]

PLAIN = "sample-1.0-py3-none-any.whl"
OTHER = "other-1.0-py3-none-any.whl"
LABELLED = "sample-1.0-py3-none-any-x86_64_v3.whl"

WRITING: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "label": lambda wheels, out: faults.cli(
        *("label", "--property", "x86_64 :: level :: v2", "--outdir", out, wheels / PLAIN)
    ),
    "unlabel": lambda wheels, out: faults.cli("unlabel", "--outdir", out, wheels / LABELLED),
    "repair": lambda wheels, out: faults.cli(
        *("repair", wheels / OTHER, out, "--", "cp", "{wheel}", "{dest_dir}")
    ),
    "index": lambda wheels, _: faults.cli("index", wheels),
    "index --simple": lambda wheels, out: faults.cli("index", "--simple", out / "simple", wheels),
    "index --pylock": lambda wheels, out: faults.cli(
        *("index", "--pylock", out / "pylock.toml", wheels)
    ),
    "report --html": lambda wheels, out: faults.cli("report", "--html", out / "r.html", wheels),
}
READING: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "report": lambda wheels, _: faults.cli("report", wheels),
    "audit": lambda wheels, _: faults.cli("audit", wheels / LABELLED),
    "inspect": lambda wheels, _: faults.cli("inspect", wheels / LABELLED),
    "inspect --json": lambda wheels, _: faults.cli("inspect", "--json", wheels / LABELLED),
    "select": lambda wheels, _: faults.cli("select", wheels),
    "check": lambda wheels, _: faults.cli("check", wheels),
    "index --check": lambda wheels, _: faults.cli("index", "--check", wheels),
}
COMMANDS = {**WRITING, **READING}
DATE = re.compile(rb"(?<=\"_source\": \[)\s+\d+,\s+\d+(?=\s+\])")
SPACES = ["size=+0k", "size=+4k", "size=+12k", "size=+40k", "nr_inodes=+0", "nr_inodes=+1", "ro"]


def released(folder: Path) -> Path:
    """A folder of wheels and their sdist."""
    folder.mkdir()
    write_wheel(folder, PLAIN)
    data = {"noise": os.urandom(20_000)}
    write_wheel(folder, OTHER, files=data)
    write_variant(folder, "x86_64_v3", "v3")
    write_sdist(folder, "sample-1.0")
    return folder


@pytest.fixture(params=COMMANDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


def shrink(folder: Path, option: str) -> None:
    """Leave so much on a disk, or no more than reading."""
    if option == "ro":
        faults.remount(folder, "ro")
        return
    kind, _, more = option.removesuffix("k").partition("=+")
    status = os.statvfs(folder)
    if kind == "size":
        used = (status.f_blocks - status.f_bfree) * status.f_frsize // 1024
        faults.remount(folder, f"size={used + int(more)}k")
    else:
        faults.remount(folder, f"nr_inodes={status.f_files - status.f_ffree + int(more)}")


def without_locks(folder: Path) -> dict[str, bytes]:
    """What is below a folder, but for its place, and the dates of files that an index keeps."""
    return {
        name: DATE.sub(b"", data.replace(os.fsencode(folder), b"/a/folder"))
        for name, data in faults.content(folder).items()
        if not name.endswith("lock")
    }


@pytest.mark.parametrize("option", SPACES)
def test_a_full_or_read_only_disk(name: str, option: str, tmp_path: Path, temporary: Path) -> None:
    with faults.disk(tmp_path / "disk", "size=10m") as disk:
        wheels, out = released(disk / "wheels"), disk / "out"
        out.mkdir()
        command = COMMANDS[name](wheels, out)
        undisturbed = shutil.copytree(disk, tmp_path / "undisturbed")
        expected = faults.run(
            COMMANDS[name](undisturbed / "wheels", undisturbed / "out"), temporary
        )
        assert expected.status in (0, 1), expected.said
        before = faults.content(disk)
        shrink(disk, option)
        ended = faults.run(command, temporary)
        assert "Traceback" not in ended.said, ended.said
        names = {name for name in faults.content(disk) if not name.endswith("lock")}
        assert not [name for name in names if name.endswith((".part", ".tmp"))]
        for file, data in faults.content(disk).items():
            whole = faults.content(undisturbed).get(file)
            assert data in (whole, before.get(file)), f"{file} is partial"
        if ended.status != expected.status:
            faults.check_refused(ended, str(disk))
            assert "No space left" in ended.said or "Read-only file system" in ended.said
        elif name in WRITING:
            assert without_locks(disk) == without_locks(undisturbed)
        faults.remount(disk, "rw", "size=10m", "nr_inodes=1000")
        if ended.status != expected.status:
            again = faults.run(command, temporary)
            assert again.status == expected.status, again.said
            assert without_locks(disk) == without_locks(undisturbed)
        faults.check_nothing_left(temporary)


@pytest.mark.parametrize("fault", ["size=4k", "size=16k", "nr_inodes=2", "nr_inodes=4", "ro"])
def test_temporary_files(name: str, fault: str, tmp_path: Path) -> None:
    wheels, out = released(tmp_path / "wheels"), tmp_path / "out"
    out.mkdir()
    with faults.disk(tmp_path / "disk", fault) as disk:
        ended = faults.run(COMMANDS[name](wheels, out), disk)
        faults.check_nothing_left(disk)
    assert ended.status in (0, 1, 2), ended.said
    assert "Traceback" not in ended.said, ended.said
    assert not [name for name in faults.content(out) if name.endswith(".part")]


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv")
def test_what_may_not_be_read(name: str, tmp_path: Path, temporary: Path) -> None:
    wheels, out = released(tmp_path / "wheels"), tmp_path / "out"
    out.mkdir()
    for file in (PLAIN, LABELLED, OTHER):
        (wheels / file).chmod(0)
    bound = faults.subject_to_permissions()
    ended = faults.run([*bound, *COMMANDS[name](wheels, out)], temporary)
    assert ended.status in (1, 2), ended.said
    assert "Traceback" not in ended.said, ended.said
    said = ended.said + "".join(path.read_text() for path in out.glob("*.html"))
    assert "-1.0-py3-none-any" in said
    assert "Permission denied" in said
    assert not list(out.rglob("*.whl"))


def test_standard_output(name: str, tmp_path: Path, temporary: Path) -> None:
    wheels, out = released(tmp_path / "wheels ü 日本"), tmp_path / "out"

    def ended(
        env: dict[str, str] | None = None, before: Callable[[], None] | None = None
    ) -> tuple[int, str]:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        done = faults.run(COMMANDS[name](wheels, out), temporary, env=env, before=before)
        assert "Traceback" not in done.said, done.said
        assert "Exception ignored" not in done.said, done.said
        return done.status, done.said

    status, _ = ended()
    assert ended(env=faults.ASCII)[0] == status
    assert ended(before=faults.to_nobody) == (status, "")
    for unbuffered in ("", "1"):
        found, said = ended(env={"PYTHONUNBUFFERED": unbuffered}, before=faults.to_full)
        if name != "report --html":  # which says where the page is on standard error
            assert found
            what = "" if unbuffered else "standard output: "
            assert f"wheelnext-build: {what}No space left on device" in said
