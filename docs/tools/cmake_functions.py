"""Generate the manual's page of CMake functions and variables from comments in cmake/*.cmake.

A bracket comment that begins with ``#[[.md:`` is a part of the page, in Markdown; it stands above
the function or variable that it is about. Names with a leading underscore are not for projects.

``python docs/tools/all.py`` writes it anew, with the others.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "cmake"

_HEAD = """# CMake functions and variables

The functions and variables that `find_package(WheelnextBuild)` defines; [cmake.md](cmake.md)
explains how builds work. The page is generated from the comments in the CMake modules.
"""

_COMMENT = re.compile(r"^#\[\[\.md:\n(.*?)^\]\]\n", re.MULTILINE | re.DOTALL)
_PUBLIC = re.compile(r"^(?:function|macro|set)\((?!_)(\w+)", re.MULTILINE)


def cmake_reference() -> str:
    """Return the page in Markdown."""
    texts = [path.read_text("utf-8") for path in sorted(FOLDER.glob("*.cmake"))]
    parts = [part.strip("\n") + "\n" for text in texts for part in _COMMENT.findall(text)]
    return "\n".join([_HEAD, *parts])


def public_names() -> list[str]:
    """Return the public names that the modules define at their top level."""
    texts = (path.read_text("utf-8") for path in sorted(FOLDER.glob("*.cmake")))
    return [name for text in texts for name in _PUBLIC.findall(text)]
