"""How long a wheel of 500 MB takes to become a variant, a carrier, and a plain wheel again.

The wheel has what a large one has: a few libraries with most of its bytes, and two thousand small
files; its bytes do not shrink, so that it is as long as its content. Beside it stands
variantlib's make-variant, which decompresses and compresses every member. The base is a copy of
the wheel by the system, which is the least that a new file can take.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import harness

from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import Variant
from wheelnext_build.wheels.record import record_row
from wheelnext_build.wheels.stamp import release_carrier, stamp, unstamp

NAME = "large-1.0-cp311-cp311-linux_x86_64.whl"
LABEL = "x8664v3"
DIST_INFO = "large-1.0.dist-info"
FACTS = {
    "METADATA": b"Metadata-Version: 2.1\nName: large\nVersion: 1.0\n",
    "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\n",
}
LIBRARIES = (150_000_000, 150_000_000, 100_000_000, 50_000_000)
SMALL_FILES = 2000
SMALL_SIZE = 25_000
BASE = "copy of the file"
PYPROJECT = """\
[variant.default-priorities]
namespace = ["x86_64"]

[variant.providers.x86_64]
requires = ["x86-64-variant-provider >=0.2"]
plugin-api = "x86_64_variant_provider.plugin:X86_64Plugin"
"""


def main() -> None:
    """Make the wheel, treat it in all ways, compare."""
    args = harness.parser(__doc__.partition("\n")[0], runs=5).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        wheel = write_wheel(scratch)
        ways = side_by_side_ways(wheel, scratch)
        results = harness.side_by_side(ways, args.runs)
        size = wheel.stat().st_size / 1e6
    print(harness.machine())
    harness.show(f"A wheel of {size:.0f} MB", results, base=BASE)
    harness.record(args.json, seconds=results)


def write_wheel(folder: Path) -> Path:
    """The wheel; written in small blocks, each with its row in RECORD."""
    numbers = random.Random(0)  # noqa: S311
    rows = []
    with zipfile.ZipFile(folder / NAME, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes) -> None:
            archive.writestr(name, content, compresslevel=1)
            rows.append(",".join(record_row(name, content)))

        for number, size in enumerate(LIBRARIES):
            add(f"large/library{number}.so", numbers.randbytes(size))
        for number in range(SMALL_FILES):
            add(f"large/data/{number // 100}/{number}.bin", numbers.randbytes(SMALL_SIZE))
        for name, content in FACTS.items():
            add(f"{DIST_INFO}/{name}", content)
        record = f"{DIST_INFO}/RECORD"
        archive.writestr(record, "\n".join([*rows, f"{record},,"]) + "\n")
    return folder / NAME


def side_by_side_ways(wheel: Path, scratch: Path) -> dict[str, Callable[[], float]]:
    """What is measured; each way begins with an empty folder, and leaves one file in it."""
    variant = Variant.from_mapping(LABEL, {"x86_64": {"level": ("v3",)}})
    provider = Provider(requires=("x86-64-variant-provider >=0.2",))
    metadata = VariantMetadata(("x86_64",), {"x86_64": provider}, (variant,))
    labelled = stamp(wheel, harness.fresh(scratch / "labelled"), metadata)
    carrier = stamp(wheel, harness.fresh(scratch / "carrier"), metadata, carrier=True)
    output = scratch / "output"
    pyproject = scratch / "pyproject.toml"
    pyproject.write_text(PYPROJECT)

    def copy() -> None:
        shutil.copyfile(wheel, output / NAME)

    def make_variant() -> None:
        from variantlib.commands.make_variant import make_variant

        make_variant(
            [
                *("-f", str(wheel), "-o", str(output), "--pyproject-toml", str(pyproject)),
                *("--skip-plugin-validation", "--variant-label", LABEL),
                *("-p", "x86_64::level::v3"),
            ]
        )

    ways = {
        BASE: copy,
        "stamp": lambda: stamp(wheel, output, metadata),
        "label a carrier": lambda: release_carrier(carrier, output),
        "unlabel": lambda: unstamp(labelled, output),
        "variantlib make-variant": make_variant,
    }
    return {name: fresh_before(way, output) for name, way in ways.items()}


def fresh_before(way: Callable[[], object], output: Path) -> Callable[[], float]:
    """The way in an empty folder, on an idle disk; neither is part of the time."""

    def call() -> float:
        harness.fresh(output)
        os.sync()  # what an earlier way wrote
        start = time.perf_counter()
        way()
        return time.perf_counter() - start

    return call


if __name__ == "__main__":
    main()
