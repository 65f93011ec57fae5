"""What the binaries of a wheel really hold, and whether that is what the wheel promises.

Nothing here knows of builds, so it can judge anyone's wheels. The way of the data: members of a
wheel (``wheels``, ``files``) -> a binary, whatever its format (``elf``, ``macho``, ``pe`` ->
``binary``) -> the extensions that its functions need (``survey``: ``x86``, ``aarch64``) and its GPU
code (``fatbin``, ``hipbundle``) -> compared with what the wheel promises (``promise``, ``rules``,
``verdict``).
"""

from __future__ import annotations

REQUIREMENT = "wheelnext-build[audit]"


def is_available() -> bool:
    """Whether what reads binaries is installed."""
    try:
        import lief  # noqa: F401
    except ImportError:
        return False
    return True
