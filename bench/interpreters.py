"""Three interpreters and four wheels for each: twelve wheels in one command, and in twelve.

ours      wheelnext-build build --python 3.11 --python 3.12 --python 3.13: files that do not depend
          on Python are compiled once for all
twelve    scikit-build-core, an isolated build for each wheel, flags for the whole project
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import frontend
from harness import fresh, machine, parser, record, run, show, side_by_side

from wheelnext_build.frontend.pythons import find

PYTHONS = ("3.11", "3.12", "3.13")
LEVELS = ("", "v2", "v3", "v4")


def main() -> None:
    """Measure both."""
    options = parser(__doc__, runs=3)
    options.add_argument("--python", action="append", help=f"default: {', '.join(PYTHONS)}")
    args = options.parse_args()
    # Both get the same interpreters, which the two may look for in different places.
    pythons = [str(find(python).executable) for python in args.python or PYTHONS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = frontend.project("matrix", folder, ours=True)
        theirs = frontend.project("matrix", folder, ours=False)
        compiled: list[str] = []

        def in_one() -> None:
            command = [sys.executable, "-m", "wheelnext_build", "build", "--wheel", "-v"]
            options = [part for python in pythons for part in ("--python", python)]
            output = run(
                *(*command, "--installer", "uv", *options, "-o", fresh(folder / "dist"), ours),
                env=frontend.environment(),
            )
            compiled[:] = [line for line in output.splitlines() if "Building CXX" in line]

        def in_twelve() -> None:
            for python in pythons:
                for level in LEVELS:
                    flags = f"-march=x86-64-{level}" if level else ""
                    run(
                        *("uv", "build", "--wheel", "--python", python),
                        *("-o", fresh(folder / "dist"), theirs),
                        f"-Ccmake.define.CMAKE_CXX_FLAGS={flags}",
                        env=frontend.environment(),
                    )

        results = side_by_side({"ours": in_one, "twelve": in_twelve}, args.runs)
    count = len(pythons) * len(LEVELS)
    show(f"{count} wheels: {len(pythons)} interpreters, 4 variants", results, base="twelve")
    files = len(list((frontend.PROJECTS / "matrix" / "src").glob("*.cpp")))
    print(f"  ours: {len(compiled)} compilations; one build for each: {files * count}")
    print(machine())
    record(args.json, interpreters=results)


if __name__ == "__main__":
    main()
