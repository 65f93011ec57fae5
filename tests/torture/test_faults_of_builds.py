"""Builds on disks that are full while configuring, compiling, linking, packing, publishing."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import faults
import pytest
from figures import Figure

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not faults.can_mount(), reason="may not mount a disk"),
]


def options(sizes: tuple[int, ...], inodes: tuple[int, ...]) -> list[str]:
    return [*(f"size={size}k" for size in sizes), *(f"nr_inodes={count}" for count in inodes)]


DISKS = {
    "outdir": options((4, 60, 110, 150, 250, 330), (1, 2, 3)),
    "TMPDIR": options((16, 150, 330, 500, 700, 850, 1000), (6, 50, 100, 150)),
    "build-dir": options((16, 150, 330, 500, 700, 850), (6, 50, 80)),
}
"""By what is on the disk: the room there; each moment of a build has one at which it is full."""

ROOM = ("size=100m", "nr_inodes=10000")

_EDITABLE = """
import os, wheelnext_build
os.chdir({!r})
wheelnext_build.build_editable({!r}, {!r})
"""

BUILDS: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "build": lambda out, project: faults.cli("build", "--no-isolation", "-o", out, project),
    "hooks": lambda out, project: faults.frontend("--wheel", "-Cvariants=all", "-o", out, project),
    "one after the other": lambda out, project: faults.frontend(
        "--wheel", "-Cvariants=all", "-Cbuild.tool-args=-j2", "-o", out, project
    ),
    "plain": lambda out, project: faults.frontend("--wheel", "-o", out, project),
    "sdist": lambda out, project: faults.frontend("--sdist", "-o", out, project),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faults.make_project(tmp_path_factory.mktemp("faults") / "project")


@pytest.fixture(scope="module")
def whole(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, bytes]]:
    """What an undisturbed run of a build leaves."""
    known: dict[str, dict[str, bytes]] = {}

    def run(name: str) -> dict[str, bytes]:
        if name not in known:
            out = tmp_path_factory.mktemp("whole")
            ended = faults.run(BUILDS[name](out, project), tmp_path_factory.mktemp("temporary"))
            assert ended.status == 0, ended.said
            known[name] = faults.content(out)
        return known[name]

    return run


@pytest.mark.parametrize("name", BUILDS)
@pytest.mark.parametrize("where", ["outdir", "TMPDIR", "build-dir"])
def test_a_full_disk(
    name: str,
    where: str,
    project: Path,
    whole: Callable[[str], dict[str, bytes]],
    tmp_path: Path,
    figure: Figure,
) -> None:
    if where == "build-dir" and name == "sdist":
        pytest.skip("an sdist needs no build folder")
    refused = 0
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    for option in DISKS[where]:
        for folder in (out, temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        mounted = {"outdir": out, "TMPDIR": temporary, "build-dir": tmp_path / "kept"}[where]
        with faults.disk(mounted, option):
            command = BUILDS[name](out, project)
            if where == "build-dir":
                command.append(f"-Cbuild-dir={mounted}/build/")
            ended = faults.run(command, temporary)
            if not faults.check_full(ended, out, whole(name), temporary):
                continue
            refused += 1
            if where != "outdir":
                shutil.rmtree(out)
                out.mkdir()
            faults.remount(mounted, *ROOM)
            ended = faults.run(command, temporary)
            assert ended.status == 0, ended.said
            assert faults.content(out) == whole(name)
    figure(f"{name}, {where}: {refused} of {len(DISKS[where])} disks were too small")
    assert refused


@pytest.mark.parametrize("label", ["", "x86_64_v3"])
@pytest.mark.parametrize("where", ["outdir", "TMPDIR"])
def test_a_full_disk_for_an_editable_wheel(
    label: str, where: str, project: Path, tmp_path: Path
) -> None:
    """Its bytes are not the same each time: it is for its machine only."""
    settings = {"variant-label": label} if label else {}
    for option in DISKS[where]:
        out, temporary = tmp_path / f"out-{option}", tmp_path / f"temporary-{option}"
        for folder in (out, temporary):
            folder.mkdir()
        mounted = {"outdir": out, "TMPDIR": temporary}[where]
        program = _EDITABLE.format(str(project), str(out), settings)
        with faults.disk(mounted, option):
            ended = faults.run([sys.executable, "-P", "-c", program], temporary)
            if ended.status:
                assert faults.check_full(ended, out, {}, temporary)
                faults.remount(mounted, *ROOM)
                ended = faults.run([sys.executable, "-P", "-c", program], temporary)
            assert ended.status == 0, ended.said
            (wheel,) = out.iterdir()
            assert zipfile.ZipFile(wheel).testzip() is None
