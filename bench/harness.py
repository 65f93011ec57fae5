"""What every benchmark needs: clean environments, runs side by side, medians and ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import truediv
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass
class Way:
    """One way to do the thing that is measured: its name and a figure for each run of it.

    ``processor`` is the processor time of the commands in each run, in seconds: the cores of a
    virtual machine are not equally fast at all times, but waiting does not count there.
    """

    name: str
    figures: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.figures)


def parser(description: str | None, runs: int) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--runs", type=int, default=runs, help=f"default: {runs}")
    options.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    return options


def side_by_side(ways: Mapping[str, Callable[[], float | None]], runs: int) -> list[Way]:
    """Run all ways in turn, ``runs`` times; noise of the machine then meets all of them.

    A way returns its own figure, or None for the seconds that the call took.
    """
    results = [Way(name) for name in ways]
    for number in range(1, runs + 1):
        for result, call in zip(results, ways.values(), strict=True):
            before, start = sum(os.times()[2:4]), time.perf_counter()
            figure = call()
            result.processor.append(sum(os.times()[2:4]) - before)
            result.figures.append(time.perf_counter() - start if figure is None else figure)
            print(f"run {number}/{runs}  {result.name}: {result.figures[-1]:.3f}", file=sys.stderr)
    return results


def show(title: str, ways: Sequence[Way], *, base: str, unit: str = "s", digits: int = 2) -> None:
    """Print a table of medians, with ranges and ratios to the way named ``base``.

    A ratio is the median of the runs' own ratios: what changes the machine's speed for minutes then
    changes both of its figures.
    """
    reference = next(way for way in ways if way.name == base)
    width = max(len(way.name) for way in ways)
    print(f"\n{title}\n  {'':{width}}  {'median':>9}  {'range':>17}  ratio  processors  ratio")
    for way in ways:
        span = f"{min(way.figures):.{digits}f}-{max(way.figures):.{digits}f}"
        ratio = statistics.median(map(truediv, way.figures, reference.figures))
        line = f"  {way.name:{width}}  {way.median:7.{digits}f} {unit}  {span:>17}  {ratio:5.2f}"
        spent = statistics.median(way.processor or [0.0])
        if spent > 1:
            ratio = statistics.median(map(truediv, way.processor, reference.processor))
            line += f"  {spent:9.1f} s  {ratio:5.2f}"
        print(line)


def record(path: Path | None, **tables: Sequence[Way]) -> None:
    """Write all figures as JSON where a file was asked for."""
    if path is not None:
        figures = {name: {way.name: way.figures for way in ways} for name, ways in tables.items()}
        path.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n")


def machine() -> str:
    """The machine in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        memory = f", {size:.0f} GiB"
    return (
        f"{model}, {os.cpu_count()} cores{memory}, {platform.platform()}, "
        f"Python {platform.python_version()}"
    )


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tool_version(*command: str) -> str:
    """The first line that a tool says of its version."""
    if shutil.which(command[0]) is None:
        return f"{command[0]}: not here"
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()[0]


def run(*command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a command; what it says is shown only where it fails."""
    result = subprocess.run(
        [str(part) for part in command],
        env=None if env is None else {**os.environ, **env},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        sys.exit(f"{result.stdout}\n{' '.join(map(str, command))}: status {result.returncode}")
    return result.stdout


def fresh(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
