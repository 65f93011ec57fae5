"""Isolated builds of the benchmarks' projects, by this backend and by scikit-build-core."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import ninja
from harness import ROOT, run

import cmake

PROJECTS = Path(__file__).parent / "projects"

_OURS = '"wheelnext-build"'
_THEIRS = '"scikit-build-core>=1.1"'


@cache
def wheelhouse() -> Path:
    """A folder with this project's own wheel, for isolated builds to find."""
    given = os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE")
    if given:
        folder = Path(given)
    else:
        folder = ROOT / "dist" / "bench-wheelhouse"
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    # Wheels of one version are equal for uv, whatever is in them.
    run("uv", "cache", "clean", "wheelnext-build")
    return folder


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the frontends' processes see: our own wheel, and a machine that is like most.

    CMake and Ninja are the programs that PyPI's packages have, not the Python script in front of
    CMake that each of its calls would wait for; and Python keeps the bytecode that it compiles.
    """
    links = str(wheelhouse())
    scripts = sysconfig.get_path("scripts")
    path = [str(Path(cmake.CMAKE_BIN_DIR)), str(Path(ninja.BIN_DIR))]
    path += [part for part in os.environ["PATH"].split(os.pathsep) if part != scripts]
    return {
        "PATH": os.pathsep.join(path),
        "PYTHONDONTWRITEBYTECODE": "",
        "UV_FIND_LINKS": links,
        "PIP_FIND_LINKS": links,
        **(extra or {}),
    }


def project(name: str, folder: Path, *, ours: bool) -> Path:
    """A copy of a project; without ``ours``, one that scikit-build-core builds."""
    target = folder / f"{name}-{'ours' if ours else 'theirs'}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(PROJECTS / name, target)
    if not ours:
        path = target / "pyproject.toml"
        text = path.read_text().replace(_OURS, _THEIRS)
        path.write_text(text.replace('"wheelnext_build"', '"scikit_build_core.build"'))
    return target


def build(
    source: Path,
    outdir: Path,
    *settings: str,
    installer: str = "uv",
    env: Mapping[str, str] | None = None,
) -> str:
    """Run ``python -m build --wheel``; return its output.

    ``installer`` makes an isolated environment; with ``none``, the current one is used.
    """
    options = [part for setting in settings for part in ("-C", setting)]
    isolation = ["--no-isolation"] if installer == "none" else ["--installer", installer]
    command = [sys.executable, "-m", "build", "--wheel", *isolation]
    return run(*command, "--outdir", outdir, *options, source, env=environment(env))
