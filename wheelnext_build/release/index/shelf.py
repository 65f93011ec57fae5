"""One project's folder in a simple index: what it has, and how files get into it.

A file there is whole or absent, and stays as it is once it is there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from ...errors import WheelError
from ...system.files import copy_range
from ...system.publishing import atomic_file, make_folder
from ...variants.metadata import VARIANTS_JSON_SUFFIX, VariantMetadata
from .dist_files import SDIST_SUFFIX, Facts, check_regular
from .pages import JSON_PAGE, Link, Stamp, read_links
from .variants_json import IndexedRelease

_YANKED_SUFFIX = ".yanked"
_LONGEST_REASON = 1 << 12
_BLOCK = 1 << 20


@dataclass(frozen=True)
class File:
    """A wheel or an sdist that is new on the page; ``sha256`` is empty where it must be copied."""

    source: Path
    stamp: Stamp
    facts: Facts
    sha256: str


@dataclass(frozen=True)
class Variants:
    """A variants.json whose content may be new; ``release`` is None for one that OUT alone has."""

    name: str
    version: str
    metadata: VariantMetadata
    release: IndexedRelease | None


@dataclass(frozen=True)
class Shelf:
    """A project's folder in OUT as it was found: path below it -> size, file name -> link."""

    folder: Path
    sizes: Mapping[str, int]
    links: Mapping[str, Link]

    @classmethod
    def find(cls, folder: Path) -> Shelf:
        """Look into a folder, which need not exist."""
        sizes: dict[str, int] = {}
        for entry in os.scandir(folder) if folder.is_dir() else ():
            if entry.is_dir():
                inside = os.scandir(entry.path)
                sizes |= {f"{entry.name}/{file.name}": file.stat().st_size for file in inside}
            else:
                sizes[entry.name] = entry.stat().st_size
        check_regular(folder / JSON_PAGE)
        return cls(folder, sizes, read_links(folder / JSON_PAGE))

    def link(self, name: str) -> Link | None:
        """The link of a file that is still there, with its size and its metadata."""
        link = self.links.get(name)
        if link is None or self.sizes.get(link.path) != link.size:
            return None
        there = link.metadata_sha256 is None or f"{name}.metadata" in self.sizes
        return link if there else None

    def unchanged(self, source: Path) -> Link | None:
        """The link of what was published from ``source``, as ``source`` still is.

        A change that keeps both size and time goes unnoticed; the published file then stays.
        """
        link = self.link(source.name)
        return link if link and link.source == stamp_of(source) else None

    def others(self, names: Iterable[str]) -> list[str]:
        """The wheels and sdists here that have none of these names."""
        return sorted(
            name for name in self.sizes.keys() - set(names) if name.endswith((".whl", SDIST_SUFFIX))
        )

    def variants_jsons(self) -> dict[str, list[str]]:
        """Name of a variants.json -> the paths of all contents that it ever had here."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.sizes):
            folder, _, name = path.rpartition("/")
            if folder and name.endswith(VARIANTS_JSON_SUFFIX):
                found.setdefault(name, []).append(path)
        return {name: paths for name, paths in found.items() if version_of(name)}

    def yanked(self, name: str) -> str | None:
        """The reason in ``{file}.yanked`` beside a file; None where there is no such text."""
        path = self.folder / (name + _YANKED_SUFFIX)
        if path.name not in self.sizes:
            return None
        check_regular(path)
        with path.open("rb") as stream:
            text = stream.read(_LONGEST_REASON).decode(errors="replace")
        return " ".join(text.split())


def put_file(file: File, folder: Path) -> Link:
    """Put a file and its metadata into a project's folder; raises WheelError where it cannot."""
    name, facts = file.source.name, file.facts
    sha256 = file.sha256 or _copy(file, folder / name)
    metadata_sha256 = None
    if facts.metadata:
        metadata_sha256 = hashlib.sha256(facts.metadata).hexdigest()
        _write(folder / f"{name}.metadata", facts.metadata)
    return Link(
        path=name,
        sha256=sha256,
        size=file.stamp[0],
        version=str(facts.version),
        source=file.stamp,
        requires_python=facts.requires_python,
        metadata_sha256=metadata_sha256,
    )


def _copy(file: File, target: Path) -> str:
    """Copy a file; returns the SHA-256 of the copy, so that the page is right about that."""
    with atomic_file(target) as stream, file.source.open("rb") as source:
        with contextlib.suppress(EOFError):  # it is being written; the next line says so
            copy_range(source, stream, 0, file.stamp[0])
        if stamp_of(file.source) != file.stamp:
            raise WheelError(f"{file.source}: was changed while it was published; try again")
        stream.seek(0)
        sha256 = hashlib.sha256()
        while block := stream.read(_BLOCK):
            sha256.update(block)
        return sha256.hexdigest()


def put_variants(variants: Variants, folder: Path) -> Link:
    """Put a variants.json where its content belongs, and beside the wheels that it is of."""
    content = variants.metadata.to_json()
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"{sha256[:16]}/{variants.name}"
    make_folder(folder / path[:16])
    _write(folder / path, content)
    source = folder / path
    if variants.release is not None:
        source = variants.release.path
        if variants.release.state != "current":
            _write(source, variants.release.metadata.to_json())
    return Link(path, sha256, len(content), variants.version, stamp_of(source))


def version_of(name: str) -> str | None:
    """The version in the name of a variants.json."""
    try:
        return str(Version(name.removesuffix(VARIANTS_JSON_SUFFIX).partition("-")[2]))
    except ValueError:
        return None


def write_pages(folder: Path, pages: Mapping[str, bytes]) -> None:
    """Write pages, those with new content."""
    for name, content in pages.items():
        _write(folder / name, content)


def _write(path: Path, content: bytes) -> None:
    """Write a file, unless it has that content: readers may then keep what they have of it."""
    if path.is_file() and path.read_bytes() == content:
        return
    with atomic_file(path) as stream:
        stream.write(content)


def stamp_of(path: Path) -> Stamp:
    """What is compared to see whether a file is still the one that was read."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
