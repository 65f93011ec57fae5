from ._level import level as level
