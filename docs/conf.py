"""The site: Sphinx makes it of the Markdown pages in this folder (``nox -s docs``)."""

from importlib.metadata import version as version_of

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

# Quotes and dashes are copied into shells.
smartquotes = False

html_theme = "furo"
html_title = f"wheelnext-build {release}"
html_copy_source = False
