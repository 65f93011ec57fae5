"""``{name}-{version}-variants.json``: the common metadata of a release's wheels, beside them.

PEP 825, "Index-level metadata". Installers read this file to choose a variant; without it they
ignore the labelled wheels of a release.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ...errors import MetadataError, ReleaseError, RequestError, WheelError
from ...system.publishing import atomic_file
from ...variants.merging import merge_metadata
from ...variants.metadata import VARIANTS_JSON_SUFFIX, VariantMetadata
from ...wheels.description import checked_variant_of
from ...wheels.name import WheelName
from ...wheels.reader import WheelReader

VARIANTS_JSON_LIMIT = 1 << 22
"""A variants.json of more bytes is an attack or an accident."""

IndexState = Literal["current", "stale", "missing"]


@dataclass(frozen=True)
class ReleaseFiles:
    """The files of one release, by their names alone; ``wheels`` and ``variants_json`` are sorted.

    ``project`` is the canonical name. More than one ``variants_json`` is a mistake.
    """

    project: str
    version: Version
    wheels: tuple[Path, ...]
    variants_json: tuple[Path, ...]

    def __str__(self) -> str:
        return f"{self.project} {self.version}"

    @property
    def labelled(self) -> tuple[Path, ...]:
        """The wheels with a label in their names."""
        return tuple(path for path in self.wheels if WheelName.parse(path.name).label is not None)


@dataclass(frozen=True)
class IndexedRelease:
    """A release with variants: where its variants.json belongs, what is in it, and what should be.

    ``state`` says whether the file in the folder has that content.
    """

    files: ReleaseFiles
    path: Path
    metadata: VariantMetadata
    state: IndexState


def find_releases(folder: Path) -> tuple[tuple[ReleaseFiles, ...], tuple[str, ...]]:
    """The releases in a folder, by project and version, and what is wrong with files' names there.

    A variants.json must be that of a release which has a wheel there: beside other projects' wheels
    it would be published with them, and claims variants that nobody has built.

    Raises RequestError where there is no such folder.
    """
    if not folder.is_dir():
        raise RequestError(f"{folder}: no such folder")
    wheels: dict[tuple[str, Version], list[Path]] = {}
    jsons: dict[tuple[str, Version], list[Path]] = {}
    problems: list[str] = []
    for path in sorted(folder.iterdir()):
        found = wheels if path.name.endswith(".whl") else jsons
        if not path.name.endswith((".whl", VARIANTS_JSON_SUFFIX)):
            continue
        try:
            release = _release_of(path)
            if not path.is_file():  # a pipe would wait for whoever writes into it
                problems.append(f"{path.name}: is not a regular file")
            else:
                found.setdefault(release, []).append(path)
        except (WheelError, InvalidVersion) as error:
            # Any program may call a JSON file of its own so; a wheel is always meant for a release.
            if found is wheels:
                told = path.name in str(error)
                problems.append(str(error) if told else f"{path.name}: {error}")
    releases = tuple(
        ReleaseFiles(*key, tuple(paths), tuple(jsons.get(key, ())))
        for key, paths in sorted(wheels.items())
    )
    for key, paths in sorted(jsons.items()):
        if key not in wheels:
            owner = "{} {}".format(*key)
            problems += [
                f"{path.name}: is that of {owner}, which has no wheel here: remove it, or bring "
                "the wheels"
                for path in paths
            ]
    return releases, tuple(problems)


def read_releases(folder: Path) -> tuple[IndexedRelease, ...]:
    """The releases in a folder that have labelled wheels, with the metadata of their variants.

    That is the union of the wheels' metadata and of what variants.json has already, for variants
    whose wheels are elsewhere. Raises ReleaseError, with every contradiction and every carrier
    among the wheels in one report.
    """
    releases, found = find_releases(folder)
    problems = list(found)
    indexed = tuple(filter(None, [read_release(release, problems) for release in releases]))
    if problems:
        raise ReleaseError("\n".join(problems))
    return indexed


def read_release(files: ReleaseFiles, problems: list[str]) -> IndexedRelease | None:
    """One release with its metadata; None where it has no labelled wheel, or contradicts itself.

    What is wrong with it is added to ``problems``.
    """
    parts = _read_wheels(files.wheels, problems)
    if not files.labelled:
        return None
    path = _variants_json_path(files, problems)
    try:
        content = _content(path) if path.exists() else b""
        if content:
            parts.append((path.name, _parse(path, content)))
        metadata = merge_metadata(parts)
    except MetadataError as error:
        problems.append(str(error))
    except ReleaseError as error:
        problems += [f"{files}: {line}" for line in str(error).splitlines() if parts]
        if path.name in str(error):
            problems.append(
                f"{files}: if the wheels are right, because the release was built anew, "
                f"delete {path.name}"
            )
    else:
        behind: IndexState = "stale" if content else "missing"
        merged = metadata.to_json()
        if len(merged) > VARIANTS_JSON_LIMIT:
            problems.append(f"{path.name}: would have {len(merged)} bytes, over the limit")
            return None
        state = "current" if content == merged else behind
        return IndexedRelease(files, path, metadata, state)
    return None


def write_index(folder: Path) -> tuple[IndexedRelease, ...]:
    """Write the variants.json of each release with labelled wheels that lacks it or is behind.

    Nothing is written where :func:`read_releases` raises, nor where the content stays the same.
    Each release is returned in the state in which it was found.
    """
    releases = read_releases(folder)
    for release in releases:
        if release.state != "current":
            with atomic_file(release.path) as stream:
                stream.write(release.metadata.to_json())
    return releases


def read_variants_json(path: Path) -> VariantMetadata:
    """Read and check a variants.json; raises MetadataError with the file's name."""
    return _parse(path, _content(path))


