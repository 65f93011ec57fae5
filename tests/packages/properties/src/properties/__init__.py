from ._core import seen as seen
