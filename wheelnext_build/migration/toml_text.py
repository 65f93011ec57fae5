"""TOML changed as text, in small pieces, each checked by what the whole file parses as then.

tomlkit changes values and keeps what is around them, but does not give back every file as it was:
tables of one name that stand apart are joined, comments doubled. So it sees one section at a time.
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
    """The first text with this content; None where there is none."""
    return next((text for text in candidates if _parsed(text) == expected), None)


def sections_edited(text: str, edit: Callable[[Any], None]) -> Iterator[str]:
    """The text with one section, from a header to the next, edited: one text for each that can be.

    ``edit`` gets a tomlkit document, and raises KeyError, TypeError or IndexError where it is not
    the section that it looks for.
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
    """The text with ``key = value`` first in a table, or in a new one at the end."""
    lines = lines_of(text)
    for number in header_lines(lines):
        if lines[number].lstrip().startswith(f"[{table}]"):
            end = "" if lines[number].endswith("\n") else "\n"
            yield "".join([*lines[: number + 1], end, f"{pair}\n", *lines[number + 1 :]])
    yield appended(text, f"[{table}]\n{pair}\n")


def appended(text: str, lines: str) -> str:
    """The text with lines at its end, behind an empty one."""
    if not text.strip():
        return lines
    return text.rstrip("\n") + "\n\n" + lines


def lines_of(text: str) -> list[str]:
    """Its lines, with their ends."""
    # splitlines() would split at form feeds and others, too, which stay inside of a line of a diff.
    return [line for line in text.replace("\n", "\n\0").split("\0") if line]


def unified_diff(old: str, new: str, name: str) -> str:
    """The change as ``patch -p1`` and ``git apply`` take it.

    difflib's own function takes frequent lines for junk in longer files: its hunks are larger.
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
    """Lines ``start`` to ``end``, from 0 and without the last, as a hunk's header has them."""
    return f"{start + 1 if end > start else start},{end - start}"


def with_line_ends_of(text: str, new: str) -> str:
    """``new``, which has line feeds, with the line ends that ``text`` has."""
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
