"""Commands of a release with small real inputs, for tests/support/killing.py to end."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from killing import Case
from made_header import add_made_header
from tiny_wheels import write_wheel, x86_64_metadata

from wheelnext_build.wheels.stamp import stamp

PACKAGES = Path(__file__).resolve().parents[1] / "packages"
TOOL = (sys.executable, "-m", "wheelnext_build")
OTHERS = ("build-via-sdist-", "tmp")
NAME = "demo-1.0-cp311-cp311-linux_x86_64"


def _project(folder: Path, *command: str) -> Case:
    shutil.copytree(PACKAGES / "targets_scope", folder / "inputs" / "project")
    (folder / "inputs" / "dist").mkdir()
    return Case(command, folder / "inputs", folder / "work", "dist")


def build(folder: Path) -> Case:
    """Build the release by ``wheelnext-build build``."""
    return _project(folder, *TOOL, "build", "--no-isolation", "--outdir", "dist", "project")


def kept(folder: Path) -> Case:
    """Build the wheels in a kept build folder, after two sources were changed."""
    case = _project(folder, *TOOL, "build", "--no-isolation", "--wheel", "--outdir", "dist")
    case = replace(case, command=(*case.command, "--build-dir", "kept", "project"))
    add_made_header(case.inputs / "project")
    case.reset()
    case.finish()
    for name in ("kernels.c", "make.sh"):
        path = case.work / "project" / name
        path.write_text(path.read_text() + "\n")
    shutil.rmtree(case.work / "dist")
    (case.work / "dist").mkdir()
    shutil.copytree(case.work, folder / "begun", symlinks=True)
    return replace(case, inputs=folder / "begun")


def hook(folder: Path) -> Case:
    """Build the wheels by the hook itself."""
    call = "import os, wheelnext_build; os.chdir('project'); "
    call += "wheelnext_build.build_wheel('../dist', {'variants': 'all'})"
    return replace(_project(folder, sys.executable, "-c", call), says_why=False)


def plain(folder: Path) -> Case:
    """Build the plain wheel by PyPA's frontend."""
    command = ("-m", "build", "--no-isolation", "--wheel", "--outdir", "dist", "project")
    return replace(_project(folder, sys.executable, *command), others=OTHERS, says_why=False)


def label(folder: Path) -> Case:
    """Label carriers in place."""
    return _wheels(folder, "label", "dist", "--force", output="dist", carrier=True)


def index(folder: Path) -> Case:
    """Write variants.json beside the wheels."""
    return _wheels(folder, "index", "dist", output="dist")


def simple(folder: Path) -> Case:
    """Write a static index into another folder."""
    case = _wheels(folder, "index", "dist", "--simple", "site", output="site")
    # The index recognizes files by their dates, so variants.json gets its date once.
    subprocess.run([*TOOL, "index", "dist"], cwd=case.inputs, stdout=subprocess.DEVNULL, check=True)
    return case


def _wheels(folder: Path, *command: str, output: str, carrier: bool = False) -> Case:
    """Return a case with a plain wheel and one for each level, of 3 MB each."""
    dist = folder / "inputs" / "dist"
    dist.mkdir(parents=True)
    data = random.Random(1).randbytes(3 << 20)  # noqa: S311 - no secret
    plain = write_wheel(dist, f"{NAME}.whl", modules={"demo_code.bin": data})
    for level in ("v1", "v2", "v3", "v4"):
        stamp(plain, dist, x86_64_metadata(f"x86_64_{level}", level), carrier=carrier)
    (folder / "inputs" / output).mkdir(exist_ok=True)
    return Case((*TOOL, *command), folder / "inputs", folder / "work", output)


COMMANDS: dict[str, Callable[[Path], Case]] = {
    "build": build,
    "build, kept": kept,
    "hook": hook,
    "plain": plain,
    "label": label,
    "index": index,
}
