"""Small numerical kernels, in one wheel per kind of machine.

`dot`, `saxpy`, `matmul`, `histogram` and `summarize` run on the processor, `sample_ext.cuda` has
the same `saxpy` and `matmul` for GPUs, and `build_info` says which of the package's wheels this is.

Results of the float kernels differ in their last bits between wheels for different processors and
GPUs, because the order of sums and the rounding of multiply-adds does. One wheel gives the same
result every time.
"""

from __future__ import annotations

from . import cuda
from ._build_info import BuildInfo, build_info
from ._core import Summary
from ._errors import CudaError
from ._functions import dot, histogram, matmul, saxpy, summarize
from .cuda import available as cuda_available

__all__ = [
    "BuildInfo",
    "CudaError",
    "Summary",
    "build_info",
    "cuda",
    "cuda_available",
    "dot",
    "histogram",
    "matmul",
    "saxpy",
    "summarize",
]
