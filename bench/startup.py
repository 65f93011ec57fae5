"""What the backend adds before anything is built, in fresh processes.

hooks      import the backend and ask for get_requires_for_build_wheel, without variants:
           scikit_build_core.build beside wheelnext_build
command    wheelnext-build matrix, beside python -c pass and wheelnext-build --version
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import frontend
from harness import Way, machine, parser, record, show, side_by_side

HOOK = "import {backend} as backend; backend.get_requires_for_build_wheel({{}})"


def main() -> None:
    """Run both comparisons."""
    args = parser(__doc__, runs=21).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = frontend.project("matrix", Path(folder), ours=True)
        hooks = measure(
            project,
            {
                backend: [sys.executable, "-c", HOOK.format(backend=backend)]
                for backend in ("scikit_build_core.build", "wheelnext_build")
            },
            args.runs,
        )
        program = shutil.which("wheelnext-build") or "wheelnext-build"
        commands = measure(
            project,
            {
                "python -c pass": [sys.executable, "-c", "pass"],
                "--version": [program, "--version"],
                "matrix": [program, "matrix"],
            },
            args.runs,
        )
    show("Import and get_requires_for_build_wheel", hooks, base=hooks[0].name, unit="ms", digits=0)
    print(f"  wheelnext_build adds {hooks[1].median - hooks[0].median:.0f} ms")
    show("wheelnext-build matrix", commands, base=commands[0].name, unit="ms", digits=0)
    print(machine())
    record(args.json, hooks=hooks, commands=commands)


def measure(project: Path, commands: dict[str, list[str]], runs: int) -> list[Way]:
    """Milliseconds of each command, in the project's folder."""
    ways = {name: partial(call, command, project) for name, command in commands.items()}
    for way in ways.values():
        way()  # byte-compile
    results = side_by_side(ways, runs)
    for result in results:
        result.figures[:] = [1000 * seconds for seconds in result.figures]
    return results


def call(command: list[str], folder: Path) -> None:
    """Run a command to its end."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SKBUILD")}
    subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
