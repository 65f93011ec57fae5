"""Well-known machines as installers see them: data for the report's table of choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..host.capabilities import ComputeCapability, CudaVersion, aarch64_version_of
from ..host.host import Host

DRIVERS: Mapping[int, CudaVersion] = {
    535: (12, 2),
    570: (12, 8),
    580: (13, 0),
}
"""NVIDIA's driver branch -> the newest CUDA version that it supports.

Source: NVIDIA, "CUDA Toolkit Release Notes", table "CUDA Toolkit and Corresponding Driver
Versions".
"""

_ALL_HWCAPS = -1
"""A kernel that allows programs to use all features of the core."""

_CORTEX_A72 = (0x41, 0xD08)
_CORTEX_A76 = (0x41, 0xD0B)
_NEOVERSE_N1 = (0x41, 0xD0C)
_NEOVERSE_V1 = (0x41, 0xD40)
_NEOVERSE_V2 = (0x41, 0xD4F)


@dataclass(frozen=True)
class System:
    """An operating system on a kind of processor.

    ``builds`` maps a C library to the systems of the builds (:class:`.platforms.Build`) whose
    wheels fit. Its name is empty if the system has only one usual C library.
    """

    name: str
    builds: Mapping[str, tuple[str, ...]]


def _linux(name: str, machine: str) -> System:
    glibc = (f"manylinux_{machine}", f"linux_{machine}")
    return System(name, {"": glibc, "musl": (f"musllinux_{machine}",)})


LINUX_X86 = _linux("Linux, x86-64", "x86_64")
LINUX_ARM = _linux("Linux, Arm", "aarch64")
MACOS_ARM = System("macOS, Apple silicon", {"": ("macosx_arm64", "macosx_universal2")})
MACOS_X86 = System("macOS, Intel", {"": ("macosx_x86_64", "macosx_universal2", "macosx_intel")})
WINDOWS_X86 = System("Windows, x86-64", {"": ("win_amd64",)})
WINDOWS_ARM = System("Windows, Arm", {"": ("win_arm64",)})


@dataclass(frozen=True)
class Machine:
    """A machine by its common name, and the properties that installers detect.

    ``driver`` is a branch of NVIDIA's driver, None if the machine has no NVIDIA GPU.
    """

    name: str
    system: System
    host: Host
    driver: int | None = None

    @property
    def described(self) -> str:
        """The properties that decide about variants, in a line."""
        host = self.host
        parts = [f"x86-64-{host.x86_64_level}"] if host.x86_64_level else []
        parts += [f"Armv{host.aarch64_version}"] if host.aarch64_version else []
        if host.cuda and host.sm:
            parts.append(f"sm {host.sm[0]}.{host.sm[1]}")
            parts.append(f"driver {self.driver}: CUDA {host.cuda[0]}.{host.cuda[1]}")
        return ", ".join(parts)


def _x86(
    name: str,
    level: str,
    sm: ComputeCapability | None = None,
    driver: int | None = None,
    system: System = LINUX_X86,
) -> Machine:
    cuda = None if driver is None else DRIVERS[driver]
    return Machine(name, system, Host(x86_64_level=level, cuda=cuda, sm=sm), driver)


def _arm(
    name: str,
    core: tuple[int, int],
    sm: ComputeCapability | None = None,
    driver: int | None = None,
) -> Machine:
    # By the core, not by the maker's data: installers know some cores and assume the lowest
    # version for all others, such as the Raspberry Pi 5's, which is an Armv8.2-A.
    version = aarch64_version_of((core,), _ALL_HWCAPS)
    cuda = None if driver is None else DRIVERS[driver]
    return Machine(name, LINUX_ARM, Host(aarch64_version=version, cuda=cuda, sm=sm), driver)


MACHINES: tuple[Machine, ...] = (
    _x86("Core 2 desktop (2008)", "v1"),
    _x86("Nehalem server (2009)", "v2"),
    _x86("Haswell laptop (2013)", "v3"),
    _x86("AMD Zen 2 server (2019)", "v3"),
    _x86("Alder Lake laptop (2021)", "v3"),
    _x86("Skylake-X, Ice Lake server", "v4"),
    _x86("AMD Zen 4 server", "v4"),
    _x86("Cascade Lake, T4", "v4", (7, 5), 535),
    _x86("AMD Zen 4, A100", "v4", (8, 0), 535),
    _x86("AMD Zen 4, L4 or RTX 4090", "v4", (8, 9), 570),
    _x86("Sapphire Rapids, H100", "v4", (9, 0), 580),
    _x86("Emerald Rapids, B200", "v4", (10, 0), 580),
    _x86("AMD Zen 5, RTX 5090", "v4", (12, 0), 580),
    _arm("Raspberry Pi 4", _CORTEX_A72),
    _arm("Raspberry Pi 5", _CORTEX_A76),
    _arm("AWS Graviton 2, Ampere Altra", _NEOVERSE_N1),
    _arm("AWS Graviton 3", _NEOVERSE_V1),
    _arm("NVIDIA GH200", _NEOVERSE_V2, (9, 0), 580),
    Machine("Apple M1 to M4", MACOS_ARM, Host(aarch64_version="8.4a")),
    _x86("MacBook, Haswell to Coffee Lake", "v3", system=MACOS_X86),
    _x86("Nehalem desktop (2009)", "v2", system=WINDOWS_X86),
    _x86("Haswell to Raptor Lake PC", "v3", system=WINDOWS_X86),
    _x86("AMD Zen 4 PC", "v4", system=WINDOWS_X86),
    _x86("AMD Zen 4 PC, RTX 4090", "v4", (8, 9), 570, WINDOWS_X86),
    _x86("AMD Zen 5 PC, RTX 5090", "v4", (12, 0), 580, WINDOWS_X86),
    # Windows does not tell programs which core it is, so installers assume the lowest version.
    Machine("Snapdragon X laptop", WINDOWS_ARM, Host(aarch64_version="8a")),
)
"""Machines, grouped by system, the oldest first."""
