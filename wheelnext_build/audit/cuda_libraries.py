"""CUDA's libraries that binaries load, beside what the wheel says of drivers and dependencies."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_SONAME = re.compile(r"(lib\w+)\.so\.(\d+)(?:\.\d+)*")

_TOOLKITS = frozenset({"libcublas", "libcublasLt", "libcudart", "libnvJitLink", "libnvrtc"})
"""Libraries whose number is the toolkit's own; others count for themselves."""

_PACKAGES: Mapping[str, str] = {
    "libcublas": "nvidia-cublas",
    "libcublasLt": "nvidia-cublas",
    "libcudart": "nvidia-cuda-runtime",
    "libcudnn": "nvidia-cudnn",
    "libcufft": "nvidia-cufft",
    "libcupti": "nvidia-cuda-cupti",
    "libcurand": "nvidia-curand",
    "libcusolver": "nvidia-cusolver",
    "libcusparse": "nvidia-cusparse",
    "libcusparseLt": "nvidia-cusparselt",
    "libnccl": "nvidia-nccl",
    "libnvJitLink": "nvidia-nvjitlink",
    "libnvrtc": "nvidia-cuda-nvrtc",
}
"""PyPI's package for each library; for CUDA 12 and older with a suffix (``-cu12``)."""


def too_new_for(library: str, cuda: str) -> str:
    """The CUDA version whose driver a library needs, where ``cuda`` (``12.8``) is older.

    Empty where it is not, where ``cuda`` is empty, and of libraries that are not CUDA's.
    """
    match = _SONAME.fullmatch(library)
    if match is None or match[1] not in _TOOLKITS or not cuda:
        return ""
    return match[2] if int(match[2]) > int(cuda.partition(".")[0]) else ""


def missing_package(library: str, bundled: Collection[str], requires: Collection[str]) -> str:
    """PyPI's package with a CUDA library that the wheel neither bundles nor requires.

    ``bundled`` are the names of the wheel's files, ``requires`` those of its dependencies,
    normalized. Empty where all is well, and of libraries that are not CUDA's.
    """
    match = _SONAME.fullmatch(library)
    if match is None or match[1] not in _PACKAGES or library in bundled:
        return ""
    package = _PACKAGES[match[1]]
    suffixed = re.compile(rf"{package}-cu(\d+)")
    for name in requires:
        toolkit = suffixed.fullmatch(name)
        is_its_own = match[1] not in _TOOLKITS or (toolkit and toolkit[1] == match[2])
        if name == package or (toolkit and is_its_own):
            return ""
    is_suffixed = match[1] in _TOOLKITS and int(match[2]) < 13
    return f"{package}-cu{match[2]}" if is_suffixed else package
