"""``index FOLDER --simple OUT``: a simple index for static file hosting.

Files are copied into ``OUT/{project}/``. They are not hard links: a build that overwrites a wheel
of FOLDER in place would change the published file. File systems that can share blocks do so.
Files appear whole, and before the pages that list them. Each content of a variants.json has a path
of its own: uv rejects a file whose hash differs from the page's, and a cached page may be older.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.utils import is_normalized_name

from ...errors import MetadataError, ReleaseError, RequestError, WheelError
from ...system.locks import wheel_folders
from ...system.publishing import make_folder, output_folder
from ...variants.merging import merge_metadata
from ...variants.metadata import VariantMetadata
from .dist_files import SDIST_SUFFIX, digest, read_facts, release_of
from .pages import HTML_PAGE, Link, project_pages, root_pages
from .shelf import File, Shelf, Variants, put_file, put_variants, stamp_of, version_of, write_pages
from .variants_json import ReleaseFiles, find_releases, read_release, read_variants_json


@dataclass(frozen=True)
class PublishedProject:
    """A published project: its folder, all files on its page, and those added this time."""

    project: str
    folder: Path
    files: tuple[str, ...]
    added: tuple[str, ...]


@dataclass
class _Plan:
    """The links to keep and the files to publish for one project."""

    project: str
    shelf: Shelf
    kept: list[Link] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    variants: list[Variants] = field(default_factory=list)


def publish_simple(folder: Path, out: Path) -> tuple[PublishedProject, ...]:
    """Add the releases in ``folder`` to the simple index in ``out``, which is created if needed.

    The variants.json of each release is also written into ``folder``. Everything already in
    ``out`` stays, including other projects and releases. Raises ReleaseError with all problems,
    before anything is written; RequestError if a folder or file cannot be used.
    """
    try:
        with output_folder(out), wheel_folders(folder, out):
            releases, found = find_releases(folder)
            problems = list(found)
            plans = _plans(folder, out, releases, problems)
            if problems:
                raise ReleaseError("\n".join(dict.fromkeys(problems)))
            published = tuple(_publish(plan) for plan in plans)
            folders = [path for path in out.iterdir() if is_normalized_name(path.name)]
            projects = [path.name for path in folders if (path / HTML_PAGE).is_file()]
            write_pages(out, root_pages(sorted(projects)))
    except OSError as error:
        raise RequestError(f"{error.filename or out}: {error.strerror or error}") from error
    return published


def _plans(
    folder: Path, out: Path, releases: Iterable[ReleaseFiles], problems: list[str]
) -> list[_Plan]:
    by_project: dict[str, list[ReleaseFiles]] = {}
    for release in releases:
        by_project.setdefault(release.project, []).append(release)
    sdists: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*" + SDIST_SUFFIX)):
        if named := release_of(path):
            sdists.setdefault(named[0], []).append(path)
    plans = []
    for project, own in by_project.items():
        plan = _Plan(project, Shelf.find(out / project))
        wheels = [path for release in own for path in release.wheels]
        _plan_files(plan, [*wheels, *sdists.get(project, ())], problems)
        _plan_variants(plan, own, problems)
        plans.append(plan)
    return plans


def _plan_files(plan: _Plan, sources: list[Path], problems: list[str]) -> None:
    shelf = plan.shelf
    links = [(path, shelf.unchanged(path)) for path in sources]
    others = shelf.others(path.name for path in sources)
    links += [(shelf.folder / name, shelf.link(name)) for name in others]
    for path, link in links:
        if link:
            plan.kept.append(link)
        elif file := _examine(path, shelf, problems):
            plan.files.append(file)


def _examine(path: Path, shelf: Shelf, problems: list[str]) -> File | None:
    """Read a file to publish; add to ``problems``, and perhaps return None, if it cannot be."""
    stamp = stamp_of(path)
    try:
        facts = read_facts(path)
    except WheelError as error:
        problems.append(str(error))
        return None
    sha256 = ""
    if path.name in shelf.sizes:
        known, target = shelf.links.get(path.name), shelf.folder / path.name
        sha256 = digest(path)
        if not target.is_file():  # reading a pipe would block
            problems.append(f"{target}: is not a regular file")
        elif sha256 != (known.sha256 if known else digest(target)):
            problems.append(
                f"{path}: {target} was published with other content, and lock files may have its "
                "hash: give the new file another version or build tag"
            )
        elif shelf.sizes[path.name] != stamp[0]:
            sha256 = ""
    return File(path, stamp, facts, sha256)


def _plan_variants(plan: _Plan, releases: Iterable[ReleaseFiles], problems: list[str]) -> None:
    """Merge the variants.json of FOLDER and OUT, which may have wheels from other folders."""
    published = plan.shelf.variants_jsons()
    for release in releases:
        sources = [*release.wheels, *release.variants_json]
        complete = bool(release.variants_json) == bool(release.labelled)
        if complete and all(map(plan.shelf.unchanged, sources)):
            continue
        if indexed := read_release(release, problems):
            name = indexed.path.name
            parts = [(name, indexed.metadata)]
            if metadata := _merged(plan, published.pop(name, []), parts, problems):
                plan.variants.append(Variants(name, str(release.version), metadata, indexed))
    for name, paths in published.items():
        if link := plan.shelf.link(name):
            plan.kept.append(link)
        elif metadata := _merged(plan, paths, [], problems):
            plan.variants.append(Variants(name, version_of(name) or "0", metadata, None))


def _merged(
    plan: _Plan,
    published: Iterable[str],
    parts: list[tuple[str, VariantMetadata]],
    problems: list[str],
) -> VariantMetadata | None:
    """Merge new metadata with all published metadata; add to ``problems`` if they disagree."""
    try:
        for path in published:
            found = read_variants_json(plan.shelf.folder / path)
            parts = [*parts, (str(plan.shelf.folder / path), found)]
        return merge_metadata(parts)
    except MetadataError as error:
        problems.append(f"{plan.shelf.folder}: {error}")
    except ReleaseError as error:
        problems += [f"{line} (already published)" for line in str(error).splitlines()]
    return None


def _publish(plan: _Plan) -> PublishedProject:
    """Publish the files, then write the pages that list them."""
    shelf = plan.shelf
    make_folder(shelf.folder)
    links = [
        *plan.kept,
        *(put_file(file, shelf.folder) for file in plan.files),
        *(put_variants(variants, shelf.folder) for variants in plan.variants),
    ]
    links = [replace(link, yanked=shelf.yanked(link.filename)) for link in links]
    write_pages(shelf.folder, project_pages(plan.project, links))
    return PublishedProject(
        plan.project,
        shelf.folder,
        tuple(sorted(link.filename for link in links)),
        tuple(sorted(link.filename for link in links if link.path not in shelf.sizes)),
    )
