from ._core import compiled_for, counted

__all__ = ["compiled_for", "counted"]
