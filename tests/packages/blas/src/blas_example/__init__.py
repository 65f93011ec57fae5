from ._core import library, squares

__all__ = ["library", "squares"]
