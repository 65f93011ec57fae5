"""The sample's kernels in its plain, v3 and v4 wheels, and numpy's beside them.

The wheels are built by this backend, in isolated builds, and installed by uv, each into a folder of
its own; a level that this processor lacks is left out. Each kernel of sample_ext is timed on arrays
of several sizes, from those for the first-level cache to those for memory, and numpy's equivalent
in the same process, on the same arrays, in turns with it. Each run is a fresh process for each
wheel (kernels_process.py), in which a result is compared with numpy's before it is timed.

- matmul is meant for small matrices: squares, and a long matrix times one of 64 x 64;
- summarize is no kernel: it is common to all wheels and compiled once, so it should be as fast in
  all.

All figures are of one thread. The libraries below numpy are told so, and choose their code for this
processor: variables of the environment that would choose other code for them are not passed on.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import harness
import numpy as np

from wheelnext_build.host.host import Host

PROJECT = harness.ROOT / "sample_ext"
PROCESS = Path(__file__).with_name("kernels_process.py")
LEVELS = ("v3", "v4")
PLAIN = "plain"
NUMPY = "numpy"

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

NOT_PASSED_ON = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
)
"""A comparison is fair where numpy runs its best code. Where these are set, OpenBLAS takes kernels
for another processor or other block sizes, and numpy leaves out kernels of its own."""

Table = dict[str, harness.Way]
"""The seconds of a call, by wheel, and numpy's."""


def main() -> None:
    """Build, install, time, compare."""
    args = harness.parser(__doc__.partition("\n")[0], runs=5).parse_args()
    for name in NOT_PASSED_ON:
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        wheels = build(usable_levels(), Path(folder, "dist"))
        installed = {name: install(wheel, Path(folder, name)) for name, wheel in wheels.items()}
        tables = measure(installed, args.runs)
    print(f"{harness.machine()}, numpy {np.__version__}\n{caches()}")
    show(tables)
    harness.record(args.json, **{name: list(table.values()) for name, table in tables.items()})


def usable_levels() -> list[str]:
    """The levels that this processor has; the others are named."""
    own = Host.detect().x86_64_level
    usable = [level for level in LEVELS if own is not None and level <= own]
    for level in LEVELS:
        if level not in usable:
            print(f"{level} is left out: this processor is {own or 'no x86-64'}")
    return usable


def build(levels: list[str], folder: Path) -> dict[str, Path]:
    """The plain wheel and that of each level, by their names."""
    command = (sys.executable, "-m", "build", "--wheel", "--outdir", folder)
    harness.run(*command, PROJECT)
    (plain,) = folder.glob("*.whl")
    if levels:
        harness.run(*command, *(f"-Cvariant-label=x86_64_{level}" for level in levels), PROJECT)
    variants = {level: next(folder.glob(f"*-x86_64_{level}.whl")) for level in levels}
    return {PLAIN: plain, **variants}


def install(wheel: Path, folder: Path) -> Path:
    """The folder with the wheel's package; numpy is that of this environment."""
    harness.run(
        *(sys.executable, "-m", "uv", "pip", "install", "--preview-features", "wheel-variants"),
        *("--python", sys.executable, "--no-deps", "--target", folder, wheel),
    )
    return folder


def measure(installed: Mapping[str, Path], runs: int) -> dict[str, Table]:
    """All figures: by kernel and size, then by wheel."""
    tables: dict[str, Table] = {}
    for number in range(1, runs + 1):
        for name, folder in installed.items():
            output = harness.run(
                *(sys.executable, PROCESS), env={"PYTHONPATH": str(folder), **ONE_THREAD}
            )
            for figure in json.loads(output.splitlines()[-1]):
                case = f"{figure['kernel']}: {figure['size']}"
                table = tables.setdefault(case, {})
                for way, seconds in ((name, figure["ours"]), (NUMPY, figure["numpy"])):
                    table.setdefault(way, harness.Way(way)).figures.append(seconds)
            print(f"run {number}/{runs}  {name}: done", file=sys.stderr)
    return tables


def show(tables: Mapping[str, Table]) -> None:
    """Medians, and how many times as fast as the plain wheel each is."""
    names = sorted(next(iter(tables.values())), key=[PLAIN, *LEVELS, NUMPY].index)
    print("\nMedian of a call in microseconds (times as fast as the plain wheel)")
    print(f"{'':20}{'arrays':>8}" + "".join(f"{name:>20}" for name in names))
    kernels = list(dict.fromkeys(case.partition(": ")[0] for case in tables))
    previous = ""
    for case in sorted(tables, key=lambda case: kernels.index(case.partition(": ")[0])):
        kernel, _, size = case.partition(": ")
        plain = tables[case][PLAIN].median
        cells = (f"{tables[case][name].median * 1e6:.2f}" for name in names)
        ratios = (f"({plain / tables[case][name].median:.2f})" for name in names)
        line = "".join(f"{cell:>12}{ratio:>8}" for cell, ratio in zip(cells, ratios, strict=True))
        print(f"{kernel if kernel != previous else '':20}{size:>8}{line}")
        previous = kernel


def caches() -> str:
    """The sizes of the first processor's caches, where Linux tells them."""
    folders = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    found = [
        f"L{(folder / 'level').read_text().strip()} {(folder / 'size').read_text().strip()}"
        for folder in folders
        if (folder / "type").read_text().strip() != "Instruction"
    ]
    return f"caches: {', '.join(found)}" if found else "caches: not known"


if __name__ == "__main__":
    main()
