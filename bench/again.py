"""A second release build in a kept build folder: nothing changed, and one kernel changed.

ours     one call for four wheels, isolated, -C build-dir=...
theirs   scikit-build-core, four isolated calls with flags for the whole project, each with a kept
         build folder of its own
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import frontend
from harness import Way, fresh, machine, parser, record, show, side_by_side

LEVELS = ("", "v2", "v3", "v4")
KERNEL = Path("src", "kernel_reduce.cpp")


def main() -> None:
    """Build once each, then measure what follows."""
    args = parser(__doc__, runs=3).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        projects = {
            "ours": frontend.project("matrix", folder, ours=True),
            "theirs": frontend.project("matrix", folder, ours=False),
        }
        builds = {"ours": build_ours, "theirs": build_theirs}
        compiled: dict[str, int] = {}
        for way, project in projects.items():
            builds[way](project, folder)

        def nothing(way: str) -> Callable[[], None]:
            def call() -> None:
                compiled[f"{way}, nothing changed"] = builds[way](projects[way], folder)

            return call

        def changed(way: str) -> Callable[[], None]:
            def call() -> None:
                kernel = projects[way] / KERNEL
                kernel.write_text(kernel.read_text() + "\n")
                compiled[f"{way}, one kernel changed"] = builds[way](projects[way], folder)

            return call

        ways = {f"{way}, nothing changed": nothing(way) for way in projects}
        ways |= {f"{way}, one kernel changed": changed(way) for way in projects}
        results: list[Way] = side_by_side(ways, args.runs)
    show("A second release build", results, base="theirs, nothing changed")
    for way, count in compiled.items():
        print(f"  {way}: {count} files compiled")
    print(machine())
    record(args.json, again=results)


def build_ours(project: Path, folder: Path) -> int:
    """Four wheels in one call; returns the number of files that were compiled."""
    kept = f"build-dir={folder / 'kept-ours'}/"
    output = frontend.build(project, fresh(folder / "dist"), "variants=all", kept)
    return output.count("Building CXX object")


def build_theirs(project: Path, folder: Path) -> int:
    """Four wheels in four calls; returns the number of files that were compiled."""
    count = 0
    for level in LEVELS:
        flags = f"-march=x86-64-{level}" if level else ""
        settings = [f"cmake.define.CMAKE_CXX_FLAGS={flags}"]
        settings.append(f"build-dir={folder}/kept-theirs-{level}")
        output = frontend.build(project, fresh(folder / "dist"), *settings)
        count += output.count("Building CXX object")
    return count


if __name__ == "__main__":
    main()
