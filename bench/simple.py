"""How long a simple index of 1,000 wheels takes: the first time, again, and after one release more.

50 releases of one project, each with a plain wheel and 19 labelled ones of 100 kB. Beside it stands
dumb-pypi where it is installed, which writes pages for the same names, from a list, without reading
any wheel; it gets the hashes for nothing.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import harness

from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import Variant
from wheelnext_build.wheels.record import record_row

RELEASES = 50
LABELS = tuple(f"sm{number}" for number in range(75, 94))
SIZE = 100_000
TAG = "cp311-cp311-linux_x86_64"
FIRST, AGAIN, GROWN = "first time", "again", "with one release more"


def main() -> None:
    """Make the wheels, publish them in all ways, compare."""
    options = harness.parser(__doc__.partition("\n")[0], runs=5)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        dist = harness.fresh(Path(scratch) / "dist")
        for number in range(RELEASES):
            write_release(dist, f"1.{number}")
        count = len(list(dist.glob("*.whl")))
        results = harness.side_by_side(ways(dist, Path(scratch)), args.runs)
    print(harness.machine())
    harness.show(f"A simple index of {count} wheels", results, base=FIRST)
    harness.record(args.json, seconds=results)


def ways(dist: Path, scratch: Path) -> dict[str, Callable[[], float]]:
    """What is measured, in this order: each needs what the one before it left."""
    out, more = scratch / "simple", harness.fresh(scratch / "more")
    write_release(more, "2.0")

    def publish(folder: Path) -> float:
        command = (sys.executable, "-m", "wheelnext_build", "index", folder, "--simple", out)
        return seconds(lambda: harness.run(*command))

    def first() -> float:
        shutil.rmtree(out, ignore_errors=True)
        os.sync()  # what was written before
        return publish(dist)

    def grown() -> float:
        for path in more.glob("*.whl"):
            shutil.copy2(path, dist)
        spent = publish(dist)
        for path in dist.glob("*-2.0-*"):
            path.unlink()
        return spent

    found = {FIRST: first, AGAIN: lambda: publish(dist), GROWN: grown}
    if dumb_pypi := shutil.which("dumb-pypi"):
        names = scratch / "names.json"
        names.write_text(
            "\n".join(
                json.dumps({"filename": path.name, "hash": "sha256=" + "0" * 64})
                for path in sorted(dist.glob("*.whl"))
            )
        )
        command = (dumb_pypi, "--package-list-json", names, "--packages-url", "../../packages")

        def other() -> float:
            pages = harness.fresh(scratch / "dumb-pypi")
            return seconds(lambda: harness.run(*command, "--output-dir", pages))

        found["dumb-pypi, pages alone"] = other
    return found


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def write_release(folder: Path, version: str) -> None:
    """One release: the plain wheel, and one for each label."""
    provider = Provider(requires=("nvidia-variant-provider >=0.0.1",))
    numbers = random.Random(version)  # noqa: S311
    payload = numbers.randbytes(SIZE)
    write_wheel(folder / f"many-{version}-{TAG}.whl", version, payload, None)
    for label in LABELS:
        properties = {"nvidia": {"sm_arch": (f"{label[2:]}_real",)}}
        variant = Variant.from_mapping(label, properties)
        metadata = VariantMetadata(("nvidia",), {"nvidia": provider}, (variant,))
        write_wheel(folder / f"many-{version}-{TAG}-{label}.whl", version, payload, metadata)


def write_wheel(path: Path, version: str, payload: bytes, metadata: VariantMetadata | None) -> None:
    """A wheel of one large file and a dist-info."""
    info = f"many-{version}.dist-info"
    members = {
        "many/payload.bin": payload,
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: many\nVersion: {version}\nRequires-Python: >=3.11\n"
        ).encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {TAG}\n".encode(),
    }
    if metadata is not None:
        members[f"{info}/variant.json"] = metadata.to_json()
    rows = [",".join(record_row(name, data)) for name, data in members.items()]
    members[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


if __name__ == "__main__":
    main()
