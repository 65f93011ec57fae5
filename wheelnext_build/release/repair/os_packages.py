"""Find the operating system's package that owns a shared library on this machine."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_FOLDERS = ("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib/*-linux-*", "/usr/lib/*-linux-*")


@dataclass(frozen=True)
class Package:
    """A package of dpkg or rpm; ``kind`` is deb or rpm."""

    kind: str
    name: str
    version: str
    architecture: str

    @property
    def purl(self) -> str:
        """The package URL (ECMA-427): ``pkg:deb/debian/libgomp1@12.2.0-14?arch=amd64&distro=…``."""
        try:
            system = platform.freedesktop_os_release()
        except OSError:
            system = {}
        namespace = f"{quote(system['ID'])}/" if "ID" in system else ""
        distro = "-".join(filter(None, (system.get("ID"), system.get("VERSION_ID"))))
        qualifiers = f"?arch={quote(self.architecture, safe='')}"
        qualifiers += f"&distro={quote(distro, safe='')}" if distro else ""
        name, version = quote(self.name, safe=""), quote(self.version, safe="")
        return f"pkg:{self.kind}/{namespace}{name}@{version}{qualifiers}"


def owner(name: str, digest: str) -> Package | None:
    """Return the package of the library with this file name whose SHA-256 begins with ``digest``.

    None if this machine has no such file, or no package owns it.
    """
    for path in _files(name):
        if hashlib.sha256(path.read_bytes()).hexdigest().startswith(digest):
            return _of_dpkg(path) or _of_rpm(path)
    return None


def _files(name: str) -> Iterator[Path]:
    root = Path("/")
    for pattern in _FOLDERS:
        for folder in sorted(root.glob(pattern.lstrip("/"))):
            if (folder / name).is_file():
                yield folder / name


def _of_dpkg(path: Path) -> Package | None:
    # A package may list the file below /lib or /usr/lib, whichever of them is the link.
    names = {str(path.resolve()), str(path), str(path).removeprefix("/usr")}
    for name in sorted(names):
        found = _answer("dpkg-query", "--search", name).partition(": ")[0]
        if found and ", " not in found:
            form = "--showformat=${Package}\t${Version}\t${Architecture}"
            return _package("deb", _answer("dpkg-query", "--show", form, found))
    return None


def _of_rpm(path: Path) -> Package | None:
    form = "%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}"
    return _package("rpm", _answer("rpm", "--query", "--queryformat", form, "--file", str(path)))


def _package(kind: str, answer: str) -> Package | None:
    fields = answer.split("\t")
    return Package(kind, *fields) if len(fields) == 3 else None


def _answer(*command: str) -> str:
    """Return a program's standard output; empty if it fails or is not installed."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    ended = subprocess.run(
        [program, *command[1:]],
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return ended.stdout.strip() if ended.returncode == 0 else ""
