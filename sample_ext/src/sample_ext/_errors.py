"""The package's exceptions."""

from __future__ import annotations


class CudaError(RuntimeError):
    """There is no GPU code in this wheel, no driver, no GPU that fits, or a GPU call failed."""
