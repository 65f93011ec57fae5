"""``index FOLDER --pylock``: write the releases with variants in a folder as pylock.toml (PEP 751).

By PEP 825, the table ``[packages.variants-json]`` has the whole content of variants.json, not an
address and a hash: the file on the index may grow after the lock file was written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ... import __version__
from ...errors import ReleaseError, RequestError, WheelError, escaped
from .dist_files import SDIST_SUFFIX, check_regular, digest, read_facts, release_of
from .variants_json import IndexedRelease

LOCK_VERSION = "1.0"
_FILE_NAME = re.compile(r"pylock(\.[^.]+)?\.toml")


def as_pylock(releases: Sequence[IndexedRelease], base: Path) -> str:
    """Return the text of the lock file, with paths relative to ``base``, the lock file's folder.

    It lists the releases' own files, not their dependencies. Raises ReleaseError if a project has
    two versions, RequestError if there is nothing to lock.
    """
    if not releases:
        raise RequestError("there is no release with variants to lock")
    problems = _several_versions(releases)
    packages = [_package(release, base, problems) for release in releases]
    if problems:
        raise ReleaseError("\n".join(problems))
    return _dumps(
        {
            "lock-version": LOCK_VERSION,
            "created-by": f"wheelnext-build {__version__}",
            "packages": packages,
        }
    )


def check_file_name(path: Path) -> None:
    """Raise RequestError if installers do not accept this name for a lock file."""
    if not _FILE_NAME.fullmatch(path.name):
        raise RequestError(f"{path}: a lock file must be called pylock.toml or pylock.NAME.toml")


def _several_versions(releases: Iterable[IndexedRelease]) -> list[str]:
    versions: dict[str, list[str]] = {}
    for release in releases:
        versions.setdefault(release.files.project, []).append(str(release.files.version))
    return [
        f"{project}: a lock file can have one version of a project, but the folder has "
        f"{', '.join(found)}: move the version to lock into a folder of its own"
        for project, found in versions.items()
        if len(found) > 1
    ]


def _package(release: IndexedRelease, base: Path, problems: list[str]) -> dict[str, object]:
    files = release.files
    package: dict[str, object] = {"name": files.project, "version": str(files.version)}
    if python := _requires_python(files.wheels, problems):
        package["requires-python"] = python
    if sdist := _sdist(release):
        check_regular(sdist)
        package["sdist"] = _entry(sdist, base)
    package["wheels"] = [_entry(path, base) for path in files.wheels]
    package["variants-json"] = release.metadata.as_mapping()
    return package


def _requires_python(wheels: Iterable[Path], problems: list[str]) -> str | None:
    """Return the Requires-Python of all wheels; None if they differ: the entry is for them all."""
    found = set()
    for path in wheels:
        try:
            found.add(read_facts(path).requires_python)
        except WheelError as error:
            problems.append(str(error))
    return found.pop() if len(found) == 1 else None


def _sdist(release: IndexedRelease) -> Path | None:
    """Return the release's sdist, if its folder has one."""
    wanted = (release.files.project, release.files.version)
    found = sorted(release.path.parent.glob("*" + SDIST_SUFFIX))
    return next((path for path in found if release_of(path) == wanted), None)


def _entry(path: Path, base: Path) -> dict[str, object]:
    return {
        "name": path.name,
        "path": _relative(path, base),
        "size": path.stat().st_size,
        "hashes": {"sha256": digest(path)},
    }


def _relative(path: Path, base: Path) -> str:
    try:
        text = Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # on another drive of Windows
        text = path.resolve().as_posix()
    try:
        return os.fsencode(text).decode()  # UTF-8 whatever the locale
    except UnicodeDecodeError:
        raise RequestError(
            f"{path}: the path is not UTF-8, which pylock.toml must be: rename it"
        ) from None


def _dumps(content: dict[str, object]) -> str:
    try:
        import tomli_w
    except ModuleNotFoundError:
        raise RequestError("--pylock needs tomli-w: pip install 'wheelnext-build[cli]'") from None
    # TOML has the same escapes as JSON, and only strings can hold these characters.
    return escaped(tomli_w.dumps(content))
