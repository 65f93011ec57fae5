"""Find the wheel of a release that an installer would take on a system, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.tags import Tag, sys_tags
from packaging.utils import canonicalize_name
from packaging.version import Version

from ..errors import MetadataError, RequestError, WheelError
from ..host.host import Host
from ..variants.metadata import VariantMetadata
from ..wheels.name import WheelName
from ..wheels.ranking import RankedWheel, first_fitting, order_wheels
from .index.variants_json import (
    ReleaseFiles,
    carried_label,
    carrier_warning,
    find_releases,
    read_variants_json,
)


@dataclass(frozen=True)
class Selection:
    """A release with its wheels in the order in which an installer prefers them.

    Wheels that do not fit come last. ``variants_json`` is None if the release has no such file;
    installers then ignore the labelled wheels. ``problems`` are those of the release's files.
    """

    project: str
    version: Version
    variants_json: Path | None
    wheels: tuple[RankedWheel, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...] = ()

    @property
    def chosen(self) -> RankedWheel | None:
        """The wheel that an installer would take; None if no wheel fits."""
        return first_fitting(self.wheels)


def select(
    folder: Path, host: Host, tags: Sequence[Tag] | None = None, package: str | None = None
) -> tuple[Selection, ...]:
    """Rank the wheels of each release in a folder as an installer that supports variants does.

    ``tags`` are the system's tags, most preferred first; the default is :func:`tags_of`.
    ``package`` limits the answer to one project. Releases are sorted by project, newest version
    first. Raises RequestError if there is no such folder or package.
    """
    releases, _ = find_releases(folder)
    if package is not None:
        known = sorted({release.project for release in releases})
        releases = tuple(item for item in releases if item.project == canonicalize_name(package))
        if not releases:
            found = ", ".join(known) or "none"
            raise RequestError(f"{folder}: no wheel of {package}; packages here: {found}")
    system = tuple(tags_of(host) if tags is None else tags)
    newest_first = sorted(releases, key=lambda release: release.version, reverse=True)
    return tuple(
        _select(release, host, system)
        for release in sorted(newest_first, key=lambda release: release.project)
    )


def tags_of(host: Host) -> Iterator[Tag]:
    """Return this interpreter's tags as they are on the host's family of processors."""
    for tag in sys_tags():
        yield Tag(tag.interpreter, tag.abi, _platform(tag.platform, host))


_FAMILIES = (("x86_64", "aarch64"), ("amd64", "arm64"), ("x86_64", "arm64"))
"""The ends of platform tags for x86-64 and Arm: on Linux, Windows and macOS."""


def _platform(platform: str, host: Host) -> str:
    system = {"win": 1, "macosx": 2}.get(platform.partition("_")[0], 0)
    x86_64, arm = _FAMILIES[system]
    if host.aarch64_version and platform.endswith(f"_{x86_64}"):
        return f"{platform.removesuffix(x86_64)}{arm}"
    if host.x86_64_level and platform.endswith(f"_{arm}"):
        return f"{platform.removesuffix(arm)}{x86_64}"
    return platform


def _select(files: ReleaseFiles, host: Host, tags: Sequence[Tag]) -> Selection:
    notes: list[str] = []
    problems: list[str] = []
    metadata = _metadata(files, notes, problems)
    if metadata is None and files.labelled and not files.variants_json:
        notes.append(
            "there is no variants.json, so installers ignore the labelled wheels; write it with: "
            f"wheelnext-build index {files.wheels[0].parent}"
        )
    names = [WheelName.parse(path.name) for path in files.wheels]
    wheels = order_wheels(names, host.rank(metadata) if metadata else None, tags)
    damaged = _look_inside(files, notes)
    wheels = _without(wheels, damaged)
    problems += damaged.values()
    path = files.variants_json[0] if files.variants_json else None
    return Selection(files.project, files.version, path, wheels, tuple(notes), tuple(problems))


def _metadata(files: ReleaseFiles, notes: list[str], problems: list[str]) -> VariantMetadata | None:
    if len(files.variants_json) > 1:
        names = ", ".join(path.name for path in files.variants_json)
        notes.append(f"the release has several variants.json: {names}; the first is used")
    for path in files.variants_json[:1]:
        try:
            return read_variants_json(path)
        except MetadataError as error:
            problems.append(f"{error}: installers ignore the labelled wheels")
    return None


def _look_inside(files: ReleaseFiles, notes: list[str]) -> dict[str, str]:
    """Return the problems of damaged wheels by file name; add warnings about carriers to notes."""
    damaged = {}
    for path in files.wheels:
        try:
            label = carried_label(path)
        except WheelError as error:
            damaged[path.name] = str(error)
            continue
        if label is not None:
            notes.append(carrier_warning(WheelName.parse(path.name), label))
    return damaged


def _without(wheels: Sequence[RankedWheel], damaged: Mapping[str, str]) -> tuple[RankedWheel, ...]:
    """Mark damaged wheels as unusable and move them to the end."""
    marked = [
        replace(wheel, problems=(*wheel.problems, "the file is damaged"))
        if wheel.name.filename in damaged
        else wheel
        for wheel in wheels
    ]
    return tuple(sorted(marked, key=lambda wheel: not wheel.compatible))
