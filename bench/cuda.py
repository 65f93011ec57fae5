"""A release for four GPU architectures: a build for each, or one call for all.

The project in projects/cuda has eight C++ files for the host, which no architecture changes, and
four CUDA files, which all change. Its release is a plain wheel without GPU code and one wheel each
for sm_80, 90, 100 and 120. The ways, both with isolated builds and all that pip installs for them:

- by hand: `python -m build` with scikit_build_core.build once per wheel, the architecture given by
  CMAKE_CUDA_ARCHITECTURES, as people do today. Nothing of one build is there for the next;
- one call: `python -m build -C variants=all` with this backend.

Both find the same nvcc on PATH, and Ninja runs as many compilers at a time as there are processors.
A launcher before the compilers notes what they compile, to show where the time goes: either way
each CUDA file is compiled once for each architecture; the host's files are compiled for each wheel,
or once.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import harness

PROJECT = harness.ROOT / "bench" / "projects" / "cuda"
ARCHITECTURES = (80, 90, 100, 120)
WHEELS = len(ARCHITECTURES) + 1
BY_HAND = "by hand"
ONE_CALL = "one call"

Build = Callable[[Path, Path, Mapping[str, str]], None]
"""Builds the project in the first folder into the second, with these environment variables."""

LAUNCHER = """\
import json, subprocess, sys, time

log, *command = sys.argv[1:]
start = time.perf_counter()
status = subprocess.call(command)
seconds = time.perf_counter() - start
with open(log, "a") as stream:
    for name in command:
        if name.endswith((".cpp", ".cu")) and "native" in name:
            stream.write(json.dumps({"file": name, "seconds": seconds}) + "\\n")
sys.exit(status)
"""
"""What CMake runs in place of a compiler: it runs it, and notes which of the project's files it was
for. Those with which CMake tries compilers are in no folder of that name."""


@dataclass(frozen=True)
class Compilations:
    """The files of one kind that were compiled, and the seconds that their compilers ran."""

    files: int
    seconds: float

    @classmethod
    def read(cls, log: Path, suffix: str) -> Compilations:
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        seconds = [entry["seconds"] for entry in entries if entry["file"].endswith(suffix)]
        return cls(len(seconds), sum(seconds))


def main() -> None:
    """Build the release both ways, side by side."""
    args = harness.parser(__doc__.partition("\n")[0], runs=3).parse_args()
    if shutil.which("nvcc") is None:
        sys.exit("nvcc must be on PATH: the build by hand finds no other")
    host: dict[str, Compilations] = {}
    cuda: dict[str, Compilations] = {}

    def measured(name: str, build: Build) -> Callable[[], None]:
        def call() -> None:
            host[name], cuda[name] = release(name, build)

        return call

    builds = {BY_HAND: by_hand, ONE_CALL: one_call}
    ways = harness.side_by_side({name: measured(name, builds[name]) for name in builds}, args.runs)
    print(f"{harness.machine()}, {nvcc()}")
    harness.show(f"{WHEELS} wheels, isolated builds", ways, base=BY_HAND)
    show(host, cuda)
    check(host, cuda)
    harness.record(args.json, release=ways)


def nvcc() -> str:
    """Its version."""
    return harness.run("nvcc", "--version").splitlines()[-2]


def release(name: str, build: Build) -> tuple[Compilations, Compilations]:
    """Build all wheels; returns what was compiled for the host and for GPUs."""
    with tempfile.TemporaryDirectory() as folder:
        project, wheels, log = Path(folder, "project"), Path(folder, "dist"), Path(folder, "log")
        launcher = Path(folder, "launcher.py")
        launcher.write_text(LAUNCHER)
        shutil.copytree(PROJECT, project)
        command = ";".join(map(str, (sys.executable, "-I", "-S", launcher, log)))
        build(
            project,
            wheels,
            {"CMAKE_CXX_COMPILER_LAUNCHER": command, "CMAKE_CUDA_COMPILER_LAUNCHER": command},
        )
        if (count := len([*wheels.glob("**/*.whl")])) != WHEELS:
            sys.exit(f"{name}: {count} wheels, not {WHEELS}")
        return Compilations.read(log, ".cpp"), Compilations.read(log, ".cu")


def by_hand(project: Path, wheels: Path, env: Mapping[str, str]) -> None:
    """A build for each wheel; they have the same file name, so each needs a folder, too."""
    pyproject = project / "pyproject.toml"
    text = pyproject.read_text()
    for ours, theirs in (
        ('"wheelnext-build"', '"scikit-build-core"'),
        ('"wheelnext_build"', '"scikit_build_core.build"'),
    ):
        text = text.replace(ours, theirs)
    pyproject.write_text(text)
    build = (sys.executable, "-m", "build", "--wheel")
    harness.run(*build, "--outdir", wheels / "plain", project, env=env)
    for number in ARCHITECTURES:
        settings = ("cmake.define.GPU=ON", f"cmake.define.CMAKE_CUDA_ARCHITECTURES={number}-real")
        options = [f"-C{setting}" for setting in settings]
        harness.run(*build, *options, "--outdir", wheels / f"sm{number}", project, env=env)


def one_call(project: Path, wheels: Path, env: Mapping[str, str]) -> None:
    """All wheels by this backend."""
    harness.run(
        *(sys.executable, "-m", "build", "--wheel", "-C", "variants=all"),
        *("--outdir", wheels, project),
        env=env,
    )


def show(host: Mapping[str, Compilations], cuda: Mapping[str, Compilations]) -> None:
    """What was compiled in the last run, and how long the compilers ran in all."""
    print(f"\nCompiled (last run)\n  {'':9}{'host (.cpp)':>22}{'GPUs (.cu)':>22}")
    for name, of_host in host.items():
        kinds = (of_host, cuda[name])
        cells = (f"{kind.files:3} files in {kind.seconds:5.1f} s" for kind in kinds)
        print(f"  {name:9}" + "".join(f"{cell:>22}" for cell in cells))


def check(host: Mapping[str, Compilations], cuda: Mapping[str, Compilations]) -> None:
    """What is claimed: a file of the host once, a CUDA file once for each architecture."""
    sources = len([*PROJECT.glob("native/host/*.cpp")])
    kernels = len([*PROJECT.glob("native/gpu/*.cu")]) * len(ARCHITECTURES)
    compiled = (host[ONE_CALL].files, cuda[ONE_CALL].files)
    if compiled != (sources, kernels):
        sys.exit(f"one call compiled {compiled} files, not {(sources, kernels)}")


if __name__ == "__main__":
    main()
