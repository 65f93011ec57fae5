"""The commands of a release, each with small real input: what tests/support/killing.py ends."""

from __future__ import annotations

import os
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
    """The release, by this project's own command."""
    return _project(folder, *TOOL, "build", "--no-isolation", "--outdir", "dist", "project")


def kept(folder: Path) -> Case:
    """The wheels, in a build folder that has all of them from before two sources were changed."""
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


def hooks(folder: Path) -> Case:
    """The release, by the frontend of PyPA."""
    command = ("-m", "build", "--no-isolation", "-Cvariants=all", "--outdir", "dist", "project")
    return replace(_project(folder, sys.executable, *command), others=OTHERS, says_why=False)


def hook(folder: Path) -> Case:
    """The wheels, by the hook itself."""
    call = "import os, wheelnext_build; os.chdir('project'); "
    call += "wheelnext_build.build_wheel('../dist', {'variants': 'all'})"
    return replace(_project(folder, sys.executable, "-c", call), says_why=False)


def plain(folder: Path) -> Case:
    """The plain wheel, by the frontend of PyPA."""
    command = ("-m", "build", "--no-isolation", "--wheel", "--outdir", "dist", "project")
    return replace(_project(folder, sys.executable, *command), others=OTHERS, says_why=False)


def label(folder: Path) -> Case:
    """Carriers become labelled wheels, in place."""
    return _wheels(folder, "label", "dist", "--force", output="dist", carrier=True)


def unlabel(folder: Path) -> Case:
    """Labelled wheels become plain ones in another folder."""
    wheel = f"dist/{NAME}-x86_64_v1.whl"
    return _wheels(folder, "unlabel", wheel, "--force", "--outdir", "plain", output="plain")


def index(folder: Path) -> Case:
    """variants.json beside the wheels."""
    return _wheels(folder, "index", "dist", output="dist")


def simple(folder: Path) -> Case:
    """A static index in another folder."""
    case = _wheels(folder, "index", "dist", "--simple", "site", output="site")
    # It knows files again by their dates: variants.json has one that stays.
    subprocess.run([*TOOL, "index", "dist"], cwd=case.inputs, stdout=subprocess.DEVNULL, check=True)
    return case


def _wheels(folder: Path, *command: str, output: str, carrier: bool = False) -> Case:
    """With a plain wheel and one for each level, each of some megabytes."""
    dist = folder / "inputs" / "dist"
    dist.mkdir(parents=True)
    data = random.Random(1).randbytes(3 << 20)  # noqa: S311 - no secret
    plain = write_wheel(dist, f"{NAME}.whl", modules={"demo_code.bin": data})
    for level in ("v1", "v2", "v3", "v4"):
        stamp(plain, dist, x86_64_metadata(f"x86_64_{level}", level), carrier=carrier)
    (folder / "inputs" / output).mkdir(exist_ok=True)
    return Case((*TOOL, *command), folder / "inputs", folder / "work", output)


def repair(folder: Path) -> Case:
    """auditwheel, on a plain wheel and a variant that need a library from outside."""
    source, library, wheels = folder / "bundles", folder / "library", folder / "inputs" / "wheels"
    shutil.copytree(PACKAGES / "bundles", source)
    library.mkdir()
    shared = ("-shared", "-fPIC", "-O3", "-Wl,-soname,libhelper.so", str(source / "helper.c"))
    subprocess.run(["cc", *shared, "-o", str(library / "libhelper.so")], check=True)
    subprocess.run(
        [*TOOL, "build", "--no-isolation", "--wheel", "--outdir", str(wheels), str(source)],
        env={**os.environ, "HELPER_FOLDER": str(library), "SOURCE_DATE_EPOCH": "1700000000"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    (folder / "inputs" / "out").mkdir()
    (plain,) = wheels.glob("*_x86_64.whl")
    command = (*TOOL, "repair", f"wheels/{plain.name}", "out")
    environment = {"LD_LIBRARY_PATH": str(library)}
    return Case(command, folder / "inputs", folder / "work", "out", environment)


COMMANDS: dict[str, Callable[[Path], Case]] = {
    "build": build,
    "build, kept": kept,
    "hook": hook,
    "plain": plain,
    "label": label,
    "unlabel": unlabel,
    "repair": repair,
    "index": index,
    "index --simple": simple,
}
