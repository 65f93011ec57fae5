"""One project's folder in a simple index: list its files and add new ones.

A file there is whole or absent, and does not change once it is published.
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
    """A wheel or an sdist that is new on the page; ``sha256`` is empty if it must be copied."""

    source: Path
    stamp: Stamp
    facts: Facts
    sha256: str


@dataclass(frozen=True)
class Variants:
    """A variants.json whose content may be new; ``release`` is None if only OUT has the file."""

    name: str
    version: str
    metadata: VariantMetadata
    release: IndexedRelease | None


@dataclass(frozen=True)
class Shelf:
    """A project's folder in OUT as it was found.

    ``sizes`` maps paths below the folder to sizes, ``links`` maps file names to links.
    """

    folder: Path
    sizes: Mapping[str, int]
    links: Mapping[str, Link]

    @classmethod
    def find(cls, folder: Path) -> Shelf:
        """Read a folder, which need not exist."""
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
        """Return the link of a file if the file and its metadata still exist, with that size."""
        link = self.links.get(name)
        if link is None or self.sizes.get(link.path) != link.size:
            return None
        there = link.metadata_sha256 is None or f"{name}.metadata" in self.sizes
        return link if there else None

    def unchanged(self, source: Path) -> Link | None:
        """Return the link of the file published from ``source`` if ``source`` has not changed.

        A change that keeps both size and time is not detected; the published file then stays.
        """
        link = self.link(source.name)
        return link if link and link.source == stamp_of(source) else None

    def others(self, names: Iterable[str]) -> list[str]:
        """Return the wheels and sdists here that have none of these names."""
        return sorted(
            name for name in self.sizes.keys() - set(names) if name.endswith((".whl", SDIST_SUFFIX))
        )

    def variants_jsons(self) -> dict[str, list[str]]:
        """Map each variants.json to the paths of every content that was ever published for it."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.sizes):
            folder, _, name = path.rpartition("/")
            if folder and name.endswith(VARIANTS_JSON_SUFFIX):
                found.setdefault(name, []).append(path)
        return {name: paths for name, paths in found.items() if version_of(name)}

    def yanked(self, name: str) -> str | None:
        """Return the reason in ``{file}.yanked`` beside a file; None if there is no such file."""
        path = self.folder / (name + _YANKED_SUFFIX)
        if path.name not in self.sizes:
            return None
        check_regular(path)
        with path.open("rb") as stream:
            text = stream.read(_LONGEST_REASON).decode(errors="replace")
        return " ".join(text.split())


def put_file(file: File, folder: Path) -> Link:
    """Put a file and its metadata into a project's folder; raise WheelError if it changes."""
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
    """Copy a file and return the SHA-256 of the copy, which is what the page must state."""
    with atomic_file(target) as stream, file.source.open("rb") as source:
        with contextlib.suppress(EOFError):  # it is being written; the stamp shows that
            copy_range(source, stream, 0, file.stamp[0])
        if stamp_of(file.source) != file.stamp:
            raise WheelError(f"{file.source}: changed while it was being published: try again")
        stream.seek(0)
        sha256 = hashlib.sha256()
        while block := stream.read(_BLOCK):
            sha256.update(block)
        return sha256.hexdigest()


def put_variants(variants: Variants, folder: Path) -> Link:
    """Publish a variants.json at the path for its content, and update it beside its wheels."""
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
    """Return the version in the name of a variants.json; None if there is none."""
    try:
        return str(Version(name.removesuffix(VARIANTS_JSON_SUFFIX).partition("-")[2]))
    except ValueError:
        return None


def write_pages(folder: Path, pages: Mapping[str, bytes]) -> None:
    """Write the pages whose content has changed."""
    for name, content in pages.items():
        _write(folder / name, content)


def _write(path: Path, content: bytes) -> None:
    """Write a file unless it has this content: clients' caches stay valid if it keeps its date."""
    if path.is_file() and path.read_bytes() == content:
        return
    with atomic_file(path) as stream:
        stream.write(content)


def stamp_of(path: Path) -> Stamp:
    """Return the stamp that shows whether a file has changed since it was read."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
