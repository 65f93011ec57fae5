"""The kernels for the processor.

Arrays may have gaps and any order; they are copied where the kernels need them dense. Element types
are never converted: another type raises TypeError, another shape ValueError.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _core

Floats: TypeAlias = NDArray[np.float32]


def dot(x: Floats, y: Floats) -> float:
    """The sum of ``x[i] * y[i]``; 0.0 for empty arrays.

    Args:
        x: float32, shape (n,).
        y: float32, shape (n,).
    """
    return _core.dot(x, y)


def saxpy(a: float, x: Floats, y: Floats) -> Floats:
    """``a * x + y`` as a new array, float32, shape (n,).

    Args:
        a: rounded to float32.
        x: float32, shape (n,).
        y: float32, shape (n,).
    """
    return _core.saxpy(a, x, y)


def matmul(a: Floats, b: Floats) -> Floats:
    """The matrix product as a new array, float32, shape (m, n); meant for small matrices.

    Args:
        a: float32, shape (m, k).
        b: float32, shape (k, n).
    """
    return _core.matmul(a, b)


def histogram(data: NDArray[np.uint8] | bytes | bytearray | memoryview) -> NDArray[np.uint64]:
    """How often each byte occurs: uint64, shape (256,).

    Args:
        data: uint8, shape (n,), or an object with such a buffer.
    """
    return _core.histogram(data)


def summarize(x: Floats) -> _core.Summary:
    """Count, minimum, maximum, mean and standard deviation, computed in double precision.

    Args:
        x: float32, shape (n,) with n > 0.
    """
    return _core.summarize(x)
