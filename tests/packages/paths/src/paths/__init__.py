from ._core import files as files
