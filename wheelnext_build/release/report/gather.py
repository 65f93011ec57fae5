"""Read a folder of wheels for its report, which also lists all problems."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...config.audit_settings import AuditConfig
from ...errors import RequestError, WheelError
from ...system.text import natural, one_line
from ...variants.metadata import VariantMetadata
from ...variants.variant import NULL_LABEL, Variant
from ...wheels.description import record_problems, variant_of
from ...wheels.name import WheelName
from ...wheels.reader import WheelReader
from ..choices import choices, preference
from ..index.variants_json import ReleaseFiles, find_releases, read_release
from ..platforms import Build
from .audited import NO_AUDIT, Audit, audited, unavailable
from .contents import ReleaseReport, ReportedRelease, ReportedWheel

_MOST_PROBLEMS = 5
"""Only these many differences from RECORD are listed for a wheel; the others are counted."""


def gather(
    folder: Path,
    config: AuditConfig | None = None,
    seconds: Mapping[str, float] | None = None,
) -> ReleaseReport:
    """Read a folder of wheels.

    ``config`` has the audit's settings, None for no audit; ``seconds`` maps file names to build
    times. Raises RequestError if there is no such folder, or no wheel in it.
    """
    found, strays = find_releases(folder)
    if not found and not strays:
        raise RequestError(f"{folder}: no wheel here")
    reason = unavailable() if config else ""
    notes = [reason] if reason else []
    releases = [_release(files, seconds or {}) for files in found]
    wheels = [wheel for release in releases for wheel in release.wheels]
    readable = [folder / wheel.file for wheel in wheels if not wheel.damage]
    audit = audited(readable, config) if config and not reason else NO_AUDIT
    return ReleaseReport(
        tuple(_with_audit(release, audit, folder) for release in releases),
        tuple(_cleaned(strays, folder)),
        (*notes, *audit.notes),
        bool(config and not reason),
    )


def _release(files: ReleaseFiles, seconds: Mapping[str, float]) -> ReportedRelease:
    folder = files.wheels[0].parent
    problems: list[str] = []
    indexed = None
    try:
        indexed = read_release(files, problems)
    except OSError as error:
        problems.append(f"{files}: {error}")
    wheels: list[ReportedWheel] = []
    variants: dict[str, Variant] = {}
    for path in files.wheels:
        wheel, variant = _wheel(path, seconds.get(path.name))
        wheels.append(wheel)
        problems += wheel.damage
        if variant is not None:
            variants.setdefault(variant.label, variant)
    metadata = indexed.metadata if indexed else None
    names = [WheelName.parse(path.name) for path in files.wheels]
    chosen, without = choices(names, metadata)
    labels = {wheel.label for wheel in wheels}
    properties = {
        label: tuple(map(str, variant.properties)) for label, variant in sorted(variants.items())
    }
    return ReportedRelease(
        files.project,
        str(files.version),
        indexed.state if indexed else None,
        tuple(_columns(labels, metadata)),
        properties,
        tuple(wheels),
        tuple(dict.fromkeys(_cleaned(problems, folder))),
        chosen,
        without,
    )


def _wheel(path: Path, seconds: float | None) -> tuple[ReportedWheel, Variant | None]:
    """Read all members of a wheel; return the wheel and its variant."""
    name = WheelName.parse(path.name)
    variant = None
    damage: list[str] = []
    try:
        with WheelReader(path) as reader:
            described = variant_of(reader)
            variant = described[1] if described else None
            damage = [f"{path.name}: {text}" for text in record_problems(reader)]
    except WheelError as error:
        damage = [str(error)]
    if len(damage) > _MOST_PROBLEMS:
        more = len(damage) - _MOST_PROBLEMS
        damage[_MOST_PROBLEMS:] = [f"{path.name}: and {more} more such problems"]
    label = variant.label if variant else name.label
    is_carrier = variant is not None and name.label is None
    wheel = ReportedWheel(
        path.name,
        Build.of(name),
        label,
        path.stat().st_size,
        is_carrier,
        tuple(_cleaned(damage, path.parent)),
        seconds,
    )
    return wheel, variant


def _columns(labels: set[str | None], metadata: VariantMetadata | None) -> Iterable[str | None]:
    named = {label for label in labels if label is not None}
    preferred = [label for label in preference(metadata) if label in named] if metadata else []
    rest = sorted(named - set(preferred), key=natural)
    yield None
    yield from sorted([*preferred, *rest], key=lambda label: label != NULL_LABEL)


def _with_audit(release: ReportedRelease, audit: Audit, folder: Path) -> ReportedRelease:
    wheels = []
    problems = list(release.problems)
    for wheel in release.wheels:
        failed = _cleaned([audit.failed[wheel.file]] if wheel.file in audit.failed else [], folder)
        damage = (*wheel.damage, *failed)
        problems += damage[len(wheel.damage) :]
        wheels.append(replace(wheel, audit=audit.judged.get(wheel.file), damage=damage))
    return replace(release, wheels=tuple(wheels), problems=tuple(problems))


def _cleaned(problems: Sequence[str], folder: Path) -> Iterable[str]:
    """Yield problems in one line each, without the folder's path, which the reader knows."""
    for problem in problems:
        yield one_line(problem.replace(f"{folder}{os.sep}", ""))
