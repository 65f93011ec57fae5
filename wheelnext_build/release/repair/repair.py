"""Repair: the platform's tool goes over the plain wheel of a build, and over each of its variants.

auditwheel, delocate and delvewheel accept no label in a name, so a variant goes through them as a
carrier, and has its label again when what came out was looked at.
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
"""What stands in a tool's command for the wheel, and for the folder to write to."""

TOOLS: Mapping[str, Sequence[str]] = {
    "linux": ("auditwheel", "repair", "-w", FOLDER, WHEEL),
    "darwin": ("delocate-wheel", "-w", FOLDER, "-v", WHEEL),
    "win32": ("delvewheel", "repair", "-w", FOLDER, WHEEL),
}
"""The usual command of each platform, as sys.platform has it."""

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
    """Repair a wheel, and the others of the same build beside it; all or nothing comes out.

    The plain wheel goes to ``dest``, labelled ones to ``variants``. A carrier that is the only one
    of its build stays a carrier, in ``dest``. Raises BuildError where the tool fails, or what it
    made does not hold what its label says; RequestError where no folder for variants is known.
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
    # The plain wheel comes last: whoever waits for it finds all others there.
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
            "cibuildwheel takes no more than one wheel here, and does not say where its output "
            f"folder is: set {VARIANTS_FOLDER} to it (CIBW_ENVIRONMENT, or environment in "
            "[tool.cibuildwheel])"
        )
    check_container_output(variants, build)
    return variants


def _run(item: BuiltWheel, scratch: Path, tool: Sequence[str]) -> Path:
    """Run the tool on a wheel under a name that it accepts; returns what it made."""
    source, made = scratch / "wheel", scratch / "repaired"
    source.mkdir(parents=True)
    made.mkdir()
    wheel = source / item.accepted_name.filename
    shutil.copyfile(item.path, wheel)
    command = [part.replace(WHEEL, str(wheel)).replace(FOLDER, str(made)) for part in tool]
    announce(f"repair {item.title}: {' '.join(tool)}", sys.stderr)
    try:
        # What the tool says is for people; standard output is for what came out.
        status = _status(command, scratch)
    except OSError as error:
        raise RequestError(f"{command[0]}: cannot be run: {error.strerror}") from None
    wheels = sorted(made.glob("*.whl"))
    if status:
        raise BuildError(f"{item.path.name}: {command[0]} ended with status {status}, see above")
    if len(wheels) != 1:
        names = ", ".join(path.name for path in wheels) or "none"
        raise BuildError(f"{item.path.name}: {command[0]} must make one wheel; it made {names}")
    return wheels[0]


def _status(command: Sequence[str], scratch: Path) -> int:
    """Run a command that has its temporary files in ours; it ends with this process."""
    variables = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))}
    with subprocess.Popen(command, stdout=_STDERR, env=variables, start_new_session=True) as tool:
        try:
            return processes.wait(tool)
        except BaseException:
            processes.end_now(tool, patience=0.25)
            raise


def _check(made: Sequence[Path], items: Sequence[BuiltWheel], config: AuditConfig) -> None:
    """Raise BuildError where a tool lost something, or binaries do not hold what labels say."""
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
            raise BuildError(f"{path.name} is not sound after the repair of {item.title}:\n{lines}")
    if config.mode == "off":
        return
    from ...audit.wheels import audit_wheels

    verdicts = audit_wheels(made, baselines=config.baselines, rules=config.rules)
    for item, verdict in zip(items, verdicts, strict=True):
        problems = [str(finding) for finding in verdict.errors]
        config.enforce(item.title, "the repaired wheel", problems, sys.stderr)


def _final_name(item: BuiltWheel, made: Path) -> WheelName:
    """The labelled name with what the tool changed in it; raises BuildError where it lost more."""
    name = WheelName.parse(made.name)
    if item.variant is None:
        return name
    labelled = name.carried(item.variant.label)
    if labelled is None:
        raise BuildError(
            f"{made.name}: the tool that repaired {item.title} lost the build tag, in which the "
            "label waits"
        )
    return labelled
