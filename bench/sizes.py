"""What wheels weigh: one for all GPUs, or one for each.

The project in projects/sizes is a library of GPU kernels as a tensor package has them: templates
for element-wise functions, reductions, scans, normalisations and matrix products, instantiated for
element types, operations and tile sizes. One call builds its plain wheel, which is the fat one
(sm_75, 80, 86, 89, 90, 100 and 120, and PTX for newer GPUs), and a variant for each architecture. A
user downloads one of them, so the ratio of their sizes is what a variant saves.

All wheels hold the same host code and CUDA runtime, so the ratio depends on how much GPU code there
is beside it; the table has both. The compiler compresses GPU code as well as it can, which large
projects let it do (https://github.com/pytorch/pytorch/pull/157791); otherwise variants save more.

The field's own figure is PyTorch's: 900 MB with all architectures, 250 MB with one. Three to four
times less is what https://github.com/wheelnext/pep_817_wheel_variants/issues/80 expects of it. That
stands below the table for comparison, and is not measured here.

Where no nvcc of CUDA 13 is on PATH, the build takes the compiler from PyPI. It is checked that each
wheel holds what its label says, by the reader of fat binaries that the audit has, which tests/audit
compares with cuobjdump.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import harness

from wheelnext_build.audit import files

PROJECT = harness.ROOT / "bench" / "projects" / "sizes"
FAT = "plain (fat)"
PYTORCH = (900, 250)
"""PyTorch's wheel in MB, with all architectures and with one."""

EXPECTED_FAT = {
    *(f"{number}_real" for number in (75, 80, 86, 89, 90, 100, 120)),
    "120_virtual",
}


@dataclass(frozen=True)
class Wheel:
    """Sizes in bytes; ``gpu_code`` is None where no tool can tell."""

    name: str
    size: int
    library: int
    gpu_code: int | None
    architectures: frozenset[str]


def main() -> None:
    """Build, weigh, compare."""
    args = harness.parser(__doc__.partition("\n")[0], runs=1).parse_args()
    releases = []
    for number in range(1, args.runs + 1):
        releases.append(build())
        print(f"run {number}/{args.runs}: {len(releases[-1])} wheels", file=sys.stderr)
    check(releases[-1])
    wheels, libraries, gpu_codes = (
        ways(releases, what) for what in ("size", "library", "gpu_code")
    )
    print(f"{harness.machine()}, {nvcc()}")
    show(releases[-1], wheels, libraries, gpu_codes)
    harness.record(args.json, wheels=wheels, libraries=libraries, gpu_code=gpu_codes)


def nvcc() -> str:
    """The version of the compiler, where it is on PATH."""
    if shutil.which("nvcc") is None:
        return "nvcc: chosen by the build"
    return harness.run("nvcc", "--version").splitlines()[-2]


def build() -> list[Wheel]:
    """The plain wheel and all variants of the project, from one call."""
    with tempfile.TemporaryDirectory() as folder:
        harness.run(
            *(sys.executable, "-m", "wheelnext_build", "build", "--wheel"),
            *("--outdir", folder, PROJECT),
        )
        return sorted(map(weigh, Path(folder).glob("*.whl")), key=order)


def order(wheel: Wheel) -> int:
    """The fat wheel first, then the architectures."""
    return 0 if wheel.name == FAT else int(wheel.name.rpartition("sm")[2])


def weigh(path: Path) -> Wheel:
    """The sizes of a wheel and of what is in it."""
    label = path.stem.split("-")[5:]  # name, version, three tags; a variant has a sixth part
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        (member,) = (name for name in archive.namelist() if name.startswith("bench_sizes/ops."))
        library = Path(archive.extract(member, folder))
        return Wheel(
            name=label[0] if label else FAT,
            size=path.stat().st_size,
            library=library.stat().st_size,
            gpu_code=gpu_code(library),
            architectures=architectures(library),
        )


def gpu_code(library: Path) -> int | None:
    """The size of the section that holds all cubins and PTX, as binutils tell it."""
    if shutil.which("size") is None:
        return None
    sections = harness.run("size", "-A", "-d", library)
    found = re.search(r"^\.nv_fatbin\s+(\d+)", sections, re.MULTILINE)
    return int(found[1]) if found else None


def architectures(library: Path) -> frozenset[str]:
    """What the library holds code for, as the audit reads it: ``90_real``, ``120_virtual``."""
    (found,) = files.audit(library.name, library.read_bytes())
    return frozenset(found.architectures)


def check(wheels: list[Wheel]) -> None:
    """Each wheel holds the architectures that it is for, and no others."""
    for wheel in wheels:
        expected = EXPECTED_FAT if wheel.name == FAT else {f"{order(wheel)}_real"}
        if wheel.architectures != expected:
            sys.exit(f"{wheel.name} holds {sorted(wheel.architectures)}, not {sorted(expected)}")


def ways(releases: list[list[Wheel]], what: str) -> list[harness.Way]:
    """One of a wheel's sizes in MB (of a million bytes), over all runs; 0 where it is not known."""
    columns = zip(*releases, strict=True)
    return [
        harness.Way(column[0].name, [(getattr(wheel, what) or 0) / 1e6 for wheel in column])
        for column in columns
    ]


def show(wheels: list[Wheel], *columns: list[harness.Way]) -> None:
    """The sizes, each wheel's ratio to the fat one, and what it holds."""
    fat = columns[0][0].median
    print(f"\n{'MB':12}{'wheel':>10}{'library':>10}{'GPU code':>10}{'ratio':>8}  architectures")
    for wheel, *sizes in zip(wheels, *columns, strict=True):
        cells = "".join(f"{size.median:10.2f}" for size in sizes)
        ratio = sizes[0].median / fat
        print(f"{wheel.name:12}{cells}{ratio:8.2f}  {summary(wheel.architectures)}")
    full, single = PYTORCH
    print(f"\nThe field's own figure, PyTorch: {full} MB -> {single} MB, ratio {single / full:.2f}")


def summary(held: frozenset[str]) -> str:
    """The architectures in one line."""
    names = sorted(held, key=lambda name: (int(name.partition("_")[0]), name))
    return " ".join(name.removesuffix("_real").replace("120_virtual", "PTX") for name in names)


if __name__ == "__main__":
    main()
