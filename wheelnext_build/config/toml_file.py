"""pyproject.toml as text becomes tables, or an error of this project's own."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from ..errors import ConfigurationError, Problem
from .toml_table import dotted

_MOST_LEVELS = 100
"""Tables and lists within each other; what copies and compares them needs a call for each."""

_LONG_NUMBER = re.compile(r"[0-9_]{4301,}")

_LONGEST_PATH = 60
"""Characters to show of a dotted path of so many parts."""

_MOST_BITS = 1 << 10
"""TOML's integers have 64. Python reads hexadecimal ones of any length, and cannot write them."""


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
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{error.object[error.start]:02x} is not UTF-8 (at line {line})"
        problem = Problem("pyproject.toml", f"not TOML: {what}", "save it as UTF-8")
        raise ConfigurationError([problem]) from None
    except tomllib.TOMLDecodeError as error:
        problem = Problem("pyproject.toml", f"not TOML: {error}", hint)
        raise ConfigurationError([problem]) from None
    except ValueError:  # int()'s, of what Python does not read
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
