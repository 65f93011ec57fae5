"""Text for people: sizes, sort keys for names, and text on one line."""

from __future__ import annotations

import re

from ..errors import escaped

_SIZE = re.compile(r"(?P<number>\d{1,30}(?:\.\d{1,30})?)\s*(?P<unit>[kmg]?i?)b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30}


def human_size(size: int) -> str:
    """Return a number of bytes as text in powers of 1000: ``1.4 MB``."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def parse_size(text: str) -> int:
    """Return the number of bytes in ``100MB``, ``1.5 GiB`` or ``500``; raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    unit = found and _UNITS.get(found["unit"].lower())
    if not found or not unit:
        raise ValueError(f"{text!r} is not a size; write it like 100MB, 1.5GB or 64MiB")
    return int(float(found["number"]) * unit)


def one_line(text: str) -> str:
    r"""Return the text on one line, with escapes for control characters (``\u001b``)."""
    return escaped(" ".join(text.split()))


def natural(text: str) -> tuple[tuple[str, int], ...]:
    """Return a sort key that puts cp39 before cp310."""
    return tuple(
        (letters, int(digits or -1)) for letters, digits in re.findall(r"(\D*)(\d*)", text)
    )
