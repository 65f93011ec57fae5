"""SOURCE_DATE_EPOCH, the date of files in reproducible archives (reproducible-builds.org)."""

from __future__ import annotations

import os
import re

from ..errors import RequestError

VARIABLE = "SOURCE_DATE_EPOCH"

_LATEST = 2**32 - 1
"""Latest date that the header of an sdist can hold, in seconds since 1970."""


def epoch() -> int | None:
    """Return the date in SOURCE_DATE_EPOCH, in seconds since 1970; None if it is not set.

    Raises RequestError if the value is not a possible date of a file.
    """
    text = os.environ.get(VARIABLE)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,20}", text) or int(text) > _LATEST:
        raise RequestError(
            f"{VARIABLE} is {text[:40]!r}: set it to a whole number of seconds since 1970, "
            f"from 0 to {_LATEST}, or unset it"
        )
    return int(text)
