"""Names and values of the config settings and environment variables that the hooks read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

Settings = Mapping[str, str | list[str]]
"""``-C key=value`` as frontends hand it over: a key given twice has a list of values."""

WheelKind = Literal["wheel", "editable"]

LABEL_SETTING = "variant-label"
ALL_SETTING = "variants"
FILENAME_SETTING = "variant-filename"
SETTINGS = (LABEL_SETTING, ALL_SETTING, FILENAME_SETTING)

PLAIN = "plain"
"""The word for the plain wheel in places where other wheels have their label."""

NATIVE = "native"
"""The label that stands for the best variant for the machine that builds."""

LABEL_VARIABLE = "WHEELNEXT_VARIANT_LABEL"
"""The environment variable with the label of the variant that is being built, or tested."""

KEEP_GOING_VARIABLE = "WHEELNEXT_KEEP_GOING"
"""Set by the command line's ``--keep-going``: a failed variant does not stop the others."""

PARALLEL_VARIABLE = "CMAKE_BUILD_PARALLEL_LEVEL"
"""CMake's variable for the number of compilers that run at once."""


def keeps_going() -> bool:
    """Return whether the other wheels are tried after a failure."""
    return bool(os.environ.get(KEEP_GOING_VARIABLE))
