"""Check that a release is complete and consistent before it is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path

from packaging.version import Version

from ..config.config import Config
from ..errors import WheelError
from ..variants.variant import Variant
from ..wheels.description import record_problems, variant_of
from ..wheels.name import WheelName
from ..wheels.reader import METADATA_LIMIT, WheelReader
from .index.variants_json import ReleaseFiles, find_releases, read_release
from .platforms import Build, is_unrepaired, lacking

_MAY_DIFFER = ("requires-dist", "provides-extra")
"""Fields of METADATA that may differ between the variants of a release."""


@dataclass(frozen=True)
class Expected:
    """What a release must contain.

    ``config`` is the project's declaration of variants; if it is None, each build must have the
    labels that other builds of the same system have. ``identifiers`` are cibuildwheel's build
    identifiers. ``max_size`` is in bytes.
    """

    config: Config | None = None
    identifiers: Sequence[str] = ()
    max_size: int | None = None


@dataclass(frozen=True)
class CheckedRelease:
    """A release and its problems; ``notes`` are not mistakes, but may be unwanted."""

    project: str
    version: Version
    wheels: int
    labels: tuple[str, ...]
    builds: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.project} {self.version}"


@dataclass(frozen=True)
class _Wheel:
    """A wheel of a release; ``variant`` is None for the plain one."""

    path: Path
    name: WheelName
    variant: Variant | None
    metadata: Message

    @property
    def label(self) -> str | None:
        return self.variant.label if self.variant else None

    @property
    def title(self) -> str:
        return self.label or "plain"

    @property
    def build(self) -> Build:
        return Build.of(self.name)


@dataclass
class _Report:
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(folder: Path, expected: Expected) -> tuple[tuple[CheckedRelease, ...], tuple[str, ...]]:
    """Return the releases in a folder, and the problems of files that belong to none.

    All members of all wheels are read. Raises RequestError if there is no such folder.
    """
    releases, strays = find_releases(folder)
    return tuple(_check(release, expected) for release in releases), strays


def _check(files: ReleaseFiles, expected: Expected) -> CheckedRelease:
    report = _Report()
    indexed = read_release(files, report.problems)
    if indexed and indexed.state != "current":
        state = "is missing" if indexed.state == "missing" else "is out of date"
        command = f"wheelnext-build index {indexed.path.parent}"
        report.problems.append(f"{indexed.path.name} {state}: {command}")
    if not indexed and not report.problems:
        report.notes.append("no wheel has a label")
    wheels = [wheel for path in files.wheels for wheel in _read(path, report)]
    builds = _check_builds(wheels, expected, report)
    if expected.config:
        _check_declaration(wheels, expected.config, report)
    _check_metadata(wheels, report)
    _check_sizes(files.wheels, expected.max_size, report)
    unrepaired = [wheel.path.name for wheel in wheels if is_unrepaired(wheel.name)]
    if unrepaired:
        report.notes.append(
            f"not repaired: PyPI will refuse them: {', '.join(unrepaired)} (wheelnext-build repair)"
        )
    return CheckedRelease(
        files.project,
        files.version,
        len(files.wheels),
        tuple(sorted({wheel.label for wheel in wheels if wheel.label})),
        tuple(map(str, builds)),
        tuple(dict.fromkeys(report.problems)),
        tuple(report.notes),
    )


def _read(path: Path, report: _Report) -> list[_Wheel]:
    """Return the wheel in a list; an empty list, and a problem, if it cannot be read."""
    try:
        with WheelReader(path) as reader:
            described = variant_of(reader)
            data = reader.read(f"{reader.dist_info}/METADATA", METADATA_LIMIT)
            report.problems += [f"{path.name}: {text}" for text in record_problems(reader)]
            variant = described[1] if described else None
            return [_Wheel(path, reader.name, variant, BytesHeaderParser().parsebytes(data))]
    except WheelError as error:
        report.problems.append(str(error))
        return []


def _check_builds(wheels: Sequence[_Wheel], expected: Expected, report: _Report) -> list[Build]:
    """Check that all builds exist with a plain wheel and all labels; return the builds."""
    there: dict[Build, list[str | None]] = {}
    for wheel in sorted(wheels, key=lambda wheel: wheel.build):
        there.setdefault(wheel.build, []).append(wheel.label)
    for identifier in expected.identifiers:
        if not [build for build in there if build.covers(identifier)]:
            report.problems.append(f"{identifier}: has no wheel")
    config = expected.config
    declared = (lambda build: _declared(config, build)) if config else None
    for build, labels in lacking(there, declared).items():
        for label in labels:
            report.problems.append(
                f"{build}: has no plain wheel, which machines need that no variant fits"
                if label is None
                else f"{build}: has no wheel of {label}"
            )
    return list(there)


def _declared(config: Config, build: Build) -> list[str]:
    return [item.variant.label for item in config.for_target(build.target)]


def _check_declaration(wheels: Sequence[_Wheel], config: Config, report: _Report) -> None:
    """Check the wheels' variants against those that the project declares now."""
    declared = {item.variant.label: item.variant for item in config.declared}
    for wheel in wheels:
        variant = wheel.variant
        if variant is None or variant.is_null:
            continue
        if variant.label not in declared:
            report.problems.append(
                f"{wheel.path.name}: pyproject.toml declares no variant {variant.label!r}"
            )
        elif variant != declared[variant.label]:
            now = ", ".join(map(str, declared[variant.label].properties))
            report.problems.append(
                f"{wheel.path.name}: has other properties than pyproject.toml gives to "
                f"{variant.label} ({now})"
            )


