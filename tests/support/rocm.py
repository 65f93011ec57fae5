"""The surroundings in which CMake finds ROCm, AMD's compiler and libraries for GPU code."""

from __future__ import annotations

import re
from pathlib import Path

_ROCM = Path("/opt/rocm")
_DEBIAN = Path("/usr/lib/x86_64-linux-gnu")


def rocm_environment(root: Path) -> dict[str, str] | None:
    """Variables for a build; None where HIP's development files are not installed.

    Debian has its parts in folders of its own, where CMake and Clang do not look for them all:
    they are linked to below ``root``.
    """
    if _ROCM.is_dir():
        return {"ROCM_PATH": str(_ROCM)}
    if not (_DEBIAN / "cmake" / "hip-lang").is_dir():
        return None
    for name, target in {
        "amdgcn": _DEBIAN / "amdgcn",
        "bin": Path("/usr/bin"),
        "include/hip": Path("/usr/include/hip"),
        "lib/cmake": _DEBIAN / "cmake",
        "share/hip": Path("/usr/share/hip"),
    }.items():
        link = root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    compiler = max(Path("/usr/bin").glob("clang++-*"), key=lambda path: int(path.name[8:]))
    said = dict(re.findall(r"HIP_VERSION_(\w+)=(\d+)", (root / "share/hip/version").read_text()))
    (root / ".info").mkdir()
    (root / ".info" / "version").write_text(f"{said['MAJOR']}.{said['MINOR']}.0-1\n")
    return {
        "CMAKE_ARGS": f"-DCMAKE_HIP_COMPILER_ROCM_ROOT={root} -DCMAKE_HIP_COMPILER={compiler}",
        "CMAKE_PREFIX_PATH": str(root),
        "ROCM_PATH": str(root),
    }
