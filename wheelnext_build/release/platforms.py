"""One build of a release: an interpreter and a system, read from the tags of its wheels.

The wheels of one build may have different platform tags, because a variant may need a newer glibc
than the plain wheel. Builds are named like cibuildwheel's build identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self, cast

from packaging.markers import default_environment

from ..config.build_target import BuildTarget, family
from ..errors import RequestError
from ..wheels.name import WheelName

ANY = "any"
"""The system of wheels without binaries."""

_SYSTEM = re.compile(
    r"(?P<kind>manylinux|musllinux|macosx)(?:_\d+_\d+|1|2010|2014)_(?P<machine>\w+)"
)
_CPYTHON = re.compile(r"cp(?P<major>\d)(?P<minor>\d+)")
_KINDS = {
    "macosx": ("darwin", "Darwin", "posix"),
    "win": ("win32", "Windows", "nt"),
}
"""sys_platform, platform_system and os_name of systems other than Linux."""
_WINDOWS_MACHINES = {"amd64": "AMD64", "arm64": "ARM64"}


@dataclass(frozen=True, order=True)
class Build:
    """An interpreter, by its Python and ABI tags, and a system such as ``manylinux_x86_64``.

    Before a repair the system is ``linux_x86_64``.
    """

    python: str
    abi: str
    system: str

    @classmethod
    def of(cls, name: WheelName) -> Self:
        """Return the build that a wheel is from."""
        return cls(name.python, name.abi, system_of(name.platform.partition(".")[0]))

    def __str__(self) -> str:
        stable = f"-{self.abi}" if self.abi == "abi3" else ""
        return f"{self.interpreter}{stable}-{self.system}"

    @property
    def interpreter(self) -> str:
        """The interpreter as cibuildwheel names it; ``cp313t`` is an ABI tag, not a Python tag."""
        return self.abi if self.abi.startswith(self.python) else self.python

    @property
    def target(self) -> BuildTarget:
        """The build's values for conditions of variants (PEP 508 markers)."""
        kind, _, machine = self.system.partition("_")
        environment = cast("dict[str, str]", default_environment())
        platform, system, name = _KINDS.get(kind, ("linux", "Linux", "posix"))
        environment |= {"sys_platform": platform, "platform_system": system, "os_name": name}
        if machine:
            names = _WINDOWS_MACHINES if kind == "win" else {}
            environment["platform_machine"] = names.get(machine, machine)
        if found := _CPYTHON.fullmatch(self.python):
            version = f"{found['major']}.{found['minor']}"
            environment |= {"python_version": version, "python_full_version": f"{version}.0"}
        return BuildTarget(family(machine), environment)

    def covers(self, identifier: str) -> bool:
        """Return whether wheels of this build fit cibuildwheel's build identifier.

        Wheels for the stable ABI also fit later interpreters. Raises RequestError if
        ``identifier`` is not a build identifier.
        """
        interpreter, _, system = identifier.partition("-")
        if not (interpreter and system.isidentifier()):
            raise RequestError(
                f"{identifier!r} is not a build identifier; write it like cp312-manylinux_x86_64 "
                "(cibuildwheel --print-build-identifiers)"
            )
        if self.system not in (system, system.replace("manylinux_", "linux_"), ANY):
            return False
        wanted, own = _CPYTHON.fullmatch(interpreter), _CPYTHON.fullmatch(self.python)
        if self.abi == "abi3" and wanted and own:
            return int(wanted["major"]) == int(own["major"]) and (
                int(wanted["minor"]) >= int(own["minor"])
            )
        return self.interpreter == interpreter or (self.python, self.abi) == ("py3", "none")


def system_of(platform: str) -> str:
    """Return a platform tag without the version of the C library or of macOS."""
    found = _SYSTEM.fullmatch(platform)
    return f"{found['kind']}_{found['machine']}" if found else platform


def lacking(
    there: Mapping[Build, Collection[str | None]],
    declared: Callable[[Build], Iterable[str]] | None = None,
) -> dict[Build, list[str | None]]:
    """Return the labels of the wheels that each build lacks; None means the plain wheel.

    ``there`` has the labels of the existing wheels. A build must have a plain wheel, unless there
    is one for any platform, and the labels ``declared`` for it. The default for those is each
    label that another build has on the same system.
    """
    for_all = any(build.system == ANY and None in labels for build, labels in there.items())
    on_system: dict[str, set[str]] = {}
    for build, labels in there.items():
        on_system.setdefault(build.system, set()).update(filter(None, labels))
    return {
        build: [
            *([] if None in labels or for_all else [None]),
            *sorted({*(declared(build) if declared else on_system[build.system])} - {*labels}),
        ]
        for build, labels in there.items()
    }


def is_unrepaired(name: WheelName) -> bool:
    """Return whether a wheel has a ``linux_*`` platform tag, which PyPI refuses."""
    return any(platform.startswith("linux_") for platform in name.platform.split("."))