def carrier_warning(name: WheelName, label: str) -> str:
    """What to say of a wheel of a variant whose name does not tell so."""
    labelled = name.carried(label)
    advice = (
        f"wheelnext-build label {name.filename} makes it {labelled.filename}"
        if labelled
        else "build it again under its label"
    )
    carrier = f"{name.filename} is a carrier of the variant {label!r}"
    return f"{carrier}, and installers take it for a plain wheel: {advice}"


def carried_label(wheel: Path) -> str | None:
    """The label of the variant in a wheel whose name has none; None for a plain wheel.

    Raises WheelError.
    """
    with WheelReader(wheel) as reader:
        described = checked_variant_of(reader)
    return described[1].label if described and reader.name.label is None else None


def _release_of(path: Path) -> tuple[str, Version]:
    if path.name.endswith(".whl"):
        name = WheelName.parse(path.name)
        project, version = name.project, name.version
    else:
        project, _, version = path.name.removesuffix(VARIANTS_JSON_SUFFIX).partition("-")
    return canonicalize_name(project), Version(version)


def _read_wheels(wheels: Iterable[Path], problems: list[str]) -> list[tuple[str, VariantMetadata]]:
    """The metadata of the labelled wheels, each with its file's name."""
    parts: list[tuple[str, VariantMetadata]] = []
    for path in wheels:
        try:
            with WheelReader(path) as reader:
                described = checked_variant_of(reader)
        except WheelError as error:
            problems.append(str(error))
            continue
        if described and reader.name.label is None:
            problems.append(carrier_warning(reader.name, described[1].label))
        elif described:
            parts.append((path.name, described[0]))
    return parts


def _variants_json_path(files: ReleaseFiles, problems: list[str]) -> Path:
    """Where variants.json belongs: its name begins as those of the labelled wheels do."""
    labelled = files.labelled
    spellings = sorted({WheelName.parse(path.name).release for path in labelled})
    expected = labelled[0].with_name(spellings[0] + VARIANTS_JSON_SUFFIX)
    if len(spellings) > 1:
        problems.append(
            f"{files}: the names of its labelled wheels begin in different ways, "
            f"{' and '.join(spellings)}: rename them alike, so that one variants.json fits all"
        )
    elif others := [path.name for path in files.variants_json if path.name != expected.name]:
        problems.append(f"{', '.join(others)}: must be {expected.name}, as the wheels are called")
    return expected


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise MetadataError(f"{path.name}: is not a regular file")
        with path.open("rb") as stream:
            content = stream.read(VARIANTS_JSON_LIMIT + 1)
    except OSError as error:
        raise MetadataError(f"{path.name}: cannot be read: {error.strerror}") from None
    if len(content) > VARIANTS_JSON_LIMIT:
        raise MetadataError(f"{path.name}: has more than the {VARIANTS_JSON_LIMIT} bytes allowed")
    return content


def _parse(path: Path, content: bytes) -> VariantMetadata:
    try:
        return VariantMetadata.from_json(content)
    except MetadataError as error:
        raise MetadataError(f"{path.name}: {error}") from None
