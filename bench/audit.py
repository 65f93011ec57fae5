"""How fast code is read: the audit of large libraries, in MB of code per second.

The libraries are those of wheels from PyPI (pyarrow, scipy, numpy), fetched once into dist/.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from harness import ROOT, cores, machine, parser, run

PACKAGES = ("numpy==2.3.5", "scipy==1.16.3", "pyarrow==22.0.0")


def main() -> None:
    """Fetch, audit, print."""
    options = parser(__doc__, runs=3)
    options.add_argument("wheels", nargs="*", type=Path, help="these wheels instead")
    args = options.parse_args()
    from wheelnext_build.audit.wheels import audit_wheels

    print(machine())
    for wheel in args.wheels or fetched():
        for jobs in sorted({1, cores()}):
            seconds = []
            for _ in range(args.runs):
                start = time.perf_counter()
                (verdict,) = audit_wheels([wheel], jobs=jobs)
                seconds.append(time.perf_counter() - start)
            size = sum(found.survey.code_size for found in verdict.binaries) / 1e6
            median = sorted(seconds)[len(seconds) // 2]
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
            name = wheel.name.partition("-cp")[0]
            speed = f"{size:6.1f} MB of code  {median:6.1f} s  {size / median:5.1f} MB/s"
            files = f"{len(verdict.binaries):4} files"
            print(f"{name:28} {jobs} at once  {files}  {speed}  {memory:6.0f} MB a worker")


def fetched() -> list[Path]:
    """The wheels, from the index or from the last time."""
    folder = ROOT / "dist" / "bench-wheels"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    run(*command, "--dest", folder, *PACKAGES)
    return sorted(folder.glob("*.whl"))


if __name__ == "__main__":
    main()
