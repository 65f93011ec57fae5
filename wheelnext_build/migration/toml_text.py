"""Change TOML as text in small steps; the parsed content of the whole file checks each step.

tomlkit can change values and keep the text around them, but not for every file: it joins separate
parts of one table and doubles comments. So it gets only one section at a time.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ..config.toml_file import parsed
from ..errors import ConfigurationError
from .toml_lines import header_lines


def first_that_parses_as(expected: object, candidates: Iterable[str]) -> str | None:
    """Return the first text with this content; None if there is none."""
    return next((text for text in candidates if _parsed(text) == expected), None)


def sections_edited(text: str, edit: Callable[[Any], None]) -> Iterator[str]:
    """Yield the text with one section edited, for each section that ``edit`` accepts.

    A section reaches from a header to the next. ``edit`` gets a tomlkit document, and raises
    KeyError, TypeError or IndexError if it is another section than the one to edit.
    """
    lines = lines_of(text)
    starts = [0, *header_lines(lines), len(lines)]
    for start, end in itertools.pairwise(starts):
        section = "".join(lines[start:end])
        try:
            document = tomlkit.parse(section)
            if tomlkit.dumps(document) != section:
                continue
            edit(document)
            changed = tomlkit.dumps(document)
        except (TOMLKitError, KeyError, TypeError, IndexError):
            continue
        yield "".join([*lines[:start], changed, *lines[end:]])


def with_pair_in_table(text: str, table: str, pair: str) -> Iterator[str]:
    """Yield the text with ``key = value`` first in a table, or in a new table at the end."""
    lines = lines_of(text)
    for number in header_lines(lines):
        if lines[number].lstrip().startswith(f"[{table}]"):
            end = "" if lines[number].endswith("\n") else "\n"
            yield "".join([*lines[: number + 1], end, f"{pair}\n", *lines[number + 1 :]])
    yield appended(text, f"[{table}]\n{pair}\n")


def appended(text: str, lines: str) -> str:
    """Return the text with lines at its end, after an empty one."""
    if not text.strip():
        return lines
    return text.rstrip("\n") + "\n\n" + lines


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, with their ends."""
    # splitlines() would also split at form feeds and others, which do not end a line of a diff.
    return [line for line in text.replace("\n", "\n\0").split("\0") if line]


def unified_diff(old: str, new: str, name: str) -> str:
    """Return the change as a diff for ``patch -p1`` or ``git apply``.

    difflib.unified_diff makes larger hunks: in long files it ignores frequent lines as junk.
    """
    sides = lines_of(old), lines_of(new)
    matcher = difflib.SequenceMatcher(None, *sides, autojunk=False)
    result: list[str] = []
    for group in matcher.get_grouped_opcodes():
        first, last = group[0], group[-1]
        result.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n")
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                result += [f" {line}" for line in sides[0][start:end]]
                continue
            result += [f"-{line}" for line in sides[0][start:end]]
            result += [f"+{line}" for line in sides[1][new_start:new_end]]
    head = f"--- a/{name}\n+++ b/{name}\n" if result else ""
    marked = (
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in result
    )
    return head + "".join(marked)


def _range(start: int, end: int) -> str:
    """Return the lines from ``start`` to before ``end``, counted from 0, for a hunk's header."""
    return f"{start + 1 if end > start else start},{end - start}"


def with_line_ends_of(text: str, new: str) -> str:
    """Return ``new``, which has line feeds, with the line ends of ``text``."""
    if "\r\n" not in text:
        return new
    old_lines, new_lines = lines_of(text), lines_of(new)
    is_crlf = 2 * text.count("\r\n") > text.count("\n")
    plain = [line.replace("\r\n", "\n") for line in old_lines]
    result: list[str] = []
    matcher = difflib.SequenceMatcher(None, plain, new_lines, autojunk=False)
    for kind, old_start, old_end, start, end in matcher.get_opcodes():
        if kind == "equal":
            result += old_lines[old_start:old_end]
        else:
            changed = new_lines[start:end]
            result += [line.replace("\n", "\r\n") for line in changed] if is_crlf else changed
    return "".join(result)


def _parsed(text: str) -> object:
    try:
        return parsed(text)
    except ConfigurationError:
        return None
