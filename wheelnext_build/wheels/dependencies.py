"""Change the dependencies in a wheel's METADATA and nothing else in it.

These are the fields "Requires-Dist" of the core metadata; dependencies of extras do not change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..errors import RequestError, WheelError

_FIELD = re.compile(rb"requires-dist[ \t]*:(.*)", re.IGNORECASE | re.DOTALL)
_EXTRA = re.compile(r"\bextra\b")


@dataclass(frozen=True)
class Changes:
    """Changes to dependencies: add some, replace those of the same name, drop some by name.

    ``add`` and ``replace`` are requirements, ``drop`` names.
    """

    add: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise RequestError if a requirement is invalid, or a name occurs in two changes."""
        named = [_name(text) for text in self.replace] + list(map(canonicalize_name, self.drop))
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise RequestError(f"{', '.join(twice)}: is to be replaced or dropped more than once")
        for text in self.add:
            _name(text)

    def __bool__(self) -> bool:
        return bool(self.add or self.replace or self.drop)

    def applied(self, metadata: bytes) -> bytes:
        """Return the changed METADATA; raise WheelError if it lacks a dependency to change."""
        line_end = b"\r\n" if b"\r\n" in metadata else b"\n"
        replacing = {_name(text): text for text in self.replace}
        gone = {*replacing, *map(canonicalize_name, self.drop)}
        fields = list(_fields(metadata))
        there: set[str] = set()
        kept: list[bytes] = []
        place = -1
        for field in fields:
            name, is_extras = _dependency(field)
            if not name:
                kept.append(field)
                continue
            if name in gone and not is_extras:
                there.add(name)
                if name in replacing:
                    kept.append(_line(replacing.pop(name), line_end))
            else:
                kept.append(field)
            if not is_extras:
                place = len(kept)
        missing = sorted(gone - there)
        if missing:
            raise WheelError(f"does not depend on {', '.join(missing)}")
        lines = [_line(text, line_end) for text in self.add]
        if place < 0:
            place = len(kept)
        if kept and not kept[-1].endswith(b"\n"):
            kept[-1] += line_end
        header = b"".join((*kept[:place], *lines, *kept[place:]))
        return header + metadata[sum(map(len, fields)) :]


def _fields(metadata: bytes) -> Iterator[bytes]:
    """Yield the fields of the header, each with its line ends and the lines that continue it."""
    field = b""
    for line in metadata.splitlines(keepends=True):
        if not line.strip():
            break
        if field and not line.startswith((b" ", b"\t")):
            yield field
            field = b""
        field += line
    if field:
        yield field


def _dependency(field: bytes) -> tuple[str, bool]:
    """Return the dependency's name ('' in other fields), and whether it belongs to an extra."""
    match = _FIELD.fullmatch(field)
    if match is None:
        return "", False
    text = " ".join(match[1].decode("utf-8", "replace").split())
    try:
        requirement = Requirement(text)
        marker = "" if requirement.marker is None else str(requirement.marker)
    except (ValueError, RecursionError) as error:
        raise WheelError(f"METADATA: Requires-Dist: {text[:200]}: {error}") from None
    is_extras = bool(_EXTRA.search(marker))
    return canonicalize_name(requirement.name), is_extras


def _line(requirement: str, line_end: bytes) -> bytes:
    return f"Requires-Dist: {Requirement(requirement)}".encode() + line_end


def _name(text: str) -> str:
    try:
        return canonicalize_name(Requirement(text).name)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{text!r} is no requirement: {error}") from None
