"""What the wheels of this build are for: the processor family and the marker environment."""

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
"""The variable with which a cross build tells sysconfig, and who asks it, the target's platform."""

_MACHINES = {
    "amd64": "x86_64",
    "x86_64": "x86_64",
    "x64": "x86_64",
    "arm64": "aarch64",
    "aarch64": "aarch64",
}
"""The names that systems give to the two processor families with namespaces of their own."""


_WINDOWS = {"x86_64": "AMD64", "aarch64": "ARM64"}
"""What platform_machine is called there."""


@dataclass(frozen=True)
class BuildTarget:
    """The machine to build for, as the namespaces are called (``x86_64``, ``aarch64``) where they
    have one, and the values of PEP 508's environment markers there."""

    machine: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def detect(cls, env: Mapping[str, str] | None = None) -> Self:
        """The target of a build in this interpreter: cross-compilation is taken into account."""
        env = os.environ if env is None else env
        machine = _machine(sysconfig.get_platform(), env)
        own = family(machine)
        environment = cast("dict[str, str]", default_environment())
        if own != family(environment["platform_machine"]):
            windows = environment["sys_platform"] == "win32"
            environment["platform_machine"] = _WINDOWS.get(own, own) if windows else machine
        return cls(own, environment)

    def satisfies(self, condition: Marker) -> bool:
        """Whether a PEP 508 marker holds for the target."""
        return condition.evaluate(dict(self.environment))


def family(machine: str) -> str:
    """The processor family of a machine, under its namespace's name where it has one."""
    return _MACHINES.get(machine.lower(), machine)


def _machine(tag: str, env: Mapping[str, str]) -> str:
    """The machine that a platform such as ``linux-x86_64`` or ``macosx-11.0-arm64`` names."""
    # What cibuildwheel and crossenv set for cross builds, as scikit-build-core reads it.
    tag = env.get(HOST_PLATFORM, tag)
    if tag.startswith("macosx"):
        archs = re.findall(r"-arch\s+(\S+)", env.get("ARCHFLAGS", ""))
        if archs:
            return archs[0] if len(set(archs)) == 1 else "universal2"
        if tag.endswith("universal2"):  # A Python for both builds for its own machine.
            return platform.machine()
    if tag.startswith("win") and (cross := env.get("VSCMD_ARG_TGT_ARCH")):
        return cross
    if tag.startswith("win") and "arm64" in env.get("SETUPTOOLS_EXT_SUFFIX", "").lower():
        return "arm64"
    if tag == "win32":  # A Python of 32 bits, whatever the processor.
        return "x86"
    return tag.rpartition("-")[2] if "-" in tag else platform.machine()
