"""The manual's generated pages are what their sources say now, and leave nothing out."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wheelnext_build.cli.main import COMMANDS

DOCS = Path(__file__).parents[2] / "docs"


def generated() -> dict[str, Callable[[], str]]:
    """The makers of the pages, by file name."""
    sys.path.insert(0, str(DOCS / "tools"))
    try:
        found: dict[str, Callable[[], str]] = runpy.run_path(str(DOCS / "tools" / "all.py"))[
            "PAGES"
        ]
    finally:
        sys.path.remove(str(DOCS / "tools"))
    return found


PAGES = generated()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run: python docs/tools/all.py"


def test_every_command_has_a_section_and_every_argument_a_meaning() -> None:
    page = PAGES["reference-cli.md"]()
    assert tuple(re.findall(r"^## (.+)$", page, re.MULTILINE)) == COMMANDS
    assert re.findall(r"^.*\| *\|$", page, re.MULTILINE) == []


def test_every_public_name_of_the_cmake_modules_has_a_section() -> None:
    names = runpy.run_path(str(DOCS / "tools" / "cmake_functions.py"))["public_names"]()
    headings = re.findall(r"^## `(\w+)`$", PAGES["reference-cmake.md"](), re.MULTILINE)
    assert "wheelnext_target_variant" in names
    assert set(names) - set(headings) == set()
