"""Read raw facts about this machine from the kernel, the processor and the NVIDIA driver.

:mod:`.host` turns the facts into features. A fact that cannot be read is empty or None.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path

_AT_HWCAP = 16

# PF_* of winnt.h -> the feature, and those that Windows does not report but that come with this one
# on every processor that Windows supports (a virtual machine can be configured differently).
_WINDOWS_FEATURES = {
    13: ("sse3",),
    14: ("cx16",),
    36: ("ssse3",),
    37: ("sse4_1",),
    38: ("sse4_2", "popcnt", "lahf_lm"),
    39: ("avx",),
    40: ("avx2", "bmi1", "bmi2", "f16c", "fma", "lzcnt", "movbe"),
    41: ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
}

_GOOGLE = "0x1ae0"
_TPU_DEVICES = frozenset(
    {"0x0027", "0x0056", "0x005e", "0x0062", "0x0063", "0x006f", "0x0076", "0x007c", "0x0083"}
)


def machine() -> str:
    """Return the processor family of this interpreter, by its namespace if it has one."""
    name = sysconfig.get_platform().rpartition("-")[2]
    if name in ("universal2", "fat64", "intel"):
        name = platform.machine()
    family = {"amd64": "x86_64", "arm64": "aarch64"}.get(name.lower(), name.lower())
    # A 32-bit Python can report the machine of its 64-bit kernel.
    return family if sys.maxsize > 2**32 else f"32-bit {family}"


def x86_64_flags() -> list[str]:
    """Return the processor's features, by the names that Linux or macOS uses."""
    if sys.platform == "win32":
        return windows_flags(ctypes.windll.kernel32.IsProcessorFeaturePresent)
    return _macos_flags() if sys.platform == "darwin" else linux_flags(_cpuinfo())


def linux_flags(cpuinfo: str) -> list[str]:
    """Return the flags of the first processor of /proc/cpuinfo."""
    found = re.search(r"^flags[ \t]*:(.*)$", cpuinfo.partition("\n\n")[0], re.MULTILINE)
    return found.group(1).split() if found else []


def windows_flags(is_present: Callable[[int], int]) -> list[str]:
    """Return the flags of the numbered features that Windows reports as present."""
    present = (flags for number, flags in _WINDOWS_FEATURES.items() if is_present(number))
    return [flag for flags in present for flag in flags]


def linux_arm_cores(cpuinfo: str | None = None) -> set[tuple[int, int]]:
    """Return (CPU implementer, CPU part) of the cores; (0, 0) for one without these fields."""
    cores = set()
    for entry in (_cpuinfo() if cpuinfo is None else cpuinfo).split("\n\n"):
        pairs = (line.partition(":") for line in entry.splitlines())
        fields = {key.strip(): value.strip() for key, _, value in pairs}
        if "processor" in fields:
            try:
                cores.add((int(fields["CPU implementer"], 16), int(fields["CPU part"], 16)))
            except (KeyError, ValueError):
                cores.add((0, 0))
    return cores


def linux_hwcap() -> int:
    """Return AT_HWCAP: the extensions that the kernel lets this process use."""
    getauxval = getattr(ctypes.CDLL(None), "getauxval", None)
    if getauxval is None:
        return 0
    getauxval.argtypes, getauxval.restype = [ctypes.c_ulong], ctypes.c_ulong
    return int(getauxval(_AT_HWCAP))


def macos_brand() -> str:
    """Return the processor's name on macOS, such as ``Apple M2 Pro``."""
    return _output("sysctl", "-n", "machdep.cpu.brand_string").strip()


def nvidia_driver() -> tuple[str, list[str]] | None:
    """Return the driver's CUDA version and each GPU's compute capability, from nvidia-smi.

    uv also asks nvidia-smi rather than libcuda; this way both see the same GPUs.
    """
    found = re.search(
        r"^\s*CUDA (?:UMD )?Version\s*:\s*(\d+(?:\.\d+)*)",
        _output("nvidia-smi", "-q"),
        re.MULTILINE,
    )
    if found is None:
        return None
    query = _output("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader")
    return found.group(1), query.split()


def has_tpu(devices: Path = Path("/sys/bus/pci/devices")) -> bool:
    """Return whether one of the PCI devices is a TPU."""
    return any(
        _read(device / "vendor") == _GOOGLE and _read(device / "device") in _TPU_DEVICES
        for device in _entries(devices)
    )


def _macos_flags() -> list[str]:
    keys = ("machdep.cpu.features", "machdep.cpu.leaf7_features", "machdep.cpu.extfeatures")
    flags = [flag for key in keys for flag in _output("sysctl", "-n", key).split()]
    # Those describe the hardware. This one also tells whether the kernel saves the wide registers.
    if _output("sysctl", "-n", "hw.optional.avx512f").strip() != "1":
        flags = [flag for flag in flags if not flag.startswith("AVX512")]
    return flags


def _cpuinfo() -> str:
    return _read(Path("/proc/cpuinfo"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _entries(folder: Path) -> Iterable[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return ()


def _output(program: str, *arguments: str) -> str:
    """Return the output of a program; '' if it is missing, fails or hangs."""
    path = shutil.which(program)
    if path is not None:
        with contextlib.suppress(OSError, subprocess.SubprocessError, UnicodeDecodeError):
            return subprocess.run(
                [path, *arguments], capture_output=True, check=True, encoding="utf-8", timeout=30
            ).stdout
    return ""
