from ._core import board as board
