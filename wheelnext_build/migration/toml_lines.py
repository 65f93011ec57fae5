"""Find the line of a key in a TOML file; parsers return values without lines."""

from __future__ import annotations

import re
from collections import Counter

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_KEY})\s*\]\]?\s*(?:#|$)")
_PAIR = re.compile(rf"\s*({_KEY})\s*=")

KeyPath = tuple[str | int, ...]


def line_of(text: str, *path: str | int, containing: str = "") -> int | None:
    """Return the line, from 1, of a key, or of a table of an array, which is given by number.

    For a key in an inline table this is the line of the table. With ``containing`` it is the first
    line from there on that contains this text. None if the key is not found.
    """
    lines = text.split("\n")
    found = _exact(lines, path)
    if found is None:
        return None
    after = (number for number in range(found, len(lines)) if containing in lines[number])
    return next(after, found) + 1


def header_lines(lines: list[str]) -> list[int]:
    """Return the numbers, from 0, of the lines that look like a table's header."""
    return [number for number, line in enumerate(lines) if _HEADER.match(line)]


def _exact(lines: list[str], path: KeyPath) -> int | None:
    table: KeyPath = ()
    counts: Counter[KeyPath] = Counter()
    near = None
    for number, line in enumerate(lines):
        if header := _HEADER.match(line):
            table = _numbered(_parts(header[2]), counts, is_new=header[1] == "[[")
            key = table
        elif pair := _PAIR.match(line):
            key = table + _parts(pair[1])
        else:
            continue
        if key[: len(path)] == path:
            return number
        if not header and path[: len(key)] == key:
            near = number
    return near


def _numbered(name: KeyPath, counts: Counter[KeyPath], *, is_new: bool) -> KeyPath:
    """Return a header's path with the numbers of the tables of arrays in it."""
    if is_new:
        counts[name] += 1
    numbered: KeyPath = ()
    for length, part in enumerate(name, 1):
        numbered += (part,)
        if name[:length] in counts:
            numbered += (counts[name[:length]] - 1,)
    return numbered


def _parts(key: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))
