"""A kernel in C, for the manual's examples."""

from ._kernels import compiled_for, dot

__all__ = ["compiled_for", "dot"]
