"""Change ``build-system.requires`` by one rule that keeps the plain wheels the same.

``wheelnext-build`` replaces the entry of scikit-build-core if that entry asks for no more than
wheelnext-build itself requires; otherwise both stay. A bound that contradicts that requirement is
removed, because no version of scikit-build-core would fit.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ..errors import RequestError

OURS = "wheelnext-build"
THEIRS = "scikit-build-core"

FLOOR = Version("1.1")
"""The oldest scikit-build-core that this package works with; see its own pyproject.toml."""

READS_REQUIRES = "build-system.requires"
"""The ``minimum-version`` that means the lower bound in ``build-system.requires``."""

_OLD_SERIES = (*(f"0.{minor}" for minor in range(1, 13)), "1.0")
_PATCHES = 20
_LONG_NUMBER = re.compile(r"[0-9]{1000}")
_GONE_EXTRAS = {"pyproject", "rich"}
"""scikit-build-core 0.10 and later installs the packages of these extras itself."""


@dataclass(frozen=True)
class Edit:
    """One change to the list: ``text`` replaces the entry at ``index``, or is put before it."""

    index: int
    text: str
    insert: bool = False


@dataclass(frozen=True)
class Switched:
    """The changes to the list, in order, and their consequences.

    ``minimum_version`` must be set in ``[tool.scikit-build]`` unless it is None. ``dropped`` are
    the entries whose bounds contradicted, in their old form.
    """

    edits: tuple[Edit, ...]
    minimum_version: str | None
    dropped: tuple[str, ...]

    def applied(self, requires: Sequence[str]) -> list[str]:
        """Return the list with the changes made."""
        result = list(requires)
        for edit in self.edits:
            result[edit.index : edit.index + (not edit.insert)] = [edit.text]
        return result


def switched(requires: Sequence[str], minimum_version: object) -> Switched:
    """Decide on each entry; ``minimum_version`` is the one in ``[tool.scikit-build]``, or None.

    Raises RequestError if an entry is not a requirement.
    """
    parsed = list(map(_requirement, requires))
    reads = minimum_version == READS_REQUIRES
    placed = any(canonicalize_name(item.name) == OURS for item in parsed)
    theirs = [index for index, item in enumerate(parsed) if canonicalize_name(item.name) == THEIRS]
    edits: list[Edit] = []
    dropped = []
    for index in theirs:
        item = parsed[index]
        if not _can_apply(item.marker):
            continue
        contradicts = not admits(item.specifier, FLOOR)
        if contradicts:
            dropped.append(index)
            item = _requirement(requires[index])
            item.specifier = SpecifierSet(_lower_bound(item.specifier) if reads else "")
        if not (placed or reads or _says_more(item)):
            edits.append(Edit(index, OURS))
            placed = True
        elif contradicts:
            edits.append(Edit(index, str(item)))
    if not placed:
        edits.append(Edit(theirs[0] if theirs else 0, OURS, insert=True))
    series = None
    if minimum_version is None and dropped:
        series = _newest_series([parsed[index].specifier for index in dropped])
    return Switched(tuple(edits), series, tuple(requires[index] for index in dropped))


def admits(specifier: SpecifierSet, floor: Version) -> bool:
    """Return whether ``floor`` or a later version fits the specifier."""
    nearby = {floor, Version("9999")}
    for item in specifier:
        with contextlib.suppress(InvalidVersion):
            version = _version(item)
            major, minor, micro = version.major, version.minor, version.micro
            after = (f"{major}.{minor}.{micro + 1}", f"{major}.{minor + 1}", f"{major + 1}")
            nearby |= {version, *map(Version, after)}
    return any(
        version >= floor and specifier.contains(version, prereleases=True) for version in nearby
    )


def read_requirement(text: str) -> Requirement:
    """Read a requirement; raise ValueError if it is not one, or if it cannot be compared.

    Python refuses numbers with thousands of digits, but only when versions are compared.
    """
    if _LONG_NUMBER.search(text):
        raise ValueError("it has a number of thousands of digits")
    try:
        return Requirement(text)
    except RecursionError:
        raise ValueError("its brackets are nested too deeply") from None


def _requirement(text: str) -> Requirement:
    try:
        return read_requirement(text)
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        raise RequestError(
            f"pyproject.toml: build-system.requires: {text[:200]!r} is not a requirement: {reason}"
        ) from None


def _says_more(item: Requirement) -> bool:
    """Return whether an entry requires more than wheelnext-build itself requires."""
    if item.url or item.marker or item.extras - _GONE_EXTRAS:
        return True
    return not all(map(_holds_from_floor, item.specifier))


def _holds_from_floor(item: Specifier) -> bool:
    """Return whether every version that wheelnext-build accepts fits."""
    if item.operator not in (">=", ">", "!="):
        return False
    version = _version(item)
    return version <= FLOOR and not version.is_prerelease and item.contains(FLOOR)


def _lower_bound(specifier: SpecifierSet) -> str:
    """Return the bound that scikit-build-core reads as the minimum version; empty if none."""
    bounds = [_version(item) for item in specifier if item.operator in (">=", ">", "==", "~=")]
    return f">={min(bounds)}" if bounds else ""


def _newest_series(specifiers: Sequence[SpecifierSet]) -> str | None:
    """Return the newest old series of scikit-build-core that fits, such as ``0.11``."""
    for series in reversed(_OLD_SERIES):
        releases = [f"{series}.{patch}" for patch in range(_PATCHES)]
        if any(all(item.contains(release) for item in specifiers) for release in releases):
            return series
    return None


def _version(item: Specifier) -> Version:
    return Version(item.version.removesuffix(".*"))


def _can_apply(marker: Marker | None) -> bool:
    """Return whether a requirement applies on any platform that this package supports."""
    return marker is None or any(map(marker.evaluate, _environments()))


def _environments() -> Iterator[dict[str, str]]:
    systems = (
        ("linux", "Linux", "posix"),
        ("darwin", "Darwin", "posix"),
        ("win32", "Windows", "nt"),
    )
    machines = (
        "x86_64",
        "AMD64",
        "aarch64",
        "arm64",
        "ARM64",
        "i686",
        "armv7l",
        "ppc64le",
        "s390x",
    )
    implementations = (("cpython", "CPython"), ("pypy", "PyPy"))
    for minor, system, machine, implementation in itertools.product(
        range(11, 16), systems, machines, implementations
    ):
        yield {
            "python_version": f"3.{minor}",
            "python_full_version": f"3.{minor}.0",
            "sys_platform": system[0],
            "platform_system": system[1],
            "os_name": system[2],
            "platform_machine": machine,
            "implementation_name": implementation[0],
            "platform_python_implementation": implementation[1],
        }
