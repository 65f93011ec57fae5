"""Write all generated pages of the manual: ``python docs/tools/all.py``."""

from __future__ import annotations

from pathlib import Path

from cli import cli_reference
from cmake_functions import cmake_reference
from settings import settings_reference

PAGES = {
    "reference-settings.md": settings_reference,
    "reference-cli.md": cli_reference,
    "reference-cmake.md": cmake_reference,
}
"""Page -> function that returns its text."""

DOCS = Path(__file__).resolve().parents[1]


if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
