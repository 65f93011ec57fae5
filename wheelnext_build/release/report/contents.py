"""The values that are gathered for the report of a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ...system.text import natural
from ..choices import Choice
from ..index.variants_json import IndexState
from ..platforms import Build, lacking
from .audited import Audited


@dataclass(frozen=True)
class ReportedWheel:
    """One file. ``size`` is in bytes; ``seconds`` is the time of its build, None if unknown.

    ``label`` is that of the variant inside, which a carrier's name does not show; None for the
    plain wheel. ``damage`` lists the file's problems.
    """

    file: str
    build: Build
    label: str | None
    size: int
    is_carrier: bool = False
    damage: tuple[str, ...] = ()
    seconds: float | None = None
    audit: Audited | None = None

    @property
    def is_sound(self) -> bool:
        """True if the wheel is intact, no carrier, and did not fail an audit."""
        return not self.damage and not self.is_carrier and (self.audit is None or self.audit.holds)


@dataclass(frozen=True)
class ReportedRelease:
    """One version of a project.

    ``labels`` are in the order of the columns: None (plain), null, then as installers prefer them.
    ``index`` is the state of variants.json, None if the release needs none or is inconsistent.
    ``without`` are the systems of well-known machines that no wheel is for.
    """

    project: str
    version: str
    index: IndexState | None
    labels: tuple[str | None, ...]
    properties: Mapping[str, tuple[str, ...]]
    wheels: tuple[ReportedWheel, ...]
    problems: tuple[str, ...]
    choices: tuple[Choice, ...]
    without: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.project} {self.version}"

    @property
    def builds(self) -> tuple[Build, ...]:
        """The rows of the matrix: the systems with the most labels first, then by interpreter."""
        return tuple(
            sorted(
                {wheel.build for wheel in self.wheels},
                key=lambda item: (
                    -len(self.labels_on(item.system)),
                    item.system,
                    natural(item.python),
                    item.abi,
                ),
            )
        )

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems of the builds, in their order."""
        return tuple(dict.fromkeys(build.system for build in self.builds))

    def labels_on(self, system: str) -> tuple[str | None, ...]:
        """Return None (plain) and the labels of the wheels for a system."""
        there = {wheel.label for wheel in self.wheels if wheel.build.system == system}
        return tuple(label for label in self.labels if label is None or label in there)

    @property
    def is_sound(self) -> bool:
        """True if the release has no problems and no wheel failed the audit."""
        return not self.problems and all(wheel.is_sound for wheel in self.wheels)

    def cell(self, build: Build, label: str | None) -> tuple[ReportedWheel, ...]:
        """Return the wheels of one build and label, usually one."""
        return tuple(self._cells.get((build, label), ()))

    @cached_property
    def _cells(self) -> Mapping[tuple[Build, str | None], list[ReportedWheel]]:
        found: dict[tuple[Build, str | None], list[ReportedWheel]] = {}
        for wheel in self.wheels:
            found.setdefault((wheel.build, wheel.label), []).append(wheel)
        return found

    @cached_property
    def _lacking(self) -> Mapping[Build, list[str | None]]:
        there: dict[Build, set[str | None]] = {}
        for wheel in self.wheels:
            there.setdefault(wheel.build, set()).add(wheel.label)
        return lacking(there)

    def is_missing(self, build: Build, label: str | None) -> bool:
        """Return whether a wheel is missing: the plain one, or one that other builds have."""
        return label in self._lacking[build]

    def missing(self, build: Build) -> tuple[str | None, ...]:
        """Return the labels whose wheels a build lacks."""
        return tuple(label for label in self.labels if self.is_missing(build, label))

    def ratio(self, wheel: ReportedWheel) -> float | None:
        """Return the size as a multiple of the size of the build's plain wheel.

        None if there is no plain wheel, or if one of the two is damaged.
        """
        plain = [item for item in self.cell(wheel.build, None) if not item.damage]
        return wheel.size / plain[0].size if plain and not wheel.damage else None


@dataclass(frozen=True)
class ReleaseReport:
    """A folder's releases. ``problems`` are those of files that belong to none.

    ``notes`` are about the whole report; ``is_audited`` is False if no wheel was audited.
    """

    releases: tuple[ReportedRelease, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    is_audited: bool

    @property
    def is_sound(self) -> bool:
        return not self.problems and all(release.is_sound for release in self.releases)
