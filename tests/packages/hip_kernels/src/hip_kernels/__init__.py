from ._core import factor as factor
from ._core import squares as squares