def _check_metadata(wheels: Sequence[_Wheel], report: _Report) -> None:
    """Check that METADATA is the same in all wheels, except for dependencies of variants.

    Installers read METADATA of one wheel and assume that it is valid for the whole release.
    """
    first: dict[str, _Wheel] = {}
    wheels = sorted(wheels, key=lambda wheel: wheel.variant is not None)
    for wheel in wheels:
        alike = first.setdefault(wheel.title, wheel)
        if differing := _differing(alike.metadata, wheel.metadata):
            _say_different(wheel, alike, differing, report)
    for wheel in first.values():
        alike = wheels[0]
        differing = _differing(alike.metadata, wheel.metadata)
        if others := [name for name in differing if name not in _MAY_DIFFER]:
            _say_different(wheel, alike, others, report)
        if any(name in _MAY_DIFFER for name in differing):
            report.notes.append(
                f"{wheel.title} has other dependencies than {alike.title}: tools that lock a "
                "release by the metadata of one wheel do not see them"
            )


def _say_different(wheel: _Wheel, alike: _Wheel, names: Sequence[str], report: _Report) -> None:
    report.problems.append(
        f"{wheel.path.name}: its METADATA differs from {alike.path.name} in {', '.join(names)}"
    )


def _differing(one: Message, other: Message) -> list[str]:
    """Return the fields that differ, except those that are declared dynamic."""
    first, second = _fields(one), _fields(other)
    dynamic = {value.lower() for value in first.get("dynamic", [])}
    differing = [
        name
        for name in {**first, **second}
        if name not in dynamic and sorted(first.get(name, [])) != sorted(second.get(name, []))
    ]
    if one.get_payload() != other.get_payload() and "description" not in dynamic:
        differing.append("description")
    return differing


def _fields(message: Message) -> dict[str, list[str]]:
    """Return the values of each field; looking them up in a Message is slow."""
    found: dict[str, list[str]] = {}
    for name, value in message.items():
        found.setdefault(name.lower(), []).append(str(value))
    return found


def _check_sizes(paths: Iterable[Path], limit: int | None, report: _Report) -> None:
    for path in paths:
        size = path.stat().st_size
        if limit is not None and size > limit:
            report.problems.append(f"{path.name}: has {size} bytes, over the {limit} allowed")
