"""Which of the package's wheels this is."""

from __future__ import annotations

from typing import TypedDict

from . import _core, cuda


class BuildInfo(TypedDict):
    """What the wheel was built for."""

    label: str | None
    """The variant's label; None in the plain wheel, which is no variant."""
    properties: list[str]
    """The variant's properties, ``namespace :: feature :: value``."""
    simd: str
    """The instruction set of the kernels' own vector code: avx512, avx2, or scalar for none."""
    cuda_architectures: list[str]
    """The GPU architectures with code in the wheel, ``80`` for compute capability 8.0."""


def build_info() -> BuildInfo:
    """What the wheel was built for, as recorded in its binaries by the build."""
    record = _core.build_record()
    return {
        "label": record["label"],
        "properties": record["properties"],
        "simd": record["simd"],
        "cuda_architectures": cuda.architectures(),
    }
