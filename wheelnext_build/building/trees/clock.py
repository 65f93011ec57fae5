"""A clock that jumps: Ninja goes by the dates of files, and believes them.

It compiles again what is newer than its object file. So what was compiled while the clock was ahead
stays, whatever is changed later, and so does what is changed by a file with an earlier date. And it
has CMake run again while a CMakeLists.txt is newer than what CMake has just written, for a hundred
times, and then gives up.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ...system.announce import announce
from .source_watch import snapshot

_DATES = "dates.json"
_SLACK = 10
"""Seconds: file servers have clocks of their own."""


def is_unsure(kept: Path, sources: Path) -> bool:
    """Whether Ninja cannot tell what to compile in the trees that are kept in a folder."""
    known = _read(kept).get(str(sources), {})
    before, built = known.get("dates", {}), known.get("built", 0)
    dates = _dates(kept, sources)
    return _is_from_the_future(kept) or any(
        date != before.get(name, date) and date <= built for name, date in dates.items()
    )


def remember(kept: Path, sources: Path) -> None:
    """Note the dates of the sources (ns), and that a build of them begins now."""
    known = {"built": time.time_ns(), "dates": _dates(kept, sources)}
    text = json.dumps({**_read(kept), str(sources): known})
    (kept / _DATES).write_text(text, encoding="utf-8")


def settings() -> dict[str, str | list[str]]:
    """The settings with which a wheel's build ends though sources are from the future."""
    latest = time.time_ns()
    found = snapshot(Path().absolute(), ())
    ahead = [name for name, (date, _) in found.items() if date > latest and _is_cmake(name)]
    if not ahead:
        return {}
    announce(f"the date of {min(ahead)} has not come yet: CMake is run only once")
    return {"cmake.define.CMAKE_SUPPRESS_REGENERATION": "ON"}


def _is_cmake(name: str) -> bool:
    return name.endswith((".cmake", ".in")) or Path(name).name == "CMakeLists.txt"


def _dates(kept: Path, sources: Path) -> dict[str, int]:
    found = snapshot(sources, (kept, kept.with_name("wheelnext-release")))
    return {name: date for name, (date, _) in found.items()}


def _read(kept: Path) -> dict[str, Any]:
    try:
        known = json.loads((kept / _DATES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _is_from_the_future(folder: Path) -> bool:
    latest = time.time() + _SLACK
    return any(
        os.lstat(os.path.join(parent, name)).st_mtime > latest  # noqa: PTH118 - there are many
        for parent, _, names in os.walk(folder)
        for name in names
    )
