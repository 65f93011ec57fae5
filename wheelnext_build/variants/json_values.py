"""Values of JSON files, read with checks of their types and their number."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..errors import MetadataError

MOST_ENTRIES = 1 << 16
"""Largest number of values in one file; files with thousands of variants have fewer."""


def parse(data: bytes) -> object:
    """Parse UTF-8 JSON without repeated keys; raises MetadataError for anything else."""
    try:
        content = json.loads(data.decode(), object_pairs_hook=_unique_keys)
        if b"\\u" in data:  # JSON can hold single surrogates, which UTF-8 cannot
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise MetadataError(f"not JSON: {error}") from None
    return content


def check_amount(table: Mapping[str, object]) -> None:
    """Raise MetadataError if a table has more than :data:`MOST_ENTRIES` values at all levels."""
    count, waiting = 0, [*table.values()]
    while waiting and count <= MOST_ENTRIES:
        value = waiting.pop()
        count += 1
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    if count > MOST_ENTRIES:
        raise MetadataError(f"has more than {MOST_ENTRIES} entries")


def mapping(value: object, where: str) -> Mapping[str, object]:
    """Return an object of JSON; ``where`` is its place, for messages."""
    if not isinstance(value, Mapping):
        raise MetadataError(f"{where} must be an object")
    return value


def strings(value: object, where: str) -> tuple[str, ...]:
    """Return a list of strings as a tuple."""
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise MetadataError(f"{where} must be a list of strings")
    return tuple(value)


def string(value: object, where: str) -> str | None:
    """Return a string, or None for null or a missing value."""
    if value is not None and not isinstance(value, str):
        raise MetadataError(f"{where} must be a string")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise MetadataError(f"the key {twice!r} appears twice in one object")
    return table
