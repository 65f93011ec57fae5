from ._core import level as level
