"""A header that the build makes for each variant, in tests/packages/targets_scope."""

from __future__ import annotations

from pathlib import Path

_CMAKE = """
add_custom_command(OUTPUT made.h DEPENDS make.sh
  COMMAND sh ${CMAKE_SOURCE_DIR}/make.sh "${WHEELNEXT_VARIANT_LABEL}" VERBATIM)
target_sources(_core PRIVATE made.h)
target_include_directories(_core PRIVATE ${CMAKE_BINARY_DIR})
"""
_C = """
#include "made.h"
const char *made = MADE;
"""
_SCRIPT = """
echo "#define MADE \\"made for $1\\"" >made.h
"""


def add_made_header(project: Path) -> Path:
    """Have the extension hold what the header says; returns the script that makes it."""
    for name, text in (("CMakeLists.txt", _CMAKE), ("module.c", _C)):
        path = project / name
        path.write_text(path.read_text() + text)
    script = project / "make.sh"
    script.write_text(_SCRIPT)
    return script
