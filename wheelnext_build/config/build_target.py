"""The target of this build: its processor family and its marker environment."""

from __future__ import annotations

import os
import platform
import re
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self, cast

from packaging.markers import Marker, default_environment

HOST_PLATFORM = "_PYTHON_HOST_PLATFORM"
"""The variable with which a cross build sets the platform that sysconfig reports."""

_MACHINES = {
    "amd64": "x86_64",
    "x86_64": "x86_64",
    "x64": "x86_64",
    "arm64": "aarch64",
    "aarch64": "aarch64",
}
"""The names that systems give to the two processor families with namespaces of their own."""


_WINDOWS = {"x86_64": "AMD64", "aarch64": "ARM64"}
"""The values of platform_machine on Windows."""


@dataclass(frozen=True)
class BuildTarget:
    """The machine to build for, and the values of PEP 508's environment markers on it.

    ``machine`` is the name of its namespace (``x86_64``, ``aarch64``) if it has one.
    """

    machine: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def detect(cls, env: Mapping[str, str] | None = None) -> Self:
        """Return the target of a build in this interpreter; handles cross-compilation."""
        env = os.environ if env is None else env
        machine = _machine(sysconfig.get_platform(), env)
        own = family(machine)
        environment = cast("dict[str, str]", default_environment())
        if own != family(environment["platform_machine"]):
            windows = environment["sys_platform"] == "win32"
            environment["platform_machine"] = _WINDOWS.get(own, own) if windows else machine
        return cls(own, environment)

    def satisfies(self, condition: Marker) -> bool:
        """Return whether a PEP 508 marker holds for the target."""
        return condition.evaluate(dict(self.environment))


def family(machine: str) -> str:
    """Return the processor family of a machine: its namespace's name if it has one."""
    return _MACHINES.get(machine.lower(), machine)


def _machine(tag: str, env: Mapping[str, str]) -> str:
    """Return the machine in a platform such as ``linux-x86_64`` or ``macosx-11.0-arm64``."""
    # cibuildwheel and crossenv set these variables for cross builds; scikit-build-core reads them
    # the same way.
    tag = env.get(HOST_PLATFORM, tag)
    if tag.startswith("macosx"):
        archs = re.findall(r"-arch\s+(\S+)", env.get("ARCHFLAGS", ""))
        if archs:
            return archs[0] if len(set(archs)) == 1 else "universal2"
        if tag.endswith("universal2"):  # Such a Python builds for the machine that it runs on.
            return platform.machine()
    if tag.startswith("win") and (cross := env.get("VSCMD_ARG_TGT_ARCH")):
        return cross
    if tag.startswith("win") and "arm64" in env.get("SETUPTOOLS_EXT_SUFFIX", "").lower():
        return "arm64"
    if tag == "win32":  # A 32-bit Python, on any processor.
        return "x86"
    return tag.rpartition("-")[2] if "-" in tag else platform.machine()
