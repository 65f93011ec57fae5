"""The site: Sphinx makes it of the Markdown pages in this folder (``nox -s docs``)."""

import re
from importlib.metadata import version as version_of
from pathlib import Path

project = "wheelnext-build"
author = copyright = "The wheelnext-build developers"  # noqa: A001 - Sphinx reads this name
release = version = version_of("wheelnext-build")

extensions = ["myst_parser"]
exclude_patterns = ["_build", "examples", "tools", "workflows"]
nitpicky = True

myst_enable_extensions = ["colon_fence"]
# A link to a heading, page.md#a-heading, is checked down to this level.
myst_heading_anchors = 3

# JSON of which a part is left out (...) is shown without colours.
suppress_warnings = ["misc.highlighting_failure"]
# Pages of index.md that are still to come; links are checked when all are here. Then this may go.
_index = (Path(__file__).parent / "index.md").read_text("utf-8")
_named = re.findall(r"^[a-z][a-z-]+$", _index, re.MULTILINE)
if any(not (Path(__file__).parent / f"{name}.md").is_file() for name in _named):
    suppress_warnings += ["toc.not_readable", "myst.xref_missing"]

# Quotes and dashes are copied into shells.
smartquotes = False

html_theme = "furo"
html_title = f"wheelnext-build {release}"
html_copy_source = False
