"""pyproject.toml as text becomes tables, or an error of this project's own."""

from __future__ import annotations

import tomllib
from typing import Any

from .errors import ConfigurationError, Problem

_MOST_LEVELS = 100
"""Tables and lists within each other; what copies and compares them needs a call for each."""


def parsed(content: bytes | str) -> dict[str, Any]:
    """The tables of a pyproject.toml; raises ConfigurationError where it is not TOML.

    Or where it is more than is ever read: nested beyond reason, a number of thousands of digits.
    """
    hint = ""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        if text.startswith("\ufeff"):
            hint = "remove the byte order mark at its start"
        tables = tomllib.loads(text)
    except RecursionError:
        tables = None
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, and int()'s of long numbers
        raise _refused(f"not TOML: {error}", hint) from None
    if tables is None or _is_deeper(tables, _MOST_LEVELS):
        raise _refused(f"has tables or lists in more than {_MOST_LEVELS} others")
    return tables


def _refused(what: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError([Problem("pyproject.toml", what, hint)])


def _is_deeper(value: object, levels: int) -> bool:
    """Whether anything is in more than so many tables and lists."""
    inside: list[object] = [value]
    for _ in range(levels + 1):
        containers = [item for item in inside if isinstance(item, dict | list)]
        inside = [
            item
            for container in containers
            for item in (container.values() if isinstance(container, dict) else container)
        ]
        if not inside:
            return False
    return True
