"""Repair: the platform's tool goes over the plain wheel of a build, and over each of its variants.

auditwheel, delocate and delvewheel accept no label in a name, so a variant goes through them as a
carrier, and has its label again when what came out was looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..announce import announce
from ..auditconfig import AuditConfig
from ..errors import BuildError, RequestError, WheelError
from ..selfcheck import enforce
from ..stamp import variant_of
from ..variant import Variant
from ..wheelfile import WheelName, WheelReader, publish

WHEEL, FOLDER = "{wheel}", "{dest_dir}"
"""What stands in a tool's command for the wheel, and for the folder to write to."""

TOOLS: Mapping[str, Sequence[str]] = {
    "linux": ("auditwheel", "repair", "-w", FOLDER, WHEEL),
    "darwin": ("delocate-wheel", "-w", FOLDER, "-v", WHEEL),
    "win32": ("delvewheel", "repair", "-w", FOLDER, WHEEL),
}
"""The usual command of each platform, as sys.platform has it."""

VARIANTS_FOLDER = "WHEELNEXT_BUILD_VARIANTS_FOLDER"
"""The environment variable that says where labelled wheels go."""

_CONTAINER_OUTPUT = Path("/output")
"""cibuildwheel's folder in a container of Linux, all of which reaches the user's output folder."""


_STDERR = 2


@dataclass(frozen=True)
class Repaired:
    """A wheel before and after; ``label`` is None for the plain wheel."""

    source: Path
    target: Path
    label: str | None


@dataclass(frozen=True)
class _Item:
    source: Path
    name: WheelName
    variant: Variant | None

    @property
    def title(self) -> str:
        return self.variant.label if self.variant else "plain"

    @property
    def accepted_name(self) -> WheelName:
        """A name without a label."""
        if self.variant is None or self.name.label is None:
            return self.name
        return replace(self.name, label=None).as_carrier(self.variant.label)


def variants_folder(given: Path | None, dest: Path) -> Path:
    """Where labelled wheels go: as asked for, as cibuildwheel has it, else beside the plain wheel.

    Raises RequestError under cibuildwheel outside of a container, whose output folder it does not
    tell.
    """
    if given is not None:
        return given
    if os.environ.get(VARIANTS_FOLDER):
        return Path(os.environ[VARIANTS_FOLDER])
    identifier = os.environ.get("CIBUILDWHEEL_BUILD_IDENTIFIER", "")
    if "linux" in identifier:
        return _CONTAINER_OUTPUT
    if os.environ.get("CIBUILDWHEEL"):
        raise RequestError(
            "cibuildwheel takes no more than one wheel here, and does not say where its output "
            f"folder is: set {VARIANTS_FOLDER} to it (CIBW_ENVIRONMENT, or environment in "
            "[tool.cibuildwheel])"
        )
    return dest


def repair(
    wheel: Path,
    dest: Path,
    variants: Path,
    *,
    tool: Sequence[str],
    audit: AuditConfig,
) -> list[Repaired]:
    """Repair a wheel, and the others of the same build beside it; all or nothing comes out.

    The plain wheel goes to ``dest``, labelled ones to ``variants``. A carrier that is the only one
    of its build stays a carrier, in ``dest``. Raises BuildError where the tool fails, or what it
    made does not hold what its label says.
    """
    items = _of_one_build(wheel)
    with tempfile.TemporaryDirectory(prefix="wheelnext-build-") as name:
        scratch = Path(name)
        made = [_run(item, scratch / str(number), tool) for number, item in enumerate(items)]
        _check(made, items, audit)
        results = []
        # The plain wheel comes last: whoever waits for it finds all others there.
        for item, path in sorted(
            zip(items, made, strict=True), key=lambda pair: not pair[0].variant
        ):
            alone = len(items) == 1
            filename = path.name if alone else _final_name(item, path).filename
            folder = dest if alone or item.variant is None else variants
            label = item.variant.label if item.variant else None
            results.append(Repaired(item.source, publish(path, folder, filename), label))
    return results


def _published(item: _Item, made: Path, folder: Path, filename: str) -> Repaired:
    label = item.variant.label if item.variant else None
    return Repaired(item.source, publish(made, folder, filename), label)


def _of_one_build(wheel: Path) -> list[_Item]:
    """The wheel and those beside it of the same release and interpreter, the plain one first."""
    if not wheel.is_file():
        raise RequestError(f"no such file: {wheel}")
    own = WheelName.parse(wheel.name)
    found = []
    for path in sorted(wheel.parent.glob("*.whl")):
        name = WheelName.parse(path.name)
        if (name.release, name.python, name.abi) == (own.release, own.python, own.abi):
            with WheelReader(path) as reader:
                described = variant_of(reader)
            found.append(_Item(path, name, described[1] if described else None))
    plain = [item for item in found if item.variant is None]
    if len(found) > 1 and len(plain) != 1:
        names = ", ".join(item.source.name for item in found)
        raise RequestError(
            f"{wheel.parent}: among several wheels of one build one must be plain, and only one: "
            f"{names}"
        )
    return sorted(found, key=lambda item: item.variant is not None)


def _run(item: _Item, scratch: Path, tool: Sequence[str]) -> Path:
    """Run the tool on a wheel under a name that it accepts; returns what it made."""
    source, made = scratch / "wheel", scratch / "repaired"
    source.mkdir(parents=True)
    made.mkdir()
    wheel = source / item.accepted_name.filename
    shutil.copyfile(item.source, wheel)
    command = [part.replace(WHEEL, str(wheel)).replace(FOLDER, str(made)) for part in tool]
    announce(f"repair {item.title}: {' '.join(tool)}", sys.stderr)
    try:
        # What the tool says is for people; standard output is for what came out.
        status = subprocess.run(command, check=False, stdout=_STDERR).returncode
    except OSError as error:
        raise RequestError(f"{command[0]}: cannot be run: {error.strerror}") from None
    wheels = sorted(made.glob("*.whl"))
    if status:
        raise BuildError(f"{item.source.name}: {command[0]} ended with status {status}, see above")
    if len(wheels) != 1:
        names = ", ".join(path.name for path in wheels) or "none"
        raise BuildError(f"{item.source.name}: {command[0]} must make one wheel; it made {names}")
    return wheels[0]


def _check(made: Sequence[Path], items: Sequence[_Item], config: AuditConfig) -> None:
    """Raise BuildError where a tool lost something, or binaries do not hold what labels say."""
    for item, path in zip(items, made, strict=True):
        try:
            with WheelReader(path) as reader:
                described = variant_of(reader)
                problems = reader.record_problems()
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
    from ..audit.wheels import audit_wheels

    verdicts = audit_wheels(made, baselines=config.baselines, rules=config.rules)
    for item, verdict in zip(items, verdicts, strict=True):
        problems = [str(finding) for finding in verdict.errors]
        enforce(config, item.title, "the repaired wheel", problems, sys.stderr)


def _final_name(item: _Item, made: Path) -> WheelName:
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
