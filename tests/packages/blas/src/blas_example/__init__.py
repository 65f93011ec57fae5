from ._core import squares, vendor

__all__ = ["squares", "vendor"]
