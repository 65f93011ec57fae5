"""The kernels for GPUs, in the wheels that have them.

Arrays are in main memory, as for the functions of the same names in `sample_ext`; they are copied
to the current GPU and back. Without GPU code, driver or GPU the functions raise `CudaError`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from ._errors import CudaError

if TYPE_CHECKING:
    from ._functions import Floats

__all__ = ["architectures", "available", "matmul", "saxpy"]

# Only a module that is not there is no error: one that cannot be loaded should say so.
_in_this_wheel = find_spec("._cuda", __package__) is not None
if _in_this_wheel:
    from . import _cuda


def available() -> bool:
    """Whether this wheel has GPU code, and here are a driver and a GPU that run it."""
    return _in_this_wheel and _cuda.available()


def architectures() -> list[str]:
    """The GPU architectures with code in this wheel, ``80`` for compute capability 8.0."""
    return [str(architecture) for architecture in _cuda.architectures()] if _in_this_wheel else []


def saxpy(a: float, x: Floats, y: Floats) -> Floats:
    """``a * x + y`` as a new array, float32, shape (n,).

    Args:
        a: rounded to float32.
        x: float32, shape (n,).
        y: float32, shape (n,).
    """
    _require_code()
    return _cuda.saxpy(a, x, y)


def matmul(a: Floats, b: Floats) -> Floats:
    """The matrix product as a new array, float32, shape (m, n).

    Args:
        a: float32, shape (m, k).
        b: float32, shape (k, n).
    """
    _require_code()
    return _cuda.matmul(a, b)


def _require_code() -> None:
    if not _in_this_wheel:
        raise CudaError(
            "this wheel of sample-ext has no GPU code; install a CUDA variant, "
            "and see sample_ext.build_info() for what is installed"
        )
