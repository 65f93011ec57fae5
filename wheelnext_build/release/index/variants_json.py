"""``{name}-{version}-variants.json``: the merged variant metadata of a release's wheels.

Source: PEP 825, "Index-level metadata". Installers read this file, which lies beside the wheels, to
choose a variant. Without it they ignore the labelled wheels of a release.
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
"""The largest variants.json to read, in bytes; a larger one is an attack or an accident."""

IndexState = Literal["current", "stale", "missing"]


@dataclass(frozen=True)
class ReleaseFiles:
    """The files of one release, found by their names; ``wheels`` and ``variants_json`` are sorted.

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
        """The wheels that have a label in their name."""
        return tuple(path for path in self.wheels if WheelName.parse(path.name).label is not None)


@dataclass(frozen=True)
class IndexedRelease:
    """A release with variants: the path and the right content of its variants.json.

    ``state`` says whether the file in the folder has that content.
    """

    files: ReleaseFiles
    path: Path
    metadata: VariantMetadata
    state: IndexState


def find_releases(folder: Path) -> tuple[tuple[ReleaseFiles, ...], tuple[str, ...]]:
    """Return a folder's releases, by project and version, and the problems with its file names.

    A variants.json without a wheel of its release is a problem: it would be published beside other
    projects' wheels and would list variants that do not exist there.

    Raises RequestError if there is no such folder.
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
            if not path.is_file():  # reading a pipe would block
                problems.append(f"{path.name}: is not a regular file")
            else:
                found.setdefault(release, []).append(path)
        except (WheelError, InvalidVersion) as error:
            # Another program's JSON file may have such a name; a wheel always belongs to a release.
            if found is wheels:
                is_named = path.name in str(error)
                problems.append(str(error) if is_named else f"{path.name}: {error}")
    releases = tuple(
        ReleaseFiles(*key, tuple(paths), tuple(jsons.get(key, ())))
        for key, paths in sorted(wheels.items())
    )
    for key, paths in sorted(jsons.items()):
        if key not in wheels:
            owner = "{} {}".format(*key)
            problems += [
                f"{path.name}: belongs to {owner}, which has no wheel here: remove it, or add the "
                "wheels"
                for path in paths
            ]
    return releases, tuple(problems)


def read_releases(folder: Path) -> tuple[IndexedRelease, ...]:
    """Return the releases in a folder that have labelled wheels, with their merged metadata.

    The metadata is merged from the wheels and from an existing variants.json, whose variants may
    have their wheels elsewhere. Raises ReleaseError, which lists all contradictions and carriers.
    """
    releases, found = find_releases(folder)
    problems = list(found)
    indexed = tuple(filter(None, [read_release(release, problems) for release in releases]))
    if problems:
        raise ReleaseError("\n".join(problems))
    return indexed


def read_release(files: ReleaseFiles, problems: list[str]) -> IndexedRelease | None:
    """Return one release with its metadata; None if it has no labelled wheel or is inconsistent.

    What is wrong is added to ``problems``.
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
                f"{files}: if the release was built again and the wheels are right, delete "
                f"{path.name}"
            )
    else:
        behind: IndexState = "stale" if content else "missing"
        merged = metadata.to_json()
        if len(merged) > VARIANTS_JSON_LIMIT:
            problems.append(
                f"{path.name}: would have {len(merged)} bytes, more than the "
                f"{VARIANTS_JSON_LIMIT} allowed"
            )
            return None
        state = "current" if content == merged else behind
        return IndexedRelease(files, path, metadata, state)
    return None


def write_index(folder: Path) -> tuple[IndexedRelease, ...]:
    """Write the variants.json of each release with labelled wheels if it is missing or outdated.

    Nothing is written if :func:`read_releases` raises. Each release is returned in the state in
    which it was found.
    """
    releases = read_releases(folder)
    for release in releases:
        if release.state != "current":
            with atomic_file(release.path) as stream:
                stream.write(release.metadata.to_json())
    return releases


def read_variants_json(path: Path) -> VariantMetadata:
    """Read and check a variants.json; raise MetadataError with the file's name."""
    return _parse(path, _content(path))


def carrier_warning(name: WheelName, label: str) -> str:
    """Return the warning about a carrier: a variant's wheel without a label in its name."""
    labelled = name.carried(label)
    advice = (
        f"wheelnext-build label {name.filename} makes it {labelled.filename}"
        if labelled
        else "build it again with its label"
    )
    carrier = f"{name.filename} is a carrier of the variant {label!r}"
    return f"{carrier}, which installers mistake for a plain wheel: {advice}"


def carried_label(wheel: Path) -> str | None:
    """Return the label of the variant in a carrier; None for any other wheel.

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
    """Return the metadata of the labelled wheels, each with its file's name."""
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
    """Return the path of variants.json, whose name begins like those of the labelled wheels."""
    labelled = files.labelled
    spellings = sorted({WheelName.parse(path.name).release for path in labelled})
    expected = labelled[0].with_name(spellings[0] + VARIANTS_JSON_SUFFIX)
    if len(spellings) > 1:
        problems.append(
            f"{files}: its labelled wheels spell the name differently: {' and '.join(spellings)}. "
            "Rename them, because one variants.json must fit all"
        )
    elif others := [path.name for path in files.variants_json if path.name != expected.name]:
        problems.append(f"{', '.join(others)}: must be {expected.name}, like the wheels' names")
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
