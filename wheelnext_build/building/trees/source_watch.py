"""Find out whether a build wrote into its source folder.

Parallel builds see the files that the others write there: a generated header of one variant may end
up in another's wheel. Files in separate build folders cannot.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...system.announce import announce

_SHOWN = 5

Snapshot = dict[str, tuple[int, int]]
"""The date (ns) and the size of each file."""


def snapshot(folder: Path, outside: Iterable[Path]) -> Snapshot:
    """Return the files below ``folder``, without hidden folders and those in ``outside``."""
    skipped = {str(path) for path in outside}
    return {
        os.path.relpath(entry.path, folder): (entry.stat().st_mtime_ns, entry.stat().st_size)
        for entry in _files(str(folder), skipped)
    }


def warn_of_changes(before: Snapshot, after: Snapshot) -> None:
    """Print a warning if files were written while several trees were built at once."""
    changed = sorted(name for name, state in after.items() if before.get(name) != state)
    if not changed:
        return
    names = ", ".join(changed[:_SHOWN])
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    announce(
        f"warning: builds of several variants at once wrote into the source folder: {names}{more}. "
        "If what is in them differs between variants, set "
        "tool.wheelnext-build.parallel-trees = false, or write them into the build folder"
    )


def _files(folder: str, skipped: set[str]) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            hidden = entry.name.startswith(".") or entry.name in ("__pycache__", "node_modules")
            if not hidden and entry.path not in skipped:
                yield from _files(entry.path, skipped)
        elif entry.is_file():
            yield entry
