"""Has variants whose provider is asked while they are built."""

from pathlib import Path


def blas() -> str:
    """The library of the installed variant; empty in the plain wheel."""
    return Path(__file__).with_name("blas.txt").read_text()
