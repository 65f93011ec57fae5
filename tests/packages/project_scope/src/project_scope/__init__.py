from ._core import checks as checks
