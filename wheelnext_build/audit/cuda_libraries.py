"""CUDA's libraries that binaries load: check them against the wheel's drivers and dependencies."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_SONAME = re.compile(r"(lib\w+)\.so\.(\d+)(?:\.\d+)*")

_TOOLKITS = frozenset({"libcublas", "libcublasLt", "libcudart", "libnvJitLink", "libnvrtc"})
"""Libraries whose version is the toolkit's; others have versions of their own."""

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
"""PyPI's package for each library; for CUDA 12 and older, the name has a suffix (``-cu12``)."""


def too_new_for(library: str, cuda: str) -> str:
    """Return the CUDA version whose driver a library needs, if ``cuda`` (``12.8``) is older.

    Return '' if it is not, if ``cuda`` is empty, or if the library is not CUDA's.
    """
    match = _SONAME.fullmatch(library)
    if match is None or match[1] not in _TOOLKITS or not cuda:
        return ""
    return match[2] if int(match[2]) > int(cuda.partition(".")[0]) else ""


def missing_package(library: str, bundled: Collection[str], requires: Collection[str]) -> str:
    """Return PyPI's package for a CUDA library that the wheel neither bundles nor requires.

    ``bundled`` are the names of the wheel's files, ``requires`` the normalized names of its
    dependencies. Return '' if no package is missing, or if the library is not CUDA's.
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
