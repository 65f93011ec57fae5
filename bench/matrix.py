"""Four wheels of a C++ project: how long they take, beside the ways that people have today.

The project has 12 files; 3 are kernels, the others bindings and common code. The ways:

plain      one wheel, scikit-build-core
four       four wheels, scikit-build-core called four times with flags for the whole project
ccache     four wheels, scikit-build-core called four times with flags on the kernels, and ccache
ours       four wheels (plain, v2, v3, v4) in one call of wheelnext-build
bound      each distinct file compiled once, spread over the cores without a gap, and one link

All builds are isolated ``python -m build --wheel`` with uv for the environment (--installer pip for
pip, --installer none for no isolation). ``--growth`` measures 1, 2, 4, 8 and 16 variants in one
call instead, against the cost of compiling the kernels.
"""

from __future__ import annotations

import json
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import frontend
from harness import (
    Way,
    cores,
    fresh,
    machine,
    parser,
    record,
    run,
    show,
    side_by_side,
    tool_version,
)

LEVELS = ("v2", "v3", "v4")
KERNELS = ("kernel_linear", "kernel_image", "kernel_reduce")
SIZES = (1, 2, 4, 8, 16)

MANY = """
# The variants differ in a define, all of them for v3.
[tool.wheelnext-build.audit]
x86-64-baseline = "v3"

[variant.providers.bench]
static-properties.kind = {kinds}

[[tool.wheelnext-build.matrix]]
label = "{{kind}}"
axes.bench.kind = {kinds}
"""
KIND = """
[tool.wheelnext-build.properties."bench :: kind :: {kind}"]
cxx-flags = ["-march=x86-64-v3", "-DBENCH_KIND={number}"]
"""


def main() -> None:
    """Run what the command line asks for."""
    options = parser(__doc__, runs=3)
    options.add_argument("--installer", choices=("uv", "pip", "none"), default="uv")
    options.add_argument("--growth", action="store_true", help="1 to 16 variants")
    options.add_argument("--way", action="append", help="only this way, of those above")
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.growth:
            ways = growth(Path(folder), args.runs, args.installer)
        else:
            ways = rivals(Path(folder), args.runs, args.installer, args.way)
    print(machine(), tool_version("g++", "--version"), sep="\n")
    record(args.json, **ways)


def rivals(
    folder: Path, runs: int, installer: str, wanted: list[str] | None
) -> dict[str, list[Way]]:
    """Our four wheels beside other ways to four wheels, or to one."""
    build = partial(frontend.build, installer=installer)
    theirs = frontend.project("matrix", folder, ours=False)
    ours = frontend.project("matrix", folder, ours=True)
    out = folder / "dist"
    bound = Bound(folder / "bound")

    def four(settings: Callable[[str], list[str]], env: dict[str, str]) -> None:
        for level in ("", *LEVELS):
            flags = f"-march=x86-64-{level}" if level else ""
            build(theirs, fresh(out), *settings(flags), env=env)

    def with_ccache() -> None:
        env = {"CCACHE_DIR": str(fresh(folder / "ccache"))}
        launcher = "cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache"
        four(lambda flags: [f"cmake.define.KERNEL_FLAGS={flags}", launcher], env)

    ways: dict[str, Callable[[], float | None]] = {
        "plain": lambda: run_silently(build, theirs, fresh(out)),
        "four": lambda: four(lambda flags: [f"cmake.define.CMAKE_CXX_FLAGS={flags}"], {}),
        "ccache": with_ccache,
        "ours": lambda: run_silently(build, ours, fresh(out), "variants=all"),
        "bound": bound.seconds,
    }
    if shutil.which("ccache") is None:
        del ways["ccache"]
        print("ccache is not here: left out", file=sys.stderr)
    ways = {name: way for name, way in ways.items() if name in (wanted or ways)}
    build(theirs, fresh(out), "wheel.cmake=false")  # fill the installer's cache
    build(ours, fresh(out), "variants=all")  # whole: what a build asks for depends on its wheels
    results = side_by_side(ways, runs)
    for base in [name for name in ("plain", "four", "bound") if name in ways]:
        show(f"Four wheels; ratio to '{base}'", results, base=base)
    return {"rivals": results}


def run_silently(build: Callable[..., str], *arguments: object) -> None:
    """A build whose output is of no interest."""
    build(*arguments)


def growth(folder: Path, runs: int, installer: str) -> dict[str, list[Way]]:
    """The time of one call by the number of its variants."""
    ours = frontend.project("matrix", folder, ours=True)
    base = (ours / "pyproject.toml").read_text().partition("[[tool.wheelnext-build.matrix]]")[0]

    def variants(count: int) -> None:
        kinds = [f"k{number}" for number in range(count)]
        tables = [KIND.format(kind=kind, number=number) for number, kind in enumerate(kinds)]
        text = base + MANY.format(kinds=json.dumps(kinds)) + "".join(tables)
        (ours / "pyproject.toml").write_text(text)
        frontend.build(ours, fresh(folder / "dist"), "variants=all", installer=installer)

    results = side_by_side({str(count): partial(variants, count) for count in SIZES}, runs)
    show("The plain wheel and so many variants in one call", results, base="1")
    seconds = [way.median for way in results]
    slope, start = statistics.linear_regression(SIZES, seconds)
    off = max(abs(start + slope * x - y) / y for x, y in zip(SIZES, seconds, strict=True))
    bound = Bound(folder / "bound")
    bound.seconds()
    print(
        f"\n  {start:.1f} s + {slope:.2f} s for each variant; no point is more than {off:.1%} off "
        f"this line\n  of that, compiling the kernels over the cores: {bound.kernels():.2f} s; "
        f"linking the module: {bound.link:.2f} s"
    )
    return {"growth": results}


class Bound:
    """What is left of a build when nothing is done twice and no core ever waits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.link = 0.0
        self._times: dict[str, float] = {}

    def seconds(self) -> float:
        """The compilers' time over the number of cores, and one link."""
        build = fresh(self.folder)
        prefix = run(sys.executable, "-m", "pybind11", "--cmakedir").strip()
        run(
            *("cmake", "-S", frontend.PROJECTS / "matrix", "-B", build, "-G", "Ninja"),
            *("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"),
            *(f"-Dpybind11_DIR={prefix}", f"-DPython_EXECUTABLE={sys.executable}"),
        )
        commands = self._commands(json.loads((build / "compile_commands.json").read_text()))
        with ThreadPoolExecutor(cores()) as pool:
            self._times = dict(
                zip(commands, pool.map(self._compile, commands.values()), strict=True)
            )
        *_, link = run("ninja", "-C", build, "-t", "commands").strip().splitlines()
        start = time.perf_counter()
        subprocess.run(["sh", "-c", link], cwd=build, check=True, capture_output=True)
        self.link = time.perf_counter() - start
        return sum(self._times.values()) / cores() + self.link

    def kernels(self) -> float:
        """The seconds that one variant's kernels take over the cores."""
        found = [self._times[f"{name} v3"] for name in KERNELS]
        return sum(found) / cores()

    def _commands(self, entries: list[dict[str, str]]) -> dict[str, list[str]]:
        commands = {}
        for entry in entries:
            name = Path(entry["file"]).stem
            command = shlex.split(entry["command"])
            commands[name] = command
            if name in KERNELS:
                for level in LEVELS:
                    output = command[command.index("-o") + 1]
                    flags = [f"-march=x86-64-{level}", "-o", f"{output}.{level}"]
                    commands[f"{name} {level}"] = [*command, *flags]
        return commands

    def _compile(self, command: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(command, cwd=self.folder, check=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
