"""Small things about text that pages and their data share."""

from __future__ import annotations

import re


def printable(text: str) -> str:
    """One line without what steers terminals, hides or cannot be encoded, each as an escape."""
    return "".join(
        char if char.isprintable() else f"\\u{ord(char):04x}" for char in " ".join(text.split())
    )


def natural(text: str) -> tuple[tuple[str, int], ...]:
    """A key that sorts cp39 before cp310."""
    return tuple(
        (letters, int(digits or -1)) for letters, digits in re.findall(r"(\D*)(\d*)", text)
    )
