from ._core import added as added
from ._core import kind as kind
