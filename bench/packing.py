"""How fast, how small and with how much memory 200 MB are packed into a wheel.

The first payload is real: the shared libraries of numpy, scipy and pyarrow for Linux from PyPI,
each file once. The second does not shrink, as device code that the compiler compressed does not.
Each measurement is a process of its own, in which scikit-build-core's WheelWriter, or what
wheelnext_build.wheels.packing puts in its place, writes one wheel; memory is what the process
needs at most beyond what it had before. With --check, pip, uv, wheel and unzip are asked to accept
our wheels.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness

REQUIREMENTS = ("numpy==2.2.6", "scipy==1.17.1", "pyarrow==26.0.1")
PLATFORM = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64")
OLDER_PLATFORM = ("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_27_x86_64")
PAYLOAD = 200_000_000
BASE = "scikit-build-core"
WAYS = {
    BASE: "theirs",
    "ours (libdeflate)": "libdeflate",
    "ours (libdeflate), 1 thread": "libdeflate-1",
    "ours (zlib)": "zlib",
}


@dataclass(frozen=True)
class Figure:
    """What a measurement gives beside its time, under ``key``, and how it is shown."""

    key: str
    unit: str
    unit_size: float
    digits: int


FIGURES = {
    "time of all cores": Figure("cpu", "s", 1, 2),
    "the wheel's size": Figure("size", "MB", 1e6, 2),
    "memory at most": Figure("memory", "MB", 1e6, 0),
}


def main() -> None:
    """Get the payloads, pack them in all ways, compare."""
    options = harness.parser(__doc__.partition("\n")[0], runs=3)
    options.add_argument("--check", action="store_true", help="have other tools read the wheels")
    options.add_argument("--child", nargs=3, help="(a measurement) WAY PAYLOAD FOLDER")
    args = options.parse_args()
    if args.child:
        print(json.dumps(measure(*args.child)))
        return
    print(harness.machine())
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        tables = {}
        for name, payload in payloads(scratch):
            tables |= compare(name, payload, scratch, args.runs)
            if args.check:
                check(scratch)
        harness.record(args.json, **tables)


def payloads(scratch: Path) -> list[tuple[str, Path]]:
    """The two payloads, as folders that would be installed."""
    real, noise = scratch / "real", harness.fresh(scratch / "noise")
    fetch_libraries(real, scratch / "downloads")
    for number in range(4):
        numbers = random.Random(number)  # noqa: S311
        # In blocks: a measurement's process would begin with the memory that this one ever had.
        with (noise / f"{number}.fatbin").open("wb") as stream:
            for _ in range(50):
                stream.write(numbers.randbytes(PAYLOAD // 200))
    return [("real shared libraries", real), ("compressed already", noise)]


def fetch_libraries(folder: Path, downloads: Path) -> None:
    """Take different shared libraries from wheels until the payload is complete."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
    harness.run(*pip, *PLATFORM, *OLDER_PLATFORM, "--dest", downloads, *REQUIREMENTS)
    left = PAYLOAD
    for requirement in REQUIREMENTS:
        (wheel,) = downloads.glob(f"{requirement.partition('=')[0]}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for info in archive.infolist():
                if ".so" in Path(info.filename).name and left > 0:
                    archive.extract(info, folder)
                    left -= info.file_size


def compare(name: str, payload: Path, scratch: Path, runs: int) -> dict[str, list[harness.Way]]:
    """Measure all ways with one payload, print and return their tables."""
    others = {title: {way: harness.Way(way) for way in WAYS} for title in FIGURES}
    digests: dict[str, set[str]] = {way: set() for way in WAYS}

    def run(way: str) -> float:
        folder = harness.fresh(scratch / "wheels" / WAYS[way])
        command = (sys.executable, __file__, "--child", WAYS[way], payload, folder)
        result = json.loads(harness.run(*command))
        for title, figure in FIGURES.items():
            others[title][way].figures.append(result[figure.key] / figure.unit_size)
        digests[way].add(result["digest"])
        return float(result["seconds"])

    seconds = harness.side_by_side({way: lambda way=way: run(way) for way in WAYS}, runs)
    if len(digests["ours (libdeflate)"] | digests["ours (libdeflate), 1 thread"]) != 1:
        sys.exit("the same payload made different wheels")
    files = [path for path in payload.rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    print(f"\n{name}: {len(files)} files, {total / 1e6:.0f} MB")
    harness.show("time", seconds, base=BASE)
    tables = {"time": seconds}
    for title, figure in FIGURES.items():
        tables[title] = list(others[title].values())
        harness.show(title, tables[title], base=BASE, unit=figure.unit, digits=figure.digits)
    return {f"{name}, {title}": ways for title, ways in tables.items()}


def measure(way: str, payload: str, folder: str) -> dict[str, float | str]:
    """Pack the payload in one way, in this process; returns figures."""
    if way == "zlib":
        sys.modules["deflate"] = None  # type: ignore[assignment] # so that importing it fails
    threads = 1 if way.endswith("-1") else None
    from wheelnext_build.wheels.packing import fast_packing

    packing = contextlib.nullcontext(False) if way == "theirs" else fast_packing(threads=threads)
    with packing as is_fast:
        if is_fast is (way == "theirs"):
            sys.exit(f"{way} is not to be had here")
        wheel = writer(Path(folder))
        before = peak_memory()
        start, cpu = time.perf_counter(), time.process_time()
        with wheel:
            wheel.build({"platlib": Path(payload), "metadata": Path(folder, "none")})
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    memory = peak_memory() - before
    with wheel.wheelpath.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size = wheel.wheelpath.stat().st_size
    return {"seconds": seconds, "cpu": cpu, "memory": memory, "size": size, "digest": digest}


def writer(folder: Path) -> Any:
    """What a hook of scikit-build-core makes at this place."""
    from packaging.tags import Tag
    from packaging.version import Version
    from scikit_build_core._vendor.pyproject_metadata import StandardMetadata
    from scikit_build_core.build import wheel

    return wheel.WheelWriter(
        StandardMetadata("payload", Version("1.0")),
        folder=folder,
        tags={Tag("py3", "none", "any")},
        wheel_metadata=wheel.WheelMetadata(),
        metadata_dir=None,
        reproducible=True,
    )


def peak_memory() -> int:
    """The most that this process ever needed, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def check(scratch: Path) -> None:
    """Have the tools of the field read our wheels; ends the benchmark where one does not."""
    for way in ("libdeflate", "zlib"):
        (path,) = (scratch / "wheels" / way).glob("*.whl")
        target = scratch / "unpacked"
        commands = {
            "zipfile": (sys.executable, "-m", "zipfile", "-t", path),
            "unzip": ("unzip", "-tq", path),
            "wheel": (sys.executable, "-m", "wheel", "unpack", "--dest", target, path),
            "pip": (sys.executable, "-m", "pip", "install", "-q", "--target", target, path),
            "uv": ("uv", "pip", "install", "-q", "--target", target, path),
        }
        for name, command in commands.items():
            harness.fresh(target)
            if name in ("unzip", "uv") and shutil.which(name) is None:
                print(f"{name} is not here")
                continue
            harness.run(*command, env={"UV_CACHE_DIR": os.fspath(target / "cache")})
            print(f"{name} accepts {way}'s wheel")


if __name__ == "__main__":
    main()
