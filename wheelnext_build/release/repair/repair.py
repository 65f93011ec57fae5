"""Repair the plain wheel and the variants of a build with the platform's repair tool.

auditwheel, delocate and delvewheel reject labels in file names. So they get a variant as a carrier,
and the repaired wheel gets its label back after it was checked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...config.audit_settings import AuditConfig
from ...errors import BuildError, RequestError, WheelError
from ...system import processes
from ...system.announce import announce
from ...system.locks import wheel_folders
from ...system.publishing import output_folder, publish
from ...system.signals import held_back
from ...system.temporary import scratch_folder
from ...wheels.description import record_problems, variant_of
from ...wheels.name import WheelName
from ...wheels.reader import WheelReader
from ..one_build import VARIANTS_FOLDER, BuiltWheel, check_container_output, wheels_of_build
from ..platforms import Build
from . import sbom

WHEEL, FOLDER = "{wheel}", "{dest_dir}"
"""Placeholders in a tool's command: the wheel, and the folder to write to."""

TOOLS: Mapping[str, Sequence[str]] = {
    "linux": ("auditwheel", "repair", "-w", FOLDER, WHEEL),
    "darwin": ("delocate-wheel", "-w", FOLDER, "-v", WHEEL),
    "win32": ("delvewheel", "repair", "-w", FOLDER, WHEEL),
}
"""sys.platform -> the usual command."""

_STDERR = 2


@dataclass(frozen=True)
class Repaired:
    """A wheel before and after; ``label`` is None for the plain wheel."""

    source: Path
    target: Path
    label: str | None


def repair(
    wheel: Path,
    dest: Path,
    variants: Path | None,
    *,
    tool: Sequence[str],
    audit: AuditConfig,
) -> list[Repaired]:
    """Repair a wheel and the other wheels of its build beside it; publish all of them or none.

    The plain wheel goes to ``dest``, labelled wheels to ``variants``. A carrier that is the only
    wheel of its build stays a carrier, in ``dest``. Raises BuildError if the tool fails, or if the
    repaired wheel breaks its promise; RequestError if no folder for variants is known.
    """
    items = wheels_of_build(wheel)
    folder = dest if len(items) == 1 else _usable(variants, Build.of(items[0].name))
    with scratch_folder() as scratch:
        made = [_run(item, scratch / str(number), tool) for number, item in enumerate(items)]
        _check(made, items, audit)
        for item, path in zip(items, made, strict=True):
            sbom.complete(path, item.path)
        with output_folder(dest), wheel_folders(folder, dest):
            return _publish(items, made, dest, folder)


def _publish(
    items: Sequence[BuiltWheel], made: Sequence[Path], dest: Path, folder: Path
) -> list[Repaired]:
    results: list[Repaired] = []
    new: list[Path] = []
    # The plain wheel comes last: a program that waits for it finds all others there.
    pairs = [*zip(items, made, strict=True)]
    try:
        for item, path in (*pairs[1:], pairs[0]):
            filename = path.name if len(items) == 1 else _final_name(item, path).filename
            target = (folder if item.variant else dest) / filename
            if not target.exists():
                new.append(target)
            publish(path, target.parent, filename)
            results.append(Repaired(item.path, target, item.label))
    except BaseException:
        with held_back():
            for target in new:
                target.unlink(missing_ok=True)
        raise
    return results


def _usable(variants: Path | None, build: Build) -> Path:
    if variants is None:
        raise RequestError(
            "cibuildwheel takes only one wheel from the repair command and does not pass its "
            f"output folder: set {VARIANTS_FOLDER} to that folder (CIBW_ENVIRONMENT, or "
            "environment in [tool.cibuildwheel])"
        )
    check_container_output(variants, build)
    return variants


def _run(item: BuiltWheel, scratch: Path, tool: Sequence[str]) -> Path:
    """Run the tool on a copy of a wheel with a name that it accepts; return the repaired wheel."""
    source, made = scratch / "wheel", scratch / "repaired"
    source.mkdir(parents=True)
    made.mkdir()
    wheel = source / item.accepted_name.filename
    shutil.copyfile(item.path, wheel)
    command = [part.replace(WHEEL, str(wheel)).replace(FOLDER, str(made)) for part in tool]
    announce(f"repair {item.title}: {' '.join(tool)}", sys.stderr)
    try:
        # The tool's output goes to stderr: stdout is for the results.
        status = _status(command, scratch)
    except OSError as error:
        raise RequestError(
            f"{command[0]}: cannot be run: {error.strerror}; install it, or name another tool"
        ) from None
    wheels = sorted(made.glob("*.whl"))
    if status:
        raise BuildError(f"{item.path.name}: {command[0]} ended with status {status}, see above")
    if len(wheels) != 1:
        names = ", ".join(path.name for path in wheels) or "none"
        raise BuildError(f"{item.path.name}: {command[0]} must make one wheel; it made {names}")
    return wheels[0]


def _status(command: Sequence[str], scratch: Path) -> int:
    """Run a command with its temporary files below ``scratch``; end it if this process ends."""
    variables = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))}
    with subprocess.Popen(command, stdout=_STDERR, env=variables, start_new_session=True) as tool:
        try:
            return processes.wait(tool)
        except BaseException:
            processes.end_now(tool, patience=0.25)
            raise


def _check(made: Sequence[Path], items: Sequence[BuiltWheel], config: AuditConfig) -> None:
    """Raise BuildError if the tool damaged a wheel, or if a wheel's binaries break its promise."""
    for item, path in zip(items, made, strict=True):
        try:
            with WheelReader(path) as reader:
                described = variant_of(reader)
                problems = record_problems(reader)
        except WheelError as error:
            raise BuildError(f"after the repair of {item.title}: {error}") from None
        if (described[1] if described else None) != item.variant:
            problems.append("variant.json was lost or changed")
        _final_name(item, path)
        if problems:
            lines = "\n".join(f"  - {problem}" for problem in problems)
            raise BuildError(f"{path.name} is damaged after the repair of {item.title}:\n{lines}")
    if config.mode == "off":
        return
    from ...audit.wheels import audit_wheels

    verdicts = audit_wheels(made, baselines=config.baselines, rules=config.rules)
    for item, verdict in zip(items, verdicts, strict=True):
        problems = [str(finding) for finding in verdict.errors]
        config.enforce(item.title, "the repaired wheel", problems, sys.stderr)


def _final_name(item: BuiltWheel, made: Path) -> WheelName:
    """Return the repaired wheel's name with its label; raise BuildError if the tool lost it."""
    name = WheelName.parse(made.name)
    if item.variant is None:
        return name
    labelled = name.carried(item.variant.label)
    if labelled is None:
        raise BuildError(
            f"{made.name}: the tool that repaired {item.title} lost the build tag, which holds the "
            "label: use a tool that keeps build tags"
        )
    return labelled
