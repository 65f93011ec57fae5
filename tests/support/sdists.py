"""Sdists from the package index that uv uses; nothing of them is kept in this project."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tomllib
import urllib.request
from pathlib import Path


def fetch(name: str, version: str, folder: Path, sha256: str | None = None) -> Path:
    """Download a release's sdist into ``folder``; raises AssertionError for another content.

    Its address is in a lock file that uv writes: pip would first build what it downloads. Without
    ``sha256`` the content must be what the lock file says.
    """
    requirement, lock = folder / "requirements.in", folder / "pylock.toml"
    requirement.write_text(f"{name}=={version}\n")
    compiling = ("uv", "pip", "compile", "--quiet", "--no-deps", requirement, "--output-file", lock)
    subprocess.run(compiling, check=True, stdout=subprocess.DEVNULL)
    (package,) = tomllib.loads(lock.read_text())["packages"]
    sdist = package["sdist"]
    with urllib.request.urlopen(sdist["url"], timeout=60) as answer:  # noqa: S310
        content: bytes = answer.read()
    assert hashlib.sha256(content).hexdigest() == (sha256 or sdist["hashes"]["sha256"])
    archive = folder / f"{name}-{version}.tar.gz"
    archive.write_bytes(content)
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an sdist below ``folder``; returns the folder of the project."""
    with tarfile.open(archive) as members:
        members.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root
