"""Flags for the whole project: build trees one after the other, and at once from one pool of jobs.

Nothing is shared between variants here. The project of three long files leaves a core idle at the
end of each wheel on a machine of two; the one of twelve files hardly does. 'cores busy' is the time
of all processes over the time of all cores.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import frontend
from harness import cores, fresh, machine, parser, record, show, side_by_side

PROJECTS = {"long": "Three long files", "matrix": "Twelve files"}


def main() -> None:
    """Both ways on both projects."""
    options = parser(__doc__, runs=3)
    options.add_argument("--project", choices=tuple(PROJECTS), action="append")
    args = options.parse_args()
    tables = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in args.project or PROJECTS:
            busy: dict[str, list[float]] = {"in order": [], "at once": []}
            ways = {way: partial(measure, name, way, Path(folder), busy[way]) for way in busy}
            tables[name] = side_by_side(ways, args.runs)
            show(f"{PROJECTS[name]}, four wheels", tables[name], base="in order")
            for way, shares in busy.items():
                print(f"  {way}: cores busy {sorted(shares)[len(shares) // 2]:.0%}")
    print(machine())
    record(args.json, **tables)


def measure(name: str, way: str, folder: Path, busy: list[float]) -> float:
    """Seconds of one isolated call for four wheels."""
    project = frontend.project(name, folder, ours=True)
    path = project / "pyproject.toml"
    text = path.read_text().replace('flags-scope = "targets"', "parallel-trees = true")
    if way == "in order":
        text = text.replace("parallel-trees = true", "parallel-trees = false")
    path.write_text(text)
    before, start = _processor_time(), time.perf_counter()
    output = frontend.build(project, fresh(folder / "dist"), "variants=all")
    seconds = time.perf_counter() - start
    busy.append((_processor_time() - before) / seconds / cores())
    if ("compilers at most" in output) != (way == "at once"):
        sys.exit(f"the trees were not built {way}: is Ninja 1.13 or newer there?")
    return seconds


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
