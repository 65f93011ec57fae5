"""The page for contributors names files that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-it-is-built.md"
OUTSIDE = ("cmake/", "docs/", "tests/")


def test_each_named_file_and_room_exists() -> None:
    text = PAGE.read_text("utf-8").partition("## Checks")[0]
    paths = re.findall(r"`((?:[\w-]+/)+(?:[\w-]+\.\w+)?)`", text)
    assert len(paths) > 40
    missing = [
        path
        for path in paths
        if path != "cli/NAME.py"
        and not (ROOT if path.startswith(OUTSIDE) else ROOT / "wheelnext_build")
        .joinpath(path)
        .exists()
    ]
    assert missing == []
