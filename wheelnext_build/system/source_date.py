"""SOURCE_DATE_EPOCH: the date of files in reproducible archives."""

from __future__ import annotations

import os
import re

from ..errors import RequestError

VARIABLE = "SOURCE_DATE_EPOCH"


_LATEST = 2**32 - 1
"""The last second that an sdist's header can hold."""


def epoch() -> int | None:
    """The seconds since 1970 that SOURCE_DATE_EPOCH has for the dates of files, where it is set.

    Raises RequestError for what is no date that files can have.
    """
    text = os.environ.get(VARIABLE)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,20}", text) or int(text) > _LATEST:
        raise RequestError(
            f"{VARIABLE} is {text[:40]!r}: it must be a whole number of seconds since 1970, "
            f"from 0 to {_LATEST}; set it so, or unset it"
        )
    return int(text)
