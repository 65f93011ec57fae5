from ._core import kind as kind
