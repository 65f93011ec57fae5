"""Parse the text of pyproject.toml into tables; all failures are ConfigurationErrors."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from ..errors import ConfigurationError, Problem
from .toml_table import dotted

_MOST_LEVELS = 100
"""Limit of nested tables and lists: copying and comparing them takes one call for each level."""

_LONG_NUMBER = re.compile(r"[0-9_]{4301,}")

_LONGEST_PATH = 60
"""Number of characters to show of the dotted path to a value that is nested too deeply."""

_MOST_BITS = 1 << 10
"""Limit for integers. TOML's have 64 bits. Python reads hexadecimal ones of any length, but cannot
print very long ones in decimal."""


def parsed(content: bytes | str) -> dict[str, Any]:
    """Return the tables of a pyproject.toml.

    Raises ConfigurationError if it is not TOML, is nested too deeply, has a number of thousands of
    digits, or does not fit in memory.
    """
    hint = ""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        if text.startswith("\ufeff"):
            hint = "remove the byte order mark at its start"
        tables = tomllib.loads(text)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{error.object[error.start]:02x} is not UTF-8 (at line {line})"
        problem = Problem("pyproject.toml", f"not TOML: {what}", "save it as UTF-8")
        raise ConfigurationError([problem]) from None
    except tomllib.TOMLDecodeError as error:
        problem = Problem("pyproject.toml", f"not TOML: {error}", hint)
        raise ConfigurationError([problem]) from None
    except ValueError:  # raised by int() for a number with too many digits
        number = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, number.start() if number else None) + 1
        what = f"not TOML: has a number of thousands of digits (at line {line})"
        problem = Problem("pyproject.toml", what, "write it as a string")
        raise ConfigurationError([problem]) from None
    except MemoryError:
        problem = Problem(
            "pyproject.toml", "takes more memory to read than there is", "shorten its keys"
        )
        raise ConfigurationError([problem]) from None
    _check_bounds(tables)
    return tables


def _check_bounds(tables: dict[str, Any]) -> None:
    inside: list[tuple[str, object]] = [("", tables)]
    for _ in range(_MOST_LEVELS + 1):
        deeper: list[tuple[str, object]] = []
        for where, value in inside:
            if isinstance(value, dict):
                deeper += ((dotted(where, key), item) for key, item in value.items())
            elif isinstance(value, list):
                deeper += ((f"{where}[{index}]", item) for index, item in enumerate(value))
            elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
                problem = Problem(where, "is too long a number", "write it as a string")
                raise ConfigurationError([problem])
        inside = deeper
        if not inside:
            return
    raise _too_deep(f"{inside[0][0][:_LONGEST_PATH]}...")


def _too_deep(where: str = "pyproject.toml") -> ConfigurationError:
    what = f"has tables or lists in more than {_MOST_LEVELS} others"
    return ConfigurationError([Problem(where, what)])
