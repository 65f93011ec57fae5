"""Third-party libraries that a repair tool bundled in a wheel, and the SBOMs that list them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...wheels.reader import WheelReader
from .os_packages import Package, owner

SBOMS = "sboms"
"""PEP 770's folder in ``.dist-info`` for software bills of materials (SBOMs)."""

# auditwheel and delvewheel add a part of a hash to the name; delocate does not.
_HASHED = re.compile(r"(?P<stem>.+?)-(?P<hash>[0-9a-f]{8}|[0-9a-f]{32})(?P<end>\.(so|dll)\b.*)")
_VERSION = re.compile(r"\.so\.(\d+(?:\.\d+)*)$|\.(\d+(?:\.\d+)*)\.dylib$")


@dataclass(frozen=True)
class Part:
    """A bundled library: its path in the wheel and its origin, if known.

    ``name`` is the name of the file it was copied from. ``version`` is that of its package, else
    the one in ``name``, else empty.
    """

    path: str
    sha256: str
    name: str
    version: str
    package: Package | None


def paths(reader: WheelReader) -> list[str]:
    """Return the bundled libraries' names: members of ``*.libs`` at the top, or of ``.dylibs``."""
    return [member.name for member in reader.members() if _is_bundled(member.name)]


def documents(reader: WheelReader) -> list[str]:
    """Return the names of the members that are SBOMs."""
    folder = f"{reader.dist_info}/{SBOMS}/"
    return [
        member.name
        for member in reader.members()
        if member.name.startswith(folder) and not member.name.endswith("/")
    ]


def parts(reader: WheelReader) -> list[Part]:
    """Return the bundled libraries of a wheel that was repaired on this machine, by path."""
    return [_part(reader, path) for path in sorted(paths(reader))]


def _is_bundled(name: str) -> bool:
    path = PurePosixPath(name)
    if name.endswith("/") or len(path.parts) < 2:
        return False
    in_libraries = path.parts[0].endswith(".libs")
    in_libraries |= any(part.endswith(".dylibs") for part in path.parts[:-1])
    return in_libraries and (".so" in path.name or path.suffix in (".dylib", ".dll"))


def _part(reader: WheelReader, path: str) -> Part:
    digest = hashlib.sha256()
    for block in reader.blocks(path):
        digest.update(block)
    filename = PurePosixPath(path).name
    match = _HASHED.fullmatch(filename)
    name = f"{match['stem']}{match['end']}" if match else filename
    version = next(filter(None, found.groups()), "") if (found := _VERSION.search(name)) else ""
    # Only auditwheel's eight digits are from the original file's hash, which proves its origin.
    package = owner(name, match["hash"]) if match and ".so" in name else None
    return Part(path, digest.hexdigest(), name, package.version if package else version, package)
